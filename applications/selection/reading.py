"""Readers' score sheets: alone first, then everybody's; nobody overwrites anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from applications import access
from applications.lifecycle import (
    PortalRefusal,
    Refusal,
    TransitionRefused,
    lock_application,
    refuse_own,
    refuse_rival,
)
from applications.models import Application, Score, ScoreSheet
from applications.models.criterion import CriterionKind
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from applications.models import User

SCORABLE_STATES = frozenset({State.UNDER_REVIEW, State.ELIGIBLE})


class SheetConflict(PortalRefusal):
    """The same sheet was saved in another window meanwhile; nothing was overwritten."""


def save_score_sheet(
    application: Application,
    points: Mapping[str, Decimal | None],
    *,
    comment: str,
    completed: bool,
    version: int,
    by: User,
    now: datetime,
) -> ScoreSheet:
    """Save a reader's own sheet; it counts once completed, and stays complete from then on.

    `points` by criterion key; None leaves a criterion open. Raises SheetConflict for a sheet of
    another version, PortalRefusal (score_missing, score_out_of_range, competes) when a
    completed sheet lacks points, a figure is off the scale, or the reader takes part in the call;
    TransitionRefused after the ranking's time.
    """
    with transaction.atomic():
        locked = lock_application(application)
        refuse_own(locked, by)
        refuse_rival(locked.call, by)
        if locked.state not in SCORABLE_STATES or not access.can_score(by, locked.call):
            raise TransitionRefused(Refusal.NOT_NOW, state=locked.state)
        sheet, _created = ScoreSheet.objects.select_for_update().get_or_create(
            application=locked, reader=by
        )
        if sheet.version != version:
            raise SheetConflict(Refusal.NEWER_SHEET)
        criteria = list(locked.call.criteria.filter(kind=CriterionKind.MANUAL))
        for criterion in criteria:
            given = points.get(criterion.key)
            if given is None:
                if completed or sheet.completed_at is not None:
                    raise PortalRefusal(Refusal.SCORE_MISSING, criterion=criterion.name)
                sheet.scores.filter(criterion=criterion).delete()
                continue
            if not 0 <= given <= criterion.scale_max:
                raise PortalRefusal(
                    Refusal.SCORE_OUT_OF_RANGE,
                    criterion=criterion.name,
                    most=f"{criterion.scale_max.normalize():f}",
                )
            Score.objects.update_or_create(
                sheet=sheet, criterion=criterion, defaults={"points": given}
            )
        sheet.comment = comment
        sheet.version += 1
        # Once complete it stays so: what it opened (names, the others' sheets) has been seen.
        sheet.completed_at = sheet.completed_at or (now if completed else None)
        sheet.save(update_fields=["comment", "version", "completed_at"])
        return sheet


def sheets_readable_by(reader: User, application: Application) -> list[ScoreSheet]:
    """Return the sheets a reader may see: the own one, and the others' once it is complete.

    None of the own application's.
    """
    if application.student_id == reader.pk:
        return []
    sheets = list(
        application.score_sheets.select_related("reader").prefetch_related("scores__criterion")
    )
    own = [sheet for sheet in sheets if sheet.reader_id == reader.pk]
    if own and own[0].completed_at is not None:
        return own + [sheet for sheet in sheets if sheet.reader_id != reader.pk]
    return own
