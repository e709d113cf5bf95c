"""The PDFs a student uploads after the stay: inspected and stored as all documents are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from applications import access, lifecycle
from applications.models import Nomination
from applications.pdf_inspection import DocumentKind, Expectation
from grants import awards
from grants.declaring import live_award
from grants.errors import DeclarationRefusal, DeclarationRefused
from grants.models import StayDocument

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.core.files.uploadedfile import UploadedFile

    from grants.models import GrantAward

logger = logging.getLogger(__name__)

# A host's transcript is no data sheet of our campus system, which is what TRANSCRIPT expects.
EXPECTED = Expectation(DocumentKind.CERTIFICATE)


def keep(
    nomination: Nomination,
    kind: StayDocument.Kind,
    upload: UploadedFile[bytes],
    *,
    now: datetime,
) -> StayDocument:
    """Inspect an upload and make it the current one of its kind.

    Raises DocumentRefused on a hard finding and DeclarationRefused (`may_upload`); nothing is
    stored then. The same file sent again is the one that is there.
    """
    _refuse(nomination, live_award(nomination), kind, now)
    data, report = lifecycle.inspect_upload(upload, EXPECTED)
    if not report.ok:
        raise lifecycle.DocumentRefused(report)
    with transaction.atomic():
        stored_name = lifecycle.store(data)
        locked = Nomination.objects.select_for_update().get(pk=nomination.pk)
        # The office notes on the award what it received.
        award = locked.awards.select_for_update(of=("self",)).filter(cancelled_at=None)
        _refuse(locked, award.select_related("approved").first(), kind, now)
        held = locked.stay_documents.filter(kind=kind, current=True).first()
        if held is not None and held.sha256 == report.sha256:
            return held
        locked.stay_documents.filter(kind=kind, current=True).update(current=False)
        kept = StayDocument.objects.create(
            nomination=locked,
            kind=kind,
            stored_name=stored_name,
            original_name=lifecycle.harmless_name(upload.name or ""),
            sha256=report.sha256,
            size=report.bytes,
            pages=report.pages,
            uploaded_at=now,
        )
    logger.info("nomination %s: %s uploaded", nomination.pk, kind)
    return kept


def may_upload(
    nomination: Nomination, award: GrantAward | None, kind: StayDocument.Kind, now: datetime
) -> DeclarationRefusal | None:
    """Return why a document can't be uploaded, or None. `award` is the live one.

    It can from the first day of an approved stay on, which may end early, until the office has
    noted that it received this document.
    """
    if nomination.status not in awards.LIVE:
        return DeclarationRefusal.NOMINATION_ENDED
    version = award.approved if award is not None else None
    if award is None or version is None or timezone.localdate(now) < version.start:
        return DeclarationRefusal.STAY_NOT_BEGUN
    received = {
        StayDocument.Kind.CONFIRMATION: award.confirmation_on,
        StayDocument.Kind.TRANSCRIPT: award.transcript_on,
    }
    return DeclarationRefusal.DOCUMENT_ACCEPTED if received[kind] else None


def document_for(user: AbstractBaseUser | AnonymousUser, code: str, pk: int) -> StayDocument:
    """Return a document of a stay: to the student and the office. Raises Http404 otherwise."""
    found = (
        StayDocument.objects.select_related("nomination__application")
        .filter(nomination__application__code=code, pk=pk)
        .first()
    )
    if found is None or not access.can_see_grant_of(user, found.nomination.application):
        raise Http404
    return found


def _refuse(
    nomination: Nomination, award: GrantAward | None, kind: StayDocument.Kind, now: datetime
) -> None:
    refused = may_upload(nomination, award, kind, now)
    if refused is not None:
        raise DeclarationRefused(refused)
