"""The desk's own rows: who is to read what, who looked at what, what staff tell each other."""

from __future__ import annotations

from typing import ClassVar

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models.application import Application, Document
from applications.models.people import User
from partners.models import Faculty, in_reader_language


def _append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class ReasonTemplate(models.Model):
    """A reason against an application that is needed often, as the student reads it."""

    faculty = models.ForeignKey(
        Faculty, models.CASCADE, related_name="reason_templates", verbose_name=_("faculty")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    name_en = models.CharField(_("name (English)"), max_length=100)
    name_de = models.CharField(_("name (German)"), max_length=100)
    text_en = models.TextField(_("text (English)"), max_length=2000)
    text_de = models.TextField(_("text (German)"), max_length=2000)

    class Meta:
        verbose_name = _("reason to choose from")
        verbose_name_plural = _("reasons to choose from")
        ordering = ["faculty", "position", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="reason_template_in_both_languages",
                condition=~Q(text_en="") & ~Q(text_de=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_reader_language(self.name_en, self.name_de)

    def text_in(self, language: str) -> str:
        """Return the text as a student reads it whose mails are in this language."""
        return self.text_de if language == "de" else self.text_en


@pghistory.track(append_only=True)
class Assignment(models.Model):
    """An application that a reader is asked to read. Others may read it too."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="assignments", verbose_name=_("application")
    )
    reader = models.ForeignKey(
        User, models.PROTECT, related_name="assignments", verbose_name=_("reader")
    )
    assigned_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("assigned by")
    )
    assigned_at = models.DateTimeField(_("assigned"), default=timezone.now)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["application", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "reader"], name="assignment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.reader}"


class Comment(models.Model):
    """A remark among staff on an application. Students never see it; nobody changes it."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="comments", verbose_name=_("application")
    )
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("author"))
    text = models.TextField(_("text"), max_length=4000)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["application", "at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(name="comment_has_text", condition=~Q(text="")),
        ]
        triggers: ClassVar = [_append_only()]

    def __str__(self) -> str:
        return f"{self.application} · {self.author}"


class Viewing(models.Model):
    """That a member of staff looked at an application or one of its documents."""

    class What(models.TextChoices):
        FILE = "file", _("the application")
        DOCUMENT = "document", _("a document, on the desk")
        DOWNLOAD = "download", _("a document, downloaded")

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="viewings", verbose_name=_("application")
    )
    document = models.ForeignKey(
        Document, models.CASCADE, null=True, related_name="viewings", verbose_name=_("document")
    )
    person = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("seen by"))
    what = models.CharField(_("what"), max_length=10, choices=What)
    blind = models.BooleanField(
        _("read blind"), help_text=_("Name, photo and age were hidden."), default=False
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("viewing")
        verbose_name_plural = _("viewings")
        ordering = ["-at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="viewing_names_its_document",
                condition=Q(what="file", document=None)
                | Q(what__in=["document", "download"], document__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["application", "person"], name="viewing_by_application"),
            models.Index(fields=["-at"], name="viewing_by_time"),
        ]
        triggers: ClassVar = [_append_only()]

    def __str__(self) -> str:
        return f"{self.application} · {self.person} · {self.at:%Y-%m-%d %H:%M}"
