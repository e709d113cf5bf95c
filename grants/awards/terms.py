"""The terms of an award as plain values: what the office fills in, and what is asked by them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from grants.calculation import (
    ApprovedStay,
    DatedStay,
    GrantRequest,
    Interruption,
    MobilityType,
    RealCosts,
    TopUpCode,
)
from grants.models.choices import top_ups_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from grants.models import AwardVersion

# Of `AwardVersion`, as `terms_from` reads them; the statement on few ECTS changes no figure.
COLUMNS_OF_TERMS = (
    "project__code",
    "mobility_type",
    "start",
    "end",
    "interruptions",
    "cap_days",
    "earlier_days",
    "semesters",
    "social_reasons",
    "real_costs_eur",
    "real_costs_reason",
    "green",
    "travel_days",
    "waiver_reason",
    "approved_days",
    "approved_end",
    "extension_asked_on",
    "ects",
    "ects_reclaimed",
)


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
    values = [
        version.project.code if name == "project__code" else getattr(version, name)
        for name in COLUMNS_OF_TERMS
    ]
    return replace(terms_from(values), ects_statement=version.ects_statement)


def terms_from(values: Sequence[Any], cap_days: int | None = None) -> Terms:
    """Return the terms in the values of COLUMNS_OF_TERMS.

    `cap_days` is supposed where they have no cap of their own.
    """
    (
        project, mobility, start, end, interruptions, own_cap, earlier_days, semesters, reasons,
        costs, costs_reason, green, travel_days, waiver, approved_days, approved_end, asked_on,
        ects, ects_reclaimed,
    ) = values  # fmt: skip
    return Terms(
        project=project,
        mobility=MobilityType(mobility),
        start=start,
        end=end,
        interruptions=interruptions_of(interruptions) if interruptions else (),
        cap_days=cap_days if own_cap is None else own_cap,
        earlier_days=earlier_days,
        semesters=semesters,
        social_reasons=top_ups_in(reasons),
        real_costs=None if costs is None else RealCosts(costs, TopUpCode(costs_reason)),
        green=green,
        travel_days=travel_days,
        waiver_reason=waiver,
        approved=None
        if approved_days is None
        else ApprovedStay(approved_days, approved_end, asked_on),
        ects=ects,
        ects_reclaimed=ects_reclaimed,
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
