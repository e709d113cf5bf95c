"""Grant tables and awards in the admin, for the office alone (applications.access)."""

from grants.admin.awards import GrantAwardAdmin
from grants.admin.payments import PaymentListAdmin
from grants.admin.projects import GrantProjectAdmin
from grants.admin.tables import (
    CountryStatusAdmin,
    GrantRateAdmin,
    TopUpAdmin,
    TravelBandAdmin,
)

__all__ = [
    "CountryStatusAdmin",
    "GrantAwardAdmin",
    "GrantProjectAdmin",
    "GrantRateAdmin",
    "PaymentListAdmin",
    "TopUpAdmin",
    "TravelBandAdmin",
]
