"""The student's estimator: what a stay would bring, line by line. Nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from grants.calculation import SOCIAL_REASONS
from grants.estimates import estimates_for, newest_paid
from grants.forms import EstimateForm
from grants.loading import tables_from_database
from grants.texts import TOP_UPS
from partners import academic_year

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from grants.calculation import GrantTables

# What the page's script sends along to get the answer alone.
PART = "part"
ANSWER = "answer"


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def estimate(request: HttpRequest) -> HttpResponse:
    """Ask about a stay and show the estimate: as a page, or the answer alone for the script.

    What was typed travels in the body, never in an address: it may tell of health and family.
    `?host=` and `?year=` from a page of a host fill in the form and are answered at once.
    """
    tables = tables_from_database()
    if request.method == "POST":
        form = EstimateForm(request.POST, tables=tables)
    else:
        chosen = {name: request.GET[name] for name in ("host", "year") if name in request.GET}
        form = EstimateForm(initial=chosen, tables=tables)
        if "host" in chosen:
            form = _answered(form, chosen, tables)
    asked = form.asked() if form.is_bound and form.is_valid() else None
    estimates = estimates_for(asked.year, tables, asked.request, asked.country) if asked else []
    paid = newest_paid(tables, asked.year) if asked else None
    stands_in = asked and paid != asked.year and any(not shown.unknown for shown in estimates)
    alone = request.POST.get(PART) == ANSWER
    return render(
        request,
        "grants/estimate_answer.html" if alone else "grants/estimate.html",
        {
            "form": form,
            "asked": asked,
            "estimates": estimates,
            "asked_label": academic_year.label(asked.year) if asked and stands_in else "",
            "year_label": academic_year.label(paid) if paid else "",
            "alone": alone,
            "social_reasons": [TOP_UPS[code] for code in SOCIAL_REASONS],
        },
    )


def _answered(form: EstimateForm, chosen: dict[str, str], tables: GrantTables) -> EstimateForm:
    """Return the form as if it had been sent as it stands; unchanged where that is no answer."""
    given = {name: field.initial for name, field in form.fields.items() if field.initial}
    sent = EstimateForm({**given, **chosen}, tables=tables)
    return sent if sent.is_valid() else form
