"""The demonstration as a whole: recognised when it is there, built when it is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import (
    Application,
    Call,
    CallHost,
    ExportLog,
    HostWeight,
    RetentionRule,
)
from exchange_portal.demo.catalogue import add_to_catalogue, keep_deadlines_near
from exchange_portal.demo.granting import award_grants
from exchange_portal.demo.handing_in import hand_in
from exchange_portal.demo.past_round import (
    PastRound,
    by_worker,
    keep_offer_open,
    put_clock_back,
    watch_review,
)
from exchange_portal.demo.people import (
    APPLIED_BEFORE,
    HAS_STARTED,
    NOMINATED,
    chosen_student,
    give_roles,
    made_up_students,
    make_persons,
    make_students,
)
from exchange_portal.demo.resetting import wipe
from exchange_portal.demo_idp.persons import BY_LOGIN_ID
from partners.importing import load_demo_seats
from partners.models import Agreement, SeatPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from applications.models import User

    Say = Callable[[str], None]

ERASMUS = "erasmus-studies"
STUDENTS = 120
# Confirms how long data is kept.
OFFICE = "kleinsop"
# A partner that wants whose courses fit.
OWN_ORDER = "nhh"
OWN_WEIGHTS = {"fit": 60, "grade": 40}


@dataclass(frozen=True, slots=True)
class Built:
    """The past call, and the files its round ended in; none when it was there already."""

    call: Call
    files: tuple[Path, ...]


def past_call() -> Call | None:
    """Return the call whose round the demonstration has played to its end, if it has.

    The log of its export is the mark: written last, never removed but by `wipe`.
    """
    logs = ExportLog.objects.filter(call__programme__key=ERASMUS).select_related("call")
    log = logs.order_by("at").first()
    return log.call if log else None


def build(say: Say, *, students: int = STUDENTS, anew: bool = False) -> Built:
    """Bring the demonstration to life; one that is complete is only brought up to date.

    One that was interrupted, or `anew`, is wiped first. Raises ForeignPeople, ProgramFailed,
    ReviewTooSlow.
    """
    today = timezone.localdate()
    done = past_call()
    if done is not None and not anew:
        say(f"the demonstration is there: {done.code} was played to its end")
        years = [call.academic_year for call in _current(done, today)]
        _seats_for(years)
        add_to_catalogue(years, now=timezone.now())
        selection.plan_calls(today)
        keep_offer_open(done)
        keep_deadlines_near(done, today)
        _confirm_periods(make_persons()[OFFICE])
        return Built(done, ())
    if anew or Application.objects.exists():
        say("removing what is there of the demonstration")
        wipe()
    return _build(say, today, students)


def _current(done: Call, today: date) -> list[Call]:
    return [done, Call(academic_year=_next_deadline_year(today))]


def _next_deadline_year(today: date) -> int:
    """Return the year of the next ERASMUS deadline: that year's call is open or comes next."""
    return today.year if today <= date(today.year, 1, 10) else today.year + 1


def _build(say: Say, today: date, count: int) -> Built:
    year = _next_deadline_year(today)
    _seats_for([year - 1, year])
    add_to_catalogue([year - 1, year], now=timezone.now())
    say("made-up student seats, terms, deadlines and testimonials are loaded")
    give_roles(date(year - 2, 10, 1))
    people = make_persons()
    _confirm_periods(people[OFFICE])
    planned = selection.plan_calls(today)
    say(f"planned {len(planned)} calls")
    (past,) = selection.plan_calls(date(year - 1, 1, 1), programmes={ERASMUS})
    _give_an_order_of_its_own(past)
    chosen = [
        chosen_student(BY_LOGIN_ID[APPLIED_BEFORE], 996, 1),
        chosen_student(BY_LOGIN_ID[NOMINATED], 992, 2),
    ]
    students = [*made_up_students(count), *chosen]
    people |= make_students(students)
    handed_in = hand_in(past, students, people, say)
    say(f"{handed_in} submissions in {past.code}; starting worker and beat for the review")
    with by_worker() as supervisor:
        watch_review(past, supervisor, say)
    put_clock_back(past)
    qualities = {people[student.login_id].pk: student.quality for student in students}
    files = _decide(PastRound(past, people, qualities), say)
    _start_draft(Call.objects.get(code=f"erasmus-{year}"), people[HAS_STARTED])
    return Built(past, tuple(files))


def _confirm_periods(office: User) -> None:
    for rule in RetentionRule.objects.filter(confirmed_at=None):
        rule.confirm(by=office, now=timezone.now())


def _give_an_order_of_its_own(call: Call) -> None:
    """Let one host look at the choice of courses before everything else."""
    host = call.hosts.filter(agreement__host__key=OWN_ORDER).first()
    for key, weight in OWN_WEIGHTS.items():
        criterion = call.criteria.filter(key=key).first()
        if host is not None and criterion is not None:
            HostWeight.objects.create(host=host, criterion=criterion, weight=weight)


def _decide(past: PastRound, say: Say) -> list[Path]:
    say("coordinators confirm and score")
    past.confirm()
    past.score()
    say("ranking, allocation, publication")
    past.publish()
    say("students answer, seats are given on")
    past.answer()
    say("nominations, grants, export")
    nominations = past.nominate()
    award_grants(past, nominations)
    return past.export(Path(settings.PORTAL_EXPORT_DIR))


def _start_draft(call: Call, student: User) -> None:
    """Let one of the students to choose have begun: half typed, nothing uploaded."""
    if call.opens_at is None or not call.is_open(timezone.now()):
        return
    began = max(call.opens_at, timezone.now() - timedelta(days=3))
    application = lifecycle.start_application(student, call, now=began)
    first = CallHost.objects.filter(call=call).order_by("agreement__host__name_en")[0]
    typed = {
        "family_name": student.family_name,
        "given_names": student.given_names,
        "matriculation_number": student.matriculation_number,
        "birth_date": "03.09.2004",
        "nationality": "DE",
        "level_now": "bachelor",
        "level_departure": "bachelor",
        "semester_now": "3",
        "average_grade": "1,9",
        "preference_1": str(first.pk),
    }
    Application.objects.filter(pk=application.pk).update(created_at=began)
    lifecycle.save_draft(application, typed, now=began + timedelta(hours=1))


def _seats_for(years: list[int]) -> None:
    """Load the made-up seats, and repeat the newest ones for years the file does not know."""
    load_demo_seats()
    made_up = SeatPool.objects.filter(made_up=True)
    for year in years:
        if made_up.filter(academic_year=year).exists():
            continue
        newest = made_up.latest("academic_year").academic_year
        Agreement.objects.filter(pools__made_up=True, valid_until__lt=year).update(valid_until=year)
        Agreement.objects.filter(pools__made_up=True, valid_from__gt=year).update(valid_from=year)
        SeatPool.objects.bulk_create(
            SeatPool(
                agreement_id=pool.agreement_id,
                academic_year=year,
                level=pool.level,
                semester=pool.semester,
                seats=pool.seats,
                fallback=pool.fallback,
                made_up=True,
            )
            for pool in made_up.filter(academic_year=newest)
        )
