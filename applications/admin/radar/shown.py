"""A row of the radar as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from applications import texts
from applications.exports import radar
from applications.exports.radar import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
class People:
    """Some of `count` people; where `more` are not named, and one call knows them, `rest` is it."""

    named: list[Person]
    count: int
    rest: Round | None

    @property
    def more(self) -> int:
        return self.count - len(self.named)


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
    people: People
    settled: People
    rounds: list[Round]


def rows_of(destinations: Sequence[Destination]) -> list[Row]:
    """Return the rows of the page, in their order."""
    calls = {call.pk for there in destinations for call in there.details.calls}
    addresses = {pk: reverse("admin:applications_call_nominations", args=[pk]) for pk in calls}
    return [_row_of(there, addresses) for there in destinations]


def _row_of(destination: Destination, addresses: Mapping[int, str]) -> Row:
    """Return the row; `addresses` are those of the nominations of each call, by its pk."""
    narrowed = urlencode({"host": destination.host.key})
    rounds = [
        Round(call.title, f"{addresses[call.pk]}?{narrowed}") for call in destination.details.calls
    ]
    return Row(
        there=destination,
        semester=radar.semester_in_words(destination),
        countdown=radar.countdown(destination),
        columns=radar.columns_in_words(destination),
        open=radar.open_things(destination),
        waiting=radar.waiting_sentences(destination),
        counts=[
            radar.stage_counted(stage, count) for stage in Stage if (count := destination.of(stage))
        ],
        people=_people(destination, rounds, settled=False),
        settled=_people(destination, rounds, settled=True),
        rounds=rounds,
    )


def _people(destination: Destination, rounds: list[Round], *, settled: bool) -> People:
    return People(
        [
            Person(
                name=str(student.application.student),
                address=reverse(
                    "admin:applications_application_file", args=[student.application.code]
                ),
                notes=tuple(_notes(student)),
            )
            for student in destination.details.students
            if student.standing.is_settled is settled
        ],
        destination.count(lambda standing: standing.is_settled is settled),
        rounds[0] if len(rounds) == 1 else None,
    )


def _notes(student: Student) -> list[str]:
    standing = student.standing
    notes = [str(radar.STAGES[standing.stage])]
    if standing.is_better:
        notes.append(gettext("offered beside the place held"))
    if student.last_minute is not None:
        moment = texts.instant(student.last_minute)
        notes.append(gettext("may answer until %(moment)s") % {"moment": moment})
    if standing.stage is Stage.TO_NOMINATE and not student.is_enrolled:
        notes.append(gettext("enrolment at departure not confirmed"))
    if student.missing:
        names = ", ".join(student.missing)
        notes.append(gettext("missing: %(names)s") % {"names": names})
    notes += student.ewp_problems
    if student.nomination is not None and standing.stage is Stage.PENDING:
        day = texts.day(timezone.localdate(student.nomination.nominated_at))
        notes.append(gettext("since %(day)s") % {"day": day})
    if standing.is_unlisted:
        notes.append(gettext("on no list yet"))
    if standing.is_outdated:
        notes.append(gettext("changed since the last list"))
    return notes
