"""What if: other weights, seats and decisions, tried out beside what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import QueryDict
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from applications import access, allocation, selection
from applications.admin.doors import for_call, page, to_round, user_of
from applications.admin.runs.compared import compared
from applications.admin.runs.forms import SupposeForm
from applications.admin.runs.names import Names

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import Call


@require_GET
@for_call(access.can_see_round)
def suppose(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Show what the allocation would come to under the query's supposition. Nothing is stored."""
    try:
        base = selection.base_of(call)
    except selection.NotRanked:
        messages.error(
            request, gettext("Make a ranking first that holds every eligible application.")
        )
        return to_round(call, "runs")
    names = Names(call, user_of(request))
    criteria = list(call.criteria.order_by("position", "pk"))
    form = SupposeForm(request.GET, criteria=criteria, base=base, names=names)
    shown: dict[str, Any] = {"form": form, "base": base, "labels": _labels()}
    if form.is_bound and form.is_valid():
        shortest = _query(form.parameters())
        if shortest != request.GET.urlencode():
            return to_round(call, "suppose", query=shortest)
        shown |= _outcome(call, base, form.supposition(), names)
    response = page(request, "suppose", call, gettext("What if"), **shown)
    if form.errors:
        response.status_code = 422
    return response


def _labels() -> list[str]:
    return [gettext("As it is"), gettext("What if")]


def _query(parameters: dict[str, Any]) -> str:
    query = QueryDict(mutable=True)
    for name, value in parameters.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query.urlencode()


def _outcome(
    call: Call, base: selection.Base, supposition: selection.Supposition, names: Names
) -> dict[str, Any]:
    if supposition.is_empty:
        return {}
    try:
        supposed = selection.suppose(call, base, supposition)
    except selection.MissingScores as refused:
        codes = ", ".join(sorted(names.student(code) for code in refused.missing)[:10])
        return {
            "refused": gettext("With these weights scores are missing: %(names)s.")
            % {"names": codes}
        }
    except selection.NothingToRank:
        return {"refused": gettext("There is nobody left to be ranked.")}
    from_errors = names.errors(supposed.after.result)
    if from_errors or supposed.before.result["status"] != "ok":
        return {"errors": from_errors or names.errors(supposed.before.result)}
    return {
        "compared": compared(allocation.compare(supposed.before, supposed.after), names),
        "is_older": supposed.is_older,
        "left": len(supposed.left),
    }
