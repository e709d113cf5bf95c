"""The pages of the nominations: check lists, one nomination, corrections, values to copy."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications import lifecycle, texts
from applications.admin.nominating import listed
from applications.exports import export_nominations
from applications.models import (
    EnrolmentConfirmation,
    ExportDownload,
    ExportLog,
    Nomination,
    NominationCorrection,
    OutgoingMail,
)
from applications.states import State
from tests import factories
from tests.applications import rounds
from tests.applications.desk import page, post, said

pytestmark = pytest.mark.django_db
WITHOUT_ESI = (
    "This partner takes no nomination as it is now. Still empty: European Student Identifier."
)
NOT_CONFIRMED = "Please confirm first that the student will be enrolled during the stay."
BEFORE = "The host cannot have answered before the nomination on %s."
NOBODY = "Nobody in this round was offered a place by that."
ESI = "urn:schac:personalUniqueCode:int:esi:example.org:1"


@pytest.fixture
def call(faculty):
    return factories.CallFactory.create(programme__faculty=faculty, closed=True)


def accept(call, host=None, *, semesters=("W", "S"), wants=None, **submission):
    """Return an accepted student's application; `wants`: of the host's nomination deadline."""
    row = factories.ApplicationFactory.create(call=call, state=State.ACCEPTED)
    place = factories.PlacementFactory.create(
        application=row, **({"host": host} if host is not None else {})
    )
    factories.SubmissionFactory.create(
        application=row, preferences=[(place.host, list(semesters))], **submission
    )
    if wants is not None:
        factories.NominationDeadlineFactory.create(host=place.host.agreement.host, **wants)
    return row


def nominated(call, by, **how) -> Nomination:
    return lifecycle.nominate(
        accept(call, **how), by=by, now=timezone.now(), enrolment_confirmed=True
    )


def of(nomination, name="nomination"):
    return page(nomination.application.call, name, nomination.pk)


def correction(nomination, client, **changes):
    """Return what the form of corrections sends, as it is shown and with these changes."""
    form = client.get(of(nomination, "correct")).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    return {
        name: value for name, value in {**shown, "reason": "Typo.", **changes}.items() if value
    } | {"seen": changes.get("seen", shown["seen"])}


# -- the list --------------------------------------------------------------------------------------


def test_list_shows_the_soonest_deadline_first_and_what_is_missing(
    call, coordinator, coordinator_client
):
    today = timezone.localdate()
    unknown = accept(call, esi=ESI, languages={"en": "B2"})
    soon = accept(call, wants={"deadline": today + timedelta(days=3), "columns": ["esi"]})
    late = accept(call, wants={"deadline": today - timedelta(days=1)})
    lifecycle.confirm_enrolment(unknown, by=coordinator, now=timezone.now(), note="Paper seen")

    shown = coordinator_client.get(page(call, "nominations"))

    groups = shown.context["groups"]
    assert [group.first.place.application for group in groups] == [late, soon, unknown]
    assert [group.first.blocking for group in groups] == [
        (),
        ("Still empty: European Student Identifier.",),
        (),
    ]
    assert [shown.context[f"{name}_count"] for name in ("waiting", "ready", "late")] == [3, 1, 1]
    html = " ".join(shown.text.split())
    assert "3 days left" in html
    assert "Nomination deadline not known" in html
    assert html.count("days of the host's term are not known") == 3
    assert f"{coordinator}, " in html
    assert ": Paper seen" in html
    assert html.count(page(call, "complete", soon.code)) == 1
    assert "complete/" + late.code not in html


def test_list_can_be_narrowed_to_one_host(call, coordinator, coordinator_client):
    wanted, other = accept(call), accept(call)
    made = nominated(call, coordinator)
    key = wanted.placements.get().host.agreement.host.key

    shown = coordinator_client.get(page(call, "nominations"), {"host": key})

    assert str(wanted.student) in shown.text
    assert [group.first.place.application for group in shown.context["groups"]] == [wanted]
    assert shown.context["nominated"] == []
    assert f"{other.student}<" not in shown.text
    assert str(made.pk) not in shown.text


def test_long_lists_have_pages_and_figures_of_all(
    call, coordinator, coordinator_client, monkeypatch
):
    monkeypatch.setattr(listed, "WAITING_A_PAGE", 1)
    monkeypatch.setattr(listed, "NOMINATED_A_PAGE", 1)
    today = timezone.localdate()
    rows = [accept(call, wants={"deadline": today + timedelta(days=days)}) for days in (-2, -1, 3)]
    for row in rows:
        lifecycle.confirm_enrolment(row, by=coordinator, now=timezone.now())
    made = [nominated(call, coordinator) for _row in range(2)]

    first = coordinator_client.get(page(call, "nominations"))
    other = coordinator_client.get(page(call, "nominations"), {"waiting": "2", "page": "2"})
    left = post(
        coordinator_client, page(call, "nominate"), application=[rows[1].code], waiting=2, page=2
    )

    def those_on(shown):
        return (
            [
                check.place.application
                for group in shown.context["groups"]
                for check in group.checks
            ],
            [row.nomination for row in shown.context["nominated"]],
        )

    by_host = sorted(made, key=lambda row: str(row.placement.host))
    assert [those_on(shown) for shown in (first, other)] == [
        ([rows[0]], [by_host[0]]),
        ([rows[1]], [by_host[1]]),
    ]
    names = ("waiting_count", "late_count", "nominated_count", "pending_count")
    assert [first.context[name] for name in names] == [3, 2, 2, 2]
    assert "of those shown ready" in first.text
    assert "Tick all to be nominated on this page" in first.text
    assert 'href="?page=2&amp;waiting=3#waiting-title"' in other.text
    assert left.redirect_chain == [(f"{page(call, 'nominations')}?waiting=2&page=2", 302)]
    assert those_on(left)[0] == [rows[2]]


@pytest.mark.parametrize("rows", [1, 3])
def test_list_needs_the_same_queries(call, coordinator, coordinator_client, rows):
    for _row in range(rows):
        accept(call, wants={})
        nominated(call, coordinator, wants={})

    with CaptureQueriesContext(connection) as captured:
        coordinator_client.get(page(call, "nominations"))

    assert len(captured) == 24


# -- what is done for many -------------------------------------------------------------------------


def test_enrolment_is_confirmed_for_the_ticked_and_taken_back(
    call, coordinator, coordinator_client
):
    rows = [accept(call) for _row in range(3)]
    url = page(call, "enrolment")

    nobody = post(coordinator_client, url, note="x")
    ticked = post(
        coordinator_client, url, application=[row.code for row in rows[:2]], note="Certificate"
    )
    back = post(coordinator_client, url, take_back=rows[0].code)

    assert [said(answer) for answer in (nobody, ticked, back)] == [
        ["Nobody was ticked, nothing was changed."],
        ["Enrolment of 2 students confirmed."],
        ["The confirmation is taken back."],
    ]
    assert list(
        EnrolmentConfirmation.objects.values_list("application", "note", "confirmed_by")
    ) == [(rows[1].pk, "Certificate", coordinator.pk)]


def test_ticked_students_are_nominated_or_the_reason_is_said(call, coordinator, coordinator_client):
    fine = accept(call)
    lacking = accept(call, wants={"columns": ["family_name", "esi"]})
    unconfirmed = accept(call)
    for row in (fine, lacking):
        lifecycle.confirm_enrolment(row, by=coordinator, now=timezone.now())

    answer = post(
        coordinator_client,
        page(call, "nominate"),
        application=[row.code for row in (fine, lacking, unconfirmed)],
    )

    assert said(answer) == [
        f"{lacking.student} ({lacking.code}): {WITHOUT_ESI}",
        f"{unconfirmed.student} ({unconfirmed.code}): {NOT_CONFIRMED}",
        "1 student nominated.",
    ]
    assert list(Nomination.objects.values_list("application", flat=True)) == [fine.pk]


@pytest.mark.parametrize("name", ["enrolment", "nominate"])
def test_code_no_application_can_have_is_a_bad_request(call, coordinator_client, name):
    answer = coordinator_client.post(page(call, name), {"application": "A\0B"})

    assert answer.status_code == 400


def test_hosts_that_confirmed_are_recorded_with_their_day(call, coordinator, coordinator_client):
    first, second = (nominated(call, coordinator) for _row in range(2))
    url, today = page(call, "host_confirmed"), timezone.localdate()

    early = post(coordinator_client, url, nomination=[first.pk], answered_on=today + timedelta(1))
    nobody = post(coordinator_client, url, nomination=["nonsense"], answered_on=today)
    before = post(coordinator_client, url, nomination=[first.pk], answered_on=today - timedelta(2))
    Nomination.objects.update(nominated_at=timezone.now() - timedelta(2))
    done = post(coordinator_client, url, nomination=[first.pk], answered_on=today - timedelta(2))

    student = first.application.student
    assert [said(answer) for answer in (early, before, nobody, done)] == [
        ["This day is still to come."],
        [f"{student} ({first.application.code}): {BEFORE % texts.day(today)}"],
        ["Nobody was ticked, nothing was changed."],
        ["1 confirmation recorded."],
    ]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("approved", "pending")
    assert timezone.localdate(first.answered_at) == today - timedelta(2)


# -- one nomination --------------------------------------------------------------------------------


def test_rejection_needs_its_reason_and_is_recorded(call, coordinator, coordinator_client):
    nomination = nominated(call, coordinator)
    given = {"answer": "rejected", "answered_on": timezone.localdate()}

    empty = coordinator_client.post(of(nomination, "host_answer"), {**given, "answer": ""})
    without = coordinator_client.post(of(nomination, "host_answer"), given)
    given["reason"] = "Full."
    yesterday = {**given, "answered_on": given["answered_on"] - timedelta(1)}
    before = coordinator_client.post(of(nomination, "host_answer"), yesterday)
    Nomination.objects.update(nominated_at=timezone.now() - timedelta(1))
    done = post(coordinator_client, of(nomination, "host_answer"), **yesterday)

    assert "Please choose what the host answered." in empty.text
    assert without.context["answer_form"].errors["reason"]
    assert before.context["answer_form"].errors == {
        "answered_on": [BEFORE % texts.day(timezone.localdate())]
    }
    assert said(done) == [f"The answer was recorded. {NOBODY}"]
    assert "The host answered on <" in done.text
    assert timezone.localdate(done.context["happened"][-1].answered_at) == yesterday["answered_on"]
    nomination.refresh_from_db()
    assert (nomination.status, nomination.placement.live) == ("rejected", False)
    assert "Full." in done.text
    assert [line.kind for line in done.context["happened"]] == ["nominated", "host_rejected"]


@pytest.mark.parametrize("step", ["cancel", "host_answer"])
def test_who_gets_the_freed_seat_is_said(coordinator, coordinator_client, step):
    call = rounds.published_call([[0], [0]], seats=[1], points=["9", "7"], coordinator=coordinator)
    first, second = (rounds.application(call, number) for number in range(2))
    lifecycle.accept_offer(first, by=first.student, now=first.placements.get().offered_at)
    nomination = lifecycle.nominate(
        first, by=coordinator, now=timezone.now(), enrolment_confirmed=True
    )
    given = {"answer": "rejected", "answered_on": timezone.localdate()}

    done = post(coordinator_client, of(nomination, step), **given, reason="Full.")

    place = second.placements.get()
    assert said(done)[0].endswith(f"Now offered a place: {second.student} ({place.host}).")


def test_cancelled_with_its_reason_and_not_twice(call, coordinator, coordinator_client):
    nomination = nominated(call, coordinator)
    url = of(nomination, "cancel")

    without = coordinator_client.post(url, {"reason": " "})
    done = post(coordinator_client, url, reason="Ill.")
    again = post(coordinator_client, url, reason="Ill.")

    assert without.context["cancel_form"].errors["reason"]
    assert said(done) == [f"The nomination is cancelled. {NOBODY}"]
    assert said(again) == [
        "This is not possible at this stage of the application. Nothing was changed."
    ]
    nomination.refresh_from_db()
    assert nomination.status == "cancelled"


def test_host_is_told_what_was_corrected_and_lists_before_are_out_of_date(
    call, coordinator, coordinator_client
):
    nomination = nominated(call, coordinator, family_name="Ott")
    visible = Nomination.objects.filter(pk=nomination.pk)

    def take_list():
        _name, content = export_nominations(
            call, visible, "csv", by=coordinator, now=timezone.now()
        )
        return content.decode()

    def is_changed():
        one = coordinator_client.get(of(nomination)).context["is_changed"]
        (row,) = coordinator_client.get(page(call, "nominations")).context["nominated"]
        assert row.is_changed == one
        return one

    before = is_changed()
    assert "Ott" in take_list()
    sent = correction(nomination, coordinator_client, family_name="Otto", gender="2")
    done = post(coordinator_client, of(nomination, "correct"), **sent)
    after = is_changed()
    assert "Otto" in take_list()

    assert said(done) == ["The correction is recorded."]
    assert NominationCorrection.objects.get().changes == {
        "family_name": ["Ott", "Otto"],
        "gender": [9, 2],
    }
    assert (before, after, is_changed()) == (False, True, False)
    assert [line.kind for line in coordinator_client.get(of(nomination)).context["happened"]] == [
        "nominated", "listed", "corrected", "listed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"family_name": " "}, "family_name"),
        ({"esi": "1234"}, "esi"),
        ({"birth_date": "2999-01-01"}, "birth_date"),
        ({"planned_from": "2028-02-01", "planned_until": "2028-01-31"}, "planned_until"),
        ({"planned_from": "2028-04-01"}, "planned_from"),  # the winter semester ends before
        ({"semester": "S", "planned_until": "2028-03-31"}, "planned_until"),
        ({"semester": "X"}, "semester"),
        ({"planned_from": "2026-01-31"}, "planned_from"),  # another year's
        ({"planned_until": "2030-01-31"}, "planned_until"),
        ({"planned_from": "2027-05-01", "planned_until": "2028-06-30"}, "planned_until"),
        ({"reason": ""}, "reason"),
    ],
)
def test_correction_that_can_not_be_is_said_at_its_field(
    call, coordinator, coordinator_client, changes, field
):
    nomination = nominated(call, coordinator)
    url = of(nomination, "correct")

    answer = coordinator_client.post(url, correction(nomination, coordinator_client, **changes))

    assert list(answer.context["form"].errors) == [field]
    assert not NominationCorrection.objects.exists()


def test_stale_form_overwrites_nothing(call, coordinator, coordinator_client):
    nomination = nominated(call, coordinator, family_name="Ott")
    stale = correction(nomination, coordinator_client, given_names="Eva")
    lifecycle.correct_nomination(
        nomination, {"family_name": "Otto"}, by=coordinator, now=timezone.now(), reason="Typo."
    )

    answer = post(coordinator_client, of(nomination, "correct"), **stale)

    assert said(answer)[0].startswith("Meanwhile somebody else")
    nomination.refresh_from_db()
    assert nomination.corrections == {"family_name": "Otto"}


def test_what_the_partner_insists_on_is_added_and_nominated_at_once(
    call, coordinator, coordinator_client
):
    row = accept(call, wants={"columns": ["esi", "language_level"]})
    url = page(call, "complete", row.code)
    form = coordinator_client.get(url).context["form"]
    shown = {name: form[name].value() or "" for name in form.fields}
    shown |= {"seen": 0, "reason": "Told by phone."}

    unconfirmed = coordinator_client.post(url, {**shown, "esi": ESI, "language_level": "B2"})
    lifecycle.confirm_enrolment(row, by=coordinator, now=timezone.now())
    lacking = coordinator_client.post(url, {**shown, "esi": ESI})
    assert [said(answer) for answer in (unconfirmed, lacking)] == [
        [NOT_CONFIRMED],
        ["This partner takes no nomination as it is now. Still empty: Language level."],
    ]
    assert not Nomination.objects.exists()
    done = post(coordinator_client, url, **{**shown, "esi": ESI, "language_level": "B2"})

    assert said(done) == ["The student is nominated with these data."]
    assert Nomination.objects.get().corrections == {"esi": ESI, "language_level": "B2"}
    (mail,) = OutgoingMail.objects.filter(person=row.student)
    assert mail.subject.startswith("You are nominated: ")
    assert f"European Student Identifier: (empty) → {ESI}" in mail.body
    assert "Told by phone." in mail.body


# -- values to copy --------------------------------------------------------------------------------


def test_values_to_copy_are_this_partners_and_logged(call, coordinator, coordinator_client):
    nomination = nominated(
        call,
        coordinator,
        wants={"columns": ["email", "family_name", "given_names", "comment"]},
        family_name='=HYPERLINK("x")',
        given_names="Eva  Maria",
        matriculation_number="108012345678",
    )
    nomination.comment = "By\ttrain,\nor by bus."
    nomination.save()

    reloaded = coordinator_client.get(of(nomination, "nomination_copy"))
    assert (reloaded.status_code, ExportLog.objects.count()) == (302, 0)
    shown = coordinator_client.post(of(nomination, "nomination_copy"))

    email = nomination.application.student.email
    assert [(item.header, item.value) for item in shown.context["items"]] == [
        ("E-mail", email),
        ("Family name (as in passport)", '=HYPERLINK("x")'),
        ("Given names", "Eva  Maria"),
        ("Comment for the partner", "By\ttrain,\nor by bus."),
    ]
    assert shown.context["one_line"].split("\t") == [
        email,
        '\'=HYPERLINK("x")',
        "Eva  Maria",
        "By train, or by bus.",
    ]
    assert "108012345678" not in shown.text
    log = ExportLog.objects.get()
    assert (log.format, log.by, log.nominations) == ("page", coordinator, [nomination.pk])
    assert log.host == nomination.placement.host.agreement.host
    assert ExportDownload.objects.get().export == log


# -- who may not -----------------------------------------------------------------------------------

PAGES = [
    ("get", "nomination"),
    ("post", "host_answer"),
    ("post", "cancel"),
    ("get", "correct"),
    ("post", "correct"),
    ("post", "nomination_copy"),
]


@pytest.mark.parametrize(("method", "name"), PAGES)
def test_nomination_is_hidden_from_other_faculties_and_calls(
    call, coordinator, coordinator_client, foreign_coordinator_client, method, name
):
    nomination = nominated(call, coordinator)
    other = factories.CallFactory.create(programme=call.programme, closed=True)

    foreign = getattr(foreign_coordinator_client, method)(of(nomination, name))
    elsewhere = getattr(coordinator_client, method)(page(other, name, nomination.pk))

    assert (foreign.status_code, elsewhere.status_code) == (404, 404)
    assert (ExportLog.objects.count(), Nomination.objects.get().status) == (0, "pending")


def test_nobody_handles_the_own_nomination(call, coordinator, office, coordinator_client):
    nomination = nominated(call, office)
    nomination.application.student = coordinator
    nomination.application.save(update_fields=["student"])
    sent = correction(nomination, coordinator_client, family_name="Otto")
    today = timezone.localdate()

    answers = [
        post(coordinator_client, of(nomination, "correct"), **sent),
        post(coordinator_client, of(nomination, "cancel"), reason="No."),
        post(
            coordinator_client, of(nomination, "host_answer"), answer="approved", answered_on=today
        ),
    ]

    own = "This is your own application: somebody else of the team has to decide on it."
    assert [said(answer) for answer in answers] == [[own]] * 3
    nomination.refresh_from_db()
    assert (nomination.status, nomination.corrections) == ("pending", {})
