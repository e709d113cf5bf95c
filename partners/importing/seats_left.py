"""Seats that stay beside those of a file, told as notices: nobody may have meant both.

A row whose subject, faculty, kind, level or semester was edited names other seats; those it named
before stay, and the partner has both.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners import academic_year

if TYPE_CHECKING:
    from collections.abc import Mapping

    from partners.importing.records import Record
    from partners.importing.stored import AgreementKey, PoolKey, Stored

    Place = tuple[AgreementKey, int]  # an agreement in an academic year


def notices_of(named: Mapping[PoolKey, Record], stored: Stored) -> tuple[str, ...]:
    """Tell of stored seats that the file does not name, in years it gives seats for.

    `named` are the seats of the file.
    """
    real = {_place(key) for key, record in named.items() if not record.values["made_up"]}
    made_up = set()
    kept: dict[Place, int] = defaultdict(int)
    places = {_place(key) for key in named}
    added = {_place(key) for key in named if key not in stored.pools}
    places |= _perhaps_the_same(added, stored)
    for key, pool in stored.pools.items():
        place = _place(key)
        if key in named or place not in places or not pool.seats:
            continue
        if pool.made_up and place in real:
            made_up.add((key.agreement.partner, key.academic_year))
        else:
            kept[place] += pool.seats
    return (*map(_still_made_up, sorted(made_up)), *map(_keeps, sorted(kept.items())))


def _place(key: PoolKey) -> Place:
    return key.agreement, key.academic_year


def _perhaps_the_same(added: set[Place], stored: Stored) -> set[Place]:
    """Return the stored agreements that differ in one thing only from one that gets new seats.

    Where the file does not name them in the year, they may be the same one before it was edited.
    """
    of_partner = defaultdict(set)
    for key in stored.pools:
        of_partner[key.agreement.partner, key.academic_year].add(key.agreement)
    return {
        (other, year)
        for agreement, year in added
        for other in of_partner[agreement.partner, year]
        if sum(ours != theirs for ours, theirs in zip(agreement, other, strict=True)) == 1
    }


def _still_made_up(left: tuple[str, int]) -> str:
    partner, year = left
    message = _("%(partner)s still has made-up seats beside the real ones in %(year)s.")
    return message % {"partner": partner, "year": academic_year.label(year)}


def _keeps(left: tuple[Place, int]) -> str:
    (agreement, year), number = left
    message = ngettext(
        "The agreement “%(agreement)s” keeps %(number)d seat of %(year)s that the file does not "
        "name.",
        "The agreement “%(agreement)s” keeps %(number)d seats of %(year)s that the file does not "
        "name.",
        number,
    )
    words = {
        "agreement": " ".join(filter(None, agreement)),
        "number": number,
        "year": academic_year.label(year),
    }
    return message % words
