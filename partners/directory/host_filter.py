"""The directory of host universities: what may be asked of it, and the rows it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    When,
)
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from partners import academic_year, isced
from partners.agreement_rules import WITHOUT_NUMBERS
from partners.directory.searching import found_by
from partners.directory.sorting import SORTS, Sort, in_order
from partners.directory.spelling import folded, in_name_order
from partners.maps.area import Area
from partners.models import (
    Agreement,
    AgreementKind,
    HostTerm,
    HostUniversity,
    Language,
    Level,
    SeatPool,
    Semester,
)
from partners.prepared import Given, IsOneOf, Prepared

if TYPE_CHECKING:
    from collections.abc import Iterable

    from partners.distance import Place

_STUDENT_LEVELS = [level for level in Level if level != Level.STAFF]
# Kinds nobody of these levels can go by, whatever their seats say.
_NOT_FOR = {
    Level.BACHELOR: [AgreementKind.ERASMUS_DOCTORAL, AgreementKind.ERASMUS_TEACHING],
    Level.MASTER: [AgreementKind.ERASMUS_DOCTORAL, AgreementKind.ERASMUS_TEACHING],
    Level.DOCTORAL: [AgreementKind.ERASMUS_TEACHING],
}

# As the kinds are listed: what most students look for comes first.
_KINDS_IN_ORDER = Case(
    *(When(kind=kind, then=place) for place, kind in enumerate(AgreementKind.values)),
    output_field=IntegerField(),
)
_ORDER = (_KINDS_IN_ORDER, "isced_f", "pk")


def next_academic_year() -> int:
    """Return the year students apply for now: 2027 (for 2027/28) from October 2026 on."""
    return academic_year.of_day(timezone.localdate()) + 1


def countries_of_hosts() -> list[tuple[str, str]]:
    """Return code and name of the countries we have a host in, by name."""
    codes = HostUniversity.objects.order_by().values_list("country", flat=True).distinct()
    named = ((str(code), str(countries.name(code))) for code in codes)
    return sorted(named, key=lambda country: (folded(country[1]), country))


def agreements_with(host: HostUniversity, year: int) -> list[Agreement]:
    """Return the agreements with a host that hold in the academic year, with `year_pools`."""
    found = _AGREED_WITH(host=host.pk, year=year)
    pools: dict[int, list[SeatPool]] = {agreement.pk: [] for agreement in found}
    for pool in _POOLS(agreements=list(pools), year=year):
        pools[pool.agreement_id].append(pool)
    for agreement in found:
        agreement.year_pools = pools[agreement.pk]  # type: ignore[attr-defined]  # as `_with_pools`
    return found


def _agreed_in(year: int | Given) -> QuerySet[Agreement]:
    return Agreement.objects.filter(valid_from__lte=year, valid_until__gte=year)


def _pools_in(year: int | Given) -> QuerySet[SeatPool]:
    return SeatPool.objects.filter(academic_year=year).order_by("level", "semester")


_AGREED_WITH = Prepared(
    lambda: _agreed_in(Given("year")).filter(host=Given("host")).order_by(*_ORDER)
)
_POOLS = Prepared(
    lambda: _pools_in(Given("year")).filter(
        IsOneOf("agreement", Given("agreements", ArrayField(BigIntegerField())))
    )
)


def _with_pools(agreements: QuerySet[Agreement], year: int) -> QuerySet[Agreement]:
    return agreements.order_by(*_ORDER).prefetch_related(
        Prefetch("pools", _pools_in(year), to_attr="year_pools")
    )


@dataclass(frozen=True, slots=True)
class _Offer:
    """Agreements and seats of one academic year that fit what a reader looks for."""

    agreements: QuerySet[Agreement]
    pools: QuerySet[SeatPool]


class HostFilter(forms.Form):
    """What a reader looks for. Everything may stay empty.

    What was filled in wrongly is said beside its field and does not narrow the list.
    """

    q = forms.CharField(label=_("Name or place"), max_length=100, required=False)
    level = forms.ChoiceField(label=_("Seats for"), required=False)
    semester = forms.ChoiceField(label=_("Seats in"), required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    language = forms.ChoiceField(label=_("Language of instruction"), required=False)
    subject = forms.ChoiceField(label=_("Subject of your degree"), required=False)
    kind = forms.ChoiceField(label=_("Kind of exchange"), required=False)
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=SORTS)
    area = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        self._countries = countries_of_hosts()
        fields = Agreement.objects.exclude(isced_f="").order_by().values_list("isced_f", flat=True)
        self._subjects_agreed = set(fields.distinct())
        self._offer("country", self._countries)
        self._offer("level", ((level.value, level.label) for level in _STUDENT_LEVELS))
        self._offer("semester", Semester.choices)
        self._offer("language", in_name_order(Language.choices))
        self._offer("subject", self._subjects())
        self._offer("kind", AgreementKind.choices)

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", lazystr(_("All"))), *choices]

    def _subjects(self) -> list[tuple[str, str]]:
        language = get_language() or "en"
        codes = sorted(isced.FIELDS.keys() | self._subjects_agreed)
        return [(code, f"{code} {isced.label(code, language)}") for code in codes]

    def clean_area(self) -> Area | None:
        # Made by the map, never typed: what is not an area is left out without a word.
        return Area.parse(self.cleaned_data["area"])

    @property
    def wanted(self) -> dict[str, Any]:
        """What was asked for and understood."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.wanted.keys() - {"sort"})

    @property
    def has_more(self) -> bool:
        """Whether anything is set, or wrong, in the fields that are folded away."""
        more = {"language", "subject", "kind", "sort"}
        return bool(more & (self.wanted.keys() | self.errors.keys()))

    def query(self, **changes: str) -> str:
        """Return what was asked for as a query string, without what is empty or wrong."""
        words = {name: str(value) for name, value in self.wanted.items()} | changes
        return urlencode({name: words[name] for name in self.fields if words.get(name)})

    def hosts(self, year: int, home: Place | None) -> QuerySet[HostUniversity]:
        """Return the hosts asked for, in the order asked for, with what they offer in the year.

        Distances are measured from `home`.
        Each has `offered`, its fitting agreements of that academic year, each of these with
        `year_pools`; and `year_terms`, its terms of the year in the semesters asked for.
        """
        wanted = self.wanted
        offer = self._fitting(year)
        terms = HostTerm.objects.filter(academic_year=year)
        if "semester" in wanted:
            terms = terms.filter(semester=wanted["semester"])
        chosen = in_order(
            self._narrowed(offer),
            Sort(wanted.get("sort", Sort.NAME)),
            countries=[code for code, _name in self._countries],
            pools=offer.pools.filter(agreement__in=offer.agreements),
            home=home,
        )
        return chosen.prefetch_related(
            Prefetch("agreements", _with_pools(offer.agreements, year), to_attr="offered"),
            Prefetch("terms", terms, to_attr="year_terms"),
        )

    def places(self, year: int) -> QuerySet[HostUniversity]:
        """Return the same hosts without what they offer, for the map."""
        return self._narrowed(self._fitting(year)).order_by("pk")

    def _narrowed(self, offer: _Offer) -> QuerySet[HostUniversity]:
        wanted = self.wanted
        hosts = HostUniversity.objects.all()
        if "q" in wanted:
            hosts = found_by(hosts, wanted["q"])
        if "country" in wanted:
            hosts = hosts.filter(country=wanted["country"])
        if "area" in wanted:
            hosts = hosts.filter(**wanted["area"].conditions())
        offers = Exists(offer.agreements.filter(host=OuterRef("pk")))
        if wanted.keys() & {"language", "kind", "level", "semester", "subject"}:
            return hosts.filter(offers)
        # The home university is a place to go only for what it offers itself (summer school).
        # Asked of its own agreements alone: this is true of thousands of others without a look.
        own = Exists(offer.agreements.filter(host=OuterRef("pk"), host__is_home=True))
        return hosts.filter(Q(is_home=False) | own)

    def _fitting(self, year: int) -> _Offer:
        """Return the agreements and seats that fit; all conditions must hold for one of them."""
        wanted = self.wanted
        agreements = _agreed_in(year)
        pools = SeatPool.objects.filter(academic_year=year, seats__gt=0)
        for name in wanted.keys() & {"language", "kind"}:
            agreements = agreements.filter(**{name: wanted[name]})
        if "subject" in wanted:
            fitting = [
                code for code in self._subjects_agreed if isced.matches(code, wanted["subject"])
            ]
            agreements = agreements.filter(isced_f__in=["", *fitting])
        if "semester" in wanted:
            pools = pools.filter(semester__in=["", wanted["semester"]])
        if "level" in wanted:
            level = Level(wanted["level"])
            agreements = agreements.filter(
                Q(levels=[]) | Q(levels__contains=[level.value])
            ).exclude(kind__in=_NOT_FOR[level])
            pools = pools.filter(
                Q(level__in=["", level]) | (Q(fallback=True) & ~Q(level=Level.STAFF))
            )
        if wanted.keys() & {"level", "semester"}:
            seats = Q(Exists(pools.filter(agreement=OuterRef("pk"))))
            if wanted.get("level") == Level.DOCTORAL:
                # Doctoral exchange is agreed without numbers: no row does not mean no seat.
                rows = SeatPool.objects.filter(agreement=OuterRef("pk"), academic_year=year)
                seats |= Q(~Exists(rows), kind__in=WITHOUT_NUMBERS)
            agreements = agreements.filter(seats)
        return _Offer(agreements, pools)
