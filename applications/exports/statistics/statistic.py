"""One statistic: a table in words, which is the truth, and the plot beside it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from applications.models.statistics import Way

    Cell = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Statistic:
    """`sheet` is its short name in a workbook; the first cell of a row names the row.

    Numbers are numbers, None is what is not known or not shown. `plot` is SVG, empty where a
    picture would say no more than the table.
    """

    key: str
    sheet: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    plot: str = ""


def stage_heads() -> tuple[str, ...]:
    return (_("Applied"), _("Eligible"), _("Offered a place"), _("Accepted"), _("Nominated"))


def stage_cells(way: Way) -> tuple[int, ...]:
    return (way.applied, way.eligible, way.offered, way.accepted, way.nominated)


def percent(part: int, whole: int) -> Decimal | None:
    """Return a share in per cent with one decimal; None of nothing."""
    return _rounded(Decimal(part) * 100 / whole, "0.1") if whole else None


def per_seat(applicants: int, seats: int) -> Decimal | None:
    return _rounded(Decimal(applicants) / seats, "0.01") if seats else None


def two_decimals(value: Decimal | float | None) -> Decimal | None:
    return None if value is None else _rounded(Decimal(value), "0.01")


def _rounded(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), ROUND_HALF_UP)


def written(value: float) -> str:
    """Write a number of a plot as its reader's language does, whole ones without decimals."""
    return number_format(int(value) if value == int(value) else round(value, 1))


def written_percent(value: float) -> str:
    return _("%(number)s%%") % {"number": written(value)}
