"""Signs of life of the processes behind the pages."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When a process that works in the background last did something: one row each."""

    class Name(models.TextChoices):
        BEAT = "beat", _("clock")
        WORKER = "worker", _("worker")

    name = models.CharField(_("process"), max_length=10, choices=Name, unique=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="heartbeat_known", condition=Q(name__in=["beat", "worker"])
            ),
        ]

    def __str__(self) -> str:
        return self.get_name_display()
