"""How the rounds went, in counts: one round, and the years of a programme.

Everything is counted by the database, in a number of queries that does not depend on how many
applied. Who is an applicant is said by `demand.counted`.
"""

from applications.models.statistics.counting import STAGES, Way
from applications.models.statistics.one_round import (
    HostDemand,
    RoundFigures,
    Spread,
    gender_balance,
    round_figures,
    states_of,
)
from applications.models.statistics.years import YearFigures, gender_over_years, years_of

__all__ = [
    "STAGES",
    "HostDemand",
    "RoundFigures",
    "Spread",
    "Way",
    "YearFigures",
    "gender_balance",
    "gender_over_years",
    "round_figures",
    "states_of",
    "years_of",
]
