"""Statistics of a round and of a programme's years: true counts, and for whom."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from applications import lifecycle, selection
from applications.models import Call, ExportLog
from applications.states import State
from tests import factories
from tests.applications.desk import page
from tests.applications.rounds import application, closed_call, publish, score_all
from tests.applications.test_admin_queries import queries

pytestmark = pytest.mark.django_db

YEARS = reverse("admin:applications_call_years")
GENDERS = ("male", "female", "not applicable", "not known")


def tables(client, url) -> dict[str, list[tuple]]:
    """Return the tables of a page by their key, without their heads."""
    return {each.key: list(each.rows) for each in client.get(url).context["statistics"]}


def sheets(response) -> dict[str, list[tuple]]:
    assert response.status_code == 200
    book = load_workbook(io.BytesIO(response.content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def demanded_call(coordinator, **fields) -> Call:
    """Return a published call: of six who applied, the host most want has one seat, the other two.

    The first accepts and is nominated, the second declines, the last withdraws after the deadline;
    a seventh had withdrawn before it, an eighth never handed in.
    """
    call = closed_call([[0], [0, 1], [0, 1], [1], [0], [0]], seats=[1, 2], **fields)
    gone = factories.ApplicationFactory.create(call=call, state=State.WITHDRAWN)
    factories.SubmissionFactory.create(application=gone)
    factories.StateChangeFactory.create(
        application=gone, after=State.WITHDRAWN, at=call.closed_at - timedelta(days=3)
    )
    factories.ApplicationFactory.create(call=call, state=State.LAPSED)
    score_all(call, coordinator, ["9", "8", "7", "6", "5", "4"])
    publish(call, coordinator)
    now = timezone.now()
    first, second, last = (application(call, number) for number in (0, 1, 5))
    lifecycle.accept_offer(first, by=first.student, now=now)
    lifecycle.nominate(first, by=coordinator, now=now, enrolment_confirmed=True)
    selection.decline(second, by=second.student, now=now)
    selection.withdraw(last, by=last.student, now=now)
    return call


# -- one round -----------------------------------------------------------------------------------


def test_page_of_a_round_counts_what_became_of_it(coordinator, coordinator_client):
    call = demanded_call(coordinator)
    wanted, other = (str(host) for host in call.hosts.order_by("pk"))

    found = tables(coordinator_client, page(call, "statistics"))

    assert found["way"] == [
        ("Applied", 6, Decimal("100.0")),
        ("Eligible", 6, Decimal("100.0")),
        ("Offered a place", 4, Decimal("66.7")),
        ("Accepted", 1, Decimal("16.7")),
        ("Nominated", 1, Decimal("16.7")),
    ]
    # Host, seats, applicants, per seat, by wish, hold a place, waiting.
    assert found["hosts"] == [
        (wanted, 1, 5, Decimal("5.00"), 5, 0, 0, 0, 0, 1, 2),
        (other, 2, 3, Decimal("1.50"), 1, 2, 0, 0, 0, 2, 0),
    ]
    assert found["wishes"] == [
        ("Wish 1", 2, Decimal("33.3")),
        ("Wish 2", 2, Decimal("33.3")),
        ("Wish 3", 0, Decimal("0.0")),
        ("Wish 4", 0, Decimal("0.0")),
        ("Wish 5", 0, Decimal("0.0")),
        ("Eligible, no place offered", 2, Decimal("33.3")),
        ("Not eligible, or left before", 0, Decimal("0.0")),
    ]
    ways = (6, 6, 4, 1, 1)
    assert found["level-now"] == found["level-departure"] == [("Bachelor", *ways)]
    assert [row[1:] for row in found["degree"]] == [ways]
    assert [row[1:] for row in found["semester"]] == [ways]
    assert found["abroad"] == [("Winter semester", 6, 3), ("Summer semester", 0, 0)]
    assert found["states"] == [
        ("Lapsed (never submitted)", 1),
        ("Place offered", 2),
        ("On the waiting list", 1),
        ("Offer declined", 1),
        ("Nominated", 1),
        ("Withdrawn before the deadline", 1),
        ("Withdrawn after the deadline", 1),
    ]


def test_groups_are_told_apart(coordinator_client, coordinator):
    call = factories.CallFactory.create(closed=True, programme__faculty__key="economics")
    degree = factories.MasterProgrammeFactory.create()
    for number, fields in enumerate(
        (
            {"level_now": "bachelor", "level_departure": "master", "semester_now": 5},
            {"level_now": "master", "level_departure": "master", "degree_programme": degree},
        )
    ):
        row = factories.ApplicationFactory.create(call=call, state=State.UNDER_REVIEW)
        factories.SubmissionFactory.create(application=row, preferences=[], **fields)
        if number:
            lifecycle.confirm_eligible(row, by=coordinator, now=timezone.now())

    found = tables(coordinator_client, page(call, "statistics"))

    assert found["level-now"] == [("Bachelor", 1, 0, 0, 0, 0), ("Master", 1, 1, 0, 0, 0)]
    assert found["level-departure"] == [("Master", 2, 1, 0, 0, 0)]
    assert ("Economics (M.Sc.)", 1, 1, 0, 0, 0) in found["degree"]
    assert len(found["degree"]) == len(found["semester"]) == 2


def test_grades_of_few_are_not_shown(coordinator, coordinator_client, settings):
    call = demanded_call(coordinator)
    url = page(call, "statistics")

    assert [row[1:] for row in tables(coordinator_client, url)["grades"]] == [
        (6, Decimal("2.00"), Decimal("2.00"), Decimal("2.00")),
        (4, Decimal("2.00"), Decimal("2.00"), Decimal("2.00")),
        (6, *(points_of(call, 6))),
        (4, *(points_of(call, 4))),
    ]
    settings.SMALLEST_GROUP_SHOWN = 5
    assert [row[2:] for row in tables(coordinator_client, url)["grades"]][1::2] == [
        (None, None, None)
    ] * 2


def points_of(call, count):
    """Return mean, lowest and highest points of the first so many of the ranking."""
    entries = call.rankings.order_by("number")[0].entries.order_by("position")[:count]
    points = [entry.score for entry in entries]
    return (sum(points) / count).quantize(Decimal("0.01")), min(points), max(points)


def test_demand_stays_unknown_until_the_call_is_closed(coordinator_client, faculty):
    call = factories.CallFactory.create(programme__faculty=faculty, hosts=1)
    host = call.hosts.get()
    submitted = factories.ApplicationFactory.create(call=call, state=State.SUBMITTED)
    factories.SubmissionFactory.create(application=submitted, preferences=[host])
    factories.ApplicationFactory.create(call=call)

    shown = coordinator_client.get(page(call, "statistics"))
    taken = sheets(coordinator_client.post(page(call, "statistics_export")))

    counts = [("Draft", 1), ("Submitted", 1), ("Withdrawn", 0)]
    assert [list(each.rows) for each in shown.context["statistics"]] == [counts]
    assert str(host) not in shown.content.decode()
    assert taken == {"State": [("State", "Applications"), *counts]}


def test_round_without_applications_has_a_page(office_client, faculty):
    call = factories.CallFactory.create(closed=True, hosts=1, programme__faculty=faculty)

    found = tables(office_client, page(call, "statistics"))

    assert found["way"][0] == ("Applied", 0, None)
    assert found["hosts"] == [
        (str(call.hosts.get()), 2, 0, Decimal("0.00"), 0, 0, 0, 0, 0, None, None)
    ]
    assert {"wishes", "gender"}.isdisjoint(found)


# -- gender --------------------------------------------------------------------------------------


def test_balance_of_genders_is_told_to_the_office_alone(
    coordinator, coordinator_client, office_client
):
    call = demanded_call(coordinator)
    over_years = f"{YEARS}?programme={call.programme.key}"

    for url in (page(call, "statistics"), over_years):
        text = coordinator_client.get(url).content.decode().lower()
        assert [word for word in ("gender", *GENDERS) if word in text] == []
    assert tables(office_client, page(call, "statistics"))["gender"] == [
        ("not applicable", 6, 6, 4, 1, 1)
    ]
    assert tables(office_client, over_years)["gender"] == [("2027/28", 0, 0, 6, 0)]
    for url, fields in (
        (page(call, "statistics_export"), {}),
        (reverse("admin:applications_call_years_export"), {"programme": call.programme.key}),
    ):
        names = [
            set(sheets(client.post(url, fields))) for client in (coordinator_client, office_client)
        ]
        assert names[1] - names[0] == {"Gender"}


# -- over the years ------------------------------------------------------------------------------


def earlier_call(call, *, years: int = 1) -> Call:
    """Return an earlier round of the programme: one applied for the host, nobody was placed."""
    earlier = factories.CallFactory.create(
        closed=True, programme=call.programme, academic_year=call.academic_year - years
    )
    host = factories.CallHostFactory.create(
        call=earlier, agreement=call.hosts.order_by("pk")[0].agreement, seats=4
    )
    row = factories.ApplicationFactory.create(call=earlier, state=State.UNDER_REVIEW)
    factories.SubmissionFactory.create(application=row, preferences=[host])
    return earlier


def test_years_of_a_programme_are_compared(coordinator, coordinator_client):
    call = demanded_call(coordinator)
    wanted, other = (str(host) for host in call.hosts.order_by("pk"))
    earlier_call(call)
    factories.CallFactory.create(programme=call.programme, academic_year=2028)  # still open

    answer = coordinator_client.get(f"{YEARS}?programme={call.programme.key}")

    found = {each.key: list(each.rows) for each in answer.context["statistics"]}
    # Round, seats, five stages, hold a place, per seat, withdrew, declined.
    assert found == {
        "rounds": [
            ("2026/27", 4, 1, 0, 0, 0, 0, 0, Decimal("0.25"), 0, 0),
            ("2027/28", 3, 6, 6, 4, 1, 1, 3, Decimal("2.00"), 1, 1),
        ],
        "first-wishes": [("2026/27", 0, 0, None), ("2027/28", 4, 2, Decimal("50.0"))],
        "hosts": [(wanted, 1, 5), (other, None, 3)],
        "per-seat": [(wanted, Decimal("0.25"), Decimal("5.00")), (other, None, Decimal("1.50"))],
    }
    assert answer.content.decode().count('<svg class="plot"') == 3


def test_two_rounds_of_one_year_are_told_apart(coordinator_client, faculty):
    calls = factories.CallFactory.create_batch(
        2, closed=True, programme=factories.ProgrammeFactory.create(faculty=faculty)
    )

    found = tables(coordinator_client, f"{YEARS}?programme={calls[0].programme.key}")

    assert [row[0] for row in found["rounds"]] == [f"2027/28 {call.code}" for call in calls]


def test_programmes_of_other_faculties_are_not_there(
    coordinator_client, foreign_coordinator_client, office_client, faculty
):
    programme = factories.ProgrammeFactory.create(faculty=faculty)

    listed = [
        programme in client.get(YEARS).context["programmes"]
        for client in (coordinator_client, office_client, foreign_coordinator_client)
    ]

    assert listed == [True, True, False]
    address = f"{YEARS}?programme={programme.key}"
    assert foreign_coordinator_client.get(address).status_code == 404
    assert "No round of this programme is closed yet." in (
        coordinator_client.get(address).content.decode()
    )


# -- the workbook --------------------------------------------------------------------------------


def test_workbook_holds_every_table_and_is_logged(coordinator, coordinator_client):
    call = demanded_call(coordinator)
    host = call.hosts.order_by("pk")[0].agreement.host
    host.name_en = "=1+1"
    host.save()
    shown = coordinator_client.get(page(call, "statistics")).context["statistics"]

    answer = coordinator_client.post(page(call, "statistics_export"))

    assert answer["Content-Disposition"] == f'attachment; filename="statistics-{call.code}.xlsx"'
    cells = load_workbook(io.BytesIO(answer.content))["Hosts"]
    assert (cells["A2"].value, cells["A2"].data_type) == ("=1+1", "s")
    assert sheets(answer) == {
        each.sheet: [
            each.head,
            *(
                tuple(float(cell) if isinstance(cell, Decimal) else cell for cell in row)
                for row in each.rows
            ),
        ]
        for each in shown
    }
    assert list(ExportLog.objects.values_list("call", "format", "nominations", "by")) == [
        (call.pk, "statistics", [], coordinator.pk)
    ]


def test_workbook_over_the_years_is_logged_for_each_round(coordinator, coordinator_client):
    call = demanded_call(coordinator)
    earlier = earlier_call(call)
    url = reverse("admin:applications_call_years_export")

    answer = coordinator_client.post(url, {"programme": call.programme.key})

    assert list(sheets(answer)) == ["Rounds", "First wishes", "Hosts", "Applicants per seat"]
    assert set(ExportLog.objects.values_list("call", "format")) == {
        (call.pk, "statistics"),
        (earlier.pk, "statistics"),
    }


# -- how it is read ------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3])
def test_statistics_need_the_same_queries(rows, coordinator, office_client, settings):
    settings.SMALLEST_GROUP_SHOWN = 1  # as many tables for one as for three
    call = closed_call([[number] for number in range(rows)], seats=[1] * rows)
    score_all(call, coordinator, ["9", "7", "5"][:rows])
    publish(call, coordinator)
    for years in range(1, rows):
        earlier_call(call, years=years)
        factories.ProgrammeFactory.create(faculty=call.programme.faculty, slots=False)

    given = [
        queries(office_client, url)
        for url in (page(call, "statistics"), f"{YEARS}?programme={call.programme.key}", YEARS)
    ]

    assert given == [18, 15, 7]


def test_plots_stand_in_the_page_as_pictures_with_words(coordinator, coordinator_client):
    call = demanded_call(coordinator)

    text = coordinator_client.get(page(call, "statistics")).content.decode()

    assert text.count('role="img"') == text.count("<desc id=") >= 7
    assert '<title id="hosts-title">Demand for each host university</title>' in text
    assert "4 were offered a place, 1 accepted, 1 were nominated.</desc>" in text
    assert ' style="' not in text
