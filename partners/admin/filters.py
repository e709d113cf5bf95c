"""The filters of the catalogue's lists: country, level, year in force, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Exists, Max, Min, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from partners import academic_year
from partners.directory import countries_of_hosts, next_academic_year
from partners.health import ERASMUS_KINDS
from partners.models import Agreement, HostTerm, Level, NominationDeadline, SeatPool

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from partners.models import HostUniversity

    Choices = list[tuple[str, Any]]

ERASMUS_WITHOUT_SUBJECT = Q(kind__in=ERASMUS_KINDS, isced_f="")


class CountryFilter(admin.SimpleListFilter):
    """Only countries we have a host in: the field's own filter would list all of the world."""

    title = _("country")
    parameter_name = "country"
    path = "country"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Choices:
        return [*countries_of_hosts()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(Q((self.path, self.value()))) if self.value() else queryset


class HostCountryFilter(CountryFilter):
    path = "host__country"


def agreements_for(level: str) -> QuerySet[Agreement]:
    """Return the agreements somebody of this level may use: by their levels and their seats.

    Seats that name another level count where others may use what is left; an agreement without
    seats goes by its levels alone.
    """
    pools = SeatPool.objects.filter(agreement=OuterRef("pk"))
    usable = pools.filter(Q(level__in=["", level]) | Q(fallback=True))
    return Agreement.objects.filter(
        Q(levels=[]) | Q(levels__contains=[level]), ~Exists(pools) | Exists(usable)
    )


class AgreementLevelFilter(admin.SimpleListFilter):
    title = _("level")
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Choices:
        return [*Level.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        level = self.value()
        return self.narrowed(queryset, agreements_for(level)) if level else queryset

    def narrowed(self, rows: QuerySet[Any], agreements: QuerySet[Agreement]) -> QuerySet[Any]:
        return rows.filter(pk__in=agreements.values("pk"))


class HostLevelFilter(AgreementLevelFilter):
    def narrowed(self, rows: QuerySet[Any], agreements: QuerySet[Agreement]) -> QuerySet[Any]:
        return rows.filter(pk__in=agreements.values("host"))


class HostKindFilter(admin.SimpleListFilter):
    title = _("kind of agreement")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Choices:
        return [*Agreement._meta.get_field("kind").flatchoices]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[HostUniversity]
    ) -> QuerySet[HostUniversity]:
        if not self.value():
            return queryset
        return queryset.filter(
            pk__in=Agreement.objects.filter(kind=self.value() or "").values("host")
        )


class InForceFilter(admin.SimpleListFilter):
    """Agreements that hold in an academic year."""

    title = pgettext_lazy("a list narrowed by", "year in force")
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Choices:
        span = Agreement.objects.aggregate(first=Min("valid_from"), last=Max("valid_until"))
        coming = next_academic_year()
        # An agreement "for ever" makes no list of a hundred years.
        first = max(span["first"] or coming, coming - 5)
        last = min(span["last"] or coming, coming + 5)
        return [(str(year), academic_year.label(year)) for year in range(last, first - 1, -1)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Agreement]) -> QuerySet[Agreement]:
        value = self.value() or ""
        offered = [key for key, _label in self.lookup_choices]
        if value not in offered:
            return queryset
        return queryset.filter(valid_from__lte=int(value), valid_until__gte=int(value))


class AcademicYearFilter(admin.SimpleListFilter):
    """The academic years there are rows of, each with both its years."""

    title = _("academic year")
    parameter_name = "academic_year"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Choices:
        rows = model_admin.get_queryset(request).order_by("-academic_year")
        years = rows.values_list("academic_year", flat=True).distinct()
        return [(str(year), academic_year.label(year)) for year in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        offered = [key for key, _label in self.lookup_choices]
        return queryset.filter(academic_year=int(value)) if value in offered else queryset


class MadeUpFilter(admin.BooleanFieldListFilter):
    """Named as Django's "By ..." wants it: the column's own name is no noun."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        self.title = pgettext("a list narrowed by", "made up")


class WrittenInFilter(admin.ChoicesFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        self.title = pgettext("a list narrowed by", "language of the text")


class MissingDataFilter(admin.SimpleListFilter):
    """What blocks a nomination later, or leaves a student without an answer."""

    title = pgettext_lazy("a list narrowed by", "missing data")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Choices:
        return [
            ("erasmus_code", _("no Erasmus code")),
            ("schac_id", _("no SCHAC id")),
            ("pic", _("no PIC")),
            ("deadline", _("no nomination deadline for next year")),
            ("subject", _("an ERASMUS agreement without subject")),
            ("coordinates", _("no coordinates")),
            ("terms", _("no terms for next year")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[HostUniversity]
    ) -> QuerySet[HostUniversity]:
        next_year: dict[str, Any] = {
            "host": OuterRef("pk"),
            "academic_year": next_academic_year(),
        }
        match self.value():
            case "erasmus_code" | "schac_id" | "pic" as field:
                return queryset.filter(Q((field, "")))
            case "deadline":
                return queryset.filter(~Exists(NominationDeadline.objects.filter(**next_year)))
            case "terms":
                return queryset.filter(~Exists(HostTerm.objects.filter(**next_year)))
            case "subject":
                without = Agreement.objects.filter(ERASMUS_WITHOUT_SUBJECT, host=OuterRef("pk"))
                return queryset.filter(Exists(without))
            case "coordinates":
                return queryset.filter(Q(latitude=None) | Q(longitude=None))
        return queryset


class MissingInAgreementFilter(admin.SimpleListFilter):
    title = pgettext_lazy("a list narrowed by", "missing data")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Choices:
        return [
            ("subject", _("ERASMUS without subject")),
            ("language_level", _("no language level")),
            ("levels", _("no study level chosen")),
            ("seats", _("no seats next year")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Agreement]) -> QuerySet[Agreement]:
        match self.value():
            case "subject":
                return queryset.filter(ERASMUS_WITHOUT_SUBJECT)
            case "language_level":
                return queryset.filter(language_level="")
            case "levels":
                return queryset.filter(levels=[])
            case "seats":
                year = next_academic_year()
                seats = SeatPool.objects.filter(
                    agreement=OuterRef("pk"), academic_year=year, seats__gt=0
                )
                return queryset.filter(~Exists(seats), valid_from__lte=year, valid_until__gte=year)
        return queryset
