"""What the office writes for readers: help and the legal pages, kept in both languages."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.models import in_reader_language


@pghistory.track(append_only=True)
class HelpTopic(models.Model):
    """One part of the help page. Texts are Markdown; `### ` begins a question."""

    key = models.SlugField(
        _("key"), unique=True, help_text=_("The part's address on the page, such as languages.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    title_en = models.CharField(_("title (English)"), max_length=200)
    title_de = models.CharField(_("title (German)"), max_length=200)
    text_en = models.TextField(_("text (English)"))
    text_de = models.TextField(_("text (German)"))

    class Meta:
        verbose_name = _("help topic")
        verbose_name_plural = _("help topics")
        ordering: ClassVar = ["position", "key"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_reader_language(self.title_en, self.title_de)

    @property
    def text(self) -> str:
        return in_reader_language(self.text_en, self.text_de)


@pghistory.track(append_only=True)
class LegalPage(models.Model):
    """A page the law wants public. Texts are Markdown; `{contact}` becomes the portal's address."""

    class Key(models.TextChoices):
        IMPRINT = "imprint", _("Imprint")
        PRIVACY = "privacy", _("Privacy")
        ACCESSIBILITY = "accessibility", _("Accessibility")

    key = models.CharField(_("page"), max_length=20, choices=Key, unique=True, editable=False)
    text_en = models.TextField(_("text (English)"))
    text_de = models.TextField(_("text (German)"))

    class Meta:
        verbose_name = _("legal page")
        verbose_name_plural = _("legal pages")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="legal_page_known",
                condition=models.Q(key__in=["imprint", "privacy", "accessibility"]),
            ),
        ]

    def __str__(self) -> str:
        return self.get_key_display()

    @property
    def text(self) -> str:
        return in_reader_language(self.text_en, self.text_de)
