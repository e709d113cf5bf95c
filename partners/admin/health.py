"""The page "Data health": what of the catalogue blocks a nomination later, host by host."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from partners import academic_year
from partners.admin.health_rows import host_rows
from partners.admin.health_words import KINDS, SEVERITIES, TONES, sentence
from partners.directory import next_academic_year
from partners.health import HealthCode, HealthSeverity, Place, findings_of, severity
from partners.models import AgreementKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from partners.health import HealthFinding, HostRow

HOSTS_A_PAGE = 25
# The table in which each place is mended.
TABLES = {
    Place.HOST: "hostuniversity",
    Place.AGREEMENT: "agreement",
    Place.DEADLINE: "nominationdeadline",
}


class HealthFilter(forms.Form):
    """What a reader looks for. Everything may stay empty; what is wrong does not narrow."""

    q = forms.CharField(label=_("Name or place"), max_length=100, required=False)
    year = forms.TypedChoiceField(label=_("Academic year"), coerce=int, required=False)
    severity = forms.ChoiceField(label=_("Severity"), required=False)
    code = forms.ChoiceField(label=_("Kind of finding"), required=False)

    def __init__(self, *args: Any, coming: int, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        self.coming = coming
        self._offer("year", [(str(year), academic_year.label(year)) for year in self.years])
        every = ("", lazystr(_("All")))
        self._offer("severity", [every, *((key.value, word) for key, word in SEVERITIES.items())])
        self._offer("code", [every, *((key.value, word) for key, word in KINDS.items())])
        self.is_valid()

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)

    @property
    def years(self) -> tuple[int, int]:
        return self.coming, self.coming - 1

    @property
    def wanted_year(self) -> int:
        year: int = self.cleaned_data.get("year") or self.coming
        return year

    def wants(self, code: HealthCode) -> bool:
        asked = self.cleaned_data
        return asked.get("severity") in {None, "", severity(code).value} and asked.get("code") in {
            None,
            "",
            code.value,
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding as it is read: without an address where the reader may not change the row."""

    sentence: str
    about: str
    address: str


@dataclass(frozen=True, slots=True)
class Part:
    """The findings of a host that weigh the same."""

    severity: str
    tone: str
    entries: tuple[Entry, ...]


@require_safe
def health(request: HttpRequest) -> TemplateResponse:
    """Show findings by host. Raises PermissionDenied for whoever may not see the catalogue."""
    if not request.user.has_perm("partners.view_hostuniversity"):
        raise PermissionDenied
    coming = next_academic_year()
    asked = HealthFilter({"year": str(coming), **request.GET.dict()}, coming=coming)
    year, today = asked.wanted_year, timezone.localdate()
    rows = host_rows(request, year, asked.cleaned_data.get("q") or "")
    told = [(host, findings_of(host, year, today)) for host in rows]
    counts = Counter(finding.code for _host, findings in told for finding in findings)
    shown = [
        (host, wanted)
        for host, findings in told
        if (wanted := [finding for finding in findings if asked.wants(finding.code)])
    ]
    page = Paginator(shown, HOSTS_A_PAGE).get_page(request.GET.get("page"))
    return TemplateResponse(
        request,
        "admin/partners/health.html",
        {
            **admin.site.each_context(request),
            "title": gettext("Data health"),
            "form": asked,
            "year": academic_year.label(year),
            "hosts": len(rows),
            "sound": sum(not findings for _host, findings in told),
            "figures": _figures(counts),
            "kinds": _kinds(request, counts),
            "groups": [_group(request, host, findings) for host, findings in page],
            "page": page,
            "query": _query(request),
        },
    )


def _query(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()


def _figures(counts: Counter[HealthCode]) -> list[tuple[int, Any]]:
    of_severity: Counter[HealthSeverity] = Counter()
    for code, count in counts.items():
        of_severity[severity(code)] += count
    return [(of_severity[key], word) for key, word in SEVERITIES.items()]


def _kinds(request: HttpRequest, counts: Counter[HealthCode]) -> list[dict[str, Any]]:
    return [
        {
            "name": KINDS[code],
            "count": counts[code],
            "severity": SEVERITIES[severity(code)],
            "tone": TONES[severity(code)],
            "query": _query(request, code=code.value, severity=""),
        }
        for code in HealthCode
        if counts[code]
    ]


def _group(request: HttpRequest, host: HostRow, findings: list[HealthFinding]) -> dict[str, Any]:
    """Return a host with its findings: what blocks first, then agreement by agreement."""
    names = {
        row.pk: " ".join(filter(None, (str(AgreementKind(row.kind).label), row.isced_f)))
        for row in host.agreements
    }
    entries = defaultdict[HealthSeverity, list[Entry]](list)
    for finding in findings:
        about = names[finding.pk] if finding.place is Place.AGREEMENT else ""
        entries[finding.severity].append(
            Entry(sentence(finding), about, _address(request, finding))
        )
    parts = [
        Part(
            str(word),
            TONES[key],
            # Stable: what is said of the host itself comes first, each in the order of the codes.
            tuple(sorted(entries[key], key=lambda entry: entry.about)),
        )
        for key, word in SEVERITIES.items()
        if entries[key]
    ]
    address = reverse("admin:partners_hostuniversity_change", args=[host.pk])
    return {"host": host, "address": address, "parts": parts}


def _address(request: HttpRequest, finding: HealthFinding) -> str:
    """Return the way to the very field; "" where the reader may only look."""
    table = TABLES[finding.place]
    if not request.user.has_perm(f"partners.change_{table}"):
        return ""
    return f"{reverse(f'admin:partners_{table}_change', args=[finding.pk])}#{finding.anchor}"
