"""A row of the radar as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from applications import texts
from applications.exports import radar
from applications.exports.radar import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from applications.exports.radar import Destination, Said, Student


@dataclass(frozen=True, slots=True)
class Person:
    """A student with the stage in a word, and what there is to know."""

    name: str
    address: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """A call in which the students of a row are nominated."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """One partner in one semester. `settled` are those of whom nothing is open."""

    there: Destination
    semester: str
    countdown: Said
    columns: str
    open: list[Said]
    waiting: list[str]
    counts: list[str]
    people: list[Person]
    settled: list[Person]
    rounds: list[Round]


def row_of(destination: Destination) -> Row:
    by_stage = {stage: destination.of(stage) for stage in Stage}
    return Row(
        there=destination,
        semester=radar.semester_in_words(destination),
        countdown=radar.countdown(destination),
        columns=radar.columns_in_words(destination),
        open=radar.open_things(destination),
        waiting=radar.waiting_sentences(destination),
        counts=[
            radar.stage_counted(stage, len(students))
            for stage, students in by_stage.items()
            if students
        ],
        people=_people(row for row in destination.students if not row.is_settled),
        settled=_people(row for row in destination.students if row.is_settled),
        rounds=[
            Round(
                call.title,
                reverse(
                    "admin:applications_call_nominations",
                    args=[call.pk],
                    query={"host": destination.host.key},
                ),
            )
            for call in destination.calls
        ],
    )


def _people(students: Iterable[Student]) -> list[Person]:
    return [
        Person(
            name=str(student.application.student),
            address=reverse("admin:applications_application_file", args=[student.application.code]),
            notes=tuple(_notes(student)),
        )
        for student in students
    ]


def _notes(student: Student) -> list[str]:
    notes = [str(radar.STAGES[student.stage])]
    if student.is_better:
        notes.append(gettext("offered beside the place held"))
    if student.last_minute is not None:
        moment = texts.instant(student.last_minute)
        notes.append(gettext("may answer until %(moment)s") % {"moment": moment})
    if student.stage is Stage.TO_NOMINATE and not student.is_enrolled:
        notes.append(gettext("enrolment at departure not confirmed"))
    if student.missing:
        names = ", ".join(student.missing)
        notes.append(gettext("missing: %(names)s") % {"names": names})
    notes += student.ewp_problems
    if student.nomination is not None and student.stage is Stage.PENDING:
        day = texts.day(timezone.localdate(student.nomination.nominated_at))
        notes.append(gettext("since %(day)s") % {"day": day})
    if student.is_unlisted:
        notes.append(gettext("on no list yet"))
    if student.is_outdated:
        notes.append(gettext("changed since the last list"))
    return notes
