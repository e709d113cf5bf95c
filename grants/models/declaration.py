"""What a nominated student declares for the grant: the stay, reasons for a top-up, the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models import Nomination
from applications.models.encrypted import EncryptedTextField
from grants.models.choices import top_ups_in

if TYPE_CHECKING:
    from grants.calculation import TopUpCode


# Health, family and bank: the row holds them once, encrypted; the history does not multiply them.
@pghistory.track(append_only=True, exclude=["social_reasons", "iban", "account_holder"])
class GrantDeclaration(models.Model):
    """Written by the student (`grants.declaring`), read by the International Office alone.

    The student may change it as long as no award has been proposed from it; the bank account as
    long as anything may still be paid.
    """

    nomination = models.OneToOneField(
        Nomination, models.PROTECT, related_name="declaration", verbose_name=_("nomination")
    )
    start = models.DateField(_("first day"))
    end = models.DateField(_("last day"))
    earlier_days = models.PositiveSmallIntegerField(
        _("days of earlier stays"), default=0, validators=[MaxValueValidator(360)]
    )
    # TopUpCode values joined by commas.
    social_reasons = EncryptedTextField(_("reasons for the social top-up"), blank=True)
    green = models.BooleanField(_("green travel"), default=False)
    travel_days = models.PositiveSmallIntegerField(
        _("travel days"), default=0, validators=[MaxValueValidator(10)]
    )
    iban = EncryptedTextField(_("IBAN"))
    account_holder = EncryptedTextField(_("account holder"))
    declared_at = models.DateTimeField(_("declared"), default=timezone.now)
    changed_at = models.DateTimeField(_("last changed"), default=timezone.now)

    class Meta:
        verbose_name = _("declaration for the grant")
        verbose_name_plural = _("declarations for the grant")
        ordering = ["-changed_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="grant_declaration_days_in_order",
                condition=Q(end__gte=F("start")),
                violation_error_message=_("The last day lies before the first day."),
            ),
            models.CheckConstraint(
                name="grant_declaration_has_account",
                condition=~Q(iban="") & ~Q(account_holder=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.nomination)

    @property
    def reason_codes(self) -> tuple[TopUpCode, ...]:
        """The reasons given for the social top-up."""
        return top_ups_in(self.social_reasons)


class StayDocument(models.Model):
    """A PDF the student uploads after the stay. A newer one of the same kind takes its place."""

    class Kind(models.TextChoices):
        CONFIRMATION = "confirmation", _("confirmation of stay")
        TRANSCRIPT = "transcript", _("transcript of records")

    nomination = models.ForeignKey(
        Nomination, models.PROTECT, related_name="stay_documents", verbose_name=_("nomination")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    stored_name = models.CharField(_("stored name"), max_length=100, editable=False)
    original_name = models.CharField(_("name of the file"), max_length=255)
    sha256 = models.CharField(_("sha256"), max_length=64)
    size = models.PositiveIntegerField(_("size"), help_text=_("In bytes."))
    pages = models.PositiveIntegerField(_("pages"), null=True)
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    current = models.BooleanField(_("counts"), default=True)

    class Meta:
        verbose_name = _("document of a stay")
        verbose_name_plural = _("documents of stays")
        ordering = ["nomination", "kind", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["nomination", "kind"],
                name="stay_document_one_current",
                condition=Q(current=True),
            ),
            models.CheckConstraint(
                name="stay_document_kind_known",
                condition=Q(kind__in=["confirmation", "transcript"]),
            ),
            models.CheckConstraint(
                name="stay_document_size_limit", condition=Q(size__gt=0, size__lte=1_048_576)
            ),
            models.CheckConstraint(
                name="stay_document_sha256_form", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")
            ),
        ]

    def __str__(self) -> str:
        return self.original_name
