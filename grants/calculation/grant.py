"""What goes into a grant calculation and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from grants.calculation.codes import (
    CountryGroup,
    FundingStatus,
    LineCode,
    MobilityType,
    Reason,
    StayLength,
    TopUpCode,
    Warn,
)
from grants.calculation.days import (
    DAYS_PER_MONTH,
    EXTENSION_NOTICE_DAYS,
    DatedStay,
    PlannedStay,
)

if TYPE_CHECKING:
    from datetime import date

    from grants.calculation.tables import CountryFunding, ProjectTables, Rate, StayLimits

# Stored with every award: raise it when the same input would give another result.
VERSION = 3


@dataclass(frozen=True, slots=True)
class ApprovedStay:
    """A stay as it was approved: its days, its last day, and when more was asked for, if so."""

    days: int
    end: date
    extension_asked_on: date | None = None

    @property
    def asked_in_time(self) -> bool:
        """Tell whether an extension was asked for at least 30 days before the approved end."""
        asked = self.extension_asked_on
        return asked is not None and (self.end - asked).days >= EXTENSION_NOTICE_DAYS


@dataclass(frozen=True, slots=True)
class RealCosts:
    """Costs the national agency approved in EUR, and the reason they arise from.

    They are paid instead of the flat top-up for that reason (one of REAL_COST_REASONS).
    """

    amount: Decimal
    reason: TopUpCode


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """What a grant is asked for.

    `country`: ISO alpha-2 of the host. `cap_days`: most days to fund, in place of the project's
    own cap. `earlier_days`: days of earlier stays in this study cycle, zero-grant days included.
    `top_ups`: the reasons given for the social top-up. `travel_days`: extra days the office
    grants. `minimum_waived`: an officer accepts a stay below the minimum (force majeure, or one
    ending in February). `fund_beyond_maximum`: show the bare arithmetic for a stay beyond the
    study cycle's maximum, with the warning, instead of leaving the last days unfunded.
    `approved`: what was approved before the stay grew longer; only its days are paid unless the
    extension was asked for in time. `semesters`: what real costs and ECTS are counted by. `ects`:
    earned, once the transcript is there; `ects_reclaimed`: too few, and the office reclaims.
    """

    project: str
    mobility: MobilityType
    country: str
    stay: DatedStay | PlannedStay
    cap_days: int | None = None
    earlier_days: int = 0
    top_ups: tuple[TopUpCode, ...] = ()
    green: bool = False
    distance_km: float | None = None
    travel_days: int = 0
    minimum_waived: bool = False
    fund_beyond_maximum: bool = False
    approved: ApprovedStay | None = None
    real_costs: RealCosts | None = None
    semesters: int = 1
    ects: Decimal | None = None
    ects_reclaimed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One component of a grant.

    `rate` is EUR per month of 30 days, per day or per stay, as the code says; `quantity` counts
    days, or stays where the rate is per stay.
    """

    code: LineCode
    quantity: int
    rate: Decimal
    amount: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """The answer. Without a `reason` there is a grant and its lines sum to `total` exactly.

    `project` is None when not even that could be told. `basis` is the project whose figures were
    used; it differs from `project` when `provisional`.
    """

    project: str | None
    days: int = 0
    basis: str | None = None
    provisional: bool = False
    funded_days: int = 0
    country_group: CountryGroup | None = None
    rate: Decimal | None = None
    lines: tuple[Line, ...] = ()
    warnings: tuple[Warn, ...] = ()
    reason: Reason | None = None

    @property
    def ok(self) -> bool:
        return self.reason is None

    @property
    def months(self) -> int:
        return self.days // DAYS_PER_MONTH

    @property
    def extra_days(self) -> int:
        return self.days % DAYS_PER_MONTH

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class Case:
    """A request with what the tables say about it; what lines and warnings are made from."""

    request: GrantRequest
    basis: ProjectTables
    limits: StayLimits
    funding: CountryFunding
    rates: tuple[Rate, ...]
    days: int
    funded_days: int

    @property
    def length(self) -> StayLength:
        return self.request.mobility.length

    @property
    def from_international_share(self) -> bool:
        return self.funding.status is FundingStatus.INTERNATIONAL_SHARE

    def line(
        self, code: LineCode, quantity: int, rate: Decimal, amount: Decimal, source: str
    ) -> Line:
        return Line(code, quantity, rate, amount, f"{self.basis.project.code}: {source}")


def as_json(answer: Estimate) -> dict[str, object]:
    """Return the estimate in the shape of `manage.py estimate_grant --json`.

    Amounts are strings with two decimals, so that no reader turns them into floats.
    """
    return {
        "ok": answer.ok,
        "project": answer.project,
        "provisional": answer.provisional,
        "days": answer.days,
        "months": answer.months,
        "extra_days": answer.extra_days,
        "funded_days": answer.funded_days,
        "country_group": answer.country_group,
        "rate": None if answer.rate is None else f"{answer.rate:.2f}",
        "lines": [line_as_json(line) for line in answer.lines],
        "total": f"{answer.total:.2f}",
        "warnings": list(answer.warnings),
        "reason": answer.reason,
    }


def line_as_json(line: Line) -> dict[str, object]:
    return {
        "code": line.code,
        "quantity": line.quantity,
        "rate": f"{line.rate:.2f}",
        "amount": f"{line.amount:.2f}",
        "source": line.source,
    }
