"""A project: one call year's budget, with what holds for all stays it pays."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from grants.models.guards import changed_with_reason
from partners import academic_year

PROJECT_CODE = r"^KA\d{3}-\d{4}$"
# No grant is calculated from these: they change without a reason.
FREE_COLUMNS = ("budget_eur", "note")


@pghistory.track(append_only=True)
class GrantProject(models.Model):
    """One call year's budget, such as KA131-2024, and how long the stays it pays may be.

    A project that is not established yet has no figures; estimates for it are provisional, by the
    newest established one. Days are days of funding: 30/360 for long stays, calendar days for
    short-term ones.
    """

    code = models.CharField(
        _("project"), max_length=10, unique=True, validators=[RegexValidator(PROJECT_CODE)]
    )
    academic_year_from = models.PositiveSmallIntegerField(
        _("first academic year"), help_text=_("The year it starts in: 2024 for 2024/25.")
    )
    academic_year_to = models.PositiveSmallIntegerField(_("last academic year"))
    established = models.BooleanField(
        _("figures established"),
        default=False,
        help_text=_("Off: estimates are provisional, by the newest established project."),
    )
    minimum_days_study = models.PositiveSmallIntegerField(
        _("fewest days, study"), null=True, blank=True
    )
    minimum_days_internship = models.PositiveSmallIntegerField(
        _("fewest days, internship"), null=True, blank=True
    )
    minimum_days_short_term = models.PositiveSmallIntegerField(
        _("fewest days, short-term"), null=True, blank=True
    )
    maximum_days_short_term = models.PositiveSmallIntegerField(
        _("most days, short-term"), null=True, blank=True
    )
    maximum_days_study_cycle = models.PositiveSmallIntegerField(
        _("most days in a study cycle"), null=True, blank=True
    )
    cap_days = models.PositiveSmallIntegerField(
        _("most funded days of a stay"),
        null=True,
        blank=True,
        help_text=_("The university's own cap; the rest is a zero grant. Empty: no cap."),
    )
    international_share = models.BooleanField(
        _("pays from the international share"),
        default=True,
        help_text=_("Off: nothing for countries funded from that share, such as the UK."),
    )
    first_instalment_percent = models.PositiveSmallIntegerField(
        _("first instalment in percent"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Of the total; the rest follows the stay. Empty: nothing can be paid yet."),
    )
    first_instalment_source = models.TextField(_("source of the first instalment"), blank=True)
    ects_per_semester = models.PositiveSmallIntegerField(
        _("ECTS expected per semester"), null=True, blank=True
    )
    ects_reclaim_below = models.PositiveSmallIntegerField(
        _("ECTS below which a grant may be reclaimed"), null=True, blank=True
    )
    budget_eur = models.DecimalField(
        _("budget in EUR"),
        max_digits=11,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("What the grant agreement of the project gives. Empty: not known."),
    )
    source = models.TextField(_("source"))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("grant project")
        verbose_name_plural = _("grant projects")
        ordering = ["academic_year_from", "academic_year_to", "code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="grant_project_code_form", condition=Q(code__regex=PROJECT_CODE)
            ),
            models.CheckConstraint(
                name="grant_project_years_in_order",
                condition=Q(academic_year_to__gte=F("academic_year_from")),
            ),
            models.CheckConstraint(
                name="grant_project_established_has_limits",
                condition=Q(established=False)
                | Q(
                    minimum_days_study__isnull=False,
                    minimum_days_internship__isnull=False,
                    maximum_days_study_cycle__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="grant_project_short_term_in_order",
                condition=Q(minimum_days_short_term=None, maximum_days_short_term=None)
                | Q(
                    minimum_days_short_term__isnull=False,
                    maximum_days_short_term__isnull=False,
                    maximum_days_short_term__gte=F("minimum_days_short_term"),
                ),
            ),
            models.CheckConstraint(name="grant_project_has_source", condition=~Q(source="")),
            models.CheckConstraint(
                name="grant_project_share_with_source",
                condition=Q(first_instalment_percent=None)
                | (
                    Q(first_instalment_percent__gte=1, first_instalment_percent__lte=100)
                    & ~Q(first_instalment_source="")
                ),
                violation_error_message=_("Please give the source of the first instalment."),
            ),
            models.CheckConstraint(
                name="grant_project_budget_not_negative",
                condition=Q(budget_eur=None) | Q(budget_eur__gte=0),
            ),
        ]
        triggers: ClassVar = [changed_with_reason("id", but_not=FREE_COLUMNS)]

    def __str__(self) -> str:
        return self.code

    @property
    def academic_years(self) -> str:
        first, last = self.academic_year_from, self.academic_year_to
        label = academic_year.label(first)
        return label if first == last else f"{label} - {academic_year.label(last)}"
