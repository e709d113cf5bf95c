"""What a project's budget is used for, what will be needed, and what another cap would change.

The International Office alone. Nothing here is stored.
"""

from grants.budget.expecting import Expected, expected_grants
from grants.budget.figures import Amounts, Budget, budgets
from grants.budget.supposing import (
    Stay,
    Supposed,
    Supposition,
    highest_cap,
    longest,
    stays_of,
    suppose_cap,
)

__all__ = [
    "Amounts",
    "Budget",
    "Expected",
    "Stay",
    "Supposed",
    "Supposition",
    "budgets",
    "expected_grants",
    "highest_cap",
    "longest",
    "stays_of",
    "suppose_cap",
]
