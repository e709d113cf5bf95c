"""Replacing one document after the deadline, where a coordinator opened its slot again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from applications import mails, pdf_inspection
from applications.lifecycle.documents import _harmless, _too_large, expectation, store
from applications.lifecycle.errors import DeadlinePassed, DocumentRefused, Refusal
from applications.lifecycle.handing_in import open_slots
from applications.lifecycle.moves import lock_application
from applications.models import (
    Document,
    DocumentSlot,
    LanguageSkill,
    Preference,
    Submission,
    SubmittedDocument,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile

    from applications.models import Application


def replace_document(
    application: Application, slot: DocumentSlot, upload: UploadedFile[bytes], *, now: datetime
) -> Submission:
    """Hand in one document anew: a further submission, equal to the latest but for this file.

    Raises DeadlinePassed when the slot is not open for this student (any more), DocumentRefused
    on a hard finding.
    """
    if upload.size is not None and upload.size > pdf_inspection.MAX_BYTES:
        raise DocumentRefused(_too_large(upload.size))
    data = upload.read(pdf_inspection.MAX_BYTES + 1)
    report = pdf_inspection.inspect(data, expectation(slot))
    if not report.ok:
        raise DocumentRefused(report)
    stored_name = store(data)
    with transaction.atomic():
        locked = lock_application(application)
        if slot.pk not in {opened.pk for opened in open_slots(locked, now)}:
            raise DeadlinePassed(Refusal.DEADLINE_PASSED, deadline=locked.call.deadline)
        latest = locked.submissions.order_by("-number")[0]
        locked.documents.filter(slot=slot, current=True).update(current=False)
        document = Document.objects.create(
            application=locked,
            slot=slot,
            stored_name=stored_name,
            original_name=_harmless(upload.name or ""),
            sha256=report.sha256,
            size=report.bytes,
            pages=report.pages,
            inspection=report.to_dict(),
            uploaded_at=now,
        )
        return _resubmit(latest, document, now=now)


def _resubmit(latest: Submission, document: Document, *, now: datetime) -> Submission:
    kept = [
        row.document
        for row in latest.documents.select_related("document")
        if row.document.slot_id != document.slot_id
    ]
    documents = [*kept, document]
    values = {
        field.attname: getattr(latest, field.attname)
        for field in Submission._meta.concrete_fields
        if field.attname not in {"id", "number", "submitted_at"}
    }
    submission = Submission.objects.create(number=latest.number + 1, submitted_at=now, **values)
    LanguageSkill.objects.bulk_create(
        LanguageSkill(
            submission=submission, language=row.language, level=row.level, proof=row.proof
        )
        for row in latest.languages.all()
    )
    Preference.objects.bulk_create(
        Preference(
            submission=submission, rank=row.rank, host_id=row.host_id, semesters=row.semesters
        )
        for row in latest.preferences.all()
    )
    SubmittedDocument.objects.bulk_create(
        SubmittedDocument(submission=submission, document=row) for row in documents
    )
    application = submission.application
    mails.queue(
        mails.Event.RECEIPT,
        application.student,
        key=f"receipt:{application.code}:{submission.number}",
        application=application,
        submission=submission,
        documents=documents,
    )
    return submission
