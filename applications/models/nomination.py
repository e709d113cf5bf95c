"""Nominations to hosts: who is named for which semester, and what was corrected since."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models.allocation import Placement
from applications.models.application import Application
from applications.models.guards import never_changed
from applications.models.people import User
from partners import academic_year

if TYPE_CHECKING:
    from datetime import date


@pghistory.track(append_only=True)
class EnrolmentConfirmation(models.Model):
    """Staff confirmed again that the student is enrolled at the level and time of departure.

    DOMAIN, Who may apply. Taken back by deleting the row, until the nomination.
    """

    application = models.OneToOneField(
        Application, models.CASCADE, related_name="enrolment", verbose_name=_("application")
    )
    confirmed_at = models.DateTimeField(_("confirmed"), default=timezone.now)
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("confirmed by")
    )
    note = models.CharField(_("how it was shown"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("confirmation of enrolment")
        verbose_name_plural = _("confirmations of enrolment")
        ordering = ["-confirmed_at"]

    def __str__(self) -> str:
        return f"{self.application} · {self.confirmed_at:%Y-%m-%d}"


@pghistory.track(append_only=True)
class Nomination(models.Model):
    """A student named to a host for one semester. The id is EWP's `omobility-id`: never reused.

    `corrections` holds what differs from the submission, by the names of its fields; each change
    of it, or of the dates and the comment, has its `NominationCorrection`.
    """

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
    planned_from = models.DateField(
        _("planned arrival"),
        null=True,
        blank=True,
        help_text=_("Empty: the host's term, or else the first day of the semester."),
    )
    planned_until = models.DateField(
        _("planned departure"),
        null=True,
        blank=True,
        help_text=_("Empty: the host's term, or else the last day of the semester."),
    )
    corrections = models.JSONField(_("corrections"), default=dict, blank=True, editable=False)
    nominated_at = models.DateTimeField(_("nominated"), default=timezone.now)
    nominated_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("nominated by")
    )
    answered_at = models.DateTimeField(_("answered by the host"), null=True, blank=True)

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
            models.CheckConstraint(
                name="nomination_dates_in_order",
                condition=Q(planned_from=None)
                | Q(planned_until=None)
                | Q(planned_until__gt=F("planned_from")),
            ),
            # By the day: the host's answer may come within the hour.
            models.CheckConstraint(
                name="nomination_answered_after_it",
                condition=Q(answered_at=None)
                | Q(answered_at__gte=F("nominated_at") - timedelta(days=1)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.placement.host}"

    def planned_days(self, term: tuple[date, date] | None) -> academic_year.Period:
        """Return first and last day of the stay; `term` are those of the host's term, if known."""
        semester = academic_year.period(
            self.placement.host.call.academic_year, self.placement.semester
        )
        start, end = term or (semester.start, semester.end)
        return academic_year.Period(self.planned_from or start, self.planned_until or end)


class NominationCorrection(models.Model):
    """Who changed what of a nomination, and why; `changes` is {field: [before, after]}."""

    nomination = models.ForeignKey(
        Nomination, models.PROTECT, related_name="corrected", verbose_name=_("nomination")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    reason = models.TextField(_("reason"))
    changes = models.JSONField(_("changes"))

    class Meta:
        verbose_name = _("correction of a nomination")
        verbose_name_plural = _("corrections of nominations")
        ordering = ["nomination", "at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="nomination_correction_has_reason", condition=~Q(reason="")
            ),
        ]
        triggers: ClassVar = [never_changed()]

    def __str__(self) -> str:
        return f"{self.nomination} · {self.at:%Y-%m-%d}"
