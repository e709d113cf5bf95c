"""Mails waiting to be sent: written in the transaction that causes them, sent by a task."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models.application import CODE_ALPHABET, CODE_LENGTH, Application
from applications.models.indexes import found_by
from applications.models.people import User
from applications.models.seen import saw

_CODE = re.compile(rf"\b[{CODE_ALPHABET}]{{{CODE_LENGTH}}}\b")


class OutgoingMail(models.Model):
    """One mail to one person. `key` names its cause, so that a cause mails once."""

    key = models.CharField(_("cause"), max_length=200, unique=True)
    person = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("person"))
    application = models.ForeignKey(
        Application,
        models.CASCADE,
        null=True,
        related_name="mails",
        verbose_name=_("application"),
        help_text=_("What it is about."),
    )
    recipient = models.EmailField(_("recipient"))
    language = models.CharField(_("language"), max_length=2)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("body"))
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    due_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="mail_queue", condition=Q(sent_at=None)),
            models.Index(fields=["person", "-created_at"], name="mail_by_person"),
            models.Index(fields=["-created_at"], name="mail_by_time"),
            found_by("recipient", name="mail_found_by_recipient"),
        ]

    def __str__(self) -> str:
        return self.subject

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Django's signature
        """Note to whom and about whom the mail is, for the audit log.

        The text names those it is about: who lists mails without it (`defer("body")`) sees none.
        """
        row = super().from_db(*args, **kwargs)
        read = row.__dict__  # asking for what was left out would ask the database
        saw([read.get("person_id")])
        if "body" in read:
            about = read.get("application_id")
            # A mail about several applications, to staff, names each with its code.
            saw(applications=[about], codes=[] if about else _CODE.findall(read["body"]))
        return row
