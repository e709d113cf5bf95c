"""The words of a grant calculation. Sentences for them stand in grants.texts."""

from __future__ import annotations

from enum import StrEnum


class MobilityType(StrEnum):
    """Kind of stay, as the Commission names it: study, internship, short-term (5-30 days)."""

    STUDY = "SMS"
    INTERNSHIP = "SMP"
    SHORT_TERM = "short-term"

    @property
    def length(self) -> StayLength:
        return StayLength.SHORT if self is MobilityType.SHORT_TERM else StayLength.LONG


class StayLength(StrEnum):
    """Long stays are counted by the 30/360 rule, short ones in calendar days."""

    LONG = "long"
    SHORT = "short"


class CountryGroup(StrEnum):
    """Rates go by group. INTERNATIONAL: partner countries of regions 1-12."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    INTERNATIONAL = "international"


class FundingStatus(StrEnum):
    """What a country is to one project."""

    FUNDED = "funded"
    INTERNATIONAL_SHARE = "international_share"  # from a limited share of the budget
    OTHER_FUND = "other_fund"
    NOT_FUNDED = "not_funded"


class Fund(StrEnum):
    """Who pays instead of the ERASMUS project."""

    SEMP = "SEMP"  # Swiss-European Mobility Programme: the Swiss host pays
    PROMOS = "PROMOS"  # worldwide stays


class RateUnit(StrEnum):
    MONTH = "month"
    DAY = "day"


class TopUpUnit(StrEnum):
    """MONTH is prorated by day, STAY is paid once, DAY_AT_RATE adds days at the rate.

    The limits are for real costs: as much as was approved, up to the amount a semester or stay.
    """

    MONTH = "month"
    STAY = "stay"
    DAY_AT_RATE = "day_at_rate"
    SEMESTER_LIMIT = "semester_limit"
    STAY_LIMIT = "stay_limit"


class TopUpCode(StrEnum):
    SOCIAL_DISABILITY = "social_disability"
    SOCIAL_CHRONIC_ILLNESS = "social_chronic_illness"
    SOCIAL_CHILD = "social_child"
    SOCIAL_FIRST_GENERATION = "social_first_generation"
    SOCIAL_EMPLOYED = "social_employed"
    GREEN_TRAVEL = "green_travel"
    TRAVEL_DAYS_STANDARD = "travel_days_standard"
    TRAVEL_DAYS_GREEN = "travel_days_green"
    REAL_COSTS = "real_costs"


# The reasons a student can give. However many there are, the top-up is paid once.
SOCIAL_REASONS = (
    TopUpCode.SOCIAL_DISABILITY,
    TopUpCode.SOCIAL_CHRONIC_ILLNESS,
    TopUpCode.SOCIAL_CHILD,
    TopUpCode.SOCIAL_FIRST_GENERATION,
    TopUpCode.SOCIAL_EMPLOYED,
)


# For the costs of these real costs may be applied for instead of the flat top-up.
REAL_COST_REASONS = (
    TopUpCode.SOCIAL_DISABILITY,
    TopUpCode.SOCIAL_CHRONIC_ILLNESS,
    TopUpCode.SOCIAL_CHILD,
)


class TravelAudience(StrEnum):
    """Whom the distance bands of a project are for."""

    EVERYONE = "everyone"
    PARTNER_COUNTRIES_OR_SHORT_TERM = "partner_countries_or_short_term"
    PARTNER_COUNTRIES_OR_FEWER_OPPORTUNITIES = "partner_countries_or_fewer_opportunities"


class LineCode(StrEnum):
    INDIVIDUAL_SUPPORT = "individual_support"
    SHORT_TERM_SUPPORT = "short_term_support"
    ZERO_GRANT = "zero_grant"
    SOCIAL_TOP_UP = "social_top_up"
    REAL_COSTS = "real_costs"
    GREEN_TRAVEL = "green_travel"
    TRAVEL_GRANT = "travel_grant"
    TRAVEL_GRANT_GREEN = "travel_grant_green"
    TRAVEL_DAYS = "travel_days"


class Warn(StrEnum):
    """What a person should know or decide; the calculation stands."""

    PROVISIONAL_RATES = "provisional_rates"
    NOT_GUARANTEED = "not_guaranteed"
    DATES_OUTSIDE_PROJECT = "dates_outside_project"
    FEBRUARY_END = "february_end"
    MINIMUM_WAIVED = "minimum_waived"
    OVER_MAXIMUM_DAYS = "over_maximum_days"
    DAYS_CAPPED = "days_capped"
    TOP_UP_NOT_AVAILABLE = "top_up_not_available"
    GREEN_NOT_AVAILABLE = "green_not_available"
    TRAVEL_NOT_INCLUDED = "travel_not_included"
    TRAVEL_DAYS_NOT_INCLUDED = "travel_days_not_included"
    TRAVEL_DAYS_LIMITED = "travel_days_limited"
    NEAR_BAND_EDGE = "near_band_edge"
    EXTRA_DAYS_NOT_PAID = "extra_days_not_paid"
    EXTENSION_ASKED_LATE = "extension_asked_late"
    REAL_COSTS_LIMITED = "real_costs_limited"
    REAL_COSTS_NOT_AVAILABLE = "real_costs_not_available"
    ECTS_BELOW_EXPECTED = "ects_below_expected"
    ECTS_BELOW_MINIMUM = "ects_below_minimum"


class Reason(StrEnum):
    """Why there is no grant, or what is missing to say how much."""

    PROJECT_UNKNOWN = "project_unknown"
    ACADEMIC_YEAR_UNKNOWN = "academic_year_unknown"
    RATES_NOT_ESTABLISHED = "rates_not_established"
    COUNTRY_UNKNOWN = "country_unknown"
    RATE_UNKNOWN = "rate_unknown"
    RATES_OVERLAP = "rates_overlap"
    OTHER_FUND = "other_fund"
    OTHER_FUND_SEMP = "other_fund_semp"
    OTHER_FUND_PROMOS = "other_fund_promos"
    NOT_FUNDED = "not_funded"
    INTERNATIONAL_SHARE_CLOSED = "international_share_closed"
    END_BEFORE_START = "end_before_start"
    INTERRUPTION_OUTSIDE_STAY = "interruption_outside_stay"
    INTERRUPTIONS_OVERLAP = "interruptions_overlap"
    BELOW_MINIMUM_STAY = "below_minimum_stay"
    ABOVE_SHORT_TERM_MAXIMUM = "above_short_term_maximum"
    MAXIMUM_USED_UP = "maximum_used_up"
    ECTS_RECLAIMED = "ects_reclaimed"
