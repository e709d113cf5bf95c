"""The orders the directory can be read in, all made by the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    CharField,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    TextChoices,
    Value,
)
from django.db.models.functions import Coalesce, Cos, Radians, Sin
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from partners.directory.searching import Folded
from partners.distance import direction
from partners.models import HostUniversity, Level, SeatPool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models.expressions import Combinable, OrderBy

    from partners.distance import Place


class Sort(TextChoices):
    NAME = "name", _("Name")
    COUNTRY = "country", _("Country")
    CITY = "city", _("City")
    DISTANCE = "distance", _("Distance, nearest first")
    SEATS = "seats", _("Seats, most first")


# Without a choice the list goes by name: no value then, and nothing in the address.
SORTS = [("" if sort == Sort.NAME else sort.value, lazystr(sort.label)) for sort in Sort]


def in_order(
    hosts: QuerySet[HostUniversity],
    sort: Sort,
    *,
    countries: Sequence[str],
    pools: QuerySet[SeatPool],
    home: Place | None,
) -> QuerySet[HostUniversity]:
    """Sort the hosts; the same name in the end decides by key, so that pages do not overlap.

    `countries` are all codes in the order of their names; `pools` the seats that count; without
    `home` nothing is near.
    """
    first: list[Combinable | OrderBy] = []
    match sort:
        case Sort.COUNTRY:
            codes = Value(list(countries), output_field=ArrayField(CharField()))
            first = [Func(codes, F("country"), function="ARRAY_POSITION", arity=2)]
        case Sort.CITY:
            first = [Folded(F("city"))]
        case Sort.DISTANCE:
            first = _by_distance(home) if home else []
        case Sort.SEATS:
            first = [_seats(pools).desc()]
        case Sort.NAME:
            pass
    return hosts.order_by(*first, Folded(F("name_en")), "pk")


def _by_distance(home: Place) -> list[Combinable | OrderBy]:
    """Nearest to home first, unknown places last."""
    x, y, z = direction(home)
    latitude, longitude = Radians(F("latitude")), Radians(F("longitude"))
    cosine = Cos(latitude) * (Cos(longitude) * Value(x) + Sin(longitude) * Value(y)) + (
        Sin(latitude) * Value(z)
    )
    nearness = Func(cosine, template="%(expressions)s", output_field=FloatField())
    return [nearness.desc(nulls_last=True)]


def _seats(pools: QuerySet[SeatPool]) -> Coalesce:
    """Add up the seats of a host's students; those for staff count where no others are asked."""
    own = (
        pools.filter(agreement__host=OuterRef("pk"))
        .exclude(level=Level.STAFF)
        .order_by()
        .values("agreement__host")
        .annotate(total=Sum("seats"))
        .values("total")
    )
    return Coalesce(Subquery(own), 0, output_field=IntegerField())
