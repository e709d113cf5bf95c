"""The next calls by the pattern of the deadlines, and the programmes they belong to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from applications import selection
from applications.models import Call, CallHost, DegreeProgramme, Programme
from partners.models import Agreement, Faculty, HostUniversity, SeatPool
from tests import factories
from tests.conftest import berlin

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)
# code: deadline, academic year, semesters
NEXT = {
    "erasmus-2027": (berlin("2027-01-11 00:00"), 2027, ["W", "S"]),
    "uow-spring-2027": (berlin("2027-02-02 00:00"), 2027, ["W"]),
    "uow-autumn-2028": (berlin("2027-09-02 00:00"), 2027, ["S"]),
    "phbs-2027": (berlin("2027-03-02 00:00"), 2027, ["W", "S"]),
    "tongji-winter-2027": (berlin("2027-04-28 00:00"), 2027, ["W"]),
    "tongji-summer-2028": (berlin("2027-11-04 00:00"), 2027, ["S"]),
    "tongji-school-2027": (berlin("2027-05-07 00:00"), 2026, ["S"]),
    "biss-2027": (None, 2026, ["S"]),
}


def erasmus_agreement(key: str, year: int = 2027, seats: int = 2) -> Agreement:
    agreement = factories.AgreementFactory.create(
        host=HostUniversity.objects.get(key=key), faculty=Faculty.objects.get(key="wiwi")
    )
    if seats:
        factories.SeatPoolFactory.create(agreement=agreement, academic_year=year, seats=seats)
    return agreement


def test_planning_finds_the_next_deadline_of_every_pattern():
    planned = selection.plan_calls(TODAY)

    assert {call.code: (call.deadline, call.academic_year, call.semesters) for call in planned} == (
        NEXT
    )


@pytest.mark.parametrize(
    ("today", "code"),
    [
        (date(2026, 1, 10), "erasmus-2026"),  # the last day counts as a whole
        (date(2026, 1, 11), "erasmus-2027"),
        (date(2026, 12, 31), "erasmus-2027"),
        (date(2027, 1, 1), "erasmus-2027"),
    ],
)
def test_planning_moves_on_the_day_after_the_deadline(today, code):
    planned = selection.plan_calls(today, programmes={"erasmus-studies"})

    assert [call.code for call in planned] == [code]


def test_planned_call_opens_weeks_before_and_promises_an_answer():
    (call,) = selection.plan_calls(TODAY, programmes={"erasmus-studies"})

    assert call.opens_at == berlin("2026-10-25 00:00")
    assert call.is_open(berlin("2026-11-21 12:00"))
    assert call.feedback_by == date(2027, 3, 7)
    assert call.answer_by == berlin("2027-03-22 00:00")
    assert (call.title_en, call.period_de) == (
        "ERASMUS studies 2027/28",
        "Wintersemester 2027/28 und Sommersemester 2028",
    )


def test_planned_call_has_a_score_sheet():
    (call,) = selection.plan_calls(TODAY, programmes={"erasmus-studies"})

    assert list(call.criteria.values_list("key", "kind", "weight")) == [
        ("grade", "grade", Decimal(40)),
        ("ects", "ects", Decimal(10)),
        ("motivation", "manual", Decimal(30)),
        ("fit", "manual", Decimal(20)),
    ]


def test_planned_call_takes_the_hosts_with_seats_in_its_year():
    erasmus_agreement("lut")
    erasmus_agreement("minho", year=2026)
    erasmus_agreement("padova", seats=0)
    ended = erasmus_agreement("bern", year=2026)
    Agreement.objects.filter(pk=ended.pk).update(valid_until=2026)
    selection.plan_calls(TODAY)

    hosts = CallHost.objects.values_list("call__code", "agreement__host__key")
    assert sorted(hosts) == [
        ("biss-2027", "rub"),
        ("erasmus-2027", "lut"),
        ("phbs-2027", "phbs"),
        ("tongji-school-2027", "tongji"),
        ("tongji-summer-2028", "tongji"),
        ("tongji-winter-2027", "tongji"),
        ("uow-autumn-2028", "uow"),
        ("uow-spring-2027", "uow"),
    ]


def test_planning_again_changes_nothing():
    erasmus_agreement("lut")
    selection.plan_calls(TODAY)
    Call.objects.filter(code="erasmus-2027").update(title_en="Our own title")
    erasmus_agreement("minho")
    before = list(Call.objects.order_by("pk").values())

    assert selection.plan_calls(TODAY) == []
    assert list(Call.objects.order_by("pk").values()) == before
    assert CallHost.objects.filter(call__code="erasmus-2027").count() == 1


def test_planning_again_gives_hosts_to_a_call_without_any():
    selection.plan_calls(TODAY, programmes={"erasmus-studies"})
    erasmus_agreement("lut")

    assert selection.plan_calls(TODAY, programmes={"erasmus-studies"}) == []
    assert [str(host) for host in CallHost.objects.all()] == ["LUT University"]


def test_plan_calls_command_says_what_it_planned(capsys):
    call_command("plan_calls", "--on", "2026-11-21")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "erasmus-2027: deadline 2027-01-10 23:59 CET, hosts with seats: 0"
    assert lines[-2:] == [
        "biss-2027: deadline to be announced, hosts with seats: 1",
        "8 calls planned.",
    ]


def test_plan_calls_command_refuses_what_is_no_day():
    with pytest.raises(CommandError, match="is no date such as 2027-03-01"):
        call_command("plan_calls", "--on", "soon")
    assert not Call.objects.exists()


# -- what migration 0002 loaded ----------------------------------------------------------------


def test_programmes_ask_for_the_documents_of_the_source():
    slots = {
        programme.key: [
            f"{slot.key}{'' if slot.required else '?'}"
            for slot in programme.slots.order_by("position")
        ]
        for programme in Programme.objects.all()
    }

    assert slots == {
        "erasmus-studies": ["cv", "letter", "transcript", "abitur", "bachelor", "language?"],
        "wollongong": ["letter", "cv", "transcript", "abitur"],
        "tongji": ["letter", "cv", "transcript", "bachelor", "abitur", "experience"],
        "phbs": ["bachelor-transcript", "transcript", "letter", "cv"],
        "tongji-summer-school": [],
        "biss": [],
        "erasmus-doctoral": [],
        "erasmus-teaching": [],
        "internship": ["confirmation", "agreement", "cv", "letter"],
        "free-mover": [],
    }


def test_programmes_of_the_office_have_no_calls_planned():
    selection.plan_calls(TODAY)

    by_office = Programme.objects.filter(handled_by="office")
    assert sorted(by_office.values_list("key", flat=True)) == ["free-mover", "internship"]
    assert not Call.objects.filter(programme__in=by_office).exists()


def test_erasmus_letter_is_one_or_two_pages_of_english():
    letter = Programme.objects.get(key="erasmus-studies").slots.get(key="letter")

    assert (letter.kind, letter.language, letter.min_pages, letter.max_pages) == (
        "letter",
        "en",
        1,
        2,
    )


def test_erasmus_certificates_go_by_the_level_at_departure():
    slots = Programme.objects.get(key="erasmus-studies").slots
    asked = {
        level: [slot.key for slot in slots.order_by("position") if slot.applies_to(level)]
        for level in ("bachelor", "master")
    }

    assert asked == {
        "bachelor": ["cv", "letter", "transcript", "abitur", "language"],
        "master": ["cv", "letter", "transcript", "bachelor", "language"],
    }


def test_degree_programmes_have_four_digit_fields_of_study():
    rows = {row.key: (row.level, row.isced_f) for row in DegreeProgramme.objects.all()}

    assert rows["bsc-me"] == ("bachelor", ["0311", "0410", "0413"])
    assert {len(code) for _level, codes in rows.values() for code in codes} == {4}
    assert [row.key for row in DegreeProgramme.objects.filter(on_condition=True)] == ["ma-ecue"]


def test_bachelor_students_may_apply_where_only_masters_leave():
    """They apply during the Bachelor and leave in the first Master semesters (DOMAIN)."""
    tongji = Programme.objects.get(key="tongji")

    assert tongji.levels == ["master"]
    assert tongji.degree_programmes.filter(key="bsc-me").exists()


def test_made_up_seats_are_not_loaded_outside_the_demonstration():
    assert not SeatPool.objects.filter(made_up=True).exists()
