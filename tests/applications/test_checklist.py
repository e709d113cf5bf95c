"""What stands between an accepted student and the nomination."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications import lifecycle
from applications.exports.checklist import check_lists
from applications.models import Placement
from applications.states import State
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 4, 1, 8, tzinfo=UTC)
TODAY = date(2027, 4, 1)
ESI = "urn:schac:personalUniqueCode:int:esi:example.org:1"


def accepted(*, semesters=("W",), **submission):
    """Return the place of a student who accepted; the login brought no ESI."""
    place = factories.PlacementFactory.create(application__state=State.ACCEPTED)
    factories.SubmissionFactory.create(
        application=place.application, preferences=[(place.host, list(semesters))], **submission
    )
    return place


def deadline_of(place, **fields):
    return factories.NominationDeadlineFactory.create(host=place.host.agreement.host, **fields)


def check(place, today=TODAY):
    return check_lists(Placement.objects.filter(pk=place.pk), today=today)[place.application_id]


@pytest.mark.parametrize(
    ("wants", "missing", "blocking"),
    [
        # Of the usual list the partner may live without what is empty.
        (None, ["European Student Identifier", "Language level"], []),
        ({}, ["European Student Identifier", "Language level"], []),
        # What it chose itself it wants filled, but for what is empty with almost everybody.
        ({"columns": ["family_name", "esi", "comment"]}, ["European Student Identifier"], "all"),
        ({"columns": ["receiving_schac", "receiving_unit"]}, ["Receiving HEI ID (SCHAC)"], "all"),
        ({"columns": ["family_name", "home_student_id"]}, [], "all"),
    ],
)
def test_data_is_missing_by_what_this_partner_asks_for(wants, missing, blocking):
    place = accepted()
    if wants is not None:
        deadline_of(place, **wants)

    found = check(place)

    assert list(found.missing) == missing
    empty = [f"Still empty: {', '.join(missing)}."] if missing else []
    assert list(found.blocking) == (empty if blocking == "all" else blocking)


def test_by_ewp_nobody_goes_without_what_it_asks_for():
    place = accepted(languages={"en": "B2"})
    deadline_of(place, channel="ewp", columns=["family_name", "esi", "home_student_id"])

    found = check(place)

    assert found.ewp_problems == (
        "ewp_sender_id_missing",
        "ewp_host_id_missing",
        "ewp_esi_missing",
        "ewp_agreement_field_missing",
    )
    # Once: the column would be the same lack again.
    assert (found.missing, found.blocking) == ((), found.ewp_sentences)
    assert found.ewp_sentences[2].startswith("There is no European Student Identifier.")


def test_correction_fills_what_was_missing(coordinator):
    place = accepted(languages={"en": "B2"})
    deadline_of(place, columns=["esi", "language_level"])
    assert check(place).missing == ("European Student Identifier",)
    nomination = lifecycle.nominate(
        place.application, by=coordinator, now=NOW, enrolment_confirmed=True
    )

    lifecycle.correct_nomination(
        nomination, {"esi": ESI}, by=coordinator, now=NOW, reason="Brought the card."
    )

    assert check(place).missing == ()


@pytest.mark.parametrize(
    ("term", "days", "guessed"),
    [
        (False, {}, True),
        (False, {"planned_from": date(2028, 1, 10)}, True),
        (False, {"planned_from": date(2028, 1, 10), "planned_until": date(2028, 3, 1)}, False),
        (True, {}, False),
    ],
)
def test_days_of_our_semester_are_said_to_be_guessed(term, days, guessed):
    place = factories.NominationFactory.create(**days).placement
    factories.SubmissionFactory.create(application=place.application)
    if term:
        factories.HostTermFactory.create(
            host=place.host.agreement.host, academic_year=place.host.call.academic_year,
            semester=place.semester,
        )  # fmt: skip

    assert check(place).days_guessed is guessed


def test_enrolment_semester_and_days_left_are_told(coordinator):
    place = accepted(semesters=("W", "S"), esi=ESI, languages={"en": "C1"})
    before = check(place)
    deadline_of(place, deadline=date(2027, 4, 3), columns=["esi"])
    deadline_of(place, deadline=date(2027, 9, 30), semester="S")
    confirmed = lifecycle.confirm_enrolment(
        place.application, by=coordinator, now=NOW, note="Certificate seen."
    )

    after = check(place)

    assert (before.enrolment, before.days_left, before.is_ready) == (None, None, False)
    assert (after.enrolment, after.days_left, after.is_ready) == (confirmed, 2, True)
    assert (after.place.semester, after.other_semesters) == ("W", ("S",))
    assert [check(place, date(2027, 4, day)).is_late for day in (3, 4)] == [False, True]


@pytest.mark.parametrize("rows", [1, 3])
def test_check_lists_need_the_same_queries(rows):
    for _row in range(rows):
        deadline_of(accepted())

    with CaptureQueriesContext(connection) as captured:
        found = check_lists(Placement.objects.all(), today=TODAY)

    assert (len(found), len(captured)) == (rows, 7)
    assert all(row.deadline for row in found.values())
