"""The pages on money that is there: the budget of each project, and another cap supposed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from applications.admin.doors import user_of
from grants import budget as budgeting
from grants.admin.awards.standing import PENDING_WORDS, Pending
from grants.admin.office_pages import page
from grants.awards import ZERO
from grants.calculation import CountryGroup, MobilityType
from grants.loading import tables_from_database
from grants.models import GrantProject
from grants.states import AwardState
from grants.texts import GROUPS, MOBILITIES, STATES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from grants.budget import Budget, Supposed

STAYS_A_PAGE = 50
MOST_DAYS = 360


# -- figures ---------------------------------------------------------------------------------------


@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    """Show all projects beside each other; those without a figure are left out."""
    found = budgeting.budgets(user_of(request), tables_from_database())
    return page(
        request,
        "budget",
        gettext("Budget"),
        budgets=[each for each in found if each.counts or each.project.budget_eur is not None],
    )


@require_safe
def of_project(request: HttpRequest, code: str) -> HttpResponseBase:
    """Show one project by country group and kind of stay."""
    found = budgeting.budgets(user_of(request), tables_from_database())
    shown = next((each for each in found if each.project.code == code), None)
    if shown is None:
        raise Http404
    return page(
        request,
        "budget_project",
        gettext("Budget of %(project)s") % {"project": code},
        budget=shown,
        counts=dict(shown.counts),
        lines=[
            (_group(key.group), MOBILITIES[MobilityType(key.mobility)], amounts)
            for key, amounts in sorted(shown.lines.items())
        ],
        segments=_segments(shown),
        shared_with=", ".join(sorted(shown.shared_with)),
    )


def _group(code: str) -> Any:  # noqa: ANN401 - a text in the reader's language
    return GROUPS[CountryGroup(code)] if code else _("without a country group")


def _segments(shown: Budget) -> list[dict[str, Any]]:
    """Return the parts of the bar in percent of the larger of budget and need, left to right."""
    total, given = shown.total, shown.project.budget_eur
    parts = {
        "paid": (_("paid"), total.paid),
        "to-pay": (_("approved, to be paid"), total.to_pay),
        "pending": (_("proposed, drafts and changes"), total.pending),
        "expected": (_("expected"), total.expected),
        "left": (_("left"), shown.forecast_left or ZERO),
    }
    whole = max(given or ZERO, total.needed)
    found, start = [], ZERO
    for key, (word, amount) in parts.items():
        width = max(ZERO, amount) * 100 / whole if whole else ZERO
        if width:
            found.append({"key": key, "word": word, "amount": amount, "x": start, "width": width})
        start += width
    return found


# -- another cap -----------------------------------------------------------------------------------


class SupposeForm(forms.Form):
    """What is supposed; the address of the page holds it."""

    project = forms.ModelChoiceField(
        label=_("Project"), queryset=GrantProject.objects.none(), to_field_name="code"
    )
    cap = forms.IntegerField(
        label=_("Most funded days of a stay"), min_value=1, max_value=MOST_DAYS, required=False
    )
    keep_approved = forms.BooleanField(
        label=_("Approved grants keep what they were promised"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        field = self.fields["project"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = GrantProject.objects.all()


@require_safe
def suppose(request: HttpRequest) -> HttpResponseBase:
    """Show what another cap would change for each student and for the budget; stores nothing."""
    form = SupposeForm(request.GET or None)
    context: dict[str, Any] = {}
    status = 200
    if form.is_valid():
        context = _outcome(request, form.cleaned_data)
    elif form.is_bound:
        status = 422
    title = gettext("Suppose another cap")
    return page(request, "suppose", title, status=status, form=form, **context)


def _outcome(request: HttpRequest, asked: dict[str, Any]) -> dict[str, Any]:
    user, tables = user_of(request), tables_from_database()
    project, cap = asked["project"], asked["cap"]
    (now,) = (each for each in budgeting.budgets(user, tables) if each.project.code == project.code)
    left = now.forecast_left
    stays = budgeting.stays_of(project, user, tables, keep_approved=asked["keep_approved"])
    highest = None if left is None else budgeting.highest_cap(stays, left, tables)
    query = request.GET.copy()
    query.pop("page", None)
    shown = {
        "project": project,
        "stays": len(stays),
        "left_now": left,
        "highest": highest,
        "suffices": highest is not None and highest == budgeting.longest(stays, tables),
        "query": query.urlencode(),
    }
    if highest:
        query["cap"] = str(highest)
        shown["highest_query"] = query.urlencode()
    if cap is None:
        return shown
    supposed = budgeting.suppose_cap(stays, cap, left, tables)
    told = [(each, _word(each.stay.state, each.stay.is_change)) for each in supposed.affected]
    return shown | {
        "cap": cap,
        "left_then": supposed.left,
        "affected": len(told),
        "rows": [_row(*each) for each in _by_state(supposed.stays)],
        "sum": _row(_("Sum"), supposed.stays),
        "page": Paginator(told, STAYS_A_PAGE).get_page(request.GET.get("page")),
    }


def _by_state(stays: Iterable[Supposed]) -> list[tuple[Any, list[Supposed]]]:
    found: dict[tuple[AwardState | None, bool], list[Supposed]] = defaultdict(list)
    for each in stays:
        found[each.stay.state, each.stay.is_change].append(each)
    states = (AwardState.APPROVED, AwardState.PROPOSED, AwardState.DRAFT, None)
    ordered = [(state, is_change) for state in states for is_change in (True, False)]
    return [(_word(*key), found[key]) for key in ordered if key in found]


def _word(state: AwardState | None, is_change: bool) -> Any:  # noqa: ANN401, FBT001 - a text in the reader's language; private
    if is_change:
        proposed = state is AwardState.PROPOSED
        return PENDING_WORDS[Pending.PROPOSED if proposed else Pending.DRAFT]
    return STATES[state] if state else _("nominated, without an award")


def _row(word: Any, stays: Iterable[Supposed]) -> dict[str, Any]:  # noqa: ANN401 - a text in the reader's language
    each = list(stays)
    now: Decimal = sum((one.stay.now for one in each), ZERO)
    then: Decimal = sum((one.then for one in each), ZERO)
    return {
        "word": word,
        "count": len(each),
        "affected": sum(bool(one.difference) for one in each),
        "now": now,
        "then": then,
        "difference": then - now,
    }
