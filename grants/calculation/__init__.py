"""What a grant is, calculated. Pure: dated tables and a request in, lines and codes out.

Rules and their sources: README, section on grants. No figure stands here; every rate, limit and
top-up comes from the tables, keyed by project.
"""

from grants.calculation.amounts import by_days, paid_at, rounded
from grants.calculation.codes import (
    REAL_COST_REASONS,
    SOCIAL_REASONS,
    CountryGroup,
    Fund,
    FundingStatus,
    LineCode,
    MobilityType,
    RateUnit,
    Reason,
    StayLength,
    TopUpCode,
    TopUpUnit,
    TravelAudience,
    Warn,
)
from grants.calculation.days import (
    DAYS_PER_MONTH,
    EXTENSION_NOTICE_DAYS,
    DatedStay,
    Interruption,
    PlannedStay,
    academic_year_of_start,
    calendar_days,
    days_30_360,
    stay_days,
)
from grants.calculation.estimate import allowed_days, estimate
from grants.calculation.grant import (
    VERSION,
    ApprovedStay,
    Estimate,
    GrantRequest,
    Line,
    RealCosts,
    as_json,
    line_as_json,
)
from grants.calculation.instalments import balance, first_instalment
from grants.calculation.rules import Rule, band_paid, rules_of
from grants.calculation.tables import (
    CountryFunding,
    GrantTables,
    Project,
    ProjectTables,
    Rate,
    StayLimits,
    TopUp,
    TravelBand,
)
from partners.distance import Place, great_circle_km

__all__ = [
    "DAYS_PER_MONTH",
    "EXTENSION_NOTICE_DAYS",
    "REAL_COST_REASONS",
    "SOCIAL_REASONS",
    "VERSION",
    "ApprovedStay",
    "CountryFunding",
    "CountryGroup",
    "DatedStay",
    "Estimate",
    "Fund",
    "FundingStatus",
    "GrantRequest",
    "GrantTables",
    "Interruption",
    "Line",
    "LineCode",
    "MobilityType",
    "Place",
    "PlannedStay",
    "Project",
    "ProjectTables",
    "Rate",
    "RateUnit",
    "RealCosts",
    "Reason",
    "Rule",
    "StayLength",
    "StayLimits",
    "TopUp",
    "TopUpCode",
    "TopUpUnit",
    "TravelAudience",
    "TravelBand",
    "Warn",
    "academic_year_of_start",
    "allowed_days",
    "as_json",
    "balance",
    "band_paid",
    "by_days",
    "calendar_days",
    "days_30_360",
    "estimate",
    "first_instalment",
    "great_circle_km",
    "line_as_json",
    "paid_at",
    "rounded",
    "rules_of",
    "stay_days",
]
