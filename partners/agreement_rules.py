"""Rules of agreements and their seats that pages, forms, files and checks share. Pure.

Kinds, levels and semesters are the values `partners.models` stores. The database repeats the rules
of year and level (`within_agreement`, `keeps_its_seats`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# Stays that last a term: nominated semester by semester, which staff and summer schools are not.
FOR_A_TERM = frozenset({"erasmus_studies", "erasmus_doctoral", "worldwide"})
# Doctoral exchange is agreed without numbers: no row of seats does not mean no seat.
WITHOUT_NUMBERS = frozenset({"erasmus_doctoral"})


def year_fits(year: int, first: int | None, last: int | None) -> bool:
    """Tell whether seats of an academic year lie in the agreement's years, as far as known."""
    return first is None or last is None or first <= year <= last


def level_fits(level: str, levels: Collection[str]) -> bool:
    """Tell whether seats may be for a level ("": any) of an agreement for these (empty: any)."""
    return not level or not levels or level in levels


def promises_nothing(pools: Iterable[tuple[str, bool]]) -> bool:
    """Tell whether seats of one agreement and year break rule R4 of the allocation.

    Each is its semester ("": either) and whether others may use what is left. Where any may, all
    have to name a semester or none.
    """
    rows = list(pools)
    is_mixed = len({bool(semester) for semester, _fallback in rows}) > 1
    return is_mixed and any(fallback for _semester, fallback in rows)
