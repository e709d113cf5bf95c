"""The hosts a reader looks for, on the map and beside it as a list."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_countries import countries

from partners.directory.spelling import folded
from partners.maps.area import Area
from partners.maps.marks import Spot, in_europe, sections
from partners.places import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from partners.directory import HostFilter
    from partners.maps.marks import Mark, Section
    from partners.models import HostUniversity

# More names than this nobody reads beside a map: then the list counts by country.
MOST_LISTED = 200
# So many cities stand in the name of a mark.
_CITIES_NAMED = 3
_RADIUS, _RADIUS_OF_MANY = 8, 11


@dataclass(frozen=True, slots=True)
class Link:
    """A mark as it is drawn: where it leads and what it is called."""

    x: float
    y: float
    radius: int
    count: int
    url: str
    name: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One drawing: its size and ground, the links on it, and the home university's place."""

    name: str
    width: int
    height: int
    land: tuple[str, ...]
    lines: tuple[str, ...]
    links: tuple[Link, ...]
    home: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Country:
    """The hosts of one country beside the map; `hosts` is empty when there are too many."""

    code: str
    name: str
    count: int
    hosts: tuple[HostUniversity, ...]
    query: str


@dataclass(frozen=True, slots=True)
class HostMap:
    count: int
    sheets: tuple[Sheet, ...]
    countries: tuple[Country, ...]

    @classmethod
    def of(cls, form: HostFilter, year: int, home: HostUniversity | None) -> HostMap:
        """Return the map of what the form asks for. One query."""
        hosts = list(
            form.places(year).only("key", "name_en", "city", "country", "latitude", "longitude")
        )
        by_key = {host.key: host for host in hosts}
        places = ((host.key, place_of(host)) for host in hosts)
        europe, world = sections(Spot(key, place) for key, place in places if place)
        return cls(
            len(hosts),
            (
                _sheet(_("Map of Europe"), europe, by_key, form, home),
                _sheet(_("Map of the world outside Europe"), world, by_key, form, home),
            ),
            tuple(_by_country(hosts, form)),
        )


def _sheet(
    name: str,
    section: Section,
    hosts: dict[str, HostUniversity],
    form: HostFilter,
    home: HostUniversity | None,
) -> Sheet:
    here = place_of(home)
    return Sheet(
        name,
        section.frame.width,
        section.frame.height,
        section.land,
        section.lines,
        tuple(
            _link(mark, [hosts[spot.key] for spot in mark.spots], form) for mark in section.marks
        ),
        section.frame.point(here) if here and in_europe(here) else None,
    )


def _link(mark: Mark, hosts: Sequence[HostUniversity], form: HostFilter) -> Link:
    if len(hosts) == 1:
        return Link(
            mark.x,
            mark.y,
            _RADIUS,
            1,
            reverse("partners:host", args=[hosts[0].key]),
            f"{hosts[0].name_en}, {hosts[0].city}",
        )
    area = Area(*(Decimal(str(side)) for side in (mark.south, mark.west, mark.north, mark.east)))
    return Link(
        mark.x,
        mark.y,
        _RADIUS_OF_MANY,
        len(hosts),
        f"{reverse('partners:hosts')}?{form.query(area=str(area))}",
        _name_of_many(hosts),
    )


def _name_of_many(hosts: Sequence[HostUniversity]) -> str:
    cities = sorted({host.city for host in hosts}, key=folded)
    words = {"count": len(hosts), "cities": ", ".join(cities[:_CITIES_NAMED])}
    if len(cities) <= _CITIES_NAMED:
        return (
            ngettext(
                "%(count)d university in %(cities)s",
                "%(count)d universities in %(cities)s",
                len(hosts),
            )
            % words
        )
    return (
        ngettext(
            "%(count)d university in %(cities)s and nearby",
            "%(count)d universities in %(cities)s and nearby",
            len(hosts),
        )
        % words
    )


def _by_country(hosts: Sequence[HostUniversity], form: HostFilter) -> Iterable[Country]:
    found: dict[str, list[HostUniversity]] = {}
    for host in hosts:
        found.setdefault(host.country.code, []).append(host)
    named = sorted(
        ((str(countries.name(code)), code) for code in found), key=lambda row: folded(row[0])
    )
    for name, code in named:
        rows = sorted(found[code], key=lambda host: (folded(host.city), folded(host.name_en)))
        listed = tuple(rows) if len(hosts) <= MOST_LISTED else ()
        yield Country(code, name, len(rows), listed, form.query(country=code))
