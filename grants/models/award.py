"""The grant of one nominated student: what it was calculated from, and every line of it."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from applications.models import Nomination, User
from grants import texts
from grants.calculation import SOCIAL_REASONS, MobilityType
from grants.models.tables import GrantProject, known, labelled


# The reasons for the social top-up tell of health and family: the award holds them once, and the
# history does not multiply them.
@pghistory.track(append_only=True, exclude=["top_ups"])
class GrantAward(models.Model):
    """A calculated grant. Written by `grants.awards` alone; frozen it never changes again.

    Days are days of funding by the rule of the mobility. `lines` is a snapshot: a list of
    {"code", "quantity", "rate", "amount", "source"} whose amounts sum to `total`.
    """

    nomination = models.ForeignKey(
        Nomination, models.PROTECT, related_name="awards", verbose_name=_("nomination")
    )
    project = models.ForeignKey(GrantProject, models.PROTECT, verbose_name=_("project"))
    mobility_type = models.CharField(
        _("mobility"),
        max_length=10,
        choices=labelled(texts.MOBILITIES),
        default=MobilityType.STUDY.value,
    )
    start = models.DateField(_("first day"), help_text=_("First day of presence at the host."))
    end = models.DateField(_("last day"), help_text=_("Last day of presence at the host."))
    country = CountryField(_("country"), editable=False)
    cap_days = models.PositiveSmallIntegerField(
        _("most funded days"), null=True, blank=True, help_text=_("Empty: the project's own cap.")
    )
    earlier_days = models.PositiveSmallIntegerField(
        _("days of earlier stays"),
        default=0,
        help_text=_("In this study cycle, days without a grant included."),
    )
    top_ups = ArrayField(
        models.CharField(
            max_length=30, choices=[(code.value, texts.TOP_UPS[code]) for code in SOCIAL_REASONS]
        ),
        verbose_name=_("reasons for the social top-up"),
        default=list,
        blank=True,
    )
    green = models.BooleanField(_("green travel"), default=False)
    travel_days = models.PositiveSmallIntegerField(
        _("travel days"), default=0, validators=[MaxValueValidator(10)]
    )
    waiver_reason = models.TextField(
        _("why a stay below the minimum is accepted"),
        blank=True,
        help_text=_("Such as force majeure, or a stay ending in February. Empty: it is not."),
    )
    distance_km = models.FloatField(_("distance in km"), null=True, editable=False)

    days = models.PositiveSmallIntegerField(_("days"), editable=False)
    funded_days = models.PositiveSmallIntegerField(_("funded days"), editable=False)
    country_group = models.CharField(
        _("country group"), max_length=13, choices=labelled(texts.GROUPS), editable=False
    )
    provisional = models.BooleanField(_("provisional"), default=False, editable=False)
    lines = models.JSONField(_("lines"), editable=False)
    warnings = ArrayField(
        models.CharField(max_length=40), verbose_name=_("notes"), default=list, editable=False
    )
    total = models.DecimalField(_("total in EUR"), max_digits=9, decimal_places=2, editable=False)
    calculation_version = models.PositiveSmallIntegerField(
        _("version of the calculation"), editable=False
    )
    calculated_at = models.DateTimeField(_("calculated"), editable=False)
    created_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("created by"), editable=False
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    frozen_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("frozen by"),
        editable=False,
    )
    frozen_at = models.DateTimeField(_("frozen"), null=True, editable=False)
    cancelled_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("cancelled by"),
        editable=False,
    )
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, editable=False)
    cancel_reason = models.TextField(_("reason of the cancellation"), blank=True, editable=False)

    class Meta:
        verbose_name = _("grant award")
        verbose_name_plural = _("grant awards")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["nomination"], name="award_one_live", condition=Q(cancelled_at=None)
            ),
            models.CheckConstraint(
                name="award_mobility_known", condition=known("mobility_type", MobilityType)
            ),
            models.CheckConstraint(
                name="award_days_in_order",
                condition=Q(end__gte=F("start")),
                violation_error_message=_("The last day lies before the first day."),
            ),
            models.CheckConstraint(
                name="award_funded_within_days",
                condition=Q(funded_days__gte=0, funded_days__lte=F("days")),
            ),
            models.CheckConstraint(name="award_not_negative", condition=Q(total__gte=Decimal(0))),
            models.CheckConstraint(
                name="award_frozen_by_a_person_and_final",
                condition=Q(frozen_at=None, frozen_by=None)
                | Q(frozen_at__isnull=False, frozen_by__isnull=False, provisional=False),
            ),
            models.CheckConstraint(
                name="award_cancelled_with_reason",
                condition=Q(cancelled_at=None, cancelled_by=None, cancel_reason="")
                | (
                    Q(cancelled_at__isnull=False, cancelled_by__isnull=False) & ~Q(cancel_reason="")
                ),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            # Once frozen only this may still be written: that it was taken back, and why.
            pgtrigger.Trigger(
                name="frozen_never_changed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__frozen_at__isnull=False),
                declare=[("writable", "text[]")],
                func="""
                    writable := ARRAY['cancelled_at', 'cancelled_by_id', 'cancel_reason'];
                    IF to_jsonb(OLD) - writable IS DISTINCT FROM to_jsonb(NEW) - writable THEN
                        RAISE EXCEPTION 'frozen_never_changed: grant award % is frozen', OLD.id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(
                name="cancelled_never_changed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__cancelled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nomination} · {self.project}"
