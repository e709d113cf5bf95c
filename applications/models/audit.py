"""Who of the staff looked at or changed whose data: written for each request, never changed."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models.people import User


class AuditEntry(models.Model):
    """One request of a member of staff to a page that may show or change personal data.

    `place` is the name of the address, `target` what stood in it (ids and public codes, never what
    was typed into a search). `students` are the persons whose rows were read for it. `context`
    is that of the history: the events of the same request have it as `pgh_context_id`.
    """

    class Action(models.TextChoices):
        LOOKED = "looked", _("looked")
        CHANGED = "changed", _("changed")
        TAKEN = "taken", _("took a file")
        REFUSED = "refused", _("was refused")

    at = models.DateTimeField(_("at"), default=timezone.now)
    person = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    action = models.CharField(_("what"), max_length=10, choices=Action)
    place = models.CharField(_("page"), max_length=150)
    target = models.CharField(_("of"), max_length=300, blank=True)
    status = models.PositiveSmallIntegerField(_("answer"))
    students = ArrayField(
        models.BigIntegerField(), verbose_name=_("about"), default=list, blank=True
    )
    context = models.UUIDField(_("changes"), null=True, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering: ClassVar = ["-at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="audit_action_known",
                condition=Q(action__in=["looked", "changed", "taken", "refused"]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-at"], name="audit_by_time"),
            models.Index(fields=["person", "-at"], name="audit_by_person"),
            GinIndex(fields=["students"], name="audit_by_student"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} · {self.person} · {self.place}"
