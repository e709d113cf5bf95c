"""The dated data a grant is calculated from, as plain values. Amounts are EUR."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grants.calculation.codes import (
    CountryGroup,
    Fund,
    FundingStatus,
    MobilityType,
    RateUnit,
    Reason,
    StayLength,
    TopUpCode,
    TopUpUnit,
    TravelAudience,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class StayLimits:
    """Days of funding: 30/360 days for long stays, calendar days for short ones, both included.

    The short-term limits are None where the project knows no short-term stays.
    `cap_days`: most days the university funds of one stay; None until the office sets it.
    """

    minimum_study: int
    minimum_internship: int
    minimum_short_term: int | None
    maximum_short_term: int | None
    maximum_study_cycle: int
    cap_days: int | None

    def minimum(self, mobility: MobilityType) -> int | None:
        return {
            MobilityType.STUDY: self.minimum_study,
            MobilityType.INTERNSHIP: self.minimum_internship,
            MobilityType.SHORT_TERM: self.minimum_short_term,
        }[mobility]


@dataclass(frozen=True, slots=True)
class Project:
    """One call year's budget, such as KA131-2024.

    It may pay stays that start in its academic years (named by the year they start in, both
    included). `limits` is None for a project whose figures are not established yet.
    `international_share` is False where it pays nothing from that share. The first instalment is
    a share of the total in percent; None until it is known. Fewer ECTS a semester than expected
    need a statement; fewer than `ects_reclaim_below` in all may mean the grant is reclaimed.
    """

    code: str
    academic_year_from: int
    academic_year_to: int
    limits: StayLimits | None
    source: str
    international_share: bool = True
    first_instalment_percent: int | None = None
    ects_per_semester: int | None = None
    ects_reclaim_below: int | None = None

    @property
    def established(self) -> bool:
        return self.limits is not None

    @property
    def call_year(self) -> int:
        return call_year(self.code)


@dataclass(frozen=True, slots=True)
class Rate:
    """EUR per month or day, for the days of a stay from `day_from` to `day_to` (None: to the end).

    `group` is None where every country has the same rate.
    """

    mobility: MobilityType
    group: CountryGroup | None
    unit: RateUnit
    day_from: int
    day_to: int | None
    amount: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class CountryFunding:
    """What a country is to one project. `group` says which rate; `fund` who pays instead."""

    country: str
    status: FundingStatus
    group: CountryGroup | None
    fund: Fund | None
    source: str


@dataclass(frozen=True, slots=True)
class TopUp:
    """An addition to the rate. `length` and `status` None: whatever the stay or country is.

    Either `amount` (per month or stay; of real costs the most for a semester or stay) or
    `maximum_days` (days paid at the rate) is given. Paid only for stays of `day_from` to `day_to`
    days.
    """

    code: TopUpCode
    length: StayLength | None
    status: FundingStatus | None
    unit: TopUpUnit
    day_from: int
    day_to: int | None
    amount: Decimal | None
    maximum_days: int | None
    source: str


@dataclass(frozen=True, slots=True)
class TravelBand:
    """Travel grant for distances from `km_from` (included) to `km_to` (excluded; None: no end).

    Round trip. `green` is None where green travel earns nothing more.
    """

    audience: TravelAudience
    km_from: int
    km_to: int | None
    standard: Decimal
    green: Decimal | None
    source: str


@dataclass(frozen=True, slots=True)
class ProjectTables:
    """Everything known about one project."""

    project: Project
    rates: Mapping[tuple[MobilityType, CountryGroup | None], tuple[Rate, ...]]
    countries: Mapping[str, CountryFunding]
    top_ups: tuple[TopUp, ...] = ()
    travel_bands: tuple[TravelBand, ...] = ()

    def rates_for(self, mobility: MobilityType, group: CountryGroup | None) -> tuple[Rate, ...]:
        """Return the rates by day of the stay, ascending; empty when none is known."""
        return self.rates.get((mobility, group)) or self.rates.get((mobility, None), ())


@dataclass(frozen=True, slots=True)
class GrantTables:
    """All projects by code."""

    projects: Mapping[str, ProjectTables] = field(default_factory=dict)

    def basis(self, code: str) -> ProjectTables | Reason:
        """Return the tables to calculate a grant of this project with.

        For a project whose figures are not established yet these are the newest established
        ones before it; the caller marks the result as provisional. Returns why there are none.
        """
        own = self.projects.get(code)
        if own is None:
            return Reason.PROJECT_UNKNOWN
        if own.project.established:
            return own
        earlier = [
            tables
            for tables in self.projects.values()
            if tables.project.established and tables.project.call_year < own.project.call_year
        ]
        if not earlier:
            return Reason.RATES_NOT_ESTABLISHED
        return max(earlier, key=lambda tables: tables.project.call_year)

    def projects_paying(self, academic_year: int) -> tuple[str, ...]:
        """Return the projects that may pay a stay of this academic year, oldest first."""
        found = [
            tables.project
            for tables in self.projects.values()
            if tables.project.academic_year_from <= academic_year <= tables.project.academic_year_to
        ]
        return tuple(project.code for project in sorted(found, key=lambda p: p.call_year))


def call_year(code: str) -> int:
    """Return the call year of a project's code: "KA131-2024" -> 2024."""
    return int(code.rpartition("-")[2])
