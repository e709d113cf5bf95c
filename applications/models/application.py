"""What a student hands in: application, draft, documents, and the submissions that count."""

from __future__ import annotations

import secrets
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from applications.models.call import Call, CallHost, DegreeProgramme, DocumentSlot
from applications.models.guards import belongs_together, never_changed
from applications.models.people import User
from applications.states import NEXT_STATES, State
from partners.models import CefrLevel, Language, Level, Semester

if TYPE_CHECKING:
    from datetime import datetime

# No vowels, no look-alikes: codes are read out on the telephone and never spell a word.
CODE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
CODE_LENGTH = 10


def new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


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

    code = models.CharField(_("code"), max_length=12, unique=True, default=new_code, editable=False)
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
    draft_version = models.PositiveIntegerField(default=0, editable=False)
    draft_saved_at = models.DateTimeField(_("draft saved"), null=True, editable=False)
    extended_until = models.DateTimeField(
        _("deadline of this student"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

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
        indexes: ClassVar = [models.Index(fields=["call", "state"], name="application_by_state")]
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


class Submission(models.Model):
    """What was handed in at one instant: validated, numbered, never changed afterwards.

    The one with the highest number counts. Rows are written by `lifecycle.submit` only; the
    database refuses updates and deletes.
    """

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="submissions", verbose_name=_("application")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    submitted_at = models.DateTimeField(_("submitted"))
    # Person, as in the passport
    family_name = models.CharField(_("family name"), max_length=200)
    given_names = models.CharField(_("given names"), max_length=200)
    birth_date = models.DateField(_("date of birth"))
    gender = models.PositiveSmallIntegerField(
        _("gender"),
        choices=[(1, _("male")), (2, _("female")), (9, _("not applicable")), (0, _("not known"))],
        help_text=_("ISO/IEC 5218"),
    )
    nationality = CountryField(_("nationality"))
    matriculation_number = models.CharField(_("matriculation number"), max_length=20)
    esi = models.CharField(_("European Student Identifier"), max_length=255, blank=True)
    # Contact
    email = models.EmailField(_("university mail"))
    phone = models.CharField(_("phone"), max_length=40)
    street = models.CharField(_("street and number"), max_length=200)
    postal_code = models.CharField(_("postal code"), max_length=20)
    city = models.CharField(_("city"), max_length=100)
    country = CountryField(_("country"))
    # Studies
    degree_programme = models.ForeignKey(
        DegreeProgramme, models.PROTECT, related_name="+", verbose_name=_("degree programme")
    )
    level_now = models.CharField(_("level at application"), max_length=10, choices=Level)
    level_departure = models.CharField(_("level at departure"), max_length=10, choices=Level)
    semester_now = models.PositiveSmallIntegerField(
        _("semester now"), validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    ects_earned = models.DecimalField(
        _("ECTS earned"),
        max_digits=4,
        decimal_places=1,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(400))],
    )
    average_grade = models.DecimalField(
        _("current average grade"),
        max_digits=3,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(1)), MaxValueValidator(Decimal(5))],
        help_text=_("German scale: 1.0 is best."),
    )
    isced_f = models.CharField(_("field of study (ISCED-F)"), max_length=4)
    remarks = models.TextField(_("remarks"), blank=True, max_length=2000)

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ["application", "-number"]
        get_latest_by = "number"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "number"], name="submission_once"),
            models.CheckConstraint(name="submission_number_from_1", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="submission_gender_known", condition=Q(gender__in=[0, 1, 2, 9])
            ),
            models.CheckConstraint(
                name="submission_levels_known",
                condition=Q(level_now__in=Level.values, level_departure__in=Level.values),
            ),
            models.CheckConstraint(
                name="submission_grade_range", condition=Q(average_grade__range=(1, 5))
            ),
            models.CheckConstraint(
                name="submission_ects_range", condition=Q(ects_earned__range=(0, 400))
            ),
            models.CheckConstraint(
                name="submission_isced_form", condition=Q(isced_f__regex=r"^\d{4}$")
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.number}"


def latest_submissions(call: Call) -> dict[int, int]:
    """Return the submission that counts for each application: {application pk: submission pk}."""
    newest = (
        Submission.objects.filter(application=OuterRef("pk")).order_by("-number").values("pk")[:1]
    )
    rows = Application.objects.filter(call=call).annotate(newest=Subquery(newest))
    return dict(rows.exclude(newest=None).values_list("pk", "newest"))


class LanguageProof(models.TextChoices):
    CERTIFICATE = "certificate", _("certificate")
    SCHOOL = "school", _("school")
    STAY = "stay", _("stay abroad")
    COURSE = "course", _("planned course")
    NATIVE = "native", _("native speaker")


class LanguageSkill(models.Model):
    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="languages", verbose_name=_("submission")
    )
    language = models.CharField(_("language"), max_length=2, choices=Language)
    level = models.CharField(_("level"), max_length=2, choices=CefrLevel)
    proof = models.CharField(_("shown by"), max_length=12, choices=LanguageProof)

    class Meta:
        verbose_name = _("language")
        verbose_name_plural = _("languages")
        ordering = ["submission", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "language"], name="language_once"),
            models.CheckConstraint(
                name="language_level_known", condition=Q(level__in=CefrLevel.values)
            ),
        ]
        triggers: ClassVar = [never_changed()]

    def __str__(self) -> str:
        return f"{self.get_language_display()} {self.level}"


class Preference(models.Model):
    """One wish: a host of this call, with the semesters that fit, in the order preferred."""

    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="preferences", verbose_name=_("submission")
    )
    rank = models.PositiveSmallIntegerField(_("rank"))
    host = models.ForeignKey(
        CallHost, models.PROTECT, related_name="preferences", verbose_name=_("host university")
    )
    semesters = ArrayField(
        models.CharField(max_length=1, choices=Semester), verbose_name=_("semesters that fit")
    )

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        ordering = ["submission", "rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "rank"], name="preference_rank_once"),
            models.UniqueConstraint(fields=["submission", "host"], name="preference_host_once"),
            models.CheckConstraint(name="preference_rank_1_to_5", condition=Q(rank__range=(1, 5))),
            models.CheckConstraint(
                name="preference_semesters_known",
                condition=Q(semesters__contained_by=Semester.values, semesters__len__gte=1),
            ),
        ]
        triggers: ClassVar = [
            never_changed(),
            belongs_together(
                "submission_id",
                "host_id",
                rule="""
                    SELECT 1 FROM applications_submission s
                    JOIN applications_application a ON a.id = s.application_id
                    JOIN applications_callhost h ON h.call_id = a.call_id
                    WHERE s.id = NEW.submission_id AND h.id = NEW.host_id
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.host}"


class SubmittedDocument(models.Model):
    """Which file stood in which slot when the submission was made."""

    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="documents", verbose_name=_("submission")
    )
    document = models.ForeignKey(
        Document, models.PROTECT, related_name="submitted", verbose_name=_("document")
    )

    class Meta:
        verbose_name = _("submitted document")
        verbose_name_plural = _("submitted documents")
        ordering = ["submission", "document__slot__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission", "document"], name="submitted_document_once"
            ),
        ]
        triggers: ClassVar = [
            never_changed(),
            belongs_together(
                "submission_id",
                "document_id",
                rule="""
                    SELECT 1 FROM applications_submission s
                    JOIN applications_document d ON d.application_id = s.application_id
                    WHERE s.id = NEW.submission_id AND d.id = NEW.document_id
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.document)
