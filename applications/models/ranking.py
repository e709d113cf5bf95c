"""Readers' scores, and the rankings made of them."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models.application import Application
from applications.models.call import Call
from applications.models.criterion import Criterion
from applications.models.guards import belongs_together
from applications.models.people import User


class ScoreSheet(models.Model):
    """One reader's scores for one application; counted once `completed_at` is set."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="score_sheets", verbose_name=_("application")
    )
    reader = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("reader"))
    comment = models.TextField(_("comment"), blank=True)
    version = models.PositiveIntegerField(_("version"), default=0)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    class Meta:
        verbose_name = _("score sheet")
        verbose_name_plural = _("score sheets")
        ordering = ["application", "reader"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "reader"], name="score_sheet_once"),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.reader}"


@pghistory.track(append_only=True)
class Score(models.Model):
    sheet = models.ForeignKey(
        ScoreSheet, models.CASCADE, related_name="scores", verbose_name=_("score sheet")
    )
    criterion = models.ForeignKey(Criterion, models.PROTECT, verbose_name=_("criterion"))
    points = models.DecimalField(_("points"), max_digits=5, decimal_places=2)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        ordering = ["sheet", "criterion__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "criterion"], name="score_once"),
            models.CheckConstraint(name="score_not_negative", condition=Q(points__gte=Decimal(0))),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.points}"


@pghistory.track(append_only=True)
class RankingMove(models.Model):
    """A coordinator's decision that an application stands elsewhere than its points put it.

    It stands directly ahead of another one, or last, in every ranking made until it is ended.
    Those made before stay as they are.
    """

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="moves", verbose_name=_("application")
    )
    ahead_of = models.ForeignKey(
        Application,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("directly ahead of"),
        help_text=_("Empty: in the last place."),
    )
    reason = models.TextField(_("reason"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    made_at = models.DateTimeField(_("at"), default=timezone.now)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("manual move")
        verbose_name_plural = _("manual moves")
        ordering = ["made_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application"], name="move_one_in_force", condition=Q(ended_at=None)
            ),
            models.CheckConstraint(name="move_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="move_of_two", condition=Q(ahead_of=None) | ~Q(ahead_of=F("application"))
            ),
            models.CheckConstraint(
                name="move_ended_by_somebody",
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            belongs_together(
                "application_id",
                "ahead_of_id",
                rule="""
                    SELECT 1 FROM applications_application a
                    LEFT JOIN applications_application b ON b.id = NEW.ahead_of_id
                    WHERE a.id = NEW.application_id
                        AND (NEW.ahead_of_id IS NULL OR b.call_id = a.call_id)
                """,
            ),
            pgtrigger.Protect(
                name="never_changed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "application", "ahead_of", "reason", "made_by", "made_at"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} → {self.ahead_of or _('last')}"


class Ranking(models.Model):
    """A frozen order of a call's eligible applications, with the rule it was made by."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="rankings", verbose_name=_("call"))
    number = models.PositiveIntegerField(_("number"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("created by")
    )
    rule_version = models.CharField(_("rule version"), max_length=50)
    seed = models.CharField(_("seed"), max_length=200)

    class Meta:
        verbose_name = _("ranking")
        verbose_name_plural = _("rankings")
        ordering = ["call", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "number"], name="ranking_once"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.call.code} · {self.number}"


class RankedApplication(models.Model):
    """One line of a ranking. `score` out of 100; `breakdown` is what it was made from.

    `counted_score` is what it competes with: the same, or where a person moved it that of the
    place it was moved to. `moved_value` decides among equal ones if anybody was moved (higher is
    ahead). `host_scores` by CallHost pk, for hosts with an order of their own:
    {"score": "83.50", "breakdown": [...]}.
    """

    ranking = models.ForeignKey(
        Ranking, models.CASCADE, related_name="entries", verbose_name=_("ranking")
    )
    application = models.ForeignKey(
        Application, models.PROTECT, related_name="+", verbose_name=_("application")
    )
    position = models.PositiveIntegerField(_("position"))
    score = models.DecimalField(_("points"), max_digits=5, decimal_places=2)
    breakdown = models.JSONField(_("breakdown"))
    counted_score = models.DecimalField(_("counts with"), max_digits=5, decimal_places=2)
    moved_value = models.PositiveIntegerField(_("order set by hand"), null=True, blank=True)
    move = models.ForeignKey(
        RankingMove,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("manual move"),
    )
    host_scores = models.JSONField(_("points at hosts with their own order"), default=dict)
    ties = models.JSONField(_("tie-break values"), default=dict)
    lottery = models.CharField(_("draw"), max_length=64)
    decided_by = models.CharField(_("ahead of the next by"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("ranked application")
        verbose_name_plural = _("ranked applications")
        ordering = ["ranking", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ranking", "application"], name="ranked_once"),
            models.UniqueConstraint(fields=["ranking", "position"], name="ranked_total_order"),
            models.CheckConstraint(
                name="ranked_score_range",
                condition=Q(
                    score__range=(Decimal(0), Decimal(100)),
                    counted_score__range=(Decimal(0), Decimal(100)),
                ),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.application}"
