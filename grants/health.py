"""What the grant tables are measured by: partners, calls, and the day of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from applications.models import Call
from grants.calculation.gaps import Surroundings, findings
from grants.loading import tables_from_database
from grants.models import GrantProject
from partners import academic_year
from partners.models import AgreementKind, HostUniversity

if TYPE_CHECKING:
    from datetime import date

    from grants.calculation.gaps import Finding

# Stays of students; teaching is paid from elsewhere.
STUDENT_KINDS = [kind for kind in AgreementKind.values if kind != AgreementKind.ERASMUS_TEACHING]


def surroundings(today: date) -> Surroundings:
    """Read, in three queries, what the tables must answer for."""
    hosts = HostUniversity.objects.filter(is_home=False, agreements__kind__in=STUDENT_KINDS)
    countries = hosts.order_by().values_list("country", flat=True).distinct()
    years = Call.objects.order_by().values_list("academic_year", flat=True).distinct()
    unknown = GrantProject.objects.filter(budget_eur=None).values_list("code", flat=True)
    return Surroundings(
        countries=frozenset(str(country) for country in countries),
        years=frozenset(years),
        current=academic_year.of_day(today),
        without_budget=frozenset(unknown),
    )


def tables_health() -> tuple[Finding, ...]:
    """Return what is missing or overlaps in the grant tables of today."""
    return findings(tables_from_database(), surroundings(timezone.localdate()))
