"""Review, scores, ranking, allocation runs and the places they give."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models.application import Application, Submission
from applications.models.call import Call, CallHost, Criterion
from applications.models.guards import belongs_together, of_application_and_host
from applications.models.people import User
from partners.models import SeatPool, Semester


class ReviewRun(models.Model):
    """One machine review of all submissions of a closed call."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    call = models.ForeignKey(
        Call, models.CASCADE, related_name="review_runs", verbose_name=_("call")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("review run")
        verbose_name_plural = _("review runs")
        ordering = ["-started_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["call"], name="review_one_running", condition=Q(state="running")
            ),
            models.CheckConstraint(
                name="review_state_known", condition=Q(state__in=["running", "done"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call.code} · {self.started_at:%Y-%m-%d %H:%M}"


class SubmissionReview(models.Model):
    """The machine's findings on one submission: a proposal, never a decision (GDPR Art. 22).

    The row is the queue: `pending` until reviewed, leased while a worker has it, `failed` with
    its error after the last attempt. `findings` is a list of {"code", "severity", "slot",
    "preference", "params"}.
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
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
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
        ]

    def __str__(self) -> str:
        return f"{self.submission} · {self.get_state_display()}"


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
    """One line of a ranking. `score` out of 100; `breakdown` is what it was made from."""

    ranking = models.ForeignKey(
        Ranking, models.CASCADE, related_name="entries", verbose_name=_("ranking")
    )
    application = models.ForeignKey(
        Application, models.PROTECT, related_name="+", verbose_name=_("application")
    )
    position = models.PositiveIntegerField(_("position"))
    score = models.DecimalField(_("points"), max_digits=5, decimal_places=2)
    breakdown = models.JSONField(_("breakdown"))
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
                name="ranked_score_range", condition=Q(score__range=(Decimal(0), Decimal(100)))
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.application}"


@pghistory.track(append_only=True)
class Directive(models.Model):
    """A coordinator's pin or forbid for the allocation, with the reason."""

    class Kind(models.TextChoices):
        PIN = "pin", _("must go there")
        FORBID = "forbid", _("must not go there")

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="directives", verbose_name=_("application")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    host = models.ForeignKey(CallHost, models.CASCADE, verbose_name=_("host university"))
    semester = models.CharField(
        _("semester"),
        max_length=1,
        choices=Semester,
        blank=True,
        help_text=_("Needed for a pin; empty for a forbid means both."),
    )
    extra_seat = models.BooleanField(
        _("on an extra seat"),
        default=False,
        help_text=_("Beyond the agreed seats: only if the partner agreed in writing."),
    )
    reason = models.TextField(_("reason"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    made_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("pin or forbid")
        verbose_name_plural = _("pins and forbids")
        ordering = ["application", "made_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application"], name="directive_one_pin", condition=Q(kind="pin")
            ),
            models.CheckConstraint(name="directive_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="directive_pin_has_semester", condition=~Q(kind="pin") | ~Q(semester="")
            ),
            models.CheckConstraint(
                name="directive_extra_only_for_pins", condition=Q(extra_seat=False) | Q(kind="pin")
            ),
        ]
        triggers: ClassVar = [of_application_and_host()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.application} · {self.host}"


class AllocationRun(models.Model):
    """One run of the allocation on frozen input: kept for good, replayed to the same bytes.

    `instance` and `result` are the canonical JSON texts of ALLOCATION.md.
    """

    call = models.ForeignKey(
        Call, models.PROTECT, related_name="allocation_runs", verbose_name=_("call")
    )
    number = models.PositiveIntegerField(_("number"))
    ranking = models.ForeignKey(
        Ranking, models.PROTECT, related_name="runs", verbose_name=_("ranking")
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name=_("follows run")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("created by")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    engine_version = models.CharField(_("engine version"), max_length=50)
    instance = models.TextField(_("instance"))
    instance_sha256 = models.CharField(_("sha256 of the instance"), max_length=64)
    result = models.TextField(_("result"))
    result_sha256 = models.CharField(_("sha256 of the result"), max_length=64)
    certificate = models.JSONField(_("certificate"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )

    class Meta:
        verbose_name = _("allocation run")
        verbose_name_plural = _("allocation runs")
        ordering = ["call", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "number"], name="run_once"),
            models.UniqueConstraint(
                fields=["call"],
                name="run_one_first_publication",
                condition=Q(published_at__isnull=False, parent=None),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            # Only the publication may still be written, and only once.
            pgtrigger.Protect(
                name="publication_stands",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            ),
            pgtrigger.Protect(
                name="never_changed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "call",
                    "number",
                    "ranking",
                    "parent",
                    "engine_version",
                    "instance",
                    "instance_sha256",
                    "result",
                    "result_sha256",
                    "certificate",
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call.code} · {self.number}"

    @property
    def is_certified(self) -> bool:
        """Whether the independent check found nothing to object to."""
        certificate: dict[str, Any] = self.certificate
        return bool(certificate.get("ok"))


@pghistory.track(append_only=True)
class Placement(models.Model):
    """A seat held, or once held, by an application. Live ones are counted against the pool.

    The count is guarded by a trigger that locks the pool's row, so no path, admin or shell
    included, can give a seat twice (DOMAIN, Seats).
    """

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="placements", verbose_name=_("application")
    )
    run = models.ForeignKey(
        AllocationRun, models.PROTECT, related_name="placements", verbose_name=_("allocation run")
    )
    host = models.ForeignKey(
        CallHost, models.PROTECT, related_name="placements", verbose_name=_("host university")
    )
    semester = models.CharField(_("semester"), max_length=1, choices=Semester)
    pool = models.ForeignKey(
        SeatPool,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="placements",
        verbose_name=_("seats"),
        help_text=_("Empty only for an extra seat."),
    )
    extra_seat = models.BooleanField(_("extra seat"), default=False)
    live = models.BooleanField(_("live"), default=True)
    offered_at = models.DateTimeField(_("offered"))
    answer_by = models.DateTimeField(_("answer by"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["application", "-offered_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application"], name="placement_one_live", condition=Q(live=True)
            ),
            models.CheckConstraint(
                name="placement_pool_or_extra",
                condition=Q(extra_seat=True, pool=None) | Q(extra_seat=False, pool__isnull=False),
            ),
            models.CheckConstraint(
                name="placement_semester_known", condition=Q(semester__in=Semester.values)
            ),
            models.CheckConstraint(
                name="placement_answer_after_offer", condition=Q(answer_by__gt=F("offered_at"))
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["pool"], name="placement_live", condition=Q(live=True)),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="seats_never_exceeded",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("live", "pool_id"),
                condition=pgtrigger.Q(new__live=True, new__pool__isnull=False),
                declare=[("allowed", "integer"), ("taken", "integer")],
                func="""
                    SELECT seats INTO allowed FROM partners_seatpool
                        WHERE id = NEW.pool_id FOR UPDATE;
                    SELECT count(*) INTO taken FROM applications_placement
                        WHERE pool_id = NEW.pool_id AND live AND id IS DISTINCT FROM NEW.id;
                    IF taken >= allowed THEN
                        RAISE EXCEPTION 'seats_never_exceeded: all % seats are taken', allowed
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Application, run and host of one call; seats of that host, year and semester.
            belongs_together(
                "application_id",
                "run_id",
                "host_id",
                "pool_id",
                "semester",
                rule="""
                    SELECT 1 FROM applications_application a
                    JOIN applications_call c ON c.id = a.call_id
                    JOIN applications_allocationrun r ON r.call_id = c.id
                    JOIN applications_callhost h ON h.call_id = c.id
                    LEFT JOIN partners_seatpool p ON p.agreement_id = h.agreement_id
                        AND p.academic_year = c.academic_year
                        AND p.semester IN ('', NEW.semester)
                        AND p.id = NEW.pool_id
                    WHERE a.id = NEW.application_id AND r.id = NEW.run_id
                        AND h.id = NEW.host_id AND p.id IS NOT DISTINCT FROM NEW.pool_id
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.host} {self.semester}"


class PreferenceOutcome(models.Model):
    """The published result of one wish: placed, or the reason why not, with its figures.

    `reason` is a code of the allocation (ALLOCATION.md, Explanations) or PLACED; `figures` hold
    what may be shown to the student, small groups already left out.
    """

    run = models.ForeignKey(
        AllocationRun, models.PROTECT, related_name="outcomes", verbose_name=_("allocation run")
    )
    application = models.ForeignKey(
        Application, models.CASCADE, related_name="outcomes", verbose_name=_("application")
    )
    host = models.ForeignKey(CallHost, models.PROTECT, verbose_name=_("host university"))
    semester = models.CharField(_("semester"), max_length=1, choices=Semester)
    rank = models.PositiveSmallIntegerField(_("rank"))
    reason = models.CharField(_("reason"), max_length=20)
    figures = models.JSONField(_("figures"), default=dict)
    waiting_position = models.PositiveIntegerField(
        _("place on the waiting list"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("result of a preference")
        verbose_name_plural = _("results of preferences")
        ordering = ["application", "rank", "-semester"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run", "application", "host", "semester"], name="outcome_once"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.host} {self.semester}: {self.reason}"
