"""Nominations to hosts, and the log of every list that left the house."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models.allocation import Placement
from applications.models.application import Application
from applications.models.call import Call
from applications.models.people import User


@pghistory.track(append_only=True)
class Nomination(models.Model):
    """A student named to a host for one semester. The id is EWP's `omobility-id`: never reused."""

    class Status(models.TextChoices):
        """EWP omobilities 3.0.0."""

        PENDING = "pending", _("pending")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(_("nomination id"), primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(
        Application, models.PROTECT, related_name="nominations", verbose_name=_("application")
    )
    placement = models.OneToOneField(
        Placement, models.PROTECT, related_name="nomination", verbose_name=_("place")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    enrolment_confirmed = models.BooleanField(_("enrolment at departure confirmed"), default=False)
    comment = models.TextField(_("comment for the partner"), blank=True)
    nominated_at = models.DateTimeField(_("nominated"), default=timezone.now)
    nominated_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("nominated by")
    )

    class Meta:
        verbose_name = _("nomination")
        verbose_name_plural = _("nominations")
        ordering = ["nominated_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application"],
                name="nomination_one_live",
                condition=Q(status__in=["pending", "approved"]),
            ),
            models.CheckConstraint(
                name="nomination_status_known",
                condition=Q(status__in=["pending", "approved", "rejected", "cancelled"]),
            ),
            # DOMAIN, Who may apply: enrolment is confirmed again before nomination.
            models.CheckConstraint(
                name="nomination_needs_enrolment", condition=Q(enrolment_confirmed=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.placement.host}"


class ExportLog(models.Model):
    """Who took which list out of the portal, when, in which form, with whom on it."""

    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty: the command line."),
    )
    call = models.ForeignKey(Call, models.PROTECT, related_name="+", verbose_name=_("call"))
    format = models.CharField(_("format"), max_length=10)
    nominations = ArrayField(models.UUIDField(), verbose_name=_("nominations"))

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-at"]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.call.code} · {self.format} · {self.at:%Y-%m-%d %H:%M}"
