"""The form of a what-if. Sent by GET, so that its address can be kept and passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.formats import localize_input
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import selection
from applications.admin.runs.names import Names, seats_for, semesters
from applications.models import Directive
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from django.forms import BoundField
    from django.http import QueryDict

    from applications.models import Criterion

MOST_SEATS = 500
NOBODY = ("", _("nobody"))
NOWHERE = ("", _("no host"))


class SupposeForm(forms.Form):
    """Weights, seats, one pin, one forbid, decisions to leave out; empty is "as it is"."""

    pin_application = forms.ChoiceField(label=_("Student"), required=False)
    pin_host = forms.ChoiceField(label=_("Host university"), required=False)
    pin_semester = forms.ChoiceField(label=_("Semester"), required=False, choices=Semester.choices)
    forbid_application = forms.ChoiceField(label=_("Student"), required=False)
    forbid_host = forms.ChoiceField(label=_("Host university"), required=False)
    forbid_semester = forms.ChoiceField(
        label=_("Semester"), required=False, choices=[("", _("both")), *Semester.choices]
    )
    without = forms.MultipleChoiceField(
        label=_("Leave out"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, data: QueryDict, *, criteria: list[Criterion], base: selection.Base, names: Names
    ) -> None:
        typed = data.copy()
        super().__init__(typed or None, use_required_attribute=False, label_suffix="")
        self._names = names
        self._weights = {row.key: row for row in criteria}
        self._pools = {
            pool["id"]: (host, pool) for host in base.instance["hosts"] for pool in host["pools"]
        }
        for row in criteria:
            self.fields[f"weight_{row.key}"] = forms.DecimalField(
                label=row.name,
                required=False,
                localize=True,
                max_digits=5,
                decimal_places=2,
                initial=row.weight,
                validators=[MinValueValidator(0)],
            )
        for pk, (host, pool) in self._pools.items():
            self.fields[f"seats_{pk}"] = forms.IntegerField(
                label=f"{names.host(host['id'])} · {seats_for(pool)}",
                required=False,
                initial=pool["seats"],
                validators=[MinValueValidator(0), MaxValueValidator(MOST_SEATS)],
            )
        people = sorted(
            (
                (row["id"], names.student(row["id"]))
                for row in base.instance["applicants"]
                if row["status"] == "active"
            ),
            key=lambda choice: choice[1].casefold(),
        )
        hosts = sorted(
            ((str(host.pk), str(host)) for host in names.hosts.values()),
            key=lambda choice: choice[1].casefold(),
        )
        self._choose("pin_application", [NOBODY, *people])
        self._choose("forbid_application", [NOBODY, *people])
        self._choose("pin_host", [NOWHERE, *hosts])
        self._choose("forbid_host", [NOWHERE, *hosts])
        self._choose("without", [*self._decisions(base)])
        if self.is_bound:
            self._fill_in(typed)

    def _fill_in(self, typed: QueryDict) -> None:
        """Show what the query does not name as it is."""
        for field in (*self.weight_fields, *self.seat_fields):
            if not typed.get(field.name):
                typed[field.name] = str(localize_input(field.initial))

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    def _decisions(self, base: selection.Base) -> Iterator[tuple[str, str]]:
        for row in selection.decisions_in(base.instance):
            kind = Directive.Kind(row.kind).label
            place = f"{self._names.host(row.host)} · {semesters(row.semesters)}"
            yield row.key, f"{self._names.student(row.applicant)}: {kind} · {place}"

    @property
    def weight_fields(self) -> list[BoundField]:
        return [self[f"weight_{key}"] for key in self._weights]

    @property
    def seat_fields(self) -> list[BoundField]:
        return [self[f"seats_{pk}"] for pk in self._pools]

    @property
    def seats_touched(self) -> bool:
        """Whether seats were changed, or typed wrongly: the list of pools is open then."""
        return any(
            field.errors or str(field.value()) != str(field.initial) for field in self.seat_fields
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        for kind in ("pin", "forbid"):
            person, host = f"{kind}_application", f"{kind}_host"
            if cleaned.get(person) and not cleaned.get(host) and host not in self.errors:
                self.add_error(host, gettext("Choose the host university too."))
            if cleaned.get(host) and not cleaned.get(person) and person not in self.errors:
                self.add_error(person, gettext("Choose the student too."))
        weights = [
            row.weight if (typed := cleaned.get(f"weight_{key}")) is None else typed
            for key, row in self._weights.items()
        ]
        if weights and not any(weights):
            first = next(iter(self._weights))
            self.add_error(f"weight_{first}", gettext("At least one weight must be above 0."))
        return cleaned

    def supposition(self) -> selection.Supposition:
        """Return what was typed and differs from how it is. The form is valid."""
        return selection.Supposition(
            weights=self._changed_weights(),
            seats=self._changed_seats(),
            pin=self._decision("pin"),
            forbid=self._decision("forbid"),
            without=tuple(self.cleaned_data["without"]),
        )

    def parameters(self) -> dict[str, Any]:
        """Return the shortest query that says the same. The form is valid."""
        supposed = self.supposition()
        found: dict[str, Any] = {
            f"weight_{key}": f"{value.normalize():f}" for key, value in supposed.weights.items()
        }
        found |= {f"seats_{pk}": str(count) for pk, count in supposed.seats.items()}
        for kind, choice in (("pin", supposed.pin), ("forbid", supposed.forbid)):
            if choice is not None:
                names = ("application", "host", "semester")
                found |= {
                    f"{kind}_{name}": value
                    for name in names
                    if (value := self.cleaned_data[f"{kind}_{name}"])
                }
        if supposed.without:
            found["without"] = list(supposed.without)
        return found

    def _changed_weights(self) -> dict[str, Decimal]:
        typed = {key: self.cleaned_data[f"weight_{key}"] for key in self._weights}
        return {
            key: value
            for key, value in typed.items()
            if value is not None and value != self._weights[key].weight
        }

    def _changed_seats(self) -> dict[str, int]:
        typed = {pk: self.cleaned_data[f"seats_{pk}"] for pk in self._pools}
        return {
            pk: value
            for pk, value in typed.items()
            if value is not None and value != self._pools[pk][1]["seats"]
        }

    def _decision(self, kind: str) -> selection.Choice | None:
        if not self.cleaned_data[f"{kind}_application"]:
            return None
        pk = int(self.cleaned_data[f"{kind}_host"])
        semester = self.cleaned_data[f"{kind}_semester"]
        return selection.Choice(
            applicant=self.cleaned_data[f"{kind}_application"],
            host=next(host for host in self._names.hosts.values() if host.pk == pk),
            semester=semester or (Semester.WINTER if kind == "pin" else ""),
        )
