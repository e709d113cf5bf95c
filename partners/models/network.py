"""Networks of the home university: ways abroad beside the faculty's own calls."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.models.words import in_reader_language


@pghistory.track(append_only=True)
class Network(models.Model):
    """One entry of the page "Ways abroad". Texts are Markdown."""

    key = models.SlugField(_("key"), unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    name_en = models.CharField(_("name (English)"), max_length=200)
    name_de = models.CharField(_("name (German)"), max_length=200)
    about_en = models.TextField(_("about (English)"))
    about_de = models.TextField(_("about (German)"))
    members = models.TextField(_("members"), blank=True, help_text=_("One a line."))
    website = models.URLField(_("website"), blank=True)
    shown = models.BooleanField(_("shown to students"), default=True)

    class Meta:
        verbose_name = _("network")
        verbose_name_plural = _("networks")
        ordering: ClassVar = ["position", "key"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_reader_language(self.name_en, self.name_de)

    @property
    def about(self) -> str:
        return in_reader_language(self.about_en, self.about_de)
