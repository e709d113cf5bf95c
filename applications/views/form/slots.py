"""The slots of one application as its documents page shows them, and changes of their files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from applications import lifecycle, texts
from applications.pdf_inspection import Report
from partners.models import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile

    from applications.forms.application import ApplicationForm
    from applications.models import Application, Document, DocumentSlot

# A longer name is shown with its middle left out: its beginning and its end tell files apart.
NAME_SHOWN = 60
_NAME_END = 16


@dataclass(frozen=True, slots=True)
class SlotRow:
    """One slot with the file it holds.

    `levels` are those it is asked of, none where everybody is. `advice` says what could be
    better about the file held, `errors` why one that was sent just now was refused. `level_open`:
    whether it is asked for depends on a level that is not chosen yet.
    """

    slot: DocumentSlot
    levels: tuple[str, ...]
    current: Document | None
    advice: tuple[str, ...]
    errors: tuple[str, ...]
    level_open: bool = False

    @property
    def control(self) -> str:
        """Return the id of the control that takes the file."""
        return f"id_{input_name(self.slot)}"

    @property
    def shown_name(self) -> str:
        return shortened(self.current.original_name) if self.current else ""


@dataclass(slots=True)
class Outcome:
    """What one request changed: `kept` and `removed` slots, `errors` by the key of the slot."""

    kept: list[DocumentSlot] = field(default_factory=list)
    removed: list[DocumentSlot] = field(default_factory=list)
    errors: dict[str, tuple[str, ...]] = field(default_factory=dict)


def input_name(slot: DocumentSlot) -> str:
    return f"document_{slot.key}"


def shortened(name: str) -> str:
    """Return a name of at most NAME_SHOWN characters that still ends as it did."""
    if len(name) <= NAME_SHOWN:
        return name
    return f"{name[: NAME_SHOWN - _NAME_END - 1]}…{name[-_NAME_END:]}"


def rows_of(
    form: ApplicationForm,
    errors: Mapping[str, tuple[str, ...]] | None = None,
    *,
    checked: bool = False,
) -> tuple[SlotRow, ...]:
    """Give the slots asked of somebody of the level chosen; all of them while none is.

    `errors` are those of files just sent, by the key of the slot. With `checked`, a slot that
    must be filled and is not says so.
    """
    level = str(form.data.get("level_departure", ""))
    chosen = level in Level.values
    rows = []
    for slot in form.slots:
        current, found = form.held.get(slot.key), (errors or {}).get(slot.key, ())
        # While the level is open nobody knows whether a slot of certain levels is asked for.
        needed = slot.required and (slot.applies_to(level) if chosen else not slot.levels)
        if checked and needed and current is None and not found:
            found = (texts.problem_sentence("document_missing", {"title": slot.title}),)
        if found or not chosen or slot.applies_to(level):
            row = row_of(slot, current, found)
            rows.append(replace(row, level_open=bool(slot.levels) and not chosen))
    return tuple(rows)


def row_of(slot: DocumentSlot, current: Document | None, errors: tuple[str, ...] = ()) -> SlotRow:
    return SlotRow(
        slot=slot,
        levels=tuple(str(Level(name).label) for name in slot.levels),
        current=current,
        advice=advice_on(current) if current else (),
        errors=errors,
    )


def advice_on(document: Document) -> tuple[str, ...]:
    """Say what the inspection noticed about a file that was accepted."""
    report = Report.from_dict(document.inspection)
    return tuple(texts.finding_sentence(found.code, found.params) for found in report.findings)


def change(
    application: Application,
    uploads: Iterable[tuple[DocumentSlot, UploadedFile[bytes]]],
    removals: Iterable[DocumentSlot],
    *,
    now: datetime,
    shown: Mapping[str, str],
) -> Outcome:
    """Remove and keep files, each by itself: a refused one says why and costs nothing else.

    `shown` is, by the key of the slot, the pk of the file the page showed ("" for none).

    Raises DeadlinePassed or TransitionRefused when the draft can't be changed any more.
    """
    outcome = Outcome()
    for slot in removals:
        try:
            lifecycle.remove_document(application, slot, now=now, shown=shown.get(slot.key))
        except lifecycle.NewerFile as newer:
            outcome.errors[slot.key] = (texts.refusal_sentence(newer.code, newer.params),)
        else:
            outcome.removed.append(slot)
    for slot, upload in uploads:
        try:
            lifecycle.attach_document(application, slot, upload, now=now, shown=shown.get(slot.key))
        except lifecycle.NewerFile as newer:
            outcome.errors[slot.key] = (texts.refusal_sentence(newer.code, newer.params),)
        except lifecycle.DocumentRefused as refusal:
            outcome.errors[slot.key] = tuple(
                texts.finding_sentence(found.code, found.params) for found in refusal.report.hard
            )
        else:
            outcome.kept.append(slot)
    return outcome


def too_large_sentence() -> str:
    """Return the refusal of a large file with "{size}" where its size belongs: for the browser."""
    return texts.finding_sentence("too_large", {"size": "{size}"})
