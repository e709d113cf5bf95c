"""A coordinator's exceptions after the deadline: more time, or one document slot open again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import DateTimeField

from applications import mails
from applications.lifecycle.documents import expectation, harmless_name, inspect_upload
from applications.lifecycle.errors import (
    DeadlinePassed,
    DocumentRefused,
    PortalRefusal,
    Refusal,
    TransitionRefused,
)
from applications.lifecycle.moves import lock_application, refuse_own
from applications.lifecycle.storing import store
from applications.models import (
    Concession,
    Document,
    DocumentSlot,
    LanguageSkill,
    Preference,
    Submission,
    SubmittedDocument,
)
from applications.states import State
from partners.prepared import Given, Prepared

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile

    from applications.models import Application, User

READ_STATES = frozenset({State.UNDER_REVIEW, State.ELIGIBLE, State.INELIGIBLE})


def is_being_read(application: Application) -> bool:
    """Return whether a slot may be open again: while it is read, never once results are out."""
    return application.state in READ_STATES and application.call.published_at is None


def extend_deadline(
    application: Application, until: datetime, *, reason: str, by: User, now: datetime
) -> Concession:
    """Give one student time until `until` (the first instant too late), with a reason.

    Only for who has not been taken into the review, and never less time than before. Raises
    PortalRefusal without a reason, for an instant that is not later than `now` and the deadline
    in force, and for one's own application; TransitionRefused once the review has begun
    or the results are out.
    """
    if not reason.strip():
        raise PortalRefusal(Refusal.REASON_MISSING)
    with transaction.atomic():
        locked = lock_application(application)
        refuse_own(locked, by)
        begun = locked.state not in {State.DRAFT, State.SUBMITTED}
        if begun or locked.call.published_at is not None:
            raise TransitionRefused(Refusal.NOT_NOW, state=locked.state)
        if until <= now or (locked.deadline is not None and until <= locked.deadline):
            raise PortalRefusal(Refusal.UNTIL_TOO_EARLY)
        locked.extended_until = until
        locked.save(update_fields=["extended_until"])
        return _concede(locked, None, until, reason=reason, by=by, now=now)


def reopen_slot(
    application: Application,
    slot: DocumentSlot,
    until: datetime,
    *,
    reason: str,
    by: User,
    now: datetime,
) -> Concession:
    """Open one document slot again after the deadline (say, an unreadable file).

    Until then the student may replace it, each time as a further submission. Raises PortalRefusal
    without a reason, for an instant not after `now`, a slot of another programme, and one's own
    application; TransitionRefused unless it is being read.
    """
    if not reason.strip():
        raise PortalRefusal(Refusal.REASON_MISSING)
    with transaction.atomic():
        locked = lock_application(application)
        refuse_own(locked, by)
        if not is_being_read(locked):
            raise TransitionRefused(Refusal.NOT_NOW, state=locked.state)
        if slot.programme_id != locked.call.programme_id:
            raise PortalRefusal(Refusal.SLOT_NOT_ASKED)
        if until <= now:
            raise PortalRefusal(Refusal.UNTIL_TOO_EARLY)
        return _concede(locked, slot, until, reason=reason, by=by, now=now)


def _concede(
    application: Application,
    slot: DocumentSlot | None,
    until: datetime,
    *,
    reason: str,
    by: User,
    now: datetime,
) -> Concession:
    concession = Concession.objects.create(
        application=application,
        slot=slot,
        until=until,
        reason=reason,
        granted_by=by,
        granted_at=now,
    )
    mails.queue(
        mails.Event.CONCESSION,
        application.student,
        key=f"concession:{concession.pk}",
        application=application,
        until=until,
        slot=slot,
        reason=reason,
    )
    return concession


def open_slots(application: Application, now: datetime) -> list[DocumentSlot]:
    """Return the slots a coordinator opened again for this student and that are still open."""
    return _OPEN_SLOTS(application=application.pk, now=now)


_OPEN_SLOTS = Prepared(
    lambda: DocumentSlot.objects.filter(
        concession__application=Given("application"),
        concession__application__state__in=READ_STATES,
        concession__application__call__published_at=None,
        concession__until__gt=Given("now", DateTimeField()),
    ).distinct()
)


def _refuse_closed_slot(application: Application, slot: DocumentSlot, now: datetime) -> None:
    if slot.pk not in {opened.pk for opened in open_slots(application, now)}:
        raise DeadlinePassed(Refusal.DEADLINE_PASSED, deadline=application.call.deadline)


def replace_document(
    application: Application, slot: DocumentSlot, upload: UploadedFile[bytes], *, now: datetime
) -> Submission:
    """Hand in one document anew: a further submission, equal to the latest but for this file.

    Raises DeadlinePassed when the slot is not open for this student (any more), DocumentRefused
    on a hard finding.
    """
    _refuse_closed_slot(application, slot, now)
    data, report = inspect_upload(upload, expectation(slot))
    if not report.ok:
        raise DocumentRefused(report)
    with transaction.atomic():
        stored_name = store(data)
        locked = lock_application(application)
        _refuse_closed_slot(locked, slot, now)
        latest = locked.submissions.order_by("-number")[0]
        locked.documents.filter(slot=slot, current=True).update(current=False)
        document = Document.objects.create(
            application=locked,
            slot=slot,
            stored_name=stored_name,
            original_name=harmless_name(upload.name or ""),
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
