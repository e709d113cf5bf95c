"""The terms of an award as plain values: what the office fills in, and what is asked by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from grants.calculation import (
    ApprovedStay,
    DatedStay,
    GrantRequest,
    Interruption,
    MobilityType,
    RealCosts,
    TopUpCode,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from grants.models import AwardVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a version of an award is calculated from; the fields of `AwardVersion`, as values.

    `project` is its code. `approved` is set by `change_award`, not by hand.
    """

    project: str
    start: date
    end: date
    mobility: MobilityType = MobilityType.STUDY
    interruptions: tuple[Interruption, ...] = ()
    cap_days: int | None = None
    earlier_days: int = 0
    semesters: int = 1
    social_reasons: tuple[TopUpCode, ...] = ()
    real_costs: RealCosts | None = None
    green: bool = False
    travel_days: int = 0
    waiver_reason: str = ""
    approved: ApprovedStay | None = None
    ects: Decimal | None = None
    ects_reclaimed: bool = False
    ects_statement: str = ""

    def request(self, country: str, distance_km: float | None) -> GrantRequest:
        """Return what the calculation is asked; `country` is the ISO alpha-2 code of the host."""
        return GrantRequest(
            project=self.project,
            mobility=self.mobility,
            country=country,
            stay=DatedStay(self.start, self.end, self.interruptions),
            cap_days=self.cap_days,
            earlier_days=self.earlier_days,
            top_ups=self.social_reasons,
            green=self.green,
            distance_km=distance_km,
            travel_days=self.travel_days,
            minimum_waived=bool(self.waiver_reason.strip()),
            approved=self.approved,
            real_costs=self.real_costs,
            semesters=self.semesters,
            ects=self.ects,
            ects_reclaimed=self.ects_reclaimed,
        )

    def columns(self) -> dict[str, object]:
        """Return the terms as the columns of `AwardVersion`, but for the project."""
        approved, costs = self.approved, self.real_costs
        return {
            "mobility_type": self.mobility.value,
            "start": self.start,
            "end": self.end,
            "interruptions": [
                [each.start.isoformat(), each.end.isoformat()] for each in self.interruptions
            ],
            "cap_days": self.cap_days,
            "earlier_days": self.earlier_days,
            "semesters": self.semesters,
            "social_reasons": ",".join(self.social_reasons),
            "real_costs_eur": costs.amount if costs else None,
            "real_costs_reason": costs.reason.value if costs else "",
            "green": self.green,
            "travel_days": self.travel_days,
            "waiver_reason": self.waiver_reason.strip(),
            "approved_days": approved.days if approved else None,
            "approved_end": approved.end if approved else None,
            "extension_asked_on": approved.extension_asked_on if approved else None,
            "ects": self.ects,
            "ects_reclaimed": self.ects_reclaimed,
            "ects_statement": self.ects_statement.strip(),
        }


def terms_of(version: AwardVersion) -> Terms:
    """Return the terms a stored version was calculated from."""
    approved = costs = None
    if version.approved_days is not None and version.approved_end is not None:
        approved = ApprovedStay(
            version.approved_days, version.approved_end, version.extension_asked_on
        )
    if version.real_costs_eur is not None:
        costs = RealCosts(version.real_costs_eur, TopUpCode(version.real_costs_reason))
    return Terms(
        project=version.project.code,
        mobility=MobilityType(version.mobility_type),
        start=version.start,
        end=version.end,
        interruptions=interruptions_of(version.interruptions),
        cap_days=version.cap_days,
        earlier_days=version.earlier_days,
        semesters=version.semesters,
        social_reasons=version.reason_codes,
        real_costs=costs,
        green=version.green,
        travel_days=version.travel_days,
        waiver_reason=version.waiver_reason,
        approved=approved,
        ects=version.ects,
        ects_reclaimed=version.ects_reclaimed,
        ects_statement=version.ects_statement,
    )


def interruptions_of(stored: list[list[str]]) -> tuple[Interruption, ...]:
    return tuple(
        Interruption(date.fromisoformat(first), date.fromisoformat(last)) for first, last in stored
    )


def payable_stay(approved: AwardVersion) -> ApprovedStay:
    """Return the stay that is promised to be paid once this version is approved.

    A first award, a correction and an extension asked for in time promise their own days. What
    else happened to the stay, a late extension too, leaves the promise as it was.
    """
    before = terms_of(approved).approved
    if before is None or before.asked_in_time:
        return ApprovedStay(approved.days, approved.end)
    return ApprovedStay(before.days, before.end)
