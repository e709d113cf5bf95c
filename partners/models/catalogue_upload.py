"""A file of the catalogue between its report and the confirmation that applies it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class CatalogueUpload(models.Model):
    """What somebody uploaded and has not applied yet. Gone once applied, and after a day."""

    uploaded_by = models.PositiveBigIntegerField(editable=False)  # pk of a user, of a higher app
    uploaded_at = models.DateTimeField(_("uploaded"))
    name = models.CharField(_("file"), max_length=255)
    content = models.BinaryField()

    class Meta:
        verbose_name = _("uploaded catalogue")
        verbose_name_plural = _("uploaded catalogues")
        ordering: ClassVar = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.name
