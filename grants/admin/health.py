"""The page "Grant tables: what is missing or overlaps", project by project."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from applications import access
from grants.calculation.gaps import Finding, Gap, GapSeverity, severity
from grants.calculation.tables import call_year
from grants.health import tables_health
from grants.health_texts import SEVERITIES, TONES, sentence
from grants.models import GrantProject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

# Where each kind is mended: the table, the page of it, and what of the finding it is narrowed by.
_RATE = {"mobility": "mobility_type__exact", "group": "country_group__exact"}
_LISTS = {
    Gap.RATE_GAP: ("grantrate", _RATE),
    Gap.RATE_OVERLAP: ("grantrate", _RATE),
    Gap.TOP_UP_GAP: ("topup", {"top_up": "code__exact"}),
    Gap.TOP_UP_OVERLAP: ("topup", {"top_up": "code__exact"}),
    Gap.BAND_GAP: ("travelband", {"audience": "audience__exact"}),
    Gap.BAND_OVERLAP: ("travelband", {"audience": "audience__exact"}),
}


# Mended by the next project, made from the newest one.
_NEXT = frozenset({Gap.YEAR_WITHOUT_PROJECT})


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding as it is read, with the way to where it is mended."""

    code: str
    sentence: str
    severity: str
    tone: str
    address: str


@require_safe
def health(request: HttpRequest) -> TemplateResponse:
    """Show the findings by project. Raises PermissionDenied for all but the office."""
    if not access.can_see_grants(request.user):
        raise PermissionDenied
    found = tables_health()
    counts: Counter[GapSeverity] = Counter(severity(finding.code) for finding in found)
    return TemplateResponse(
        request,
        "admin/grants/tables_health.html",
        {
            **admin.site.each_context(request),
            "title": gettext("What is missing or overlaps"),
            "figures": [(counts[key], word) for key, word in SEVERITIES.items()],
            "groups": grouped(found),
        },
    )


def grouped(found: Sequence[Finding]) -> list[tuple[str, str, list[Entry]]]:
    """Return (project, address of its page, entries), what is about years first ("")."""
    pks = dict(GrantProject.objects.values_list("code", "pk"))
    to_copy = _newest_filled() if any(each.code in _NEXT for each in found) else None
    groups: dict[str, list[Entry]] = defaultdict(list)
    order = list(GapSeverity)
    for finding in sorted(found, key=lambda each: order.index(severity(each.code))):
        groups[finding.project].append(_entry(finding, pks.get(finding.project), to_copy))
    return [
        (
            code,
            reverse("admin:grants_grantproject_tables", args=[pks[code]]) if code else "",
            groups[code],
        )
        for code in dict.fromkeys(finding.project for finding in found)
    ]


def _entry(finding: Finding, project: int | None, to_copy: int | None) -> Entry:
    weight = severity(finding.code)
    return Entry(
        finding.code,
        sentence(finding),
        str(SEVERITIES[weight]),
        TONES[weight],
        reverse("admin:grants_grantproject_copy", args=[to_copy])
        if finding.code in _NEXT and to_copy is not None
        else _address(finding, project),
    )


def _newest_filled() -> int | None:
    """Return the newest project with rates: the one to copy for the next call year."""
    filled = GrantProject.objects.filter(grantrate__isnull=False).distinct()
    newest = max(filled, key=lambda each: call_year(each.code), default=None)
    return newest.pk if newest else None


def _address(finding: Finding, project: int | None) -> str:
    if project is None:
        return reverse("admin:grants_grantproject_changelist")
    if finding.code is Gap.RATE_MISSING:
        params = {
            "mobility_type": finding.params["mobility"],
            "country_group": finding.params["group"],
        }
        return _add("grantrate", {"project": project, **params})
    if finding.code is Gap.COUNTRY_MISSING:
        return _add("countrystatus", {"project": project})
    if finding.code in {Gap.SOURCE_MISSING, Gap.COPIED_FIGURES}:
        return reverse("admin:grants_grantproject_tables", args=[project])
    if finding.code in _LISTS:
        table, names = _LISTS[finding.code]
        query = {
            names[name]: value
            for name, value in finding.params.items()
            if name in names and value is not None
        }
        asked = urlencode({"project__id__exact": project, **query})
        return f"{reverse(f'admin:grants_{table}_changelist')}?{asked}"
    return reverse("admin:grants_grantproject_change", args=[project])


def _add(table: str, values: dict[str, object]) -> str:
    return f"{reverse(f'admin:grants_{table}_add')}?{urlencode(values)}"
