"""A portal in which every page has something to show: calls at each stage, each state of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from applications import lifecycle, selection, tasks
from applications.models import Application, Call, DegreeProgramme, Nomination
from applications.states import State
from partners.models import Faculty
from tests import factories, pdfs

if TYPE_CHECKING:
    from applications.models import CallHost, User

# What becomes of each student of the published call, beginning with the best grade.
ENDS = (
    State.OFFERED,
    State.ACCEPTED,
    State.NOMINATED,
    State.CONFIRMED,
    State.HOST_REJECTED,
    State.CANCELLED,
    State.DECLINED,
    State.WITHDRAWN,
    State.EXPIRED,
    State.WAITLISTED,
    State.NOT_PLACED,
    State.INELIGIBLE,
    State.LAPSED,
)
SLOTS = {
    "cv": pdfs.cv,
    "letter": pdfs.letter,
    "transcript": pdfs.transcript,
    "abitur": pdfs.certificate,
}


@dataclass(frozen=True, slots=True)
class House:
    """The people and rows the pages are visited with."""

    coordinator: User
    office: User
    open_call: Call
    reviewed_call: Call
    published_call: Call
    draft: Application
    handed_in: Application

    def in_state(self, state: State) -> Application:
        """Return an application that got into this state by the steps of its round."""
        own = {State.DRAFT: self.draft, State.SUBMITTED: self.handed_in}
        return own.get(state) or Application.objects.filter(state=state).order_by("pk")[0]


@dataclass(frozen=True, slots=True)
class Hall:
    """An open call with a draft and an application that was handed in."""

    call: Call
    draft: Application
    handed_in: Application


def open_hall() -> Hall:
    call, hosts = _call(Faculty.objects.get(key="wiwi"), "erasmus-2027", seats=(2, 1, 3))
    student = factories.StudentFactory.create(given_names="Lea Marie", family_name="Brandt")
    draft = factories.ApplicationFactory.create(call=call, student=student)
    typed = {"family_name": "Brandt", "average_grade": "1,", "preference_1": str(hosts[1].pk)}
    lifecycle.save_draft(draft, typed, now=timezone.now())
    _documents(draft)
    return Hall(call, Application.objects.get(pk=draft.pk), _handed_in(call, hosts))


def furnish() -> House:
    """Make the people and drive three calls: one open, one reviewed, one published."""
    faculty = Faculty.objects.get(key="wiwi")
    coordinator = factories.CoordinatorFactory.create(
        faculty=faculty, given_names="Anna", family_name="Weber"
    )
    office = factories.OfficeFactory.create(given_names="Sophie", family_name="Klein")
    hall = open_hall()
    return House(
        coordinator=coordinator,
        office=office,
        open_call=hall.call,
        reviewed_call=_reviewed(faculty, coordinator),
        published_call=_published(faculty, coordinator, office),
        draft=hall.draft,
        handed_in=hall.handed_in,
    )


def _call(faculty: Faculty, code: str, *, seats: tuple[int, ...]) -> tuple[Call, list[CallHost]]:
    call = factories.CallFactory.create(
        code=code,
        programme__faculty=faculty,
        criteria=True,
        answer_by=timezone.now() + timedelta(days=60),
    )
    return call, [factories.CallHostFactory.create(call=call, seats=count) for count in seats]


def _handed_in(
    call: Call, hosts: list[CallHost], *, grade: str = "1.70", documents: bool = True
) -> Application:
    application = factories.ApplicationFactory.create(call=call, state=State.SUBMITTED)
    if documents:
        _documents(application)
    factories.SubmissionFactory.create(
        application=application,
        preferences=[(host, ["W", "S"]) for host in hosts],
        languages={"en": "C1", "es": "A2"},
        documents=documents,
        average_grade=grade,
        degree_programme=DegreeProgramme.objects.get(key="bsc-me"),
        remarks="I would like to go together with a fellow student.",
    )
    return application


def _documents(application: Application) -> None:
    for key, make in SLOTS.items():
        factories.DocumentFactory.create(
            application=application,
            slot=application.call.programme.slots.get(key=key),
            content=make(),
        )


def _close(call: Call) -> None:
    deadline = timezone.now() - timedelta(days=1)
    Call.objects.filter(pk=call.pk).update(
        opens_at=deadline - timedelta(days=30), deadline=deadline
    )
    call.refresh_from_db()
    assert selection.close_call(call, now=timezone.now())


def _review(call: Call) -> None:
    run = selection.start_review(call, now=timezone.now())
    while selection.review_progress(call).left:
        tasks.review_chunk(run.pk)


def _reviewed(faculty: Faculty, coordinator: User) -> Call:
    """Return a closed call whose review is done: one to decide, one with a pin and a finding."""
    call, hosts = _call(faculty, "erasmus-2026", seats=(1, 1))
    for grade in ("1.30", "3.90"):
        _handed_in(call, hosts, grade=grade)
    bare = factories.ApplicationFactory.create(call=call, state=State.SUBMITTED)
    factories.SubmissionFactory.create(application=bare, preferences=hosts)
    _close(call)
    _review(call)
    now = timezone.now()
    first, second, _bare = call.applications.order_by("pk")
    lifecycle.confirm_eligible(first, by=coordinator, now=now)
    selection.save_score_sheet(
        first,
        {"motivation": 8},
        comment="Knows the courses there.",
        completed=True,
        version=0,
        by=coordinator,
        now=now,
    )
    second.directives.create(
        kind="pin",
        host=hosts[0],
        semester="W",
        reason="Agreed with the partner.",
        made_by=coordinator,
    )
    return call


def _published(faculty: Faculty, coordinator: User, office: User) -> Call:
    """Return a call whose results are out, with an application in every later state."""
    placed = ENDS.index(State.WAITLISTED)
    call, (wanted, full, closed_to_all) = _call(faculty, "erasmus-2025", seats=(placed - 1, 1, 1))
    for number, end in enumerate(ENDS):
        if end == State.LAPSED:
            factories.ApplicationFactory.create(call=call)
            continue
        hosts = {State.WAITLISTED: [full], State.NOT_PLACED: [closed_to_all]}.get(end, [wanted])
        _handed_in(
            call,
            [full, wanted] if end == State.OFFERED else hosts,
            grade=f"{1 + number / 10:.2f}",
            documents=False,
        )
    _close(call)
    _review(call)
    now = timezone.now()
    rows = dict(zip(ENDS, call.applications.order_by("pk"), strict=True))
    for end, row in rows.items():
        if end == State.INELIGIBLE:
            reason = "Not enrolled at the faculty in the year of the stay."
            lifecycle.confirm_ineligible(row, by=coordinator, now=now, reason=reason)
        elif end != State.LAPSED:
            lifecycle.confirm_eligible(row, by=coordinator, now=now)
            selection.save_score_sheet(
                row,
                {"motivation": 9},
                comment="",
                completed=True,
                version=0,
                by=coordinator,
                now=now,
            )
    rows[State.NOT_PLACED].verdicts.create(
        host=closed_to_all,
        reason="The courses there are not open to exchange students.",
        decided_by=coordinator,
        decided_at=now,
    )
    selection.make_ranking(call, by=coordinator, now=now)
    run = selection.propose_allocation(call, by=coordinator, now=now, note="first try")
    selection.publish_allocation(run, by=coordinator, now=now)
    _answer(rows, coordinator, office)
    call.refresh_from_db()
    states = {end: Application.objects.get(pk=row.pk).state for end, row in rows.items()}
    assert states == {end: end.value for end in ENDS}
    return call


def _answer(rows: dict[State, Application], coordinator: User, office: User) -> None:
    now = timezone.now()
    accepted = (
        State.ACCEPTED,
        State.NOMINATED,
        State.CONFIRMED,
        State.HOST_REJECTED,
        State.CANCELLED,
    )
    for end in accepted:
        lifecycle.accept_offer(rows[end], by=rows[end].student, now=now)
        if end != State.ACCEPTED:
            lifecycle.nominate(rows[end], by=coordinator, now=now, enrolment_confirmed=True)

    def nomination(end: State) -> Nomination:
        return Nomination.objects.get(application=rows[end])

    lifecycle.record_host_answer(nomination(State.CONFIRMED), approved=True, by=office, now=now)
    selection.reject(
        nomination(State.HOST_REJECTED), by=office, now=now, reason="No courses in English."
    )
    selection.cancel(nomination(State.CANCELLED), by=office, now=now, reason="Ill for a year.")
    selection.decline(rows[State.DECLINED], by=rows[State.DECLINED].student, now=now)
    selection.withdraw(rows[State.WITHDRAWN], by=rows[State.WITHDRAWN].student, now=now)
    offer = rows[State.EXPIRED].placements.get()
    offer.offered_at, offer.answer_by = now - timedelta(days=8), now - timedelta(days=1)
    offer.save(update_fields=["offered_at", "answer_by"])
    selection.expire_offers(now=now)
