"""The directory of host universities, for everybody who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from partners import academic_year, isced
from partners.directory import HostFilter, agreements_in, next_academic_year
from partners.models import HostUniversity, NominationDeadline

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PAGE_SIZE = 50


def host_list(request: HttpRequest) -> HttpResponse:
    year = next_academic_year()
    form = HostFilter(request.GET)
    page = Paginator(form.hosts(year), PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "partners/host_list.html",
        {
            "form": form,
            "page": page,
            "query": query.urlencode(),
            "is_filtered": any(form.cleaned_data.values()),
            "year": academic_year.label(year),
        },
    )


def host_detail(request: HttpRequest, key: str) -> HttpResponse:
    year = next_academic_year()
    host = get_object_or_404(HostUniversity, key=key)
    deadlines: list[tuple[str, NominationDeadline]] = []
    if request.user.has_perm("partners.view_nominationdeadline"):
        # Between us and the host: a student would take it for the own deadline.
        deadlines = [
            (academic_year.label(deadline.academic_year), deadline)
            for deadline in host.nomination_deadlines.filter(academic_year__gte=year - 1)
        ]
    return render(
        request,
        "partners/host_detail.html",
        {
            "host": host,
            "offers": [
                (agreement, isced.label(agreement.isced_f, get_language() or "en"))
                for agreement in agreements_in(year).filter(host=host)
            ],
            "deadlines": deadlines,
            "year": academic_year.label(year),
            "starting_year": year,
            "trail": [(_("Host universities"), reverse("partners:hosts"))],
        },
    )
