"""Uploaded PDFs: inspected, stored under a name of our own, one current file per slot."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from applications import pdf_inspection
from applications.lifecycle.drafting import refuse_editing
from applications.lifecycle.errors import (
    DocumentRefused,
    NewerFile,
    Problem,
    Refusal,
    TransitionRefused,
)
from applications.lifecycle.moves import lock_application
from applications.lifecycle.storing import remove_unnamed, store
from applications.models import Application, Call, Document, DocumentSlot, Programme
from partners.prepared import Given, Prepared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile

NAME_LENGTH = 255
# This process's: uploads take turns with their children.
inspectors = pdf_inspection.WarmInspectors()


def slots_for(call: Call, level_departure: str) -> list[DocumentSlot]:
    """Return the documents asked of somebody leaving at this level ("": of anybody)."""
    slots = slots_of(call.programme)
    if not level_departure:
        return slots
    return [slot for slot in slots if slot.applies_to(level_departure)]


def slots_of(programme: Programme) -> list[DocumentSlot]:
    """Return every document a programme asks for, in its order."""
    return _SLOTS(programme=programme.pk)


_SLOTS = Prepared(
    lambda: DocumentSlot.objects.filter(programme=Given("programme")).order_by("position")
)


def expectation(slot: DocumentSlot) -> pdf_inspection.Expectation:
    """Return what the inspection shall look for in this slot's files."""
    return pdf_inspection.Expectation(
        kind=pdf_inspection.DocumentKind(slot.kind),
        min_pages=slot.min_pages,
        max_pages=slot.max_pages,
        language=slot.language,
    )


def _refuse_late(application: Application, slot: DocumentSlot, now: datetime) -> None:
    refuse_editing(application, now)
    if slot.programme_id != application.call.programme_id:
        raise TransitionRefused(Refusal.SLOT_NOT_ASKED)


def attach_document(
    application: Application,
    slot: DocumentSlot,
    upload: UploadedFile[bytes],
    *,
    now: datetime,
    shown: str | None = None,
) -> Document:
    """Inspect an upload and make it the slot's current file.

    `shown` is the pk of the file the page showed in the slot, "" for none, None for whatever is
    there. Raises NewerFile if there is another one now, DocumentRefused on a hard finding,
    DeadlinePassed or TransitionRefused when the draft can't be changed any more. Nothing is stored
    then, and the file before stays current.
    """
    _refuse_late(application, slot, now)
    data, report = inspect_upload(upload, expectation(slot))
    if not report.ok:
        raise DocumentRefused(report)
    name = upload.name or ""
    return keep_document(application, slot, data, report, name=name, now=now, shown=shown)


def inspect_upload(
    upload: UploadedFile[bytes], expected: pdf_inspection.Expectation
) -> tuple[bytes, pdf_inspection.Report]:
    """Return the bytes of an upload and what was found in them; one too large is not read."""
    if upload.size is not None and upload.size > pdf_inspection.MAX_BYTES:
        return b"", _too_large(upload.size)
    data = upload.read(pdf_inspection.MAX_BYTES + 1)
    return data, inspectors.inspect(data, expected)


def _too_large(size: int) -> pdf_inspection.Report:
    found = pdf_inspection.Finding(
        pdf_inspection.FindingCode.TOO_LARGE, {"size": size, "limit": pdf_inspection.MAX_BYTES}
    )
    return pdf_inspection.Report(findings=(found,), bytes=size)


def keep_document(
    application: Application,
    slot: DocumentSlot,
    data: bytes,
    report: pdf_inspection.Report,
    *,
    name: str,
    now: datetime,
    shown: str | None = None,
) -> Document:
    """Store an inspected file and make it the slot's current one, in one transaction.

    Raises NewerFile as `attach_document` does. An upload repeated because its answer was lost
    finds its own file there, which is returned.
    """
    with transaction.atomic():
        stored_name = store(data)
        locked = lock_application(application)
        _refuse_late(locked, slot, now)
        held = _held_in(locked, slot)
        if _is_newer(held, shown):
            if held is not None and held.sha256 == report.sha256:
                return held
            raise NewerFile
        locked.documents.filter(slot=slot, current=True).update(current=False)
        return Document.objects.create(
            application=locked,
            slot=slot,
            stored_name=stored_name,
            original_name=harmless_name(name),
            sha256=report.sha256,
            size=report.bytes,
            pages=report.pages,
            inspection=report.to_dict(),
            uploaded_at=now,
        )


def harmless_name(name: str) -> str:
    """Return the name of an upload fit to be shown: no path, control or direction marks."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(char for char in base if char.isprintable()).strip()
    return shown[:NAME_LENGTH] or "document.pdf"


def _held_in(application: Application, slot: DocumentSlot) -> Document | None:
    return next(iter(_HELD(application=application.pk, slot=slot.pk)), None)


_HELD = Prepared(
    lambda: Document.objects.filter(
        application=Given("application"), slot=Given("slot"), current=True
    ).order_by("pk")[:1]
)


def _is_newer(held: Document | None, shown: str | None) -> bool:
    return shown is not None and shown != (str(held.pk) if held else "")


def remove_document(
    application: Application, slot: DocumentSlot, *, now: datetime, shown: str | None = None
) -> None:
    """Take the slot's file out of the draft; a submission that holds it keeps it.

    Raises NewerFile if the slot holds another file than the one shown (`attach_document`).
    """
    with transaction.atomic():
        locked = lock_application(application)
        _refuse_late(locked, slot, now)
        held = _held_in(locked, slot)
        if held is not None and _is_newer(held, shown):
            raise NewerFile
        locked.documents.filter(slot=slot, current=True).update(current=False)


def current_documents(application: Application) -> dict[str, Document]:
    """Return the draft's files by the key of their slot."""
    rows = _CURRENT(application=application.pk)
    return {document.slot.key: document for document in rows}


_CURRENT = Prepared(
    lambda: Document.objects.filter(application=Given("application"), current=True).select_related(
        "slot"
    )
)


def document_problems(application: Application, level_departure: str) -> list[Problem]:
    """Return every document that is missing or can't be accepted, for someone of this level."""
    return problems_in(slots_for(application.call, level_departure), current_documents(application))


def problems_in(slots: Iterable[DocumentSlot], held: Mapping[str, Document]) -> list[Problem]:
    """Return what is missing or can't be accepted of these slots, with the files they hold."""
    problems = []
    for slot in slots:
        document = held.get(slot.key)
        if document is None:
            if slot.required:
                problems.append(
                    Problem("document_missing", f"document_{slot.key}", {"title": slot.title})
                )
        elif not pdf_inspection.Report.from_dict(document.inspection).ok:
            problems.append(
                Problem("document_refused", f"document_{slot.key}", {"title": slot.title})
            )
    return problems


# An upload is on disk before its row is committed; nobody's transaction lasts a day.
ORPHAN_AGE = timedelta(hours=24)


def purge_files(*, now: datetime) -> int:
    """Remove replaced documents that no submission holds, and files that no row names.

    Returns the number of files removed. Only what is older than a day is touched.
    """
    before = now - ORPHAN_AGE
    Document.objects.filter(current=False, submitted=None, uploaded_at__lt=before).delete()
    return remove_unnamed(before=before)
