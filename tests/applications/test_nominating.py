"""Enrolment, nomination, correction, answer and cancellation, and who is told of each."""

from datetime import UTC, date, datetime, timedelta

import pytest

from applications import lifecycle, selection
from applications.models import EnrolmentConfirmation, Nomination, OutgoingMail
from applications.states import State
from tests import factories
from tests.applications.rounds import application, published_call

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 4, 1, 8, tzinfo=UTC)


def accepted(semesters=("W", "S"), **submission):
    place = factories.PlacementFactory.create(application__state=State.ACCEPTED)
    factories.SubmissionFactory.create(
        application=place.application, preferences=[(place.host, list(semesters))], **submission
    )
    return place.application


def nominated(by, **submission) -> Nomination:
    return lifecycle.nominate(accepted(**submission), by=by, now=NOW, enrolment_confirmed=True)


def told() -> list[tuple[str, str]]:
    """Return who was told of what, once and for all: those mails are gone then."""
    found = sorted(
        (mail.key.split(":")[0], mail.person.username)
        for mail in OutgoingMail.objects.select_related("person")
    )
    OutgoingMail.objects.all().delete()
    return found


# -- enrolment -----------------------------------------------------------------------------------


def test_enrolment_is_confirmed_once_and_taken_back_until_the_nomination(coordinator, office):
    row = accepted()

    first = lifecycle.confirm_enrolment(row, by=office, now=NOW, note="Certificate")
    again = lifecycle.confirm_enrolment(row, by=coordinator, now=NOW, note="Told so")
    assert (again.pk, again.confirmed_by, again.note) == (first.pk, office, "Certificate")
    lifecycle.take_back_enrolment(row, by=coordinator)
    assert not EnrolmentConfirmation.objects.exists()
    with pytest.raises(lifecycle.PortalRefusal, match="enrolment_not_confirmed"):
        lifecycle.nominate(row, by=coordinator, now=NOW)
    lifecycle.confirm_enrolment(row, by=coordinator, now=NOW)
    lifecycle.nominate(row, by=coordinator, now=NOW)
    with pytest.raises(lifecycle.TransitionRefused):
        lifecycle.take_back_enrolment(row, by=coordinator)


@pytest.mark.parametrize(
    "step",
    [
        lambda row, by: lifecycle.confirm_enrolment(row, by=by, now=NOW),
        lambda row, by: lifecycle.take_back_enrolment(row, by=by),
        lambda row, by: lifecycle.nominate(row, by=by, now=NOW, enrolment_confirmed=True),
    ],
)
def test_another_facultys_coordinator_does_nothing(foreign_coordinator, coordinator, step):
    row = accepted()
    lifecycle.confirm_enrolment(row, by=coordinator, now=NOW)

    with pytest.raises(lifecycle.TransitionRefused):
        step(row, foreign_coordinator)

    row.refresh_from_db()
    assert (row.state, EnrolmentConfirmation.objects.count()) == ("accepted", 1)


# -- many at once ----------------------------------------------------------------------------------


def test_of_many_each_is_nominated_or_says_why_and_the_office_gets_one_mail(coordinator, office):
    call = published_call(
        [[0]] * 4, seats=[4], points=["9", "7", "5", "3"], coordinator=coordinator
    )
    rows = [application(call, number) for number in range(4)]
    for row in rows[:3]:
        lifecycle.accept_offer(row, by=row.student, now=row.placements.get().offered_at)
    for row in rows[:2]:
        lifecycle.confirm_enrolment(row, by=coordinator, now=NOW)
    told()

    together = lifecycle.nominate_all(
        call, rows[::-1], by=coordinator, now=NOW, missing={rows[1].pk: ["No e-mail."]}
    )

    assert [nomination.application for nomination in together.done] == rows[:1]
    assert [(row, refused.code, refused.params) for row, refused in together.refused] == [
        (rows[1], "data_missing", {"missing": "No e-mail."}),
        (rows[2], "enrolment_not_confirmed", {}),
        (rows[3], "not_now", {"state": "offered"}),
    ]
    assert [row.state for row in call.applications.order_by("code")] == [
        "nominated", "accepted", "accepted", "offered",
    ]  # fmt: skip
    assert told() == [
        ("nominated", rows[0].student.username),
        ("nominations_news", office.username),
    ]


def test_hosts_that_confirmed_are_recorded_together(coordinator, office):
    call = published_call([[0]] * 2, seats=[2], points=["9", "7"], coordinator=coordinator)
    rows = [application(call, number) for number in range(2)]
    for row in rows:
        lifecycle.accept_offer(row, by=row.student, now=row.placements.get().offered_at)
        lifecycle.nominate(
            row, by=coordinator, now=NOW - timedelta(days=2), enrolment_confirmed=True
        )
    nominations = list(Nomination.objects.order_by("application"))
    lifecycle.record_host_answer(nominations[0], approved=True, by=office, now=NOW)
    told()

    together = lifecycle.confirm_nominations(
        call, nominations, by=coordinator, now=NOW, answered_at=NOW - timedelta(days=2)
    )

    assert ([row.pk for row in together.done], len(together.refused)) == ([nominations[1].pk], 1)
    assert list(
        Nomination.objects.order_by("application").values_list("status", "answered_at")
    ) == [("approved", NOW), ("approved", NOW - timedelta(days=2))]
    assert told() == [
        ("confirmed", rows[1].student.username),
        ("nominations_news", office.username),
    ]


# -- who is told -----------------------------------------------------------------------------------


def test_the_office_is_told_unless_it_acted_and_the_faculty_of_what_it_ends(coordinator, office):
    student = nominated(coordinator).application.student.username
    assert told() == [("nominated", student), ("nominations_news", office.username)]

    nomination = nominated(office)
    student = nomination.application.student.username
    assert told() == [("nominated", student)]
    lifecycle.correct_nomination(
        nomination, {"esi": "urn:x"}, by=office, now=NOW, reason="New card"
    )
    assert told() == [("corrected", student)]
    selection.cancel(nomination, by=office, now=NOW, reason="Ill for a year.")
    assert told() == [("cancelled", student), ("nominations_news", coordinator.username)]

    nomination = nominated(office)
    told()
    selection.reject(nomination, by=coordinator, now=NOW, reason="Full.")
    student = nomination.application.student.username
    assert told() == [("nominations_news", office.username), ("rejected", student)]


def test_mail_to_the_office_names_the_student_the_host_and_the_reason(coordinator, office):
    nomination = nominated(coordinator)
    told()

    selection.reject(nomination, by=coordinator, now=NOW, reason="No single rooms left.")

    mail = OutgoingMail.objects.get(person=office)
    student, code = nomination.application.student, nomination.application.code
    for part in (
        str(coordinator),
        f"- {student} ({code}), {nomination.placement.host}, ",
        "\nNo single rooms left.\n",
    ):
        assert part in mail.body


@pytest.mark.parametrize("step", [selection.cancel, selection.reject])
def test_nobody_frees_a_seat_one_could_get(coordinator, step):
    nomination = nominated(coordinator)
    factories.ApplicationFactory.create(
        call=nomination.application.call, student=coordinator, state=State.WAITLISTED
    )

    with pytest.raises(lifecycle.PortalRefusal, match="competes"):
        step(nomination, by=coordinator, now=NOW, reason="Full.")

    nomination.refresh_from_db()
    assert (nomination.status, nomination.placement.live) == ("pending", True)


# -- corrections -----------------------------------------------------------------------------------


def test_correction_keeps_the_submission_and_says_what_was_before(coordinator):
    nomination = nominated(coordinator, family_name="Ott", languages={"en": "B1"})
    student = nomination.application.student
    student.language = "en"
    student.save()
    told()

    correction = lifecycle.correct_nomination(
        nomination,
        {
            "family_name": "Otto",
            "birth_date": date(2003, 12, 31),
            "gender": 9,
            "nationality": "FR",
            "language_level": "C1",
            "comment": "Comes by train.",
            "planned_until": date(2028, 2, 20),
        },
        by=coordinator,
        now=NOW,
        reason="The passport says so.",
    )

    changes = {
        "planned_until": [None, "2028-02-20"],
        "comment": ["", "Comes by train."],
        "family_name": ["Ott", "Otto"],
        "birth_date": ["2004-05-17", "2003-12-31"],
        "nationality": ["DE", "FR"],
        "language_level": ["B1", "C1"],
    }
    assert correction.changes == changes
    nomination.refresh_from_db()
    assert nomination.corrections == {
        name: after for name, (_before, after) in list(changes.items())[2:]
    }
    assert (nomination.planned_until, nomination.comment) == (
        date(2028, 2, 20),
        "Comes by train.",
    )
    assert nomination.application.submissions.get().family_name == "Ott"
    body = OutgoingMail.objects.get(person=student).body
    assert "- Family name: Ott → Otto\n" in body
    assert "- Date of birth: 17 May 2004 → 31 December 2003\n" in body
    assert "- Nationality: Germany → France\n" in body
    assert "- Planned departure: as the term of the host → 20 February 2028\n" in body
    assert "train" not in body


def test_correction_back_to_what_was_submitted_leaves_none(coordinator):
    nomination = nominated(coordinator, family_name="Ott")

    def correct(name):
        return lifecycle.correct_nomination(
            nomination, {"family_name": name}, by=coordinator, now=NOW, reason="Typed wrongly."
        )

    assert correct("Ott") is None
    assert correct("Otto").changes == {"family_name": ["Ott", "Otto"]}
    assert correct("Ott").changes == {"family_name": ["Otto", "Ott"]}
    nomination.refresh_from_db()
    assert nomination.corrections == {}
    assert nomination.corrected.count() == 2


def test_semester_is_corrected_where_the_seat_allows_and_the_days_go_with_it(coordinator):
    nomination = nominated(coordinator)
    days = {"planned_from": date(2027, 9, 1), "planned_until": date(2028, 1, 31)}

    def correct(values):
        return lifecycle.correct_nomination(
            nomination, values, by=coordinator, now=NOW, reason="Asked for by the host."
        )

    correct(days)
    assert correct({"semester": "S", **days}).changes == {
        "semester": ["W", "S"],
        "planned_from": ["2027-09-01", None],
        "planned_until": ["2028-01-31", None],
    }
    nomination.refresh_from_db()
    assert (nomination.placement.semester, nomination.planned_from) == ("S", None)

    bound = nominated(coordinator, semesters=("W",))
    with pytest.raises(lifecycle.PortalRefusal, match="semester_not_possible"):
        lifecycle.correct_nomination(
            bound, {"semester": "S"}, by=coordinator, now=NOW, reason="Later."
        )
    bound.placement.refresh_from_db()
    assert bound.placement.semester == "W"


def test_correction_is_refused_without_reason_after_another_and_after_the_end(coordinator):
    nomination = nominated(coordinator)
    values = {"family_name": "Otto"}

    def correct(**how):
        return lifecycle.correct_nomination(
            nomination, values, **{"by": coordinator, "now": NOW, "reason": "Typo.", **how}
        )

    codes = []
    for how in ({"reason": " "}, {"seen": 1}):
        with pytest.raises(lifecycle.PortalRefusal) as refused:
            correct(**how)
        codes.append(refused.value.code)
    assert codes == ["reason_missing", "changed_since"]
    correct(seen=0)
    lifecycle.cancel_nomination(nomination, by=coordinator, now=NOW, reason="Left.")
    values = {"family_name": "Ott"}
    with pytest.raises(lifecycle.TransitionRefused):
        correct()
    nomination.refresh_from_db()
    assert nomination.corrections == {"family_name": "Otto"}
