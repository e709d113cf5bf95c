"""The student's own grant: where it stands, and its documents after the stay."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from applications import access, lifecycle, texts
from applications.views.documents import stored_file
from applications.views.refusals import CONFLICT
from grants import accounts, awards, declaring, stay_documents
from grants.awards.stored import answer_of
from grants.calculation import Reason, Warn
from grants.errors import DeclarationRefused
from grants.estimates import shown
from grants.funds import paid_elsewhere, why_no_grant
from grants.history import changes_of
from grants.loading import tables_from_database
from grants.models import StayDocument
from grants.standing import asked_for, standing_of
from grants.texts import DECLARATIONS
from partners.models import Semester

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from applications.models import Nomination
    from grants.calculation import GrantTables
    from grants.errors import DeclarationRefusal
    from grants.standing import Standing

logger = logging.getLogger(__name__)
UNPROCESSABLE = 422
# For whoever calculates a grant: settled once it is approved.
FOR_THE_OFFICE = frozenset({Warn.DATES_OUTSIDE_PROJECT, Warn.NEAR_BAND_EDGE})


@dataclass(frozen=True, slots=True)
class Slot:
    """A document asked for after the stay: what was uploaded, received, and why it can't be now."""

    kind: StayDocument.Kind
    held: StayDocument | None
    received_on: date | None
    refused: DeclarationRefusal | None
    errors: tuple[str, ...]

    @property
    def control(self) -> str:
        return f"id_{self.kind.value}"


@require_safe
def mine(request: HttpRequest, code: str) -> HttpResponse:
    """Show where one's own grant stands."""
    nomination = access.own_nomination_for(request.user, code)
    return _page(request, nomination, timezone.now())


@require_POST
def upload(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Take a document after the stay; a refused one is told with its reason."""
    nomination = access.own_nomination_for(request.user, code)
    if kind not in StayDocument.Kind.values:
        raise Http404
    wanted, now = StayDocument.Kind(kind), timezone.now()
    award = declaring.live_award(nomination)
    too_early_or_late = stay_documents.may_upload(nomination, award, wanted, now)
    if too_early_or_late is not None:
        return refused_page(request, nomination, too_early_or_late)
    sent = request.FILES.get("file")
    if sent is None:
        nothing = gettext("Choose a PDF file first; none was sent.")
        return _page(request, nomination, now, errors={wanted: (nothing,)})
    try:
        stay_documents.keep(nomination, wanted, sent, now=now)
    except lifecycle.DocumentRefused as refusal:
        errors = tuple(
            texts.finding_sentence(found.code, found.params) for found in refusal.report.hard
        )
        return _page(request, nomination, now, errors={wanted: errors})
    except DeclarationRefused as refused:
        return refused_page(request, nomination, refused.code)
    messages.success(request, gettext("Your document is saved."))
    return redirect("grants:mine", code=code)


@require_safe
def document(request: HttpRequest, code: str, pk: int) -> HttpResponseBase:
    """Send a document of the stay as a download, to the student or the office."""
    found = stay_documents.document_for(request.user, code, pk)
    own = found.nomination.application.student_id == request.user.pk
    try:
        return stored_file(
            found.stored_name, found.original_name if own else f"{code}-{found.kind}.pdf"
        )
    except FileNotFoundError as error:
        logger.exception("stay document %s has no file", found.pk)
        raise Http404 from error


# -- what the pages hold ---------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    nomination: Nomination,
    now: datetime,
    *,
    errors: dict[StayDocument.Kind, tuple[str, ...]] | None = None,
) -> HttpResponse:
    award = declaring.live_award(nomination)
    standing = standing_of(nomination, award, now)
    cancelled = standing.cancelled
    tables = tables_from_database()
    elsewhere = paid_elsewhere(nomination, tables) if award is None and cancelled is None else None
    ended = nomination.status not in awards.LIVE
    steps = [] if elsewhere or ended else standing.steps()
    slots = _slots(nomination, standing, now, errors or {})
    return render(
        request,
        "grants/mine.html",
        {
            **frame(nomination),
            "elsewhere": elsewhere,
            "no_grant": why_no_grant(nomination, standing.declaration, tables)
            if award is None and standing.declaration
            else "",
            "ended": ended,
            "standing": standing,
            "steps": steps,
            "next_step": next((step for step in steps if step.is_now), None),
            "slots": slots,
            "problems": [(slot.control, error) for slot in slots for error in slot.errors],
            "has_errors": bool(errors),
            "can_declare": declaring.may_declare(nomination, award) is None,
            "why_fixed": _sentence(declaring.may_declare(nomination, award)),
            "can_change_account": declaring.may_change_account(nomination, award) is None,
            "account": accounts.masked(standing.declaration.iban) if standing.declaration else "",
            "cancelled": cancelled,
            **_approved(standing, tables),
        },
        status=UNPROCESSABLE if errors else 200,
    )


def _approved(standing: Standing, tables: GrantTables) -> dict[str, Any]:
    """Return what was approved: the lines that count, and how they changed."""
    award, version = standing.award, standing.approved
    if award is None or version is None:
        return {}
    answer = answer_of(version)
    told = tuple(warning for warning in answer.warnings if warning not in FOR_THE_OFFICE)
    return {
        "approved": version,
        "shown": shown(
            replace(answer, warnings=told), version.country.code, version.distance_km, tables
        ),
        "reclaimed": version.reason == Reason.ECTS_RECLAIMED,
        "changes": changes_of(standing.versions),
        "is_changing": award.current_id != version.pk,
    }


def _slots(
    nomination: Nomination,
    standing: Standing,
    now: datetime,
    errors: dict[StayDocument.Kind, tuple[str, ...]],
) -> list[Slot]:
    award = standing.award or standing.cancelled
    version = award.approved if award is not None else None
    if award is None or version is None:
        return []
    received = {
        StayDocument.Kind.CONFIRMATION: award.confirmation_on,
        StayDocument.Kind.TRANSCRIPT: award.transcript_on,
    }
    return [
        Slot(
            kind=kind,
            held=standing.documents.get(kind),
            received_on=received[kind],
            refused=stay_documents.may_upload(nomination, award, kind, now),
            errors=errors.get(kind, ()),
        )
        for kind in asked_for(version)
        if standing.award is not None or kind in standing.documents
    ]


def frame(nomination: Nomination) -> dict[str, Any]:
    place = nomination.placement
    return {
        "application": nomination.application,
        "call": nomination.application.call,
        "host": place.host,
        "semester": Semester(place.semester).label,
    }


def refused_page(
    request: HttpRequest, nomination: Nomination, refused: DeclarationRefusal
) -> HttpResponse:
    logger.info("nomination %s: %s", nomination.pk, refused)
    return render(
        request,
        "grants/mine_refused.html",
        {**frame(nomination), "sentence": DECLARATIONS[refused], "has_errors": True},
        status=CONFLICT,
    )


def _sentence(refused: DeclarationRefusal | None) -> str:
    return str(DECLARATIONS[refused]) if refused is not None else ""
