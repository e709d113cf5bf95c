"""The student's estimator: what a stay would bring, line by line. Nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from grants.calculation import SOCIAL_REASONS
from grants.estimates import estimates_for
from grants.forms import EstimateForm
from grants.loading import tables_from_database
from grants.texts import TOP_UPS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def estimate(request: HttpRequest) -> HttpResponse:
    """Ask about a stay and show the estimate.

    What was typed travels in the body, never in an address: it may tell of health and family.
    `?host=` and `?year=` fill in the form from a page of a host.
    """
    tables = tables_from_database()
    if request.method == "POST":
        form = EstimateForm(request.POST, tables=tables)
    else:
        chosen = {name: request.GET[name] for name in ("host", "year") if name in request.GET}
        form = EstimateForm(initial=chosen, tables=tables)
    estimates = []
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        estimates = estimates_for(given["year"], tables, form.request_for(), given["country"])
    return render(
        request,
        "grants/estimate.html",
        {
            "form": form,
            "estimates": estimates,
            "social_reasons": [TOP_UPS[code] for code in SOCIAL_REASONS],
        },
    )
