"""A student's application to a call: its draft, its state, its documents, its exceptions."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.fields.json import KeyTransform
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from applications.models.call import Call
from applications.models.guards import belongs_together
from applications.models.indexes import found_by
from applications.models.people import User
from applications.models.programme import DocumentSlot
from applications.models.seen import saw
from applications.states import DECIDED_BY_PEOPLE, NEXT_STATES, State
from partners.prepared import Given, IsOneOf, Prepared

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from partners.prepared import Asked

# No vowels, no look-alikes: codes are read out on the telephone and never spell a word.
CODE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"


CODE_LENGTH = 10


STATE_CHOICES = [
    (State.DRAFT.value, _("Draft")),
    (State.SUBMITTED.value, _("Submitted")),
    (State.LAPSED.value, _("Lapsed (never submitted)")),
    (State.UNDER_REVIEW.value, _("Under review")),
    (State.ELIGIBLE.value, _("Eligible")),
    (State.INELIGIBLE.value, _("Not eligible")),
    (State.OFFERED.value, _("Place offered")),
    (State.WAITLISTED.value, _("On the waiting list")),
    (State.NOT_PLACED.value, _("No place in this round")),
    (State.ACCEPTED.value, _("Offer accepted")),
    (State.DECLINED.value, _("Offer declined")),
    (State.EXPIRED.value, _("Offer expired")),
    (State.NOMINATED.value, _("Nominated")),
    (State.CONFIRMED.value, _("Confirmed by the host")),
    (State.HOST_REJECTED.value, _("Rejected by the host")),
    (State.WITHDRAWN.value, _("Withdrawn")),
    (State.CANCELLED.value, _("Cancelled")),
]


@pghistory.track(append_only=True, fields=["state", "extended_until", "student", "call"])
class Application(models.Model):
    """One student's application to one call. `state` is written by `lifecycle` alone."""

    code = models.CharField(
        _("code"),
        max_length=12,
        unique=True,
        default=partial(get_random_string, CODE_LENGTH, CODE_ALPHABET),
        editable=False,
    )
    student = models.ForeignKey(
        User, models.PROTECT, related_name="applications", verbose_name=_("student")
    )
    call = models.ForeignKey(
        Call, models.PROTECT, related_name="applications", verbose_name=_("call")
    )
    state = models.CharField(
        _("state"), max_length=20, choices=STATE_CHOICES, default=State.DRAFT.value, editable=False
    )
    draft = models.JSONField(_("draft"), default=dict, blank=True, editable=False)
    # {page of the form: [name of the window's copy that saved it last, its turn]}
    draft_turns = models.JSONField(default=dict, blank=True, editable=False)
    draft_saved_at = models.DateTimeField(_("draft saved"), null=True, editable=False)
    extended_until = models.DateTimeField(
        _("deadline of this student"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    # Since then the student is a row that names nobody, and what was typed is gone.
    anonymised_at = models.DateTimeField(_("made anonymous"), null=True, editable=False)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "student"], name="application_once"),
            models.CheckConstraint(
                name="application_state_known", condition=Q(state__in=[s.value for s in State])
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["call", "state"], name="application_by_state"),
            found_by("code", name="application_found_by_code"),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="only_allowed_moves",
                field="state",
                transitions=[
                    (before.value, after.value)
                    for before, following in NEXT_STATES.items()
                    for after in sorted(following)
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Django's signature
        """Note whose row is read, for the audit log."""
        row = super().from_db(*args, **kwargs)
        student = row.__dict__.get("student_id")  # asking for one left out would ask the database
        saw([student], applications=[row.pk] if student is None else [])
        return row

    @property
    def deadline(self) -> datetime | None:
        """The first instant that is too late for this student: an extension never shortens."""
        ends = [end for end in (self.call.deadline, self.extended_until) if end is not None]
        return max(ends, default=None)

    @property
    def last_minute(self) -> datetime | None:
        """The last instant that counts for this student, as it is shown (Call.last_minute)."""
        return self.deadline and self.deadline - timedelta(minutes=1)


class StateChange(models.Model):
    """Who moved an application when and why. Written with the move, never changed."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="changes", verbose_name=_("application")
    )
    before = models.CharField(_("before"), max_length=20, choices=STATE_CHOICES)
    after = models.CharField(_("after"), max_length=20, choices=STATE_CHOICES)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty: the portal itself, by the clock."),
    )
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("state change")
        verbose_name_plural = _("state changes")
        ordering = ["application", "at", "pk"]
        constraints: ClassVar = [
            # The machine proposes: from the review to the results no move is the program's own.
            models.CheckConstraint(
                name="decided_by_a_person",
                condition=~Q(before__in=[state.value for state in DECIDED_BY_PEOPLE])
                | Q(by__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


@pghistory.track(append_only=True)
class Concession(models.Model):
    """A coordinator's exception after the deadline, with its reason: the only way to be late.

    With a slot: this one document may be replaced until then. Without: the whole application may
    be submitted until then.
    """

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="concessions", verbose_name=_("application")
    )
    slot = models.ForeignKey(
        DocumentSlot, models.PROTECT, null=True, blank=True, verbose_name=_("document slot")
    )
    until = models.DateTimeField(_("until"), help_text=_("The first instant that is too late."))
    reason = models.TextField(_("reason"))
    granted_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("granted by")
    )
    granted_at = models.DateTimeField(_("granted"), default=timezone.now)

    class Meta:
        verbose_name = _("concession")
        verbose_name_plural = _("concessions")
        ordering = ["granted_at"]
        constraints: ClassVar = [
            models.CheckConstraint(name="concession_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="concession_days_in_order", condition=Q(until__gt=F("granted_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.until:%Y-%m-%d %H:%M}"


class Document(models.Model):
    """One uploaded PDF in one slot. Replacing makes a new row; files go by `purge_expired`.

    `inspection` is `pdf_inspection.Report.to_dict()`.
    """

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="documents", verbose_name=_("application")
    )
    slot = models.ForeignKey(DocumentSlot, models.PROTECT, verbose_name=_("document slot"))
    stored_name = models.CharField(_("stored name"), max_length=100, editable=False)
    original_name = models.CharField(_("name of the file"), max_length=255)
    sha256 = models.CharField(_("sha256"), max_length=64)
    size = models.PositiveIntegerField(_("size"), help_text=_("In bytes."))
    pages = models.PositiveIntegerField(_("pages"), null=True)
    inspection = models.JSONField(_("inspection"), default=dict)
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    current = models.BooleanField(
        _("in the draft"), default=True, help_text=_("Whether the draft holds it.")
    )

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["application", "slot__position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application", "slot"],
                name="document_one_current_per_slot",
                condition=Q(current=True),
            ),
            models.CheckConstraint(
                name="document_size_limit", condition=Q(size__gt=0, size__lte=1_048_576)
            ),
            models.CheckConstraint(
                name="document_sha256_form", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")
            ),
        ]
        indexes: ClassVar = [
            # The review asks of every letter who else wrote the same.
            models.Index(KeyTransform("text_sha256", "inspection"), name="document_by_text"),
        ]
        triggers: ClassVar = [
            belongs_together(
                "application_id",
                "slot_id",
                rule="""
                    SELECT 1 FROM applications_application a
                    JOIN applications_call c ON c.id = a.call_id
                    JOIN applications_documentslot s ON s.programme_id = c.programme_id
                    WHERE a.id = NEW.application_id AND s.id = NEW.slot_id
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.original_name


def concessions_with_answers() -> models.QuerySet[Concession]:
    """Return the concessions, each with `answered`: whether its document came since."""
    came_since = Document.objects.filter(
        application=OuterRef("application"),
        slot=OuterRef("slot"),
        uploaded_at__gt=OuterRef("granted_at"),
    )
    return Concession.objects.select_related("slot").annotate(answered=Exists(came_since))


def concessions_of(applications: Iterable[Application]) -> Asked[Concession]:
    """Ask what was conceded to any of these, as `concessions_with_answers` tells it."""
    return _CONCESSIONS.asked(applications=[row.pk for row in applications])


def changes_of(application: Application) -> Asked[StateChange]:
    """Ask for every step the application took, the first one first."""
    return _CHANGES.asked(application=application.pk)


_CONCESSIONS = Prepared(
    lambda: concessions_with_answers().filter(
        IsOneOf("application", Given("applications", ArrayField(models.BigIntegerField())))
    )
)
_CHANGES = Prepared(
    lambda: StateChange.objects.filter(application=Given("application")).order_by("at", "pk")
)
