"""Why the newest version of an award can't be proposed or approved now; pages ask it beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from grants.awards.locking import newest
from grants.awards.terms import terms_of
from grants.awards.writing import answer_for, same_result
from grants.calculation import MobilityType, Warn
from grants.errors import AwardRefusal, AwardRefused
from grants.states import AwardState, Occasion

if TYPE_CHECKING:
    from datetime import date

    from applications.models import User
    from grants.calculation import GrantTables
    from grants.models import AwardVersion, GrantAward

TOO_FEW_ECTS = frozenset({Warn.ECTS_BELOW_EXPECTED, Warn.ECTS_BELOW_MINIMUM})


def refuse(refusal: AwardRefusal | None) -> None:
    """Raise AwardRefused where there is a reason to."""
    if refusal is not None:
        raise AwardRefused(refusal)


def why_not_propose(
    award: GrantAward, tables: GrantTables, *, today: date | None = None
) -> AwardRefusal | None:
    """Return the first thing that keeps the newest version from being proposed, or None."""
    version = newest(award)
    if version.state is not AwardState.DRAFT:
        return AwardRefusal.NOT_A_DRAFT
    return _what_is_wrong(award, version, tables, today or timezone.localdate())


def why_not_approve(
    award: GrantAward, by: User, tables: GrantTables, *, today: date | None = None
) -> AwardRefusal | None:
    """Return the first thing that keeps this person from approving the newest version, or None."""
    version = newest(award)
    if version.state is not AwardState.PROPOSED:
        return AwardRefusal.NOT_PROPOSED
    if by.pk in {version.made_by_id, version.proposed_by_id}:
        return AwardRefusal.FOUR_EYES
    return _what_is_wrong(award, version, tables, today or timezone.localdate())


def _what_is_wrong(
    award: GrantAward, version: AwardVersion, tables: GrantTables, today: date
) -> AwardRefusal | None:
    terms = terms_of(version)
    if not same_result(version, answer_for(award.nomination, terms, tables)):
        return AwardRefusal.TABLES_CHANGED
    if version.provisional:
        return AwardRefusal.PROVISIONAL
    if version.occasion != Occasion.CONFIRMED_STAY:
        return None
    confirmed = award.confirmation_on
    missing = {
        AwardRefusal.STAY_NOT_OVER: version.end >= today,
        AwardRefusal.CONFIRMATION_MISSING: confirmed is None,
        AwardRefusal.CONFIRMED_TOO_EARLY: confirmed is not None and confirmed < version.end,
        AwardRefusal.TRANSCRIPT_MISSING: terms.mobility is MobilityType.STUDY
        and (award.transcript_on is None or terms.ects is None),
        AwardRefusal.REPORT_MISSING: award.report_on is None,
        AwardRefusal.STATEMENT_MISSING: bool(TOO_FEW_ECTS & set(version.warnings))
        and not (version.ects_statement or version.ects_reclaimed),
    }
    return next((refusal for refusal, applies in missing.items() if applies), None)
