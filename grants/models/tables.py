"""What a grant is calculated from: dated tables, each row with its source, kept by the office.

All amounts are EUR. A rate, group, top-up or band always belongs to one project (call year).
"""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from grants import texts
from grants.calculation import (
    CountryGroup,
    Fund,
    FundingStatus,
    MobilityType,
    RateUnit,
    StayLength,
    TopUpCode,
    TopUpUnit,
    TravelAudience,
)
from grants.models.choices import known, labelled
from grants.models.guards import changed_with_reason
from grants.models.project import GrantProject


class _ProjectRow(models.Model):
    """A row of one project's tables. Without a source it would be a guess."""

    project = models.ForeignKey(GrantProject, models.PROTECT, verbose_name=_("project"))
    source = models.TextField(_("source"))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        abstract = True


@pghistory.track(append_only=True)
class GrantRate(_ProjectRow):
    """EUR per month (30 days) or per day, for the days of a stay from `day_from` to `day_to`."""

    mobility_type = models.CharField(
        _("mobility"), max_length=10, choices=labelled(texts.MOBILITIES)
    )
    country_group = models.CharField(
        _("country group"),
        max_length=13,
        choices=labelled(texts.GROUPS),
        blank=True,
        help_text=_("Empty: the same rate for every country."),
    )
    unit = models.CharField(
        _("unit"), max_length=5, choices=labelled(texts.RATE_UNITS), default=RateUnit.MONTH.value
    )
    day_from = models.PositiveSmallIntegerField(
        _("from day"), default=1, validators=[MinValueValidator(1)]
    )
    day_to = models.PositiveSmallIntegerField(
        _("to day"), null=True, blank=True, help_text=_("Empty: to the end of the stay.")
    )
    rate_eur = models.DecimalField(
        _("rate in EUR"), max_digits=8, decimal_places=2, validators=[MinValueValidator(0)]
    )

    class Meta:
        verbose_name = _("grant rate")
        verbose_name_plural = _("grant rates")
        ordering = ["project", "mobility_type", "country_group", "day_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "mobility_type", "country_group", "day_from"],
                name="grant_rate_once",
            ),
            models.CheckConstraint(
                name="grant_rate_mobility_known", condition=known("mobility_type", MobilityType)
            ),
            models.CheckConstraint(
                name="grant_rate_group_known",
                condition=Q(country_group="") | known("country_group", CountryGroup),
            ),
            models.CheckConstraint(name="grant_rate_unit_known", condition=known("unit", RateUnit)),
            models.CheckConstraint(
                name="grant_rate_not_negative", condition=Q(rate_eur__gte=0, day_from__gte=1)
            ),
            models.CheckConstraint(
                name="grant_rate_days_in_order",
                condition=Q(day_to=None) | Q(day_to__gte=F("day_from")),
            ),
            models.CheckConstraint(name="grant_rate_has_source", condition=~Q(source="")),
        ]
        triggers: ClassVar = [changed_with_reason("project_id")]

    def __str__(self) -> str:
        return f"{self.project} · {self.mobility_type} · {self.rate_eur}"


@pghistory.track(append_only=True)
class CountryStatus(_ProjectRow):
    """What a country is to a project: in a group, paid from a share, or by somebody else."""

    country = CountryField(_("country"))
    status = models.CharField(_("status"), max_length=20, choices=labelled(texts.STATUSES))
    country_group = models.CharField(
        _("country group"),
        max_length=13,
        choices=labelled(texts.GROUPS),
        blank=True,
        help_text=_("Whose rate is paid."),
    )
    fund = models.CharField(_("fund"), max_length=10, choices=labelled(texts.FUNDS), blank=True)

    class Meta:
        verbose_name = _("country in a project")
        verbose_name_plural = _("countries in projects")
        ordering = ["project", "country"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "country"], name="country_status_once"),
            models.CheckConstraint(
                name="country_status_group_when_funded",
                condition=(
                    Q(
                        status__in=[
                            FundingStatus.FUNDED.value,
                            FundingStatus.INTERNATIONAL_SHARE.value,
                        ]
                    )
                    & known("country_group", CountryGroup)
                )
                | Q(
                    status__in=[FundingStatus.OTHER_FUND.value, FundingStatus.NOT_FUNDED.value],
                    country_group="",
                ),
            ),
            models.CheckConstraint(
                name="country_status_fund_when_other",
                condition=Q(fund="")
                | (Q(status=FundingStatus.OTHER_FUND.value) & known("fund", Fund)),
            ),
            models.CheckConstraint(name="country_status_has_source", condition=~Q(source="")),
        ]
        triggers: ClassVar = [changed_with_reason("project_id")]

    def __str__(self) -> str:
        return f"{self.project} · {self.country.code} · {self.get_status_display()}"


@pghistory.track(append_only=True)
class TopUp(_ProjectRow):
    """An addition to the rate: an amount per month or stay, or days paid at the rate."""

    code = models.CharField(_("top-up"), max_length=30, choices=labelled(texts.TOP_UPS))
    stay_length = models.CharField(
        _("kind of stay"),
        max_length=5,
        choices=labelled(texts.STAY_LENGTHS),
        blank=True,
        help_text=_("Empty: every stay."),
    )
    country_status = models.CharField(
        _("status of the country"),
        max_length=20,
        choices=labelled(texts.STATUSES),
        blank=True,
        help_text=_("Empty: every country."),
    )
    unit = models.CharField(_("unit"), max_length=14, choices=labelled(texts.TOP_UP_UNITS))
    day_from = models.PositiveSmallIntegerField(
        _("for stays from days"), default=1, validators=[MinValueValidator(1)]
    )
    day_to = models.PositiveSmallIntegerField(
        _("for stays up to days"), null=True, blank=True, help_text=_("Empty: without end.")
    )
    amount_eur = models.DecimalField(
        _("amount in EUR"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    maximum_days = models.PositiveSmallIntegerField(_("most days"), null=True, blank=True)

    class Meta:
        verbose_name = _("top-up")
        verbose_name_plural = _("top-ups")
        ordering = ["project", "code", "stay_length", "country_status", "day_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "code", "stay_length", "country_status", "day_from"],
                name="top_up_once",
            ),
            models.CheckConstraint(name="top_up_code_known", condition=known("code", TopUpCode)),
            models.CheckConstraint(
                name="top_up_stay_known",
                condition=Q(stay_length="") | known("stay_length", StayLength),
            ),
            models.CheckConstraint(
                name="top_up_status_known",
                condition=Q(country_status="") | known("country_status", FundingStatus),
            ),
            models.CheckConstraint(
                name="top_up_amount_or_days",
                condition=Q(
                    unit=TopUpUnit.DAY_AT_RATE.value,
                    amount_eur=None,
                    maximum_days__isnull=False,
                )
                | Q(
                    unit__in=[
                        TopUpUnit.MONTH.value,
                        TopUpUnit.STAY.value,
                        TopUpUnit.SEMESTER_LIMIT.value,
                        TopUpUnit.STAY_LIMIT.value,
                    ],
                    amount_eur__isnull=False,
                    amount_eur__gte=0,
                    maximum_days=None,
                ),
            ),
            models.CheckConstraint(
                name="top_up_days_in_order",
                condition=Q(day_from__gte=1) & (Q(day_to=None) | Q(day_to__gte=F("day_from"))),
            ),
            models.CheckConstraint(name="top_up_has_source", condition=~Q(source="")),
        ]
        triggers: ClassVar = [changed_with_reason("project_id")]

    def __str__(self) -> str:
        return f"{self.project} · {self.get_code_display()}"


@pghistory.track(append_only=True)
class TravelBand(_ProjectRow):
    """Travel grant, round trip, for a distance from `km_from` (included) to `km_to` (excluded)."""

    audience = models.CharField(_("for whom"), max_length=50, choices=labelled(texts.AUDIENCES))
    km_from = models.PositiveIntegerField(_("from km"), help_text=_("Included."))
    km_to = models.PositiveIntegerField(
        _("to km"), null=True, blank=True, help_text=_("Excluded. Empty: without end.")
    )
    standard_eur = models.DecimalField(
        _("EUR"), max_digits=8, decimal_places=2, validators=[MinValueValidator(0)]
    )
    green_eur = models.DecimalField(
        _("EUR for green travel"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Empty: green travel earns nothing more."),
    )

    class Meta:
        verbose_name = _("travel band")
        verbose_name_plural = _("travel bands")
        ordering = ["project", "km_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "km_from"], name="travel_band_once"),
            models.CheckConstraint(
                name="travel_band_audience_known", condition=known("audience", TravelAudience)
            ),
            models.CheckConstraint(
                name="travel_band_km_in_order",
                condition=Q(km_to=None) | Q(km_to__gt=F("km_from")),
            ),
            models.CheckConstraint(
                name="travel_band_not_negative",
                condition=Q(standard_eur__gte=0) & (Q(green_eur=None) | Q(green_eur__gte=0)),
            ),
            models.CheckConstraint(name="travel_band_has_source", condition=~Q(source="")),
        ]
        triggers: ClassVar = [changed_with_reason("project_id")]

    def __str__(self) -> str:
        return f"{self.project} · {self.km_from} km"
