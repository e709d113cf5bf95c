"""The directory of host universities: what may be asked of it, and the rows it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Case, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, When
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from partners import academic_year
from partners.models import Agreement, AgreementKind, HostUniversity, Language, Level, SeatPool

if TYPE_CHECKING:
    from collections.abc import Iterable

_STUDENT_LEVELS = [level for level in Level if level != Level.STAFF]

# As the kinds are listed: what most students look for comes first.
_KINDS_IN_ORDER = Case(
    *(When(kind=kind, then=place) for place, kind in enumerate(AgreementKind.values)),
    output_field=IntegerField(),
)


def next_academic_year() -> int:
    """Return the year students apply for now: 2027 (for 2027/28) from October 2026 on."""
    return academic_year.of_day(timezone.localdate()) + 1


def countries_of_hosts() -> list[tuple[str, str]]:
    """Return code and name of the countries we have a host in, by name."""
    codes = HostUniversity.objects.order_by().values_list("country", flat=True).distinct()
    named = sorted((str(countries.name(code)), str(code)) for code in codes)
    return [(code, name) for name, code in named]


class HostFilter(forms.Form):
    """What a reader looks for. Everything may stay empty."""

    q = forms.CharField(label=_("Name or place"), max_length=100, required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    level = forms.ChoiceField(label=_("Seats for"), required=False)
    language = forms.ChoiceField(label=_("Language of instruction"), required=False)
    kind = forms.ChoiceField(label=_("Kind of exchange"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        self._offer("country", countries_of_hosts())
        self._offer("level", ((level.value, level.label) for level in _STUDENT_LEVELS))
        self._offer("language", Language.choices)
        self._offer("kind", AgreementKind.choices)

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", lazystr(_("All"))), *choices]

    def hosts(self, year: int) -> QuerySet[HostUniversity]:
        """Return the hosts asked for, by name, with what they offer in the academic year.

        Each has `offered`: its agreements of that year, each of these with `year_pools`. A field
        that was filled in wrongly does not narrow the list.
        """
        self.is_valid()
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        hosts = HostUniversity.objects.order_by("name_en", "pk")
        agreements = Agreement.objects.filter(
            host=OuterRef("pk"), valid_from__lte=year, valid_until__gte=year
        )
        if "q" in wanted:
            hosts = hosts.filter(_found_by(wanted["q"]))
        if "country" in wanted:
            hosts = hosts.filter(country=wanted["country"])
        if "language" in wanted:
            agreements = agreements.filter(language=wanted["language"])
        if "kind" in wanted:
            agreements = agreements.filter(kind=wanted["kind"])
        if "level" in wanted:
            seats = SeatPool.objects.filter(
                Q(level__in=["", wanted["level"]]) | (Q(fallback=True) & ~Q(level=Level.STAFF)),
                agreement=OuterRef("pk"),
                academic_year=year,
                seats__gt=0,
            )
            agreements = agreements.filter(Exists(seats))
        if wanted.keys() & {"language", "kind", "level"}:
            hosts = hosts.filter(Exists(agreements))
        # The home university is a place to go only for what it offers itself (summer school).
        hosts = hosts.filter(Q(is_home=False) | Exists(agreements))
        return hosts.prefetch_related(
            Prefetch("agreements", agreements_in(year), to_attr="offered")
        )


def agreements_in(year: int) -> QuerySet[Agreement]:
    """Return the agreements that hold in the academic year, each with its `year_pools`."""
    pools = SeatPool.objects.filter(academic_year=year).order_by("level", "semester")
    return (
        Agreement.objects.filter(valid_from__lte=year, valid_until__gte=year)
        .order_by(_KINDS_IN_ORDER, "isced_f", "pk")
        .prefetch_related(Prefetch("pools", pools, to_attr="year_pools"))
    )


def _found_by(text: str) -> Q:
    """Match names, city, Erasmus code, and the country's name in the reader's language."""
    named = [code for code, name in countries if text.casefold() in str(name).casefold()]
    return (
        Q(name_en__icontains=text)
        | Q(name_native__icontains=text)
        | Q(city__icontains=text)
        | Q(erasmus_code__icontains=text)
        | Q(country__in=named)
    )
