"""The forms of the awards desk: the terms of an award, why they change, reasons, evidence."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.functional import lazystr
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.admin.desk.forms import REASON_ROWS, DeskForm
from applications.admin.nominating.forms import day_input
from applications.forms.fields import NumberField
from grants.admin.awards.asked import CHANGES, GROUPS, OWN_FIELDS, FieldGroup
from grants.awards import Change, Evidence, Terms
from grants.calculation import (
    REAL_COST_REASONS,
    SOCIAL_REASONS,
    Interruption,
    MobilityType,
    RealCosts,
    TopUpCode,
)
from grants.errors import AwardRefusal
from grants.models import AwardVersion, GrantAward, GrantProject
from grants.states import Occasion
from grants.texts import AWARDS, MOBILITIES, OCCASIONS, TOP_UPS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models import Field

# Of a stay: longer than anything a project pays, and short enough to count.
LONGEST_STAY = timedelta(days=2 * 366)
MOST_EARLIER_DAYS = 999
MOST_TRAVEL_DAYS = 10
MOST_ECTS = 120
# Pairs of days offered for interruptions: these, or one more than there are.
FEWEST_GAPS = 2


def _words(name: str, model: type[AwardVersion | GrantAward] = AwardVersion) -> dict[str, Any]:
    """Return label and help of a field as its column has them."""
    column: Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]  # a column
    return {"label": _capitalised(column.verbose_name), "help_text": column.help_text}


def _capitalised(label: Any) -> Any:  # noqa: ANN401 - a lazy text stays one
    return lazystr(capfirst(label))


class TermsForm(DeskForm):
    """What an award is calculated from. Nothing is stored here."""

    own_name = "terms"
    use_required_attribute = False

    project = forms.ModelChoiceField(
        GrantProject.objects.order_by("-code"), to_field_name="code", **_words("project")
    )
    mobility = forms.ChoiceField(
        choices=[(code.value, label) for code, label in MOBILITIES.items()],
        **_words("mobility_type"),
    )
    start = forms.DateField(widget=day_input(), **_words("start"))
    end = forms.DateField(widget=day_input(), **_words("end"))
    semesters = forms.TypedChoiceField(
        choices=[(1, "1"), (2, "2")], coerce=int, **_words("semesters")
    )
    earlier_days = forms.IntegerField(
        min_value=0, max_value=MOST_EARLIER_DAYS, **_words("earlier_days")
    )
    cap_days = forms.IntegerField(
        min_value=0, max_value=MOST_EARLIER_DAYS, required=False, **_words("cap_days")
    )
    waiver_reason = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs=REASON_ROWS),
        **_words("waiver_reason"),
    )
    social_reasons = forms.MultipleChoiceField(
        choices=[(code.value, TOP_UPS[code]) for code in SOCIAL_REASONS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        **_words("social_reasons"),
    )
    real_costs_eur = NumberField(
        required=False,
        max_digits=8,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01"))],
        **_words("real_costs_eur"),
    )
    real_costs_reason = forms.ChoiceField(
        choices=[("", "–"), *((code.value, TOP_UPS[code]) for code in REAL_COST_REASONS)],
        required=False,
        **_words("real_costs_reason"),
    )
    green = forms.BooleanField(required=False, **_words("green"))
    travel_days = forms.IntegerField(
        min_value=0, max_value=MOST_TRAVEL_DAYS, **_words("travel_days")
    )
    ects = NumberField(
        required=False,
        max_digits=4,
        decimal_places=1,
        validators=[MinValueValidator(0), MaxValueValidator(MOST_ECTS)],
        **_words("ects"),
    )
    ects_reclaimed = forms.BooleanField(required=False, **_words("ects_reclaimed"))
    ects_statement = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs=REASON_ROWS),
        **_words("ects_statement"),
    )
    note = forms.CharField(
        label=_("Note for the office"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs=REASON_ROWS),
    )

    def __init__(self, *args: Any, terms: Terms | None, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        """Offer these terms to be changed; None: all is still to be filled in."""
        kwargs["initial"] = {**_initial(terms), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        gaps = len(terms.interruptions) if terms else 0
        while self.is_bound and f"gap_from_{gaps}" in self.data and gaps < LONGEST_STAY.days:
            gaps += 1
        self._gaps = range(max(FEWEST_GAPS, gaps + (not self.is_bound)))
        for number in self._gaps:
            values = {"number": number + 1}
            self.fields[f"gap_from_{number}"] = forms.DateField(
                label=gettext("Interruption %(number)s, first day") % values,
                required=False,
                widget=day_input(),
            )
            self.fields[f"gap_to_{number}"] = forms.DateField(
                label=gettext("Interruption %(number)s, last day") % values,
                required=False,
                widget=day_input(),
            )

    def own_fields(self) -> tuple[str, ...]:
        """Return what is asked before all else; nothing where all is asked alike."""
        return ()

    @property
    def first_fields(self) -> list[forms.BoundField]:
        """What is asked before all else."""
        return self._bound(self.own_fields())

    @property
    def groups(self) -> list[FieldGroup]:
        """All that is asked after it."""
        first = self.own_fields()
        found = (
            FieldGroup(legend, self._bound(name for name in names if name not in first))
            for legend, names in GROUPS
        )
        return [group for group in found if group.fields]

    @property
    def groups_have_errors(self) -> bool:
        """Tell whether something is wrong beyond what is asked first."""
        return any(each.errors for group in self.groups for each in group.fields)

    def _bound(self, names: Iterable[str]) -> list[forms.BoundField]:
        found = []
        for name in names:
            if name == "gaps":
                for number in self._gaps:
                    found += [self[f"gap_from_{number}"], self[f"gap_to_{number}"]]
            elif name in self.fields:
                found.append(self[name])
        return found

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = given.get("start"), given.get("end")
        if start and end and end < start:
            self.add_error("end", gettext("The last day lies before the first day."))
        elif start and end and end - start > LONGEST_STAY:
            self.add_error("end", gettext("A stay can't be longer than two years."))
        for number in self._gaps:
            first, last = f"gap_from_{number}", f"gap_to_{number}"
            if {first, last} & self.errors.keys():
                continue
            if bool(given[first]) != bool(given[last]):
                missing = last if given[first] else first
                self.add_error(missing, gettext("Please give both days, or none."))
        if not {"real_costs_eur", "real_costs_reason"} & self.errors.keys():
            costs, reason = given["real_costs_eur"], given["real_costs_reason"]
            if costs is not None and not reason:
                self.add_error("real_costs_reason", gettext("Please give the reason."))
            elif reason and costs is None:
                self.add_error("real_costs_eur", gettext("Please give the amount."))
        return given

    def terms(self) -> Terms:
        """Return the terms of a valid form."""
        given = self.cleaned_data
        costs = given["real_costs_eur"]
        return Terms(
            project=given["project"].code,
            mobility=MobilityType(given["mobility"]),
            start=given["start"],
            end=given["end"],
            interruptions=tuple(
                Interruption(given[f"gap_from_{number}"], given[f"gap_to_{number}"])
                for number in self._gaps
                if given[f"gap_from_{number}"]
            ),
            cap_days=given["cap_days"],
            earlier_days=given["earlier_days"],
            semesters=given["semesters"],
            social_reasons=tuple(TopUpCode(code) for code in given["social_reasons"]),
            real_costs=None
            if costs is None
            else RealCosts(costs, TopUpCode(given["real_costs_reason"])),
            green=given["green"],
            travel_days=given["travel_days"],
            waiver_reason=given["waiver_reason"],
            ects=given["ects"],
            ects_reclaimed=given["ects_reclaimed"],
            ects_statement=given["ects_statement"],
        )


def _initial(terms: Terms | None) -> dict[str, Any]:
    if terms is None:
        return {"semesters": 1, "earlier_days": 0, "travel_days": 0}
    gaps: dict[str, date] = {}
    for number, gap in enumerate(terms.interruptions):
        gaps |= {f"gap_from_{number}": gap.start, f"gap_to_{number}": gap.end}
    costs = terms.real_costs
    return {
        **terms.columns(),
        **gaps,
        "project": terms.project,
        "mobility": terms.mobility.value,
        "social_reasons": [code.value for code in terms.social_reasons],
        "real_costs_eur": costs.amount if costs else None,
        "real_costs_reason": costs.reason.value if costs else "",
    }


class ChangeForm(TermsForm):
    """Other terms, and why. `seen` is the number of the version the person looked at."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    occasion = forms.ChoiceField(
        label=_("Why the award is changed"),
        choices=[(code.value, OCCASIONS[code]) for code in CHANGES],
        widget=forms.RadioSelect,
    )
    extension_asked_on = forms.DateField(
        required=False,
        widget=day_input(),
        label=_("Extension asked for on"),
        help_text=_("For an extension: days beyond the approved end are paid if it was asked for "
                    "at least 30 days before that end."),
    )  # fmt: skip

    def __init__(self, *args: Any, is_approved: bool, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **kwargs)
        occasions = CHANGES if is_approved else (Occasion.CORRECTION,)
        offered = self.fields["occasion"]
        if isinstance(offered, forms.ChoiceField):
            offered.choices = [(code.value, OCCASIONS[code]) for code in occasions]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if (
            given.get("occasion") == Occasion.EXTENSION
            and "extension_asked_on" not in self.errors
            and given["extension_asked_on"] is None
        ):
            self.add_error("extension_asked_on", gettext("Please give the day it was asked for."))
        return given

    def own_fields(self) -> tuple[str, ...]:
        chosen = self["occasion"].value()
        return OWN_FIELDS.get(Occasion(chosen), ()) if chosen in set(Occasion) else ()

    def change(self) -> Change:
        """Return why the award is changed. The form must be valid."""
        given = self.cleaned_data
        return Change(Occasion(given["occasion"]), given["note"], given["extension_asked_on"])


class ReasonForm(DeskForm):
    """A reason that is kept with the award."""

    use_required_attribute = False

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs=REASON_ROWS),
        error_messages={"required": AWARDS[AwardRefusal.REASON_MISSING]},
    )

    def __init__(self, *args: Any, own_name: str, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        self.own_name = own_name
        super().__init__(*args, **kwargs)
        if own_name == "cancel":
            self.fields["reason"].help_text = gettext(
                "The student reads it where the grant had been approved."
            )


class EvidenceForm(DeskForm):
    """The days on which things were received after the stay."""

    own_name = "evidence"
    use_required_attribute = False

    confirmation_on = forms.DateField(
        required=False,
        widget=day_input(),
        show_hidden_initial=True,
        **_words("confirmation_on", GrantAward),
    )
    transcript_on = forms.DateField(
        required=False,
        widget=day_input(),
        show_hidden_initial=True,
        **_words("transcript_on", GrantAward),
    )
    report_on = forms.DateField(
        required=False,
        widget=day_input(),
        show_hidden_initial=True,
        **_words("report_on", GrantAward),
    )

    def evidence(self) -> Evidence:
        return Evidence(**self.cleaned_data)

    def clean(self) -> dict[str, Any]:
        """Read beside what was typed the days the form was filled from: `seen`."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        before = {name: self.data.get(self.add_initial_prefix(name)) for name in self.fields}
        self.seen = Evidence(
            **{name: field.to_python(before[name]) for name, field in self.fields.items()}
        )
        return given


class ChosenProjectForm(DeskForm):
    """Which project pays; empty: the only one that pays the year of each."""

    own_name = "many"

    project = forms.ModelChoiceField(
        GrantProject.objects.order_by("-code"),
        to_field_name="code",
        required=False,
        empty_label=_("the only one that pays the year"),
        label=_("Project"),
    )
