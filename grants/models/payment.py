"""What is paid of a grant: instalments, what is paid back, and the lists given to the bank."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models import User
from applications.models.encrypted import EncryptedTextField
from applications.models.guards import never_changed
from grants import texts
from grants.models.award import AwardVersion, GrantAward
from grants.models.choices import known, labelled
from grants.models.project import GrantProject
from grants.states import PaymentKind


class PaymentList(models.Model):
    """Payments of one project given to the bank together. Its rows never change afterwards."""

    project = models.ForeignKey(
        GrantProject, models.PROTECT, related_name="payment_lists", verbose_name=_("project")
    )
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    total = models.DecimalField(_("total in EUR"), max_digits=11, decimal_places=2)
    count = models.PositiveIntegerField(_("payments"))
    paid_on = models.DateField(_("paid on"), null=True)
    paid_noted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("payment noted by")
    )

    class Meta:
        verbose_name = _("payment list")
        verbose_name_plural = _("payment lists")
        ordering = ["-made_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="payment_list_not_empty", condition=Q(count__gte=1, total__gt=0)
            ),
            models.CheckConstraint(
                name="payment_list_paid_by_a_person",
                condition=Q(paid_on=None, paid_noted_by=None)
                | Q(paid_on__isnull=False, paid_noted_by__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="only_paid_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                declare=[("free", "text[]")],
                func="""
                    free := ARRAY['paid_on', 'paid_noted_by_id'];
                    IF OLD.paid_on IS NOT NULL
                        OR to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free
                    THEN
                        RAISE EXCEPTION 'only_paid_once: payment list %', OLD.id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} · {self.pk}"


class PaymentListDownload(models.Model):
    """Who fetched the file of a payment list, when, in which format."""

    payment_list = models.ForeignKey(
        PaymentList, models.PROTECT, related_name="downloads", verbose_name=_("payment list")
    )
    format = models.CharField(
        _("format"), max_length=4, choices=[("xlsx", _("Excel (XLSX)")), ("csv", _("CSV file"))]
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("download of a payment list")
        verbose_name_plural = _("downloads of payment lists")
        ordering = ["-at", "-pk"]
        triggers: ClassVar = [never_changed()]

    def __str__(self) -> str:
        return f"{self.payment_list} · {self.format}"


class GrantPayment(models.Model):
    """One payment of an award in EUR, or for REPAYMENT what the student pays back.

    Due as long as it is on no list; a due one is taken back (`void`) when a new version of the
    award asks for another amount. Account and name are copied when the payment is listed. A
    repayment is on no list: `received_on` says when it came.
    """

    award = models.ForeignKey(
        GrantAward, models.PROTECT, related_name="payments", verbose_name=_("award")
    )
    version = models.ForeignKey(
        AwardVersion, models.PROTECT, related_name="payments", verbose_name=_("version")
    )
    kind = models.CharField(_("kind"), max_length=9, choices=labelled(texts.PAYMENTS))
    amount = models.DecimalField(_("amount in EUR"), max_digits=9, decimal_places=2)
    due_at = models.DateTimeField(_("due since"), default=timezone.now)
    payment_list = models.ForeignKey(
        PaymentList,
        models.PROTECT,
        null=True,
        related_name="payments",
        verbose_name=_("payment list"),
    )
    iban = EncryptedTextField(_("IBAN"), blank=True)
    account_holder = EncryptedTextField(_("account holder"), blank=True)
    family_name = models.CharField(_("family name"), max_length=200, blank=True)
    given_names = models.CharField(_("given names"), max_length=200, blank=True)
    received_on = models.DateField(_("paid back on"), null=True)
    received_noted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("repayment noted by")
    )
    void_at = models.DateTimeField(_("taken back"), null=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["due_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="grant_payment_kind_known", condition=known("kind", PaymentKind)
            ),
            models.CheckConstraint(name="grant_payment_amount", condition=Q(amount__gt=0)),
            models.UniqueConstraint(
                fields=["award", "kind"],
                name="grant_payment_one_due",
                condition=Q(payment_list=None, received_on=None, void_at=None),
            ),
            models.UniqueConstraint(
                fields=["award"],
                name="grant_payment_one_first",
                condition=Q(kind=PaymentKind.FIRST.value, void_at=None),
            ),
            models.CheckConstraint(
                name="grant_payment_void_never_listed",
                condition=Q(void_at=None) | Q(payment_list=None, received_on=None),
            ),
            models.CheckConstraint(
                name="grant_payment_listed_with_account",
                condition=Q(payment_list=None)
                | (~Q(iban="") & ~Q(account_holder="") & ~Q(kind=PaymentKind.REPAYMENT.value)),
            ),
            models.CheckConstraint(
                name="grant_payment_received_back",
                condition=Q(received_on=None, received_noted_by=None)
                | Q(
                    received_on__isnull=False,
                    received_noted_by__isnull=False,
                    kind=PaymentKind.REPAYMENT.value,
                ),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="listed_never_changed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                declare=[("listing", "text[]")],
                func="""
                    listing := ARRAY['payment_list_id', 'iban', 'account_holder', 'family_name',
                        'given_names', 'void_at', 'received_on', 'received_noted_by_id'];
                    IF OLD.payment_list_id IS NOT NULL OR OLD.void_at IS NOT NULL
                        OR OLD.received_on IS NOT NULL
                        OR to_jsonb(OLD) - listing IS DISTINCT FROM to_jsonb(NEW) - listing
                    THEN
                        RAISE EXCEPTION 'listed_never_changed: grant payment %', OLD.id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.award} · {self.get_kind_display()} · {self.amount}"
