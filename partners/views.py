"""The directory of host universities, for everybody who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import CharField
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from partners import academic_year, isced
from partners.agreement_rules import FOR_A_TERM
from partners.directory import HostFilter, agreements_with, next_academic_year
from partners.maps.host_map import HostMap
from partners.models import (
    HostTerm,
    HostUniversity,
    NominationDeadline,
    Testimonial,
    hosts_agreed_by,
)
from partners.places import home_university, kilometres, place_of
from partners.prepared import Given, Prepared
from partners.semesters.host_terms import HomeCalendar, timeline

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.http import HttpRequest, HttpResponse

    from partners.models import Agreement
    from partners.semesters.host_terms import ShownTerm

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class _Row:
    """A host of the list: how far it is, and its terms of the year as far as they are known."""

    host: HostUniversity
    km: float | None
    terms: list[ShownTerm]


def host_list(request: HttpRequest) -> HttpResponse:
    year = next_academic_year()
    form = HostFilter(request.GET)
    home = home_university()
    calendar = HomeCalendar(year)
    page = Paginator(form.hosts(year, place_of(home)), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [_Row(host, kilometres(home, host), _terms(host, calendar)) for host in page]
    return render(
        request,
        "partners/host_list.html",
        {
            "form": form,
            "page": page,
            "rows": rows,
            "home": home,
            "query": form.query(),
            "without_area": form.query(area=""),
            "year": academic_year.label(year),
        },
    )


def _terms(host: HostUniversity, calendar: HomeCalendar) -> list[ShownTerm]:
    """Return the terms of a listed host if there is anything to go for that lasts one."""
    offered: list[Agreement] = host.offered  # type: ignore[attr-defined]  # set by HostFilter.hosts
    terms: list[HostTerm] = host.year_terms  # type: ignore[attr-defined]  # set by HostFilter.hosts
    return calendar.beside(terms) if any(each.kind in FOR_A_TERM for each in offered) else []


def host_map(request: HttpRequest) -> HttpResponse:
    year = next_academic_year()
    form = HostFilter(request.GET)
    home = home_university()
    return render(
        request,
        "partners/host_map.html",
        {
            "form": form,
            "map": HostMap.of(form, year, home),
            "home": home,
            "query": form.query(),
            "without_area": form.query(area=""),
            "year": academic_year.label(year),
            "trail": [(_("Host universities"), _with_query("partners:hosts", form.query()))],
        },
    )


def _with_query(name: str, query: str) -> str:
    return f"{reverse(name)}?{query}" if query else reverse(name)


def _is_own(request: HttpRequest, host: HostUniversity) -> bool:
    """Tell whether a faculty of this member of staff has to do with the host; the office has."""
    faculties: Collection[int] | None = getattr(request.user, "faculty_ids", frozenset())
    return faculties is None or hosts_agreed_by(faculties).filter(host=host).exists()


_HOST = Prepared(lambda: HostUniversity.objects.filter(key=Given("key", CharField())))
_TERMS = Prepared(lambda: HostTerm.objects.filter(host=Given("host"), academic_year=Given("year")))
_TESTIMONIALS = Prepared(
    lambda: Testimonial.objects.filter(host=Given("host"), released_at__isnull=False)
)


def host_detail(request: HttpRequest, key: str) -> HttpResponse:
    year = next_academic_year()
    host = next(iter(_HOST(key=key)), None)
    if host is None:
        raise Http404
    home = home_university()
    deadlines: list[tuple[str, NominationDeadline]] = []
    if (
        request.user.is_staff
        and request.user.has_perm("partners.view_nominationdeadline")
        and _is_own(request, host)
    ):
        # Between us and the host: a student would take it for the own deadline.
        deadlines = [
            (academic_year.label(deadline.academic_year), deadline)
            for deadline in host.nomination_deadlines.filter(academic_year__gte=year - 1)
        ]
    calendar = HomeCalendar(year)
    terms = calendar.beside(_TERMS(host=host.pk, year=year))
    offers = agreements_with(host, year)
    return render(
        request,
        "partners/host_detail.html",
        {
            "host": host,
            "home": home,
            "km": kilometres(home, host),
            "offers": [
                (agreement, isced.label(agreement.isced_f, get_language() or "en"))
                for agreement in offers
            ],
            # Elsewhere, and for as long as a term: only then are terms and grant of any use.
            "is_term_abroad": not host.is_home and any(each.kind in FOR_A_TERM for each in offers),
            "terms": terms,
            "timeline": timeline(calendar, terms),
            "testimonials": [
                (academic_year.label(told.academic_year), told)
                for told in _TESTIMONIALS(host=host.pk)
            ],
            "deadlines": deadlines,
            "year": academic_year.label(year),
            "starting_year": year,
            "trail": [(_("Host universities"), reverse("partners:hosts"))],
        },
    )
