"""What publishing a run does or did, person by person: place, mail, the reason for each wish."""

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

    Both are empty for one's own application: its result is read with the others'. There is no
    letter once it was sent.
    """

    application: Application
    name: str
    host: str
    semester: str
    rank: int | None
    language: str
    told: list[Told]
    letter: OutgoingMail | None
    is_own: bool
    better: str


def preview(run: AllocationRun, names: Names, reader: User, *, now: datetime) -> dict[str, Any]:
    """Return every change and mail of a run with status "ok", and what forbids publishing it."""
    found = selection.publication_preview(run, now=now)
    return {
        **_rows(found, names, reader, with_letters=True),
        "mails": found.mails,
        "problem": texts.not_publishable_sentence(found.problem) if found.problem else "",
    }


def published(run: AllocationRun, names: Names, reader: User) -> dict[str, Any]:
    """Return what each student was told when this run was published."""
    return _rows(selection.published_results(run), names, reader, with_letters=False)


def _rows(
    found: selection.Preview, names: Names, reader: User, *, with_letters: bool
) -> dict[str, list[PreviewRow]]:
    groups = {"offers": found.offered, "waiting": found.waitlisted, "without": found.not_placed}
    return {
        name: sorted(
            (_row(one, names, reader, with_letter=with_letters) for one in announced),
            key=lambda row: (row.host.casefold(), row.name.casefold()),
        )
        for name, announced in groups.items()
    }


def _row(announced: Announced, names: Names, reader: User, *, with_letter: bool) -> PreviewRow:
    application, place, better = announced.application, announced.place, announced.better
    student = application.student
    is_own = student.pk == reader.pk
    if application.pk in names.hidden:
        # The mail begins with the name: who reads blind sees the code in its place.
        application.student = User(given_names=application.code, language=student.language)
    with translation.override(student.language):
        told = [] if is_own else announced.told(with_reasons=application.pk not in names.hidden)
    return PreviewRow(
        application=application,
        name=names.student(application.code),
        host=str(place.host) if place else "",
        semester=str(Semester(place.semester).label) if place else "",
        rank=announced.rank,
        language=student.language,
        told=told,
        letter=announced.letter() if with_letter and not is_own else None,
        is_own=is_own,
        better=f"{better.host} · {better.get_semester_display()}" if better else "",
    )
