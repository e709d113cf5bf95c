"""Lists that leave the house: the order for a large one, and the log of every one."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models.call import Call
from applications.models.guards import never_changed
from applications.models.people import User
from partners.models import HostUniversity


class ExportFormat(models.TextChoices):
    XLSX = "xlsx", _("Excel (XLSX)")
    CSV = "csv", _("CSV file")
    EWP = "ewp", _("EWP (XML)")
    ZIP = "zip", _("ZIP, a folder for each partner")
    PAGE = "page", _("page to copy from")
    PROTOCOL_PDF = "protocol-pdf", _("selection protocol (PDF)")
    PROTOCOL_XLSX = "protocol-xlsx", _("selection protocol (XLSX)")


class ExportJob(models.Model):
    """A list to be made by the worker, and its file until it expires.

    Only who asked for it may fetch it. A worker that dies leaves its lease to end; after
    MOST_ATTEMPTS it has failed.
    """

    MOST_ATTEMPTS: ClassVar[int] = 3

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, models.PROTECT, related_name="+", verbose_name=_("call"))
    host = models.ForeignKey(
        HostUniversity,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("host university"),
        help_text=_("Empty: all hosts of the call."),
    )
    format = models.CharField(_("format"), max_length=20, choices=ExportFormat)
    german = models.BooleanField(_("with a sheet in German"), default=False)
    asked_by = models.ForeignKey(
        User, models.PROTECT, related_name="export_jobs", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    total = models.PositiveIntegerField(_("rows in all"), default=0)
    done = models.PositiveIntegerField(_("rows done"), default=0)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    stored_name = models.CharField(_("stored name"), max_length=64, blank=True)
    file_name = models.CharField(_("file name"), max_length=120, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    # Who could not be on it, with the code why: [[nomination id, code], ...].
    left_out = models.JSONField(_("left out"), default=list, blank=True)

    class Meta:
        verbose_name = _("list in the making")
        verbose_name_plural = _("lists in the making")
        ordering = ["-asked_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="export_job_state_known",
                condition=Q(state__in=["waiting", "running", "done", "failed"]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["asked_at"],
                name="export_job_due",
                condition=Q(state__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call.code} · {self.format}"


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
    host = models.ForeignKey(
        HostUniversity,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("host university"),
        help_text=_("Empty: all hosts of the call."),
    )
    format = models.CharField(_("format"), max_length=20, choices=ExportFormat)
    nominations = ArrayField(models.UUIDField(), verbose_name=_("nominations"))
    # Not a key: the log stays when the file and its order are long gone.
    job = models.UUIDField(_("list in the making"), null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-at"]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.call.code} · {self.format} · {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class ExportDownload(models.Model):
    """Who fetched the file of an export, and when. Lists given out at once have one as well."""

    export = models.ForeignKey(
        ExportLog, models.PROTECT, related_name="downloads", verbose_name=_("export")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        ordering = ["-at"]
        triggers: ClassVar = [never_changed()]

    def __str__(self) -> str:
        return f"{self.export} · {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
