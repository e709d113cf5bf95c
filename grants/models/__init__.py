"""The grant tables, the awards calculated from them, and what is paid."""

from grants.models.award import AwardVersion, GrantAward
from grants.models.declaration import GrantDeclaration, StayDocument
from grants.models.payment import GrantPayment, PaymentList, PaymentListDownload
from grants.models.project import GrantProject
from grants.models.table_change import TableChange
from grants.models.tables import CountryStatus, GrantRate, TopUp, TravelBand

__all__ = [
    "AwardVersion",
    "CountryStatus",
    "GrantAward",
    "GrantDeclaration",
    "GrantPayment",
    "GrantProject",
    "GrantRate",
    "PaymentList",
    "PaymentListDownload",
    "StayDocument",
    "TableChange",
    "TopUp",
    "TravelBand",
]
