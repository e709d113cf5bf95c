"""A semester abroad as a stay: the host's own days where they are known, else the usual length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grants.calculation import DAYS_PER_MONTH, DatedStay, PlannedStay
from partners.models import HostTerm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partners.models import HostUniversity

# A usual semester abroad, for an example before the dates are known.
EXAMPLE_MONTHS = 5


@dataclass(frozen=True, slots=True)
class SemesterStay:
    """`terms` are the host's whose days were taken; without any the usual `months` count."""

    stay: DatedStay | PlannedStay
    terms: tuple[HostTerm, ...]
    months: int


def semester_stay(host: HostUniversity | None, year: int, semesters: Sequence[str]) -> SemesterStay:
    """Return the stay for these semesters of an academic year; one query where a host is named.

    Of two semesters both must be known: a stay begins with the first and ends with the last day.
    """
    terms: tuple[HostTerm, ...] = ()
    if host is not None:
        terms = tuple(
            HostTerm.objects.filter(host=host, academic_year=year, semester__in=semesters).order_by(
                "starts"
            )
        )
    months = EXAMPLE_MONTHS * len(semesters)
    if not terms or len(terms) < len(semesters):
        return SemesterStay(PlannedStay(months * DAYS_PER_MONTH), (), months)
    dated = DatedStay(terms[0].starts, max(term.ends for term in terms))
    return SemesterStay(dated, terms, months)
