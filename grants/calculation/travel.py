"""Which travel band a distance falls into."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grants.calculation.tables import TravelBand

# Within this of a band's edge the EU distance calculator may come to another band.
EDGE_KM = 5


def band_of(distance_km: float, bands: Sequence[TravelBand]) -> TravelBand | None:
    """Return the band a distance lies in; lower bounds are included, nothing is rounded before."""
    for band in bands:
        if band.km_from <= distance_km and (band.km_to is None or distance_km < band.km_to):
            return band
    return None


def near_an_edge(distance_km: float, bands: Sequence[TravelBand]) -> bool:
    """Return whether another way to measure could come to another band."""
    return any(band.km_from and abs(distance_km - band.km_from) <= EDGE_KM for band in bands)
