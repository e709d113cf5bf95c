"""The grant tables and the awards calculated from them."""

from grants.models.award import GrantAward
from grants.models.tables import CountryStatus, GrantProject, GrantRate, TopUp, TravelBand

__all__ = ["CountryStatus", "GrantAward", "GrantProject", "GrantRate", "TopUp", "TravelBand"]
