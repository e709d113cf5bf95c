"""The machine's review of what was handed in, and what people decided on single wishes."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models.application import Application
from applications.models.call import Call, CallHost
from applications.models.guards import of_application_and_host
from applications.models.people import User
from applications.models.submission import Submission


class ReviewRun(models.Model):
    """One machine review of all submissions of a closed call."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("done")

    call = models.ForeignKey(
        Call, models.CASCADE, related_name="review_runs", verbose_name=_("call")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    stopped_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("stopped by")
    )

    class Meta:
        verbose_name = _("review run")
        verbose_name_plural = _("review runs")
        ordering = ["-started_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["call"],
                name="review_one_under_way",
                condition=Q(state__in=["running", "stopped"]),
            ),
            models.CheckConstraint(
                name="review_state_known", condition=Q(state__in=["running", "stopped", "done"])
            ),
            models.CheckConstraint(
                name="review_stopped_by_somebody",
                condition=~Q(state="stopped")
                | Q(stopped_at__isnull=False, stopped_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call.code} · {self.started_at:%Y-%m-%d %H:%M}"


class SubmissionReview(models.Model):
    """The machine's findings on one submission: a proposal, never a decision (GDPR Art. 22).

    The row is the queue: `pending` until reviewed, leased while a worker has it, `failed` with
    its error after the last attempt. `findings` is a list of {"code", "severity", "slot",
    "preference", "params"}; `codes` and `blocking` are what the queue filters by, written with it.
    `attempts` counts how often a worker took the row, `failures` how often that ended in an error.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        DONE = "done", _("reviewed")
        FAILED = "failed", _("failed")

    run = models.ForeignKey(
        ReviewRun, models.CASCADE, related_name="reviews", verbose_name=_("review run")
    )
    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="reviews", verbose_name=_("submission")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    findings = models.JSONField(_("findings"), default=list)
    codes = ArrayField(
        models.CharField(max_length=40), verbose_name=_("codes of the findings"), default=list
    )
    blocking = models.PositiveSmallIntegerField(_("blocking findings"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    failures = models.PositiveSmallIntegerField(_("failures"), default=0)
    leased_until = models.DateTimeField(
        _("leased until"), null=True, blank=True, help_text=_("Nobody takes it before.")
    )
    error = models.TextField(_("error"), blank=True)
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["run", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "submission"], name="review_once"),
            models.CheckConstraint(
                name="review_done_has_time",
                condition=~Q(state="done") | Q(reviewed_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["run", "state"], name="review_queue"),
            # Who looks for work takes the next few, however many wait.
            models.Index(
                fields=["run", "attempts", "id"], name="review_next", condition=Q(state="pending")
            ),
            GinIndex(fields=["codes"], name="review_by_code"),
        ]

    def __str__(self) -> str:
        return f"{self.submission} · {self.get_state_display()}"


def counting_reviews() -> QuerySet[SubmissionReview]:
    """Return the reviews that count: the newest finished one of each submission that counts."""
    finished = SubmissionReview.objects.filter(state=SubmissionReview.State.DONE)
    newer = finished.filter(submission=OuterRef("submission"), pk__gt=OuterRef("pk"))
    return finished.filter(~Exists(newer), ~Exists(newer_submissions()))


def newer_submissions() -> QuerySet[Submission]:
    """Return, for a subquery on SubmissionReview, what has taken its submission's place."""
    return Submission.objects.filter(
        application=OuterRef("submission__application"), number__gt=OuterRef("submission__number")
    )


@pghistory.track(append_only=True)
class PreferenceVerdict(models.Model):
    """A coordinator's decision that a student can't go to one of the hosts wished for."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="verdicts", verbose_name=_("application")
    )
    host = models.ForeignKey(CallHost, models.CASCADE, verbose_name=_("host university"))
    reason = models.TextField(_("reason"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), default=timezone.now)

    class Meta:
        verbose_name = _("not eligible for a host")
        verbose_name_plural = _("not eligible for a host")
        ordering = ["application", "host"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "host"], name="verdict_once"),
            models.CheckConstraint(name="verdict_has_reason", condition=~Q(reason="")),
        ]
        triggers: ClassVar = [of_application_and_host()]

    def __str__(self) -> str:
        return f"{self.application} · {self.host}"
