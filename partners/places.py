"""Where universities lie, and how far it is to them from home."""

from __future__ import annotations

from partners.distance import Place, great_circle_km
from partners.models import HostUniversity
from partners.prepared import Prepared


def place_of(university: HostUniversity | None) -> Place | None:
    """Return the place of a university's city; None when it is not known."""
    if university is None or university.latitude is None or university.longitude is None:
        return None
    return Place(float(university.latitude), float(university.longitude))


def home_university() -> HostUniversity | None:
    return next(iter(_HOME()), None)


_HOME = Prepared(lambda: HostUniversity.objects.filter(is_home=True)[:1])


def kilometres(home: HostUniversity | None, host: HostUniversity) -> float | None:
    """Return the kilometres from city to city, unrounded; None when a place is unknown."""
    here, there = place_of(home), place_of(host)
    return great_circle_km(here, there) if here and there else None


def distance_from_home(host: HostUniversity) -> float | None:
    """Return the kilometres from the home university's city; None when a place is unknown."""
    return kilometres(home_university(), host)
