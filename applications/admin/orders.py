"""The orders of single hosts: what each criterion weighs at a host that orders by its own weights.

Students were told before they applied, so a closed call only shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from applications import access, selection
from applications.admin.doors import for_call, page, to_round, user_of
from applications.forms.fields import NumberField
from applications.models.criterion import CriterionKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.admin import AdminSite
    from django.forms import BoundField
    from django.http import HttpRequest, QueryDict
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

    from applications.models import Call, CallHost, Criterion

# A request may bring 400 fields (settings); more hosts than that go on a next page.
MOST_INPUTS = 360


def _name(host: CallHost, criterion: Criterion) -> str:
    return f"weight_{host.pk}_{criterion.pk}"


def _plain(weight: Decimal) -> Decimal:
    """Return the weight without zeros behind the point: as it was typed."""
    return weight.quantize(Decimal(1)) if weight == int(weight) else weight.normalize()


@dataclass(frozen=True, slots=True)
class Cell:
    """What a criterion weighs at a host; `differs`: another weight was stored meanwhile."""

    criterion: Criterion
    field: BoundField
    differs: bool
    stored: Decimal | None


@dataclass(frozen=True, slots=True)
class Row:
    """A host with its cells; `order` is its own as stored, empty for the common one."""

    host: CallHost
    order: tuple[selection.Share, ...]
    cells: list[Cell]

    @property
    def is_own(self) -> bool:
        """Tell whether the row holds anything, stored, typed or mistyped."""
        return any(cell.field.value() for cell in self.cells)


class OrdersForm(forms.Form):
    """A weight for each host and criterion; an empty row goes by the common order."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        hosts: Sequence[CallHost],
        criteria: Sequence[Criterion],
        stored: selection.Weights,
    ) -> None:
        super().__init__(data, label_suffix="")
        self.hosts, self.criteria, self.stored = hosts, criteria, stored
        self.changed_meanwhile = False
        for host in hosts:
            weights = stored.get(host.pk, {})
            for criterion in criteria:
                weight = weights.get(criterion.pk)
                self.fields[_name(host, criterion)] = NumberField(
                    label=gettext("Weight of %(criterion)s at %(host)s")
                    % {"criterion": criterion, "host": host},
                    required=False,
                    min_value=0,
                    max_digits=5,
                    decimal_places=2,
                    localize=True,
                    initial=None if weight is None else _plain(weight),
                    widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 5}),
                )

    def weights(self) -> selection.Weights:
        """Return what was typed for each host shown; 0 is as good as nothing."""
        return {
            host.pk: {
                criterion.pk: given
                for criterion in self.criteria
                if (given := self.cleaned_data[_name(host, criterion)])
            }
            for host in self.hosts
        }

    def show_stored(self, stored: selection.Weights) -> None:
        """Go on from what somebody else saved; what was typed stays, and differences are named."""
        self.stored, self.changed_meanwhile = stored, True

    @property
    def seen_now(self) -> str:
        """What the page shows. After a mistake in typing still what it showed before."""
        if self.is_bound and not self.changed_meanwhile:
            return str(self.data.get("seen", ""))
        return selection.fingerprint(self.stored)

    def rows(self) -> list[Row]:
        orders = selection.own_shares(self.hosts, self.criteria, self.stored)
        return [
            Row(
                host=host,
                order=orders.get(host.pk, ()),
                cells=[self._cell(host, criterion) for criterion in self.criteria],
            )
            for host in self.hosts
        ]

    def _cell(self, host: CallHost, criterion: Criterion) -> Cell:
        field = self[_name(host, criterion)]
        stored = self.stored.get(host.pk, {}).get(criterion.pk)
        typed = self.cleaned_data.get(field.name) if self.changed_meanwhile else None
        return Cell(
            criterion=criterion,
            field=field,
            differs=self.changed_meanwhile and (typed or None) != stored,
            stored=None if stored is None else _plain(stored),
        )


@require_http_methods(["GET", "HEAD", "POST"])
@for_call(access.can_see_round)
def orders(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Show by what each host orders its applicants; before the call is closed, take it."""
    may_change = access.can_set_rules(request.user, call)
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    criteria = list(call.criteria.order_by("position", "pk"))
    hosts = list(call.hosts.select_related("agreement__host").order_by("agreement__host__name_en"))
    if call.closed_at is not None or not may_change or not criteria:
        if request.method == "POST":
            messages.error(request, FIXED)
            return to_round(call, "orders")
        return _shown(request, call, hosts, criteria)
    listed = Paginator(hosts, max(MOST_INPUTS // len(criteria), 1)).get_page(
        request.GET.get("page")
    )
    return _form_page(request, call, listed, criteria)


FIXED = _("The call is closed, so the orders of its hosts can't be changed any more.")


def _form_page(
    request: HttpRequest, call: Call, listed: Page[CallHost], criteria: list[Criterion]
) -> HttpResponseBase:
    shown = list(listed)
    form = OrdersForm(
        request.POST if request.method == "POST" else None,
        hosts=shown,
        criteria=criteria,
        stored=selection.own_weights_of(host.pk for host in shown),
    )
    if request.method == "POST" and form.is_valid():
        try:
            changed = selection.save_own_weights(
                call, form.weights(), seen=form.cleaned_data["seen"]
            )
        except selection.OrdersFixed:
            messages.error(request, FIXED)
            return to_round(call, "orders")
        except selection.OrdersChanged as conflict:
            form.show_stored(conflict.stored)
        else:
            _say_saved(request, call, changed)
            return to_round(call, "orders", query=request.GET.urlencode())
    rows = form.rows()
    return page(
        request,
        "orders",
        call,
        gettext("Orders of hosts"),
        form=form,
        own=[row for row in rows if row.is_own],
        common=[row for row in rows if not row.is_own],
        listed=listed,
        **_rules(criteria),
    )


def _say_saved(request: HttpRequest, call: Call, changed: int) -> None:
    if not changed:
        messages.info(request, gettext("Nothing was changed."))
        return
    text = ngettext(
        "The order of %(count)s host was changed.",
        "The orders of %(count)s hosts were changed.",
        changed,
    ) % {"count": changed}
    LogEntry.objects.log_actions(
        user_of(request).pk,
        [call],
        CHANGE,
        change_message=text,
        single_object=True,
    )
    messages.success(request, text)


def _shown(
    request: HttpRequest, call: Call, hosts: list[CallHost], criteria: list[Criterion]
) -> HttpResponseBase:
    """Show the orders to who may not change them (any more)."""
    weights = selection.own_weights_of(host.pk for host in hosts)
    orders = selection.own_shares(hosts, criteria, weights)
    own = [(host, orders[host.pk]) for host in hosts if host.pk in orders]
    return page(
        request,
        "orders",
        call,
        gettext("Orders of hosts"),
        form=None,
        own=own,
        rest=len(hosts) - len(own),
        **_rules(criteria),
    )


def _rules(criteria: list[Criterion]) -> dict[str, Any]:
    return {
        "criteria": criteria,
        "common_order": selection.common_shares(criteria),
        "language_counts": any(row.kind == CriterionKind.LANGUAGE for row in criteria),
    }


class OrderPages:
    """Adds the page of the hosts' orders to the admin of calls."""

    admin_site: AdminSite

    def order_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(orders)
        return [path("<int:pk>/round/orders/", view, name="applications_call_orders")]
