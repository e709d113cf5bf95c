"""What was changed in the tables of a project after a grant had been approved by them, and why."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models import User
from applications.models.guards import never_changed
from grants.models.project import GrantProject


class TableChange(models.Model):
    """One change: `row` says which row, `changes` is {field: [before, after]}, both in codes.

    A row added has no before, a row deleted no after.
    """

    project = models.ForeignKey(
        GrantProject, models.PROTECT, related_name="changes", verbose_name=_("project")
    )
    row = models.CharField(_("row"), max_length=200)
    changes = models.JSONField(_("changes"))
    reason = models.TextField(_("reason"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("change of a grant table")
        verbose_name_plural = _("changes of grant tables")
        ordering = ["-at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(name="table_change_has_reason", condition=~Q(reason="")),
        ]
        triggers: ClassVar = [never_changed()]

    def __str__(self) -> str:
        return f"{self.row} · {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
