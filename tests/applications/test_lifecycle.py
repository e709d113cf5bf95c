"""The state machine in full, the deadline to the microsecond, and what submitting writes."""

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from applications import access, lifecycle, selection
from applications.models import (
    Application,
    Call,
    OutgoingMail,
    Preference,
    StateChange,
    Submission,
    User,
)
from applications.states import END_STATES, NEXT_STATES, State
from tests import factories, pdfs
from tests.conftest import berlin

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def answers(application, hosts=None, **changed):
    degree = factories.DegreeProgrammeFactory.create()
    values = {
        "family_name": "Müller",
        "given_names": "Kim",
        "birth_date": datetime(2004, 5, 17, tzinfo=UTC).date(),
        "gender": 9,
        "nationality": "DE",
        "matriculation_number": "108012345678",
        "esi": "",
        "email": application.student.email,
        "phone": "+49 234 1",
        "street": "Universitätsstraße 1",
        "postal_code": "44801",
        "city": "Bochum",
        "country": "DE",
        "degree_programme": degree,
        "level_now": "bachelor",
        "level_departure": "bachelor",
        "semester_now": 3,
        "ects_earned": Decimal("60.0"),
        "average_grade": Decimal("2.00"),
        "isced_f": "0410",
        "remarks": "",
        **changed,
    }
    hosts = hosts if hosts is not None else list(application.call.hosts.all())
    return lifecycle.Answers(
        values=values,
        languages=(lifecycle.LanguageAnswer("en", "B2", "school"),),
        preferences=tuple(lifecycle.PreferenceAnswer(host.pk, ("W",)) for host in hosts),
    )


def complete_draft(**call_fields) -> Application:
    call = factories.CallFactory.create(
        hosts=2, opens_at=NOW - timedelta(days=9), deadline=NOW + timedelta(days=9), **call_fields
    )
    application = factories.ApplicationFactory.create(call=call)
    for slot in call.programme.slots.filter(required=True):
        factories.DocumentFactory.create(application=application, slot=slot)
    return application


# -- state x target ---------------------------------------------


@pytest.mark.parametrize("before", list(State))
def test_move_allows_exactly_the_table(before, coordinator):
    outcomes = {}
    call = factories.CallFactory.create(programme__slots=False)
    for target in State:
        application = factories.ApplicationFactory.create(state=before, call=call)
        try:
            with transaction.atomic():
                lifecycle._move(application, target, by=coordinator, now=NOW, reason="because")
        except lifecycle.TransitionRefused:
            pass
        application.refresh_from_db()
        changes = [(c.before, c.after, c.at, c.reason) for c in application.changes.all()]
        outcomes[target] = (application.state, changes)
    assert outcomes == {
        target: (target, [(before, target, NOW, "because")])
        if target in NEXT_STATES[before]
        else (before, [])
        for target in State
    }


@pytest.mark.parametrize("before", list(State))
def test_database_refuses_every_other_move(before):
    application = factories.ApplicationFactory.create(state=before)
    for target in State:
        if target in NEXT_STATES[before] or target is before:
            continue
        with pytest.raises(ProgrammingError, match="transition"), transaction.atomic():
            Application.objects.filter(pk=application.pk).update(state=target.value)


def test_states_the_table_names_every_state_and_ends_where_nothing_follows():
    assert set(NEXT_STATES) == set(State)
    assert {
        State.LAPSED,
        State.DECLINED,
        State.EXPIRED,
        State.HOST_REJECTED,
        State.WITHDRAWN,
        State.CANCELLED,
    } == END_STATES


def test_move_all_moves_everybody_or_nobody():
    call = factories.CallFactory.create()
    rows = [
        factories.ApplicationFactory.create(call=call, state=State.SUBMITTED),
        factories.ApplicationFactory.create(call=call, state=State.LAPSED),
    ]
    with pytest.raises(lifecycle.TransitionRefused), transaction.atomic():
        lifecycle._move_all([row.pk for row in rows], State.UNDER_REVIEW, by=None, now=NOW)
    assert not StateChange.objects.exists()
    assert set(call.applications.values_list("state", flat=True)) == {"submitted", "lapsed"}


# -- the deadline -----------------------------------------------

MICRO = timedelta(microseconds=1)
MIDNIGHTS = {
    "winter": "2027-01-11 00:00",
    "summer": "2027-07-02 00:00",
    "night clocks go forward": "2027-03-28 00:00",
    "night after clocks went forward": "2027-03-29 00:00",
    "night clocks go back": "2027-10-31 00:00",
    "night after clocks went back": "2027-11-01 00:00",
}


@pytest.mark.parametrize("midnight", MIDNIGHTS.values(), ids=MIDNIGHTS.keys())
@pytest.mark.parametrize(
    ("offset", "in_time"), [(-MICRO, True), (0 * MICRO, False), (MICRO, False)]
)
def test_submit_counts_until_the_last_microsecond_in_berlin(midnight, offset, in_time):
    application = complete_draft()
    call = application.call
    call.deadline = berlin(midnight)
    call.opens_at = call.deadline - timedelta(days=60)
    call.save()
    now = call.deadline + offset
    answer = answers(application)
    if in_time:
        lifecycle.submit(application, answer, by=application.student, now=now)
    else:
        with pytest.raises(lifecycle.DeadlinePassed):
            lifecycle.submit(application, answer, by=application.student, now=now)
    assert Submission.objects.count() == (1 if in_time else 0)


def test_whole_day_deadlines_are_23_or_25_hours_long_when_clocks_change():
    assert berlin("2027-03-29 00:00") - berlin("2027-03-28 00:00") == timedelta(hours=23)
    assert berlin("2027-11-01 00:00") - berlin("2027-10-31 00:00") == timedelta(hours=25)


def test_submit_is_refused_before_the_call_opens():
    application = complete_draft()
    with pytest.raises(lifecycle.DeadlinePassed):
        lifecycle.submit(
            application,
            answers(application),
            by=application.student,
            now=application.call.opens_at - MICRO,
        )


def test_submit_within_an_extension_counts_and_after_it_does_not(coordinator):
    application = complete_draft()
    until = application.call.deadline + timedelta(days=2)
    lifecycle.extend_deadline(application, until, reason="Hospital", by=coordinator, now=NOW)
    application.refresh_from_db()
    submission = lifecycle.submit(
        application, answers(application), by=application.student, now=until - MICRO
    )
    assert submission.number == 1
    with pytest.raises(lifecycle.DeadlinePassed):
        lifecycle.save_draft(application, {"a": 1}, now=until)


# -- drafts -----------------------------------------------------


def copy(turn=1, *, name="window", seen=None):
    if seen is None:
        seen = lifecycle.fingerprint({}, ["city"])
    return lifecycle.OpenCopy("about", name, turn, seen)


def test_save_draft_keeps_anything_beside_what_stood_there():
    application = complete_draft()
    lifecycle.save_draft(application, {"city": "Bochum"}, now=NOW - MICRO, before={"phone": "1"})
    saved = lifecycle.save_draft(application, {"family_name": "", "x": ["?"]}, now=NOW)
    assert (saved.draft, saved.draft_turns, saved.draft_saved_at) == (
        {"phone": "1", "city": "Bochum", "family_name": "", "x": ["?"]},
        {},
        NOW,
    )


def test_save_draft_never_overwrites_what_another_window_saved():
    application = complete_draft()
    lifecycle.save_draft(application, {"city": "Bochum"}, copy=copy(name="other"), now=NOW)
    with pytest.raises(lifecycle.DraftConflict) as refused:
        lifecycle.save_draft(application, {"city": "Essen"}, copy=copy(), now=NOW)
    assert refused.value.application.draft == {"city": "Bochum"}
    application.refresh_from_db()
    assert application.draft == {"city": "Bochum"}
    seen = lifecycle.fingerprint({"city": "Bochum"}, ["city"])
    lifecycle.save_draft(application, {"city": "Essen"}, copy=copy(seen=seen), now=NOW)
    application.refresh_from_db()
    assert application.draft == {"city": "Essen"}


@pytest.mark.parametrize(("turn", "kept"), [(1, "Bochum"), (2, "Bochum"), (3, "Essen")])
def test_save_draft_goes_on_from_its_own_last_turn_and_from_no_older_one(turn, kept):
    application = complete_draft()
    lifecycle.save_draft(application, {"city": "Bochum"}, copy=copy(turn=2), now=NOW)
    try:
        lifecycle.save_draft(application, {"city": "Essen"}, copy=copy(turn=turn), now=NOW)
    except lifecycle.DraftConflict:
        assert kept == "Bochum"
    application.refresh_from_db()
    assert application.draft == {"city": kept}


def test_fingerprint_tells_versions_apart_but_not_empty_from_missing():
    names = ["city", "boxes"]
    same = [{}, {"city": ""}, {"city": "", "boxes": []}, {"other": "1"}]
    assert len({lifecycle.fingerprint(answers, names) for answers in same}) == 1
    different = [{}, {"city": "a"}, {"boxes": ["a"]}, {"city": "ä"}, {"boxes": ["a", "b"]}]
    assert len({lifecycle.fingerprint(answers, names) for answers in different}) == 5


def test_start_application_gives_the_same_one_again(student):
    call = factories.CallFactory.create()
    first = lifecycle.start_application(student, call, now=timezone.now())
    assert lifecycle.start_application(student, call, now=timezone.now()) == first


@pytest.mark.parametrize("trait", ["closed", "upcoming", "undated"])
def test_start_application_is_refused_while_the_call_is_not_open(student, trait):
    call = factories.CallFactory.create(**{trait: True})
    with pytest.raises(lifecycle.DeadlinePassed):
        lifecycle.start_application(student, call, now=timezone.now())
    assert not Application.objects.exists()


def test_start_application_is_refused_where_the_office_handles_the_programme(student):
    call = factories.CallFactory.create(programme__handled_by="office")
    with pytest.raises(lifecycle.PortalRefusal) as refused:
        lifecycle.start_application(student, call, now=timezone.now())
    assert refused.value.code == "handled_by_office"
    assert not access.can_apply(student, call, timezone.now())


def test_start_application_never_trusts_a_call_read_before_it_closed(student):
    """A draft in a closed call would never lapse: nothing looks for it any more."""
    stale = factories.CallFactory.create()
    deadline = timezone.now() - timedelta(hours=1)
    Call.objects.filter(pk=stale.pk).update(deadline=deadline, closed_at=timezone.now())
    with pytest.raises(lifecycle.DeadlinePassed):
        lifecycle.start_application(student, stale, now=deadline - MICRO)
    assert not Application.objects.exists()


def test_submit_is_refused_to_who_is_no_longer_enrolled():
    application = complete_draft()
    User.objects.filter(pk=application.student_id).update(affiliations=["alum"])
    with pytest.raises(lifecycle.PortalRefusal) as refused:
        lifecycle.submit(application, answers(application), by=application.student, now=NOW)
    assert (refused.value.code, Submission.objects.count()) == ("not_a_student", 0)


def test_start_application_is_for_students_only(office):
    call = factories.CallFactory.create()
    with pytest.raises(lifecycle.PortalRefusal):
        lifecycle.start_application(office, call, now=timezone.now())


# -- submitting -------------------------------------------------


def test_submit_writes_everything_and_the_receipt():
    application = complete_draft()
    submission = lifecycle.submit(
        application, answers(application), by=application.student, now=NOW
    )
    application.refresh_from_db()
    assert (submission.number, submission.submitted_at, application.state) == (1, NOW, "submitted")
    assert [row.host_id for row in submission.preferences.order_by("rank")] == [
        host.pk for host in application.call.hosts.all()
    ]
    assert {row.document.slot.key for row in submission.documents.all()} == {
        "cv",
        "letter",
        "transcript",
        "abitur",
    }
    receipt = OutgoingMail.objects.get(key=f"receipt:{application.code}:1")
    assert receipt.recipient == application.student.email
    assert all(row.document.sha256 in receipt.body for row in submission.documents.all())


def test_submit_again_makes_the_next_number_and_leaves_the_first_as_it_was():
    application = complete_draft()
    first = lifecycle.submit(application, answers(application), by=application.student, now=NOW)
    second = lifecycle.submit(
        application, answers(application, city="Essen"), by=application.student, now=NOW
    )
    first.refresh_from_db()
    assert (first.number, first.city, second.number, second.city) == (1, "Bochum", 2, "Essen")


def test_submit_twice_the_same_writes_once():
    application = complete_draft()
    answer = answers(application)
    first = lifecycle.submit(application, answer, by=application.student, now=NOW)
    again = lifecycle.submit(application, answer, by=application.student, now=NOW)
    assert (first, OutgoingMail.objects.count()) == (again, 1)


def test_submit_names_every_problem_at_once_and_writes_nothing():
    application = complete_draft()
    application.documents.filter(slot__key__in=["cv", "letter"]).update(current=False)
    foreign = factories.CallHostFactory.create()
    with pytest.raises(lifecycle.Incomplete) as refused:
        lifecycle.submit(
            application,
            answers(application, hosts=[foreign, foreign]),
            by=application.student,
            now=NOW,
        )
    assert [(problem.code, problem.field) for problem in refused.value.problems] == [
        ("host_unknown", "preference_1"),
        ("host_unknown", "preference_2"),
        ("document_missing", "document_cv"),
        ("document_missing", "document_letter"),
    ]
    assert not Submission.objects.exists()
    assert not Preference.objects.exists()


def test_submit_asks_for_the_documents_of_the_level_at_departure():
    application = complete_draft()
    application.documents.filter(slot__key="bachelor").update(current=False)
    degree = factories.DegreeProgrammeFactory.create()
    with pytest.raises(lifecycle.Incomplete) as refused:
        lifecycle.submit(
            application,
            answers(application, degree_programme=degree, level_departure="master"),
            by=application.student,
            now=NOW,
        )
    assert [problem.field for problem in refused.value.problems] == ["document_bachelor"]


def test_submission_can_neither_be_changed_nor_deleted():
    application = complete_draft()
    submission = lifecycle.submit(
        application, answers(application), by=application.student, now=NOW
    )
    with pytest.raises(ProgrammingError), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(city="Elsewhere")
    with pytest.raises(ProgrammingError), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).delete()


def test_preference_constraints_hold_without_python():
    preference = factories.PreferenceFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.PreferenceFactory.create(submission=preference.submission, rank=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.PreferenceFactory.create(
            submission=preference.submission, rank=2, host=preference.host
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.PreferenceFactory.create(submission=preference.submission, rank=6)


# -- documents --------------------------------------------------


def upload(data: bytes, name: str = "letter.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/pdf")


def slot_of(application, key):
    return application.call.programme.slots.get(key=key)


def test_attach_document_keeps_the_file_under_its_own_name():
    application = complete_draft()
    data = pdfs.letter()
    document = lifecycle.attach_document(
        application, slot_of(application, "letter"), upload(data, "../../Brief \u202e.pdf"), now=NOW
    )
    assert lifecycle.stored_path(document.stored_name).read_bytes() == data
    assert (document.original_name, document.stored_name) == (
        "Brief .pdf",
        f"{document.sha256}.pdf",
    )
    assert lifecycle.current_documents(application)["letter"] == document


def test_attach_document_refuses_and_leaves_the_file_before_current():
    application = complete_draft()
    slot = slot_of(application, "letter")
    before = lifecycle.current_documents(application)["letter"]
    for data in (b"", b"no pdf", pdfs.encrypted(), pdfs.javascript(), pdfs.of_size(1_048_577)):
        with pytest.raises(lifecycle.DocumentRefused):
            lifecycle.attach_document(application, slot, upload(data), now=NOW)
    assert lifecycle.current_documents(application)["letter"] == before


def test_attach_document_accepts_the_largest_file():
    application = complete_draft()
    document = lifecycle.attach_document(
        application, slot_of(application, "cv"), upload(pdfs.of_size(1_048_576)), now=NOW
    )
    assert document.size == 1_048_576


def test_attach_document_is_refused_after_the_deadline():
    application = complete_draft()
    with pytest.raises(lifecycle.DeadlinePassed):
        lifecycle.attach_document(
            application,
            slot_of(application, "cv"),
            upload(pdfs.letter()),
            now=application.call.deadline,
        )


def test_purge_files_removes_only_what_nothing_holds():
    application = complete_draft()
    lifecycle.submit(application, answers(application), by=application.student, now=NOW)
    slot = slot_of(application, "language")
    replaced = lifecycle.attach_document(application, slot, upload(pdfs.cv()), now=NOW)
    lifecycle.remove_document(application, slot, now=NOW)
    name = lifecycle.store(b"%PDF- nobody's file")
    later = NOW + timedelta(days=2)
    assert lifecycle.purge_files(now=timezone.now()) == 0
    assert lifecycle.purge_files(now=later) == 2
    assert not lifecycle.stored_path(name).exists()
    assert not lifecycle.stored_path(replaced.stored_name).exists()
    kept = [row.document.stored_name for row in application.submissions.get().documents.all()]
    assert all(lifecycle.stored_path(name).exists() for name in kept)


def test_purge_files_keeps_a_file_that_was_stored_anew_meanwhile(monkeypatch):
    """It is looked at again under its name's lock: an upload of the same bytes may be under way."""
    name = lifecycle.store(b"%PDF- the same file once more")
    path = lifecycle.stored_path(name)
    old = (timezone.now() - timedelta(days=3)).timestamp()
    os.utime(path, (old, old))
    hold = lifecycle.storing._hold

    def stored_meanwhile(held):
        os.utime(path)
        hold(held)

    monkeypatch.setattr(lifecycle.storing, "_hold", stored_meanwhile)
    assert lifecycle.purge_files(now=timezone.now()) == 0
    assert path.exists()
    monkeypatch.undo()
    os.utime(path, (old, old))
    assert lifecycle.purge_files(now=timezone.now()) == 1


# -- after the deadline -----------------------------------------


def reopened(coordinator, key="letter", **later):
    application = complete_draft()
    lifecycle.submit(application, answers(application), by=application.student, now=NOW)
    Application.objects.filter(pk=application.pk).update(state=State.UNDER_REVIEW)
    application.refresh_from_db()
    now = application.call.deadline + timedelta(days=3)
    slot = slot_of(application, key)
    lifecycle.reopen_slot(
        application, slot, now + timedelta(**later), reason="Unreadable", by=coordinator, now=now
    )
    return application, slot, now


def test_reopened_slot_closes_at_its_instant_and_with_a_withdrawal(coordinator):
    application, slot, now = reopened(coordinator, days=2)
    until = now + timedelta(days=2)
    assert lifecycle.open_slots(application, until - MICRO) == [slot]
    assert lifecycle.open_slots(application, until) == []
    lifecycle.reopen_slot(application, slot, until, reason="Again", by=coordinator, now=now)
    assert lifecycle.open_slots(application, now) == [slot]
    lifecycle.withdraw(application, by=application.student, now=now)
    assert lifecycle.open_slots(application, now) == []
    with pytest.raises(lifecycle.DeadlinePassed):
        lifecycle.replace_document(application, slot, upload(pdfs.letter()), now=now)


def test_reopen_slot_refuses_the_past_and_other_programmes(coordinator):
    application, slot, now = reopened(coordinator, days=2)
    refused = []
    for wanted, until in [
        (slot, now),
        (factories.DocumentSlotFactory.create(), now + timedelta(days=1)),
    ]:
        with pytest.raises(lifecycle.PortalRefusal) as refusal:
            lifecycle.reopen_slot(
                application, wanted, until, reason="Unreadable", by=coordinator, now=now
            )
        refused.append(refusal.value.code)
    assert refused == ["until_too_early", "slot_not_asked"]
    assert application.concessions.count() == 1


def test_nothing_is_conceded_once_the_results_are_out(coordinator):
    application, slot, now = reopened(coordinator, days=9)
    draft = factories.ApplicationFactory.create(call=application.call)
    Call.objects.filter(pk=application.call_id).update(closed_at=now, published_at=now)
    application.refresh_from_db()
    later = now + timedelta(days=1)

    for concede in (
        lambda: lifecycle.reopen_slot(
            application, slot, later, reason="x", by=coordinator, now=now
        ),
        lambda: lifecycle.extend_deadline(draft, later, reason="x", by=coordinator, now=now),
    ):
        with pytest.raises(lifecycle.TransitionRefused) as refusal:
            concede()
        assert refusal.value.code == "not_now"

    assert not lifecycle.is_being_read(application)
    assert lifecycle.open_slots(application, now) == []
    with pytest.raises(lifecycle.DeadlinePassed):
        lifecycle.replace_document(application, slot, upload(pdfs.letter()), now=now)
    assert (application.concessions.count(), application.submissions.count()) == (1, 1)


def test_extension_is_never_in_the_past_nor_shorter(coordinator):
    application = complete_draft()
    deadline = application.call.deadline

    def extend(until, now=NOW):
        lifecycle.extend_deadline(application, until, reason="Ill", by=coordinator, now=now)

    for until in (deadline - timedelta(days=1), deadline):
        with pytest.raises(lifecycle.PortalRefusal) as refusal:
            extend(until)
        assert refusal.value.code == "until_too_early"
    extend(deadline + timedelta(days=4))
    with pytest.raises(lifecycle.PortalRefusal):
        extend(deadline + timedelta(days=2))
    application.refresh_from_db()
    assert application.deadline == deadline + timedelta(days=4)
    assert application.concessions.count() == 1


def test_nobody_decides_on_the_own_application(coordinator):
    """A student assistant of the exchange team may apply, but not run the own case."""
    call = factories.CallFactory.create(criteria=True)

    def own(state):
        call_of = factories.CallFactory.create(programme=call.programme)
        return factories.ApplicationFactory.create(call=call_of, student=coordinator, state=state)

    read = own(State.UNDER_REVIEW)
    slot = slot_of(read, "cv")
    later = NOW + timedelta(days=400)
    with_place = factories.PlacementFactory.create(application=own(State.ACCEPTED)).application
    attempts = [
        lambda: lifecycle.confirm_eligible(read, by=coordinator, now=NOW),
        lambda: lifecycle.confirm_ineligible(read, by=coordinator, now=NOW, reason="no"),
        lambda: lifecycle.reopen_slot(read, slot, later, reason="x", by=coordinator, now=NOW),
        lambda: lifecycle.extend_deadline(
            own(State.DRAFT), later, reason="x", by=coordinator, now=NOW
        ),
        lambda: lifecycle.nominate(with_place, by=coordinator, now=NOW, enrolment_confirmed=True),
        lambda: selection.save_score_sheet(
            read, {}, comment="", completed=False, version=0, by=coordinator, now=NOW
        ),
    ]
    codes = []
    for attempt in attempts:
        with pytest.raises(lifecycle.PortalRefusal) as refusal:
            attempt()
        codes.append(refusal.value.code)
    assert codes == ["own_application"] * len(attempts)
    factories.models.ScoreSheet.objects.create(
        application=read, reader=factories.CoordinatorFactory.create()
    )
    assert selection.sheets_readable_by(coordinator, read) == []


def test_correction_of_a_refusal_and_the_hosts_answer_are_told(coordinator):
    refused = factories.ApplicationFactory.create(state=State.INELIGIBLE)
    lifecycle.confirm_eligible(refused, by=coordinator, now=NOW)
    first = factories.ApplicationFactory.create(state=State.UNDER_REVIEW)
    lifecycle.confirm_eligible(first, by=coordinator, now=NOW)
    said_yes, said_no, cancelled = (factories.NominationFactory.create() for _ in range(3))
    lifecycle.record_host_answer(said_yes, approved=True, by=coordinator, now=NOW)
    lifecycle.record_host_answer(said_no, approved=False, by=coordinator, now=NOW, reason="Full")
    lifecycle.cancel_nomination(cancelled, by=coordinator, now=NOW, reason="Left")
    assert sorted(OutgoingMail.objects.values_list("key", flat=True)) == sorted(
        [
            f"reinstated:{refused.code}",
            f"confirmed:{said_yes.pk}",
            f"rejected:{said_no.pk}",
            f"cancelled:{cancelled.pk}",
        ]
    )
    assert "\nFull\n" in OutgoingMail.objects.get(key__startswith="rejected").body


def test_reopened_slot_takes_one_document_and_makes_a_submission(coordinator):
    application = complete_draft()
    lifecycle.submit(application, answers(application), by=application.student, now=NOW)
    Application.objects.filter(pk=application.pk).update(state=State.UNDER_REVIEW)
    slot = slot_of(application, "letter")
    later = application.call.deadline + timedelta(days=3)
    with pytest.raises(lifecycle.DeadlinePassed):
        lifecycle.replace_document(application, slot, upload(pdfs.letter()), now=later)
    lifecycle.reopen_slot(
        application, slot, later + timedelta(days=2), reason="Unreadable", by=coordinator, now=later
    )
    submission = lifecycle.replace_document(application, slot, upload(pdfs.letter()), now=later)
    assert submission.number == 2
    assert submission.preferences.count() == 2
    assert submission.documents.count() == 4


def test_decisions_need_a_reason(coordinator):
    application = factories.ApplicationFactory.create(state=State.UNDER_REVIEW)
    with pytest.raises(lifecycle.PortalRefusal):
        lifecycle.confirm_ineligible(application, by=coordinator, now=NOW, reason="  ")
    with pytest.raises(lifecycle.PortalRefusal):
        lifecycle.extend_deadline(application, NOW, reason="", by=coordinator, now=NOW)


def test_accept_counts_until_the_last_microsecond():
    place = factories.PlacementFactory.create()
    application = place.application
    with pytest.raises(lifecycle.DeadlinePassed):
        lifecycle.accept_offer(application, by=application.student, now=place.answer_by)
    lifecycle.accept_offer(application, by=application.student, now=place.answer_by - MICRO)
    application.refresh_from_db()
    assert application.state == State.ACCEPTED


def test_nominate_needs_the_enrolment_confirmed(coordinator):
    place = factories.PlacementFactory.create(application__state=State.ACCEPTED)
    application = place.application
    with pytest.raises(lifecycle.PortalRefusal):
        lifecycle.nominate(application, by=coordinator, now=NOW, enrolment_confirmed=False)
    nomination = lifecycle.nominate(application, by=coordinator, now=NOW, enrolment_confirmed=True)
    assert (nomination.status, nomination.placement) == ("pending", place)


def test_nominate_is_not_for_another_facultys_coordinator(foreign_coordinator):
    place = factories.PlacementFactory.create(application__state=State.ACCEPTED)
    with pytest.raises(lifecycle.TransitionRefused):
        lifecycle.nominate(
            place.application, by=foreign_coordinator, now=NOW, enrolment_confirmed=True
        )


def test_host_rejection_frees_the_seat(coordinator):
    nomination = factories.NominationFactory.create()
    lifecycle.record_host_answer(nomination, approved=False, by=coordinator, now=NOW, reason="Full")
    nomination.placement.refresh_from_db()
    nomination.application.refresh_from_db()
    assert (nomination.placement.live, nomination.application.state) == (False, "host_rejected")


def test_seats_are_refused_beyond_the_pool_in_every_path():
    place = factories.PlacementFactory.create()
    pool = place.pool
    factories.PlacementFactory.create(application__call=place.application.call, host=place.host)
    third = factories.ApplicationFactory.create(call=place.application.call, state=State.OFFERED)
    with pytest.raises(IntegrityError, match="seats_never_exceeded"), transaction.atomic():
        factories.PlacementFactory.create(application=third, host=place.host, pool=pool)
    extra = factories.PlacementFactory.create(application=third, host=place.host, extra_seat=True)
    with pytest.raises(IntegrityError, match="seats_never_exceeded"), transaction.atomic():
        type(extra).objects.filter(pk=extra.pk).update(pool=pool, extra_seat=False)
