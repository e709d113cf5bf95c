"""The grant of one nominated student: the award, and every version of what it was calculated."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from applications.models import Nomination, User
from applications.models.encrypted import EncryptedTextField
from grants import texts
from grants.calculation import MobilityType, Reason, TopUpCode
from grants.models.choices import known, labelled, top_ups_in
from grants.models.project import GrantProject
from grants.states import AwardState, Occasion

# What the approval writes and nothing else of a version may ever change.
DECISION = ("proposed_by_id", "proposed_at", "approved_by_id", "approved_at", "sent_back")


class AwardVersion(models.Model):
    """One calculation of an award: its terms, its lines, who proposed and who approved it.

    Written once; later only the proposal and the approval are added, and once approved nothing.
    A changed stay is a new version with the next number. Days are days of funding by the rule of
    the mobility. `lines` is a list of {"code", "quantity", "rate", "amount", "source"} whose
    amounts sum to `total`; without a grant there are none and `reason` says why.
    """

    award = models.ForeignKey(
        "grants.GrantAward", models.PROTECT, related_name="versions", verbose_name=_("award")
    )
    number = models.PositiveSmallIntegerField(_("version"))
    occasion = models.CharField(_("occasion"), max_length=14, choices=labelled(texts.OCCASIONS))
    # What is written freely may tell of illness and family as well.
    note = EncryptedTextField(_("note"), blank=True)

    project = models.ForeignKey(GrantProject, models.PROTECT, verbose_name=_("project"))
    mobility_type = models.CharField(
        _("mobility"), max_length=10, choices=labelled(texts.MOBILITIES)
    )
    start = models.DateField(_("first day"), help_text=_("First day of presence at the host."))
    end = models.DateField(_("last day"), help_text=_("Last day of presence at the host."))
    # [[first day, last day], ...] as ISO dates.
    interruptions = models.JSONField(_("interruptions"), default=list, blank=True)
    cap_days = models.PositiveSmallIntegerField(
        _("most funded days"), null=True, blank=True, help_text=_("Empty: the project's own cap.")
    )
    earlier_days = models.PositiveSmallIntegerField(
        _("days of earlier stays"),
        default=0,
        help_text=_("In this study cycle, days without a grant included."),
    )
    semesters = models.PositiveSmallIntegerField(
        _("semesters"), default=1, validators=[MinValueValidator(1), MaxValueValidator(2)]
    )
    # TopUpCode values joined by commas: health and family, for the office's eyes alone.
    social_reasons = EncryptedTextField(_("reasons for the social top-up"), blank=True)
    real_costs_eur = models.DecimalField(
        _("approved real costs in EUR"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("What the national agency approved, in place of the flat top-up."),
    )
    real_costs_reason = EncryptedTextField(_("reason of the real costs"), blank=True)
    green = models.BooleanField(_("green travel"), default=False)
    travel_days = models.PositiveSmallIntegerField(
        _("travel days"), default=0, validators=[MaxValueValidator(10)]
    )
    waiver_reason = EncryptedTextField(
        _("why a stay below the minimum is accepted"),
        blank=True,
        help_text=_("Such as force majeure, or a stay ending in February. Empty: it is not."),
    )
    approved_days = models.PositiveSmallIntegerField(_("days approved before"), null=True)
    approved_end = models.DateField(_("last day approved before"), null=True)
    extension_asked_on = models.DateField(_("extension asked for on"), null=True, blank=True)
    ects = models.DecimalField(
        _("ECTS earned"),
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(120)],
        help_text=_("By the transcript of the host."),
    )
    ects_reclaimed = models.BooleanField(_("reclaimed for too few ECTS"), default=False)
    ects_statement = EncryptedTextField(
        _("statement on few ECTS"),
        blank=True,
        help_text=_("What the student says, or the hardship the office accepts."),
    )

    country = CountryField(_("country"), editable=False)
    distance_km = models.FloatField(_("distance in km"), null=True, editable=False)
    days = models.PositiveSmallIntegerField(_("days"), editable=False)
    funded_days = models.PositiveSmallIntegerField(_("funded days"), editable=False)
    country_group = models.CharField(
        _("country group"),
        max_length=13,
        choices=labelled(texts.GROUPS),
        blank=True,
        editable=False,
    )
    provisional = models.BooleanField(_("provisional"), default=False, editable=False)
    lines = models.JSONField(_("lines"), editable=False)
    warnings = ArrayField(
        models.CharField(max_length=40), verbose_name=_("notes"), default=list, editable=False
    )
    reason = models.CharField(_("why there is no grant"), max_length=40, blank=True, editable=False)
    total = models.DecimalField(_("total in EUR"), max_digits=9, decimal_places=2, editable=False)
    calculation_version = models.PositiveSmallIntegerField(
        _("version of the calculation"), editable=False
    )

    made_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("calculated by"), editable=False
    )
    made_at = models.DateTimeField(_("calculated"), default=timezone.now, editable=False)
    proposed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("proposed by"),
        editable=False,
    )
    proposed_at = models.DateTimeField(_("proposed"), null=True, editable=False)
    approved_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("approved by"),
        editable=False,
    )
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    sent_back = models.TextField(_("why it was sent back"), blank=True, editable=False)

    class Meta:
        verbose_name = _("version of an award")
        verbose_name_plural = _("versions of awards")
        ordering = ["award", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["award", "number"], name="award_version_once"),
            models.CheckConstraint(
                name="award_version_codes_known",
                condition=known("mobility_type", MobilityType) & known("occasion", Occasion),
            ),
            models.CheckConstraint(
                name="award_version_reason_known", condition=Q(reason="") | known("reason", Reason)
            ),
            models.CheckConstraint(
                name="award_version_days_in_order",
                condition=Q(end__gte=F("start")),
                violation_error_message=_("The last day lies before the first day."),
            ),
            models.CheckConstraint(
                name="award_version_funded_within_days",
                condition=Q(funded_days__gte=0, funded_days__lte=F("days")),
            ),
            models.CheckConstraint(
                name="award_version_total_or_reason",
                condition=Q(reason="", total__gte=0) | (~Q(reason="") & Q(total=0, funded_days=0)),
            ),
            models.CheckConstraint(
                name="award_version_approved_before_together",
                condition=Q(approved_days=None, approved_end=None)
                | Q(approved_days__isnull=False, approved_end__isnull=False),
            ),
            models.CheckConstraint(
                name="award_version_real_costs_with_reason",
                condition=Q(real_costs_eur=None, real_costs_reason="")
                | (Q(real_costs_eur__gt=0) & ~Q(real_costs_reason="")),
            ),
            models.CheckConstraint(
                name="award_version_proposed_by_a_person",
                condition=Q(proposed_at=None, proposed_by=None)
                | Q(proposed_at__isnull=False, proposed_by__isnull=False),
            ),
            # Four eyes: neither who calculated nor who proposed it may approve.
            models.CheckConstraint(
                name="award_version_four_eyes",
                condition=Q(approved_at=None, approved_by=None)
                | (
                    Q(approved_at__isnull=False, approved_by__isnull=False)
                    & Q(proposed_at__isnull=False, provisional=False)
                    & ~Q(approved_by=F("proposed_by"))
                    & ~Q(approved_by=F("made_by"))
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["project"],
                name="award_version_approved",
                condition=Q(approved_at__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="lines_sum_to_total",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.total <> COALESCE((
                        SELECT sum((line->>'amount')::numeric)
                        FROM jsonb_array_elements(NEW.lines) AS line
                    ), 0) THEN
                        RAISE EXCEPTION 'lines_sum_to_total: award % version %',
                            NEW.award_id, NEW.number USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="written_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                declare=[("decision", "text[]")],
                func=f"""
                    decision := ARRAY{list(DECISION)!r};
                    IF OLD.approved_at IS NOT NULL
                        OR to_jsonb(OLD) - decision IS DISTINCT FROM to_jsonb(NEW) - decision
                    THEN
                        RAISE EXCEPTION 'written_once: award % version %', OLD.award_id, OLD.number
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.award_id} · {self.number}"

    @property
    def reason_codes(self) -> tuple[TopUpCode, ...]:
        """The reasons given for the social top-up."""
        return top_ups_in(self.social_reasons)

    @property
    def state(self) -> AwardState:
        """What was decided about this version."""
        if self.approved_at is not None:
            return AwardState.APPROVED
        return AwardState.PROPOSED if self.proposed_at is not None else AwardState.DRAFT


# Which version is the current one changes with every calculation; the versions are that history.
@pghistory.track(append_only=True, exclude=["current"])
class GrantAward(models.Model):
    """The grant of a nomination. Written by `grants.awards` alone.

    `current` is the newest version, be it a draft; `approved` the one that counts for payments.
    """

    nomination = models.ForeignKey(
        Nomination, models.PROTECT, related_name="awards", verbose_name=_("nomination")
    )
    current = models.OneToOneField(
        AwardVersion, models.PROTECT, null=True, related_name="+", verbose_name=_("newest version")
    )
    approved = models.OneToOneField(
        AwardVersion,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("approved version"),
    )
    confirmation_on = models.DateField(_("confirmation of stay received"), null=True, blank=True)
    transcript_on = models.DateField(_("transcript received"), null=True, blank=True)
    report_on = models.DateField(_("participant report received"), null=True, blank=True)
    created_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("created by"), editable=False
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
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
        ordering = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["nomination"], name="award_one_live", condition=Q(cancelled_at=None)
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
            pgtrigger.Protect(
                name="cancelled_never_changed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__cancelled_at__isnull=False),
            ),
            pgtrigger.Trigger(
                name="versions_of_its_own",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("current_id", "approved_id"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM grants_awardversion v
                        WHERE v.id IN (NEW.current_id, NEW.approved_id)
                            AND (v.award_id <> NEW.id
                                OR (v.id = NEW.approved_id AND v.approved_at IS NULL))
                    ) OR (OLD.approved_id IS NOT NULL AND NEW.approved_id IS NULL) THEN
                        RAISE EXCEPTION 'versions_of_its_own: award %', NEW.id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.nomination)

    @property
    def state(self) -> AwardState:
        """Where the award stands: its newest version's decision, unless it is cancelled.

        Settled: the approved version was calculated from the confirmed stay.
        """
        if self.cancelled_at is not None:
            return AwardState.CANCELLED
        if self.current is None:
            return AwardState.DRAFT
        if self.current.state is AwardState.APPROVED and (
            self.current.occasion == Occasion.CONFIRMED_STAY
        ):
            return AwardState.SETTLED
        return self.current.state
