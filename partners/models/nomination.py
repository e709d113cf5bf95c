"""Until when, and how, hosts want our nominations."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners import academic_year
from partners.models.host import HostUniversity
from partners.models.words import Semester


class Channel(models.TextChoices):
    MAIL = "mail", _("mail")
    PORTAL = "portal", _("the partner's web portal")
    EWP = "ewp", _("Erasmus Without Paper")


@pghistory.track(append_only=True)
class NominationDeadline(models.Model):
    """Until when, and how, a host wants our nominations for one semester."""

    host = models.ForeignKey(
        HostUniversity,
        models.CASCADE,
        related_name="nomination_deadlines",
        verbose_name=_("host university"),
    )
    academic_year = models.PositiveSmallIntegerField(_("academic year"))
    semester = models.CharField(_("semester"), max_length=1, choices=Semester)
    deadline = models.DateField(_("deadline"), help_text=_("The last day that counts."))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.MAIL)
    mailbox = models.EmailField(_("contact mailbox"), blank=True)
    columns = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("columns wanted"),
        default=list,
        blank=True,
        help_text=_("In the order the host wants them. None chosen: the usual list."),
    )
    made_up = models.BooleanField(_("made up"), default=False)

    class Meta:
        verbose_name = _("nomination deadline")
        verbose_name_plural = _("nomination deadlines")
        ordering = ["deadline"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["host", "academic_year", "semester"], name="nomination_deadline_once"
            ),
            models.CheckConstraint(
                name="nomination_deadline_channel_known", condition=Q(channel__in=Channel.values)
            ),
            models.CheckConstraint(
                name="nomination_deadline_semester_known",
                condition=Q(semester__in=Semester.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host} · {academic_year.label(self.academic_year)} {self.semester}"
