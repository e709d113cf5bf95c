"""One project on one page: its tables, what is missing, who was paid by them, what changed."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils.formats import number_format
from django_countries import countries

from grants.admin.health import grouped
from grants.calculation import CountryGroup
from grants.copying import next_code
from grants.health import tables_health
from grants.models import CountryStatus, GrantAward, GrantRate, TableChange, TopUp, TravelBand
from grants.table_rows import changes_in_words, name_in_words
from grants.texts import GROUPS, STATUSES

if TYPE_CHECKING:
    from grants.admin.health import Entry
    from grants.models import GrantProject

# Columns of the project shown as facts, in this order.
FACTS = (
    "minimum_days_study",
    "minimum_days_internship",
    "minimum_days_short_term",
    "maximum_days_short_term",
    "maximum_days_study_cycle",
    "cap_days",
    "first_instalment_percent",
    "ects_per_semester",
    "ects_reclaim_below",
    "budget_eur",
)


def page_of(project: GrantProject) -> dict[str, Any]:
    """Return everything the page shows."""
    return {
        "project": project,
        "facts": [(_label(project, name), _fact(getattr(project, name))) for name in FACTS],
        "rates": _rates(project),
        "countries": _countries(project),
        "top_ups": _top_ups(project),
        "bands": TravelBand.objects.filter(project=project),
        "entries": _findings(project),
        "awards": _awards(project),
        "changes": _changes(project),
        "next_code": next_code(project.code),
        "lists": {
            name: f"{reverse(f'admin:grants_{name}_changelist')}?project__id__exact={project.pk}"
            for name in ("grantrate", "countrystatus", "topup", "travelband")
        },
        "adds": {
            name: f"{reverse(f'admin:grants_{name}_add')}?project={project.pk}"
            for name in ("grantrate", "countrystatus", "topup", "travelband")
        },
    }


def _label(project: GrantProject, name: str) -> str:
    return str(project._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a column


def _fact(value: int | Decimal | None) -> str:
    if value is None:
        return "–"
    places = 2 if isinstance(value, Decimal) else 0
    return number_format(value, decimal_pos=places, force_grouping=True)


def _rates(project: GrantProject) -> dict[str, Any]:
    """Return one row for each kind of stay and stretch of days, one column for each group."""
    rates = list(GrantRate.objects.filter(project=project))
    codes = [str(code) for code in ("", *GROUPS)]
    groups = [code for code in codes if any(rate.country_group == code for rate in rates)]
    cells: dict[tuple[str, int, int | None, str], dict[str, GrantRate]] = defaultdict(dict)
    for rate in rates:
        key = (rate.mobility_type, rate.day_from, rate.day_to, rate.unit)
        cells[key][rate.country_group] = rate
    return {
        "groups": [_group(code) for code in groups],
        "rows": [
            {
                "first": next(iter(found.values())),
                "cells": [(_group(code), found.get(code)) for code in groups],
            }
            for found in cells.values()
        ],
    }


def _group(code: str) -> str:
    return str(GROUPS[CountryGroup(code)]) if code else ""


def _countries(project: GrantProject) -> list[tuple[str, list[tuple[int, str]]]]:
    """Return the countries by what they are to the project: (title, [(pk, name)])."""
    found: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for row in CountryStatus.objects.filter(project=project):
        name = countries.name(row.country.code) or row.country.code
        found[row.status, row.country_group].append((row.pk, name))
    order = [(status, group) for status in STATUSES for group in (*GROUPS, "")]
    return [
        (
            " · ".join(filter(None, (_group(group), str(STATUSES[status])))),
            sorted(found[status, group], key=lambda each: each[1]),
        )
        for status, group in order
        if (status, group) in found
    ]


def _top_ups(project: GrantProject) -> list[list[TopUp]]:
    """Return the top-ups, those that pay the same for the same stays together."""
    found: dict[tuple[object, ...], list[TopUp]] = defaultdict(list)
    for row in TopUp.objects.filter(project=project):
        stay = (row.stay_length, row.country_status, row.day_from, row.day_to)
        found[(*stay, row.unit, row.amount_eur, row.maximum_days)].append(row)
    return list(found.values())


def _findings(project: GrantProject) -> list[Entry]:
    own = [finding for finding in tables_health() if finding.project == project.code]
    return grouped(own)[0][2] if own else []


def _changes(project: GrantProject) -> list[dict[str, Any]]:
    return [
        {
            "at": change.at,
            "by": change.by,
            "name": name_in_words(change.row),
            "changes": list(changes_in_words(change.row, change.changes)),
            "reason": change.reason,
        }
        for change in TableChange.objects.filter(project=project).select_related("by")
    ]


def _awards(project: GrantProject) -> dict[str, Any]:
    live = GrantAward.objects.filter(cancelled_at=None)
    approved = live.filter(approved__project=project)
    waiting = live.filter(Q(approved=None) | ~Q(current=F("approved")), current__project=project)
    return {
        "approved": approved.aggregate(number=Count("pk"), total=Sum("approved__total")),
        "waiting": waiting.aggregate(number=Count("pk"), total=Sum("current__total")),
    }
