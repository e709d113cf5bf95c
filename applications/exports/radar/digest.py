"""The weekly mail: what of the radar waits, to everybody who nominates, each in their language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone, translation

from applications import access, mails, texts
from applications.exports.radar.details import detailed
from applications.exports.radar.reading import radar_of
from applications.exports.radar.words import countdown, open_things, semester_in_words
from applications.models import OutgoingMail

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from applications.exports.radar.destinations import Destination
    from applications.exports.radar.reading import Radar

MONDAY = 1
# By the clock in Bochum; a worker that was away then makes up for it on the same day.
HOUR = 7
# More would not be read in a mail: the page has them all.
MOST_LINES = 20

# The parts of the mail, the most urgent first; a partner and semester stands in the first it fits.
_PARTS: tuple[tuple[str, Callable[[Destination], bool]], ...] = (
    ("late", lambda there: there.is_late),
    ("soon", lambda there: there.is_due_soon),
    ("waiting", lambda there: bool(there.to_nominate or there.unlisted or there.changed)),
    ("unanswered", lambda there: there.without_answer > 0),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One partner and semester; `deadline` in words, "" where none is known."""

    host: str
    semester: str
    deadline: str
    left: str
    things: list[str]


@dataclass(frozen=True, slots=True)
class Part:
    """What waits for the same reason; `more` are left out of the mail."""

    key: str
    lines: list[Line]
    more: int


def queue_digests(*, now: datetime) -> int:
    """Queue this week's mails on its Monday from seven o'clock; each person gets one at most.

    Whoever has nothing that waits gets none. Returns how many were queued.
    """
    local = timezone.localtime(now)
    if local.isoweekday() != MONDAY or local.hour < HOUR:
        return 0
    week = local.isocalendar()
    readers = {
        f"{mails.Event.DIGEST}:{week.year}-{week.week:02d}:{person.pk}": person
        for person in access.people_who_nominate(local.date())
    }
    written = OutgoingMail.objects.filter(key__in=readers).values_list("key", flat=True)
    for key in written:
        del readers[key]
    letters = []
    for key, person in readers.items():
        with translation.override(person.language):
            parts = parts_of(radar_of(person, now))
        if parts:
            letter = mails.render(mails.Event.DIGEST, person, parts=parts, week=week.week)
            letter.key = key
            letters.append(letter)
    mails.queue_all(letters)
    return len(letters)


def parts_of(radar: Radar) -> list[Part]:
    """Sort what waits into the parts of the mail, in the language that is active."""
    found: dict[str, list[Destination]] = {key: [] for key, _fits in _PARTS}
    for there in radar.destinations:
        fitting = next((key for key, fits in _PARTS if fits(there)), None)
        if fitting is not None:
            found[fitting].append(there)
    return [
        Part(
            key,
            [_line(there) for there in detailed(radar, rows[:MOST_LINES])],
            max(len(rows) - MOST_LINES, 0),
        )
        for key, rows in found.items()
        if rows
    ]


def _line(there: Destination) -> Line:
    return Line(
        host=str(there.host),
        semester=semester_in_words(there),
        deadline=texts.day(there.deadline) if there.deadline else "",
        left=countdown(there).text,
        things=[said.text for said in open_things(there)],
    )
