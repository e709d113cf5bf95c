"""Pins and forbids, allocation runs, and the places they give."""

from __future__ import annotations

from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.models.application import Application
from applications.models.call import Call, CallHost
from applications.models.guards import (
    of_application_and_host,
    of_one_call_with_its_seats,
    seats_counted,
)
from applications.models.people import User
from applications.models.ranking import Ranking
from partners.models import SeatPool, Semester


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
                func=seats_counted(
                    placements="live AND id IS DISTINCT FROM NEW.id", better_offers="is_open"
                ),
            ),
            of_one_call_with_its_seats(),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.host} {self.semester}"


@pghistory.track(append_only=True)
class BetterOffer(models.Model):
    """A place further up the wishes, offered beside the one held until the student chooses.

    Moving up is never forced: the held place stays live meanwhile, and both seats count as taken.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("moved up")
        KEPT = "kept", _("kept the place held")
        REPLACED = "replaced", _("replaced by a still better one")
        ENDED = "ended", _("ended with the place held")
        LAPSED = "lapsed", _("not answered in time")

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="better_offers", verbose_name=_("application")
    )
    run = models.ForeignKey(
        AllocationRun,
        models.PROTECT,
        related_name="better_offers",
        verbose_name=_("allocation run"),
    )
    host = models.ForeignKey(
        CallHost, models.PROTECT, related_name="better_offers", verbose_name=_("host university")
    )
    semester = models.CharField(_("semester"), max_length=1, choices=Semester)
    pool = models.ForeignKey(
        SeatPool, models.PROTECT, related_name="better_offers", verbose_name=_("seats")
    )
    is_open = models.BooleanField(_("open"), default=True)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=Outcome, default=Outcome.OPEN, editable=False
    )
    offered_at = models.DateTimeField(_("offered"))
    answer_by = models.DateTimeField(_("answer by"))
    closed_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("better offer")
        verbose_name_plural = _("better offers")
        ordering = ["application", "-offered_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application"], name="better_offer_one_open", condition=Q(is_open=True)
            ),
            models.CheckConstraint(
                name="better_offer_open_until_answered",
                condition=Q(is_open=True, outcome="open", closed_at=None)
                | (Q(is_open=False, closed_at__isnull=False) & ~Q(outcome="open")),
            ),
            models.CheckConstraint(
                name="better_offer_outcome_known",
                condition=Q(
                    outcome__in=["open", "accepted", "kept", "replaced", "ended", "lapsed"]
                ),
            ),
            models.CheckConstraint(
                name="better_offer_semester_known", condition=Q(semester__in=Semester.values)
            ),
            models.CheckConstraint(
                name="better_offer_answer_after_offer", condition=Q(answer_by__gt=F("offered_at"))
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["pool"], name="better_offer_open", condition=Q(is_open=True)),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="seats_never_exceeded",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("is_open", "pool_id"),
                condition=pgtrigger.Q(new__is_open=True),
                declare=[("allowed", "integer"), ("taken", "integer")],
                func=seats_counted(
                    placements="live", better_offers="is_open AND id IS DISTINCT FROM NEW.id"
                ),
            ),
            of_one_call_with_its_seats(),
        ]

    def __str__(self) -> str:
        return f"{self.application} → {self.host} {self.semester}"


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
