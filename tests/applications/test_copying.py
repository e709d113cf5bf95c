"""Copying last year's call: what is counted on, what is taken over, who may, and only once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from applications import selection
from applications.models import Application, Call, CallHost, Criterion, HostWeight
from applications.selection.copying import (
    RULES,
    TEXTS,
    a_year_on,
    count_years_on,
    end_a_year_on,
    next_code,
)
from partners.models import SeatPool
from tests import factories
from tests.applications.desk import said
from tests.applications.test_races import at_once
from tests.conftest import berlin

pytestmark = pytest.mark.django_db
TIMES = ("opens_at", "deadline", "answer_by")
COPY = reverse("admin:applications_call_copy")
NOW = berlin("2027-04-01 12:00")


def address(*calls: Call) -> str:
    return f"{COPY}?" + "&".join(f"call={call.pk}" for call in calls)


@pytest.fixture
def call(faculty) -> Call:
    """ERASMUS 2027, closed and published, with a host, its made-up seats and two criteria."""
    call = factories.CallFactory.create(
        code="erasmus-2027",
        programme__faculty=faculty,
        title_en="ERASMUS studies 2027/28",
        title_de="ERASMUS-Studium 2027/28",
        period_en="winter semester 2027/28 and summer semester 2028",
        period_de="Wintersemester 2027/2028 und Sommersemester 2028",
        opens_at=berlin("2026-10-25 00:00"),
        deadline=berlin("2027-01-11 00:00"),
        answer_by=berlin("2027-03-29 00:00"),
        closed_at=berlin("2027-01-11 00:01"),
        published_at=berlin("2027-03-01 12:00"),
        applications_sha256="0" * 64,
        blind_reading=True,
        feedback_weeks=6,
        readers_needed=2,
        sheet_distance=25,
        tie_breakers=["ects", "grade"],
        criteria=True,
    )
    factories.CallHostFactory.create(
        call=call,
        min_score=Decimal("62.50"),
        seats=3,
        seats__level="master",
        seats__semester="W",
        seats__fallback=True,
    )
    return call


# -- years ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("erasmus-2027", "erasmus-2028"),
        ("erasmus-2027-28", "erasmus-2028-29"),
        ("ERASMUS studies 2027/28", "ERASMUS studies 2028/29"),
        ("Wintersemester 2027/2028", "Wintersemester 2028/2029"),
        ("winter 2027–28, summer 2028", "winter 2028–29, summer 2029"),
        ("the turn 2098/99", "the turn 2099/00"),
        ("1.9.2027-15.1.2028", "1.9.2028-15.1.2029"),
        ("from 2027-15 on", "from 2028-15 on"),
        ("room 12027, 5 ECTS", "room 12027, 5 ECTS"),
        ("three weeks in August", "three weeks in August"),
        ("", ""),
    ],
)
def test_years_in_a_text_are_counted_on(text, later):
    assert count_years_on(text) == later


@pytest.mark.parametrize(
    ("code", "later"),
    [
        ("erasmus-2027", "erasmus-2028"),
        ("uow-spring", "uow-spring-2028"),
        ("x" * 50, "x" * 45 + "-2028"),
        ("x" * 44 + "-yyyyy", "x" * 44 + "-2028"),
    ],
)
def test_code_without_a_year_gets_the_new_one(code, later):
    assert next_code(code, 2028) == later


@pytest.mark.parametrize(
    ("moment", "later"),
    [
        ("2027-01-11 00:00", "2028-01-11 00:00"),
        ("2028-02-29 00:00", "2029-02-28 00:00"),
        # Daylight saving begins on 28 March 2027 and on 26 March 2028.
        ("2027-03-27 00:00", "2028-03-27 00:00"),
        ("2027-03-29 00:00", "2028-03-29 00:00"),
        # It ends on 31 October 2027 and on 29 October 2028.
        ("2027-10-30 00:00", "2028-10-30 00:00"),
        ("2027-10-31 23:59:59", "2028-10-31 23:59:59"),
    ],
)
def test_times_keep_their_hour_in_bochum(moment, later):
    assert a_year_on(berlin(moment)) == berlin(later)


@pytest.mark.parametrize(
    ("moment", "later"),
    [
        ("2027-01-11 00:00", "2028-01-11 00:00"),
        ("2027-03-01 00:00", "2028-02-29 00:00"),  # to the end of 28 February in both years
        ("2028-02-29 00:00", "2029-03-01 00:00"),  # the same, out of a leap year
        ("2028-03-01 00:00", "2029-03-01 00:00"),  # to the end of 29 February
        ("2027-02-28 12:00", "2028-02-28 12:00"),
        ("2026-03-30 00:00", "2027-03-30 00:00"),  # summer time began on 29 March, then on 28
    ],
)
def test_deadlines_keep_their_last_day(moment, later):
    assert end_a_year_on(berlin(moment)) == berlin(later)


def test_call_that_ends_on_28_february_of_a_leap_year_can_be_copied(call):
    Call.objects.filter(pk=call.pk).update(
        opens_at=berlin("2028-02-28 00:00"),
        deadline=berlin("2028-02-29 00:00"),
        answer_by=None,
        closed_at=None,
        published_at=None,
    )
    call.refresh_from_db()
    (copy,) = selection.copy_calls([call], now=NOW)
    assert (copy.opens_at, copy.deadline) == (
        berlin("2029-02-28 00:00"),
        berlin("2029-03-01 00:00"),
    )


@pytest.mark.parametrize(
    "times",
    [
        ("2028-02-28 12:00", "2028-02-29 10:00", None),
        ("2028-01-28 12:00", "2028-02-28 23:00", "2028-02-29 12:00"),
    ],
)
def test_copy_gets_no_times_that_a_leap_day_brings_out_of_order(call, times):
    moments = [moment and berlin(moment) for moment in times]
    Call.objects.filter(pk=call.pk).update(
        **dict(zip(TIMES, moments, strict=True)), closed_at=None, published_at=None
    )
    call.refresh_from_db()
    (planned,) = selection.copies_of([call], now=NOW)
    (copy,) = selection.copy_calls([call], now=NOW)
    assert planned.lost_its_times
    assert (copy.opens_at, copy.deadline, copy.answer_by) == (None, None, None)


def test_hour_that_does_not_exist_becomes_the_next():
    assert a_year_on(berlin("2026-03-28 02:30")) == berlin("2027-03-28 03:30")


# -- what is written -------------------------------------------------------------------------------


def test_copy_is_the_call_a_year_on(call):
    (copy,) = selection.copy_calls([call], now=NOW)

    copy.refresh_from_db()
    assert {
        field: getattr(copy, field)
        for field in (*RULES, *TEXTS, *TIMES, "code", "academic_year", "programme_id")
    } == {
        "code": "erasmus-2028",
        "title_en": "ERASMUS studies 2028/29",
        "title_de": "ERASMUS-Studium 2028/29",
        "period_en": "winter semester 2028/29 and summer semester 2029",
        "period_de": "Wintersemester 2028/2029 und Sommersemester 2029",
        "academic_year": 2028,
        "opens_at": berlin("2027-10-25 00:00"),
        "deadline": berlin("2028-01-11 00:00"),
        "answer_by": berlin("2028-03-29 00:00"),
        "semesters": ["W", "S"],
        "feedback_weeks": 6,
        "blind_reading": True,
        "readers_needed": 2,
        "sheet_distance": 25,
        "tie_breakers": ["ects", "grade"],
        "programme": call.programme,
        "programme_id": call.programme_id,
    }


def test_copy_knows_nothing_of_what_happened(call):
    factories.ApplicationFactory.create(call=call)

    (copy,) = selection.copy_calls([call], now=NOW)

    assert (copy.closed_at, copy.published_at, copy.applications_sha256) == (None, None, "")
    assert len(copy.lottery_secret) == 64
    assert copy.lottery_secret != call.lottery_secret
    assert list(Application.objects.values_list("call")) == [(call.pk,)]


def test_own_orders_of_hosts_come_along(call, coordinator_client):
    host, motivation = call.hosts.get(), call.criteria.get(key="motivation")
    factories.CallHostFactory.create(call=call)
    HostWeight.objects.create(host=host, criterion=motivation, weight=Decimal("12.50"))

    preview = coordinator_client.get(address(call)).content.decode()
    (copy,) = selection.copy_calls([call], now=NOW)

    assert ("Motivation 100\N{NO-BREAK SPACE}%" in preview, "common order" in preview) == (
        True,
        True,
    )
    columns = ("host__call", "host__agreement", "criterion__call", "criterion__key", "weight")
    assert list(HostWeight.objects.filter(host__call=copy).values_list(*columns)) == [
        (copy.pk, host.agreement_id, copy.pk, "motivation", Decimal("12.50"))
    ]


def test_hosts_criteria_and_seats_come_along(call):
    (copy,) = selection.copy_calls([call], now=NOW)

    agreement = call.hosts.get().agreement
    assert list(copy.hosts.values_list("agreement", "min_score")) == [
        (agreement.pk, Decimal("62.50"))
    ]
    columns = ("key", "position", "name_en", "name_de", "kind", "weight", "scale_max")
    assert list(copy.criteria.values_list(*columns)) == list(call.criteria.values_list(*columns))
    assert list(
        agreement.pools.filter(academic_year=2028).values_list(
            "level", "semester", "seats", "fallback", "made_up"
        )
    ) == [("master", "W", 3, True, True)]


def test_seats_from_an_agreement_are_not_marked_made_up(call):
    pools = call.hosts.get().agreement.pools
    pools.update(made_up=False)

    selection.copy_calls([call], now=NOW)

    assert list(pools.values_list("academic_year", "made_up")) == [(2027, False), (2028, False)]


def test_seats_of_the_new_year_stay_as_they_are(call):
    agreement = call.hosts.get().agreement
    factories.SeatPoolFactory.create(agreement=agreement, academic_year=2028, seats=1)

    selection.copy_calls([call], now=NOW)

    pools = agreement.pools.filter(academic_year=2028)
    assert list(pools.values_list("level", "seats")) == [("", 1)]


def test_host_whose_agreement_has_ended_stays_behind(call):
    agreement = call.hosts.get().agreement
    agreement.valid_until = 2027
    agreement.save()

    (planned,) = selection.copies_of([call], now=NOW)
    (copy,) = selection.copy_calls([call], now=NOW)

    assert [host.agreement for host in planned.ended] == [agreement]
    assert not copy.hosts.exists()
    assert not agreement.pools.filter(academic_year=2028).exists()


def test_bare_call_is_copied_as_such():
    bare = factories.CallFactory.create(code="biss", undated=True, period_en="", period_de="")

    (copy,) = selection.copy_calls([bare], now=NOW)

    assert (copy.code, copy.opens_at, copy.deadline, copy.answer_by) == (
        "biss-2028",
        None,
        None,
        None,
    )
    assert (copy.period_en, copy.hosts.count(), copy.criteria.count()) == ("", 0, 0)


def test_calls_that_share_an_agreement_share_its_seats(call):
    agreement = call.hosts.get().agreement
    other = factories.CallFactory.create(
        code="autumn-2027", programme=call.programme, hosts=[agreement], hosts__seats=0
    )

    selection.copy_calls([call, other], now=NOW)

    assert agreement.pools.filter(academic_year=2028).count() == 1
    assert CallHost.objects.filter(agreement=agreement).count() == 4


def test_two_copies_with_one_code_write_nothing(call):
    other = factories.CallFactory.create(code="erasmus", programme=call.programme)
    Call.objects.filter(pk=call.pk).update(code="erasmus-2027")
    before = Call.objects.count()

    with pytest.raises(selection.CallExists, match="erasmus-2028"):
        selection.copy_calls([call, other], now=NOW)

    assert Call.objects.count() == before
    assert not SeatPool.objects.filter(academic_year=2028).exists()


@pytest.mark.django_db(transaction=True)
def test_copying_twice_at_once_makes_one_call():
    call = factories.CallFactory.create(code="erasmus-2027", hosts=2, criteria=True)

    results = at_once(*[lambda: selection.copy_calls([call], now=NOW) for _ in range(4)])

    refused = [result for result in results if isinstance(result, selection.CallExists)]
    assert (len(refused), Call.objects.count()) == (3, 2)
    assert (CallHost.objects.count(), Criterion.objects.count()) == (4, 4)
    assert SeatPool.objects.filter(agreement__host__key__startswith="host-").count() == 4


@pytest.mark.django_db(transaction=True)
def test_copying_two_calls_of_one_agreement_at_once_brings_its_seats_once():
    first = factories.CallFactory.create(code="spring-2027", hosts=1)
    agreement = first.hosts.get().agreement
    second = factories.CallFactory.create(code="autumn-2027", hosts=[agreement], hosts__seats=0)

    at_once(*[lambda call=call: selection.copy_calls([call], now=NOW) for call in (first, second)])

    assert sorted(Call.objects.values_list("code", flat=True)) == [
        "autumn-2027",
        "autumn-2028",
        "spring-2027",
        "spring-2028",
    ]
    assert agreement.pools.filter(academic_year=2028).count() == 1


# -- the page --------------------------------------------------------------------------------------


def test_action_of_the_list_leads_to_the_preview(call, coordinator_client):
    chosen = {"action": "copy_for_next_year", "_selected_action": [call.pk]}

    answer = coordinator_client.post(reverse("admin:applications_call_changelist"), chosen)

    assert (answer.status_code, answer.url) == (302, address(call))


def test_preview_shows_all_and_writes_nothing(call, coordinator_client, at):
    at(NOW)
    ended = factories.AgreementFactory.create(
        faculty=call.programme.faculty, valid_until=2027, host__name_en="Left Behind University"
    )
    factories.CallHostFactory.create(call=call, agreement=ended)

    text = " ".join(coordinator_client.get(address(call)).text.split())

    for said_there in (
        "erasmus-2028",
        "ERASMUS studies 2028/29",
        "Wintersemester 2028/2029 und Sommersemester 2029",
        "10 January 2028, 23:59 CET",
        "29 March 2028, 00:00 CEST",
        "Left Behind University",
        "Their agreement is not in force in 2028/29.",
        "3 seats",
        "made up",
        "copied from last year",
        "62.50",
        "Motivation: 60.00; Average grade: 40.00",
        "more ECTS earned, better average grade",
        "Copy this call now",
    ):
        assert said_there in text, said_there
    assert Call.objects.count() == 1


def test_confirming_copies_and_leads_to_the_new_call(call, coordinator_client):
    answer = coordinator_client.post(COPY, {"call": [call.pk]}, follow=True)

    copy = Call.objects.get(code="erasmus-2028")
    assert answer.redirect_chain == [
        (reverse("admin:applications_call_change", args=[copy.pk]), 302)
    ]
    link = f'<a href="{answer.redirect_chain[0][0]}">ERASMUS studies 2028/29 (erasmus-2028)</a>'
    assert f"{link} was made. Please check its times and hosts." in said(answer)


def test_second_click_names_the_call_that_is_there(call, coordinator_client):
    coordinator_client.post(COPY, {"call": [call.pk]})
    before = (Call.objects.count(), SeatPool.objects.count())

    answer = coordinator_client.post(COPY, {"call": [call.pk]}, follow=True)

    copy = Call.objects.get(code="erasmus-2028")
    there = reverse("admin:applications_call_change", args=[copy.pk])
    assert said(answer)[-1] == (
        f'There is a call for the next year already: <a href="{there}">ERASMUS studies 2028/29 '
        "(erasmus-2028)</a>. Nothing was copied."
    )
    assert "Copy this call now" not in answer.text
    assert f'href="{there}"' in answer.text
    assert (Call.objects.count(), SeatPool.objects.count()) == before


def test_several_calls_are_copied_at_once(call, coordinator_client):
    other = factories.CallFactory.create(code="biss-2027", programme=call.programme, undated=True)

    page = coordinator_client.get(address(call, other))
    answer = coordinator_client.post(COPY, {"call": [call.pk, other.pk]})

    assert "Copy these 2 calls now" in page.text
    assert answer.url == reverse("admin:applications_call_changelist")
    assert set(Call.objects.values_list("code", flat=True)) == {
        "biss-2027",
        "biss-2028",
        "erasmus-2027",
        "erasmus-2028",
    }


def test_one_that_exists_keeps_all_from_being_copied(call, coordinator_client):
    other = factories.CallFactory.create(code="biss-2027", programme=call.programme)
    factories.CallFactory.create(code="erasmus-2028", programme=call.programme)

    page = coordinator_client.get(address(call, other))
    coordinator_client.post(COPY, {"call": [call.pk, other.pk]})

    # The page offers the other one alone.
    assert page.context["free"] == [other.pk]
    assert not Call.objects.filter(code="biss-2028").exists()


def test_copy_whose_deadline_would_be_over_gets_no_times(call):
    over = berlin("2028-01-11 00:00")

    (in_time,) = selection.copies_of([call], now=over - timedelta(microseconds=1))
    (late,) = selection.copies_of([call], now=over)

    assert (in_time.call.deadline, in_time.lost_its_times) == (over, False)
    times = (late.call.opens_at, late.call.deadline, late.call.answer_by)
    assert (times, late.lost_its_times) == ((None, None, None), True)


def test_missing_times_are_said_before_copying(call, coordinator_client, at):
    at("2028-02-01 12:00")

    text = coordinator_client.get(address(call)).text
    coordinator_client.post(COPY, {"call": [call.pk]})

    assert "So the copy gets no times: type them in afterwards." in text
    assert Call.objects.get(code="erasmus-2028").deadline is None


def test_page_of_a_call_offers_the_copy_to_its_coordinators_alone(
    call, coordinator_client, office_client
):
    page = reverse("admin:applications_call_change", args=[call.pk])

    assert f'href="{address(call)}"' in coordinator_client.get(page).text
    assert COPY not in office_client.get(page).text


def test_office_and_other_faculties_copy_nothing(
    call, office_client, foreign_coordinator_client, student_client
):
    statuses = [
        client.post(COPY, {"call": [call.pk]}).status_code
        for client in (office_client, foreign_coordinator_client, student_client)
    ]
    action = office_client.get(reverse("admin:applications_call_changelist"))

    assert statuses == [403, 404, 302]
    assert "copy_for_next_year" not in action.text
    assert Call.objects.count() == 1


def test_own_call_together_with_a_foreign_one_is_not_copied(call, coordinator_client):
    foreign = factories.CallFactory.create(programme__faculty=factories.FacultyFactory.create())

    assert coordinator_client.post(COPY, {"call": [call.pk, foreign.pk]}).status_code == 404
    assert Call.objects.count() == 2


@pytest.mark.parametrize("typed", ["", "x", "-1", "9" * 30, "²"])
def test_number_that_is_none_is_not_found(typed, coordinator_client):
    assert coordinator_client.get(f"{COPY}?call={typed}").status_code == 404


def test_copy_can_be_opened_and_applied_to(call, coordinator_client, student_client, at):
    at(NOW)
    coordinator_client.post(COPY, {"call": [call.pk]})
    at("2027-12-01 12:00")

    page = student_client.get(reverse("applications:call", args=["erasmus-2028"]))

    assert page.context["can_start"]


@pytest.mark.parametrize("count", [1, 3])
def test_preview_keeps_its_number_of_queries(
    coordinator_client, faculty, django_assert_num_queries, count
):
    calls = factories.CallFactory.create_batch(
        count, programme__faculty=faculty, hosts=count, criteria=True
    )

    # session, person, role grants, Django's own permissions (person, groups); the calls; hosts,
    # agreements, universities, seats, own weights, criteria; codes that are taken
    with django_assert_num_queries(13):
        coordinator_client.get(address(*calls))


# -- criteria of new calls -------------------------------------------------------------------------


def new_call(programme, **changes) -> dict[str, object]:
    now = timezone.localtime()
    return {
        "code": "new-2030",
        "programme": programme.pk,
        "title_en": "New",
        "title_de": "Neu",
        "academic_year": 2030,
        "semesters": ["W"],
        "opens_at": now.strftime("%Y-%m-%dT00:00"),
        "deadline": (now + timedelta(days=40)).strftime("%Y-%m-%dT00:00"),
        "feedback_weeks": 8,
        "readers_needed": 1,
        "sheet_distance": 30,
        **{
            f"{prefix}-{name}": 0
            for prefix in ("hosts", "criteria")
            for name in ("TOTAL_FORMS", "INITIAL_FORMS")
        },
        **changes,
    }


@pytest.fixture
def programme(faculty):
    programme = factories.ProgrammeFactory.create(faculty=faculty)
    for key, weight in (("grade", 70), ("letter", 30)):
        factories.ProgrammeCriterionFactory.create(programme=programme, key=key, weight=weight)
    return programme


def test_new_call_starts_with_the_criteria_of_its_programme(programme, coordinator_client):
    answer = coordinator_client.post(
        reverse("admin:applications_call_add"), new_call(programme), follow=True
    )

    call = Call.objects.get(code="new-2030")
    assert list(call.criteria.values_list("key", "weight")) == [("grade", 70), ("letter", 30)]
    assert "The criteria of the programme were taken over: Grade, Letter." in said(answer)


def test_new_call_keeps_the_criteria_that_were_typed(programme, coordinator_client):
    typed = {
        "criteria-TOTAL_FORMS": 1,
        "criteria-0-position": 1,
        "criteria-0-key": "own",
        "criteria-0-name_en": "Own",
        "criteria-0-name_de": "Eigenes",
        "criteria-0-kind": "manual",
        "criteria-0-language": "en",
        "criteria-0-weight": "5",
        "criteria-0-scale_max": "10",
    }

    coordinator_client.post(reverse("admin:applications_call_add"), new_call(programme, **typed))

    assert list(Criterion.objects.values_list("call__code", "key")) == [("new-2030", "own")]


def test_call_that_is_only_changed_gets_no_criteria(programme, coordinator_client):
    call = factories.CallFactory.create(code="new-2030", programme=programme)
    page = reverse("admin:applications_call_change", args=[call.pk])

    assert coordinator_client.post(page, new_call(programme)).status_code == 302
    assert not call.criteria.exists()
