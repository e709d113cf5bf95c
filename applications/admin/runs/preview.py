"""What publishing a run does, person by person: place, mail, and the reason for each wish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import translation

from applications import selection, texts
from applications.models import User
from partners.models import Semester

if TYPE_CHECKING:
    from datetime import datetime

    from applications.admin.runs.names import Names
    from applications.models import AllocationRun, Application, OutgoingMail
    from applications.selection import Announced, Told


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One student: what changes, and the words they read, in their own language.

    Both are empty for one's own application: its result is read with the others'.
    """

    application: Application
    name: str
    host: str
    semester: str
    rank: int | None
    language: str
    told: list[Told]
    letter: OutgoingMail | None


def preview(run: AllocationRun, names: Names, reader: User, *, now: datetime) -> dict[str, Any]:
    """Return every change and mail of a run with status "ok", and what forbids publishing it."""
    found = selection.publication_preview(run, now=now)

    def rows(announced: tuple[Announced, ...]) -> list[PreviewRow]:
        return [_row(one, names, reader) for one in announced]

    return {
        "offers": rows(found.offered),
        "waiting": rows(found.waitlisted),
        "without": rows(found.not_placed),
        "mails": found.mails,
        "problem": texts.not_publishable_sentence(found.problem) if found.problem else "",
    }


def _row(announced: Announced, names: Names, reader: User) -> PreviewRow:
    application, place = announced.application, announced.place
    student = application.student
    is_own = student.pk == reader.pk
    if application.pk in names.hidden:
        # The mail begins with the name: who reads blind sees the code in its place.
        application.student = User(given_names=application.code, language=student.language)
    with translation.override(student.language):
        told = [] if is_own else announced.told
    return PreviewRow(
        application=application,
        name=names.student(application.code),
        host=str(place.host) if place else "",
        semester=str(Semester(place.semester).label) if place else "",
        rank=announced.rank,
        language=student.language,
        told=told,
        letter=None if is_own else announced.letter(),
    )
