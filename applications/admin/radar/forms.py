"""What a reader narrows the radar to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from partners import academic_year
from partners.models import Channel, Faculty, Semester

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models import QuerySet

    from applications.exports.radar import Destination

UNKNOWN = "unknown"
# Nominations are made a year ahead, hardly more.
YEARS_AHEAD = 2


class RadarFilter(forms.Form):
    """Everything may stay empty; what is wrong does not narrow. `done` adds what is settled."""

    year = forms.ChoiceField(label=_("Academic year"), required=False)
    semester = forms.ChoiceField(label=_("Semester"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    faculty = forms.ModelChoiceField(
        Faculty.objects.none(), label=_("Faculty"), required=False, empty_label=_("All")
    )
    done = forms.BooleanField(label=_("Also where nothing is open"), required=False)

    def __init__(
        self,
        data: Any,  # noqa: ANN401 - Django's signature
        *,
        today: date,
        faculties: QuerySet[Faculty] | None,
    ) -> None:
        super().__init__(data)
        this_year = academic_year.of_day(today)
        years = range(this_year, this_year + YEARS_AHEAD + 1)
        self._offer("year", [(str(year), academic_year.label(year)) for year in years])
        self._offer("semester", Semester.choices)
        self._offer("channel", [*Channel.choices, (UNKNOWN, _("no deadline known"))])
        field = self.fields["faculty"]
        if faculties is None:
            del self.fields["faculty"]
        elif isinstance(field, forms.ModelChoiceField):
            field.queryset = faculties
        self.is_valid()

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", lazystr(_("All"))), *choices]

    @property
    def of_faculty(self) -> Faculty | None:
        chosen: Faculty | None = self.cleaned_data.get("faculty")
        return chosen

    def wants(self, destination: Destination) -> bool:
        """Tell whether the reader looks for this one."""
        asked = self.cleaned_data
        wanted = destination.wanted
        return (
            asked.get("year") in {None, "", str(destination.academic_year)}
            and asked.get("semester") in {None, "", destination.semester}
            and asked.get("channel") in {None, "", wanted.channel if wanted else UNKNOWN}
            and (bool(asked.get("done")) or destination.is_open)
        )
