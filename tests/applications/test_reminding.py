"""Reminders before the deadline: at which instants, to whom, and never twice."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications import lifecycle, tasks
from applications.forms.comparing import unsent_changes
from applications.forms.typed import typed_from
from applications.models import Application, OutgoingMail, Placement
from applications.states import State
from tests import factories
from tests.conftest import berlin

pytestmark = pytest.mark.django_db

DEADLINE = berlin("2027-01-11 00:00")
MOMENT = timedelta(microseconds=1)
DAY = timedelta(days=1)
# Beside each reminder the last instant at which it is too early.
STEPS = [7 * DAY + MOMENT, 7 * DAY, 2 * DAY + MOMENT, 2 * DAY, DAY + MOMENT, DAY, MOMENT]
SENT = [0, 1, 0, 1, 0, 1, 0]


def open_call(**more):
    return factories.CallFactory.create(
        hosts=1, opens_at=DEADLINE - 60 * DAY, deadline=DEADLINE, **more
    )


def draft(**more):
    return factories.ApplicationFactory.create(call=open_call(), **more)


def submitted(**more):
    application = draft(state=State.SUBMITTED.value, **more)
    factories.SubmissionFactory.create(
        application=application,
        submitted_at=DEADLINE - 30 * DAY,
        preferences=list(application.call.hosts.all()),
        documents=True,
    )
    return application


def type_later(application, **typed):
    """Save a draft, newer than the submission, that says the same but for `typed`."""
    before = typed_from(application.submissions.get())
    lifecycle.save_draft(application, {**before, **typed}, now=DEADLINE - 20 * DAY)
    return application


def changed(**more):
    return type_later(submitted(**more), city="Essen")


def remind(at, now) -> int:
    """Run the task at this instant and return how many mails it queued."""
    before = OutgoingMail.objects.count()
    at(now)
    tasks.remind_drafts()
    return OutgoingMail.objects.count() - before


@pytest.mark.parametrize("make", [draft, changed])
def test_reminders_come_at_their_instants_and_once(make, at):
    make()

    assert [remind(at, DEADLINE - left) for left in STEPS] == SENT
    assert [remind(at, DEADLINE - left) for left in STEPS] == [0] * len(STEPS)


@pytest.mark.parametrize("make", [draft, changed])
def test_reminders_stop_at_the_deadline(make, at):
    make()

    assert remind(at, DEADLINE) == 0
    assert remind(at, DEADLINE + DAY) == 0
    assert remind(at, DEADLINE - MOMENT) == 1


@pytest.mark.parametrize("make", [draft, changed])
def test_only_the_most_urgent_reminder_is_sent_after_a_pause(make, at):
    make()

    assert remind(at, DEADLINE - DAY) == 1
    assert OutgoingMail.objects.get().key.endswith(":1")
    assert remind(at, DEADLINE - DAY / 2) == 0


@pytest.mark.parametrize("make", [draft, changed])
def test_reminders_go_by_the_students_own_deadline(make, at, coordinator):
    application = make()
    assert remind(at, DEADLINE - DAY) == 1
    until = DEADLINE + 9 * DAY
    lifecycle.extend_deadline(
        application, until, reason="Hospital", by=coordinator, now=DEADLINE - DAY
    )

    assert [remind(at, until - left) for left in STEPS] == SENT
    newest = OutgoingMail.objects.latest("pk")
    assert "19 January 2027, 23:59 CET" in newest.body


@pytest.mark.parametrize("state", list(State))
def test_only_drafts_and_submitted_ones_are_reminded(state, at):
    application = factories.ApplicationFactory.create(
        call=open_call(),
        state=state.value,
        draft={"city": "Essen"},
        draft_saved_at=DEADLINE - 20 * DAY,
    )
    if state != State.DRAFT:
        factories.SubmissionFactory.create(
            application=application, submitted_at=DEADLINE - 30 * DAY
        )

    assert remind(at, DEADLINE - DAY) == (state in {State.DRAFT, State.SUBMITTED})


def test_a_closed_call_reminds_nobody(at):
    draft()
    changed()
    for application in Application.objects.all():
        application.call.deadline = DEADLINE - DAY
        application.call.closed_at = DEADLINE - DAY
        application.call.save()

    assert remind(at, DEADLINE - 2 * DAY) == 0


def test_two_sorts_of_reminder_do_not_stand_in_for_each_other(at):
    """Reminded as a draft, then submitted, then changed: the changes are reminded of too."""
    application = draft()
    assert remind(at, DEADLINE - 2 * DAY) == 1
    Application.objects.update(state=State.SUBMITTED.value)
    factories.SubmissionFactory.create(
        application=application,
        submitted_at=DEADLINE - 1.5 * DAY,
        preferences=list(application.call.hosts.all()),
        documents=True,
    )
    application.refresh_from_db()
    typed = {**typed_from(application.submissions.get()), "city": "Essen"}
    lifecycle.save_draft(application, typed, now=DEADLINE - 1.4 * DAY)

    assert remind(at, DEADLINE - 1.3 * DAY) == 1
    assert {
        key.partition(":")[0] for key in OutgoingMail.objects.values_list("key", flat=True)
    } == {
        "reminder",
        "unsent",
    }


# -- what counts as an unsent change -------------------------------------------------------------


def test_the_same_in_other_letters_is_no_change(at):
    type_later(submitted(), average_grade="2,0")

    assert remind(at, DEADLINE - DAY) == 0


def test_what_was_submitted_again_is_no_change(at):
    application = changed()
    first = application.submissions.get()
    factories.SubmissionFactory.create(
        application=application,
        submitted_at=DEADLINE - 19 * DAY,
        preferences=list(application.call.hosts.all()),
        documents=True,
        degree_programme=first.degree_programme,
        city="Essen",
    )

    assert remind(at, DEADLINE - DAY) == 0


@pytest.mark.parametrize("change", ["new", "replaced", "removed", "none"])
def test_changes_of_files_count(change, at):
    application = submitted()
    slots = application.call.programme.slots
    if change in {"replaced", "removed"}:
        application.documents.filter(slot__key="cv").update(current=False)
    if change == "replaced":
        factories.DocumentFactory.create(application=application, slot=slots.get(key="cv"))
    if change == "new":
        factories.DocumentFactory.create(application=application, slot=slots.get(key="language"))

    named = {"new": "- Language\n", "none": ""}.get(change, "- Cv\n")
    assert remind(at, DEADLINE - DAY) == (change != "none")
    assert all(named in mail.body for mail in OutgoingMail.objects.all())


def test_a_file_that_nobody_asks_for_is_no_change(at):
    application = submitted()
    masters_only = application.call.programme.slots.get(key="bachelor")
    factories.DocumentFactory.create(application=application, slot=masters_only)

    assert remind(at, DEADLINE - DAY) == 0


def test_mail_names_the_changes_in_the_readers_language(at, student):
    student.language = "de"
    student.save()
    application = changed(student=student)

    remind(at, DEADLINE - DAY)

    letter = OutgoingMail.objects.get()
    assert (letter.language, letter.application) == ("de", application)
    assert "- Ort\n" in letter.body
    assert "10. Januar 2027, 23:59 Uhr MEZ" in letter.body


# -- offers ----------------------------------------------------------------------------------------


def offered(*, days=30, **more):
    """Return a place offered so many days before the time to answer it ends."""
    return factories.PlacementFactory.create(
        application__call=open_call(closed_at=DEADLINE),
        offered_at=DEADLINE - days * DAY,
        answer_by=DEADLINE,
        **more,
    )


def move_up(place, *, days, answer_by=DEADLINE):
    """Offer a better place beside the one held, so many days before `answer_by`."""
    host = factories.CallHostFactory.create(
        call=place.application.call, agreement__host__name_en="Uppsala"
    )
    Placement.objects.filter(pk=place.pk).update(answer_by=answer_by)
    return factories.BetterOfferFactory.create(
        placement=place, host=host, offered_at=answer_by - days * DAY, answer_by=answer_by
    )


def remind_of_offers(at, now) -> int:
    before = OutgoingMail.objects.count()
    at(now)
    tasks.remind_offers()
    return OutgoingMail.objects.count() - before


def test_reminders_of_an_offer_come_at_their_instants_and_once(at):
    offered()

    assert [remind_of_offers(at, DEADLINE - left) for left in STEPS] == SENT
    assert [remind_of_offers(at, DEADLINE - left) for left in STEPS] == [0] * len(STEPS)
    assert remind_of_offers(at, DEADLINE) == 0


@pytest.mark.parametrize(
    ("days", "reminders"), [(8, SENT), (7, [0, 0, 0, 1, 0, 1, 0]), (1.5, [0, 0, 0, 0, 0, 1, 0])]
)
def test_nobody_is_reminded_on_the_heels_of_the_offer(at, days, reminders):
    offered(days=days)

    assert [remind_of_offers(at, DEADLINE - left) for left in STEPS] == reminders


def test_nobody_is_reminded_on_the_heels_of_a_better_offer(at):
    move_up(offered(), days=1.5)

    assert [remind_of_offers(at, DEADLINE - left) for left in STEPS] == [0, 0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize("state", list(State))
def test_only_who_has_not_answered_is_reminded(state, at):
    offered(application__state=state.value)

    assert remind_of_offers(at, DEADLINE - DAY) == (state == State.OFFERED)


def test_reminder_names_the_place_and_the_last_minute(at):
    place = offered()

    remind_of_offers(at, DEADLINE - 2 * DAY)

    letter = OutgoingMail.objects.get()
    assert (letter.person, letter.application) == (place.application.student, place.application)
    assert letter.subject == f"Not answered yet: your place at {place.host}"
    assert letter.body.endswith(
        f"You have not answered the offer of a place at {place.host} (Winter semester, 2027/28)"
        " yet.\nPlease accept or decline it in the portal by 10 January 2027, 23:59 CET. Without an"
        " answer it lapses.\n"
    )


def test_reminder_names_the_better_place_too(at):
    place = offered()
    move_up(place, days=20)

    remind_of_offers(at, DEADLINE - 2 * DAY)

    assert OutgoingMail.objects.get().body.endswith(
        f"You have not chosen yet between two places: you hold one at {place.host} and may move up"
        " to Uppsala.\nPlease choose in the portal by 10 January 2027, 23:59 CET. Without an answer"
        " both places lapse.\n"
    )


def test_time_that_became_longer_is_reminded_of_anew(at):
    place = offered()
    assert remind_of_offers(at, DEADLINE - DAY) == 1
    later = DEADLINE + 9 * DAY
    move_up(place, days=9.5, answer_by=later)

    assert [remind_of_offers(at, later - left) for left in STEPS] == SENT


def test_reminders_of_offers_ask_no_more_for_many(django_assert_num_queries):
    for _ in range(3):
        offered()

    # savepoint, applications, places, better ones, mails sent before, mails written, savepoint
    with django_assert_num_queries(7):
        assert lifecycle.remind_offers(now=DEADLINE - DAY) == 3


# -- many, failing, at once ----------------------------------------------------------------------


def test_reminders_ask_the_database_no_more_for_many_drafts(django_assert_num_queries):
    call = open_call()
    factories.ApplicationFactory.create_batch(5, call=call)

    # savepoint, drafts, mails sent before, mails written, savepoint
    with django_assert_num_queries(5):
        assert lifecycle.remind_drafts(now=DEADLINE - DAY) == 5


def test_looking_for_changes_asks_no_more_for_many():
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            lifecycle.unsent_to_remind(now=DEADLINE - DAY)
        return len(queries)

    changed()
    one = count()
    changed()
    changed()

    assert (one, count()) == (2, 2)


def test_one_application_that_fails_keeps_no_reminder_from_the_others(
    at, monkeypatch, error_records
):
    broken, fine = changed(), changed()

    def fails(application, submission):
        if application == broken:
            raise RuntimeError("made up")
        return unsent_changes(application, submission)

    monkeypatch.setattr(tasks, "unsent_changes", fails)

    assert remind(at, DEADLINE - DAY) == 1
    assert OutgoingMail.objects.get().application == fine
    assert error_records.messages == [f"application {broken.pk} could not be handled"]
    error_records.clear()
