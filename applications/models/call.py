"""Programmes and their calls: who may apply, until when, with which documents, scored how."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from partners import academic_year
from partners.models import (
    Agreement,
    AgreementKind,
    Faculty,
    Level,
    Semester,
    in_reader_language,
)


class DegreeProgramme(models.Model):
    """A degree programme whose students may apply at a faculty."""

    key = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    degree = models.CharField(_("degree"), max_length=60)
    level = models.CharField(_("level"), max_length=10, choices=Level)
    faculty = models.ForeignKey(Faculty, models.PROTECT, verbose_name=_("faculty"))
    isced_f = ArrayField(
        models.CharField(max_length=4),
        verbose_name=_("fields of study (ISCED-F)"),
        default=list,
        help_text=_("Four digits each; the student picks the one that fits."),
    )
    on_condition = models.BooleanField(
        _("only if the modules abroad are mainly economics"), default=False
    )
    active = models.BooleanField(_("students are enrolled"), default=True)

    class Meta:
        verbose_name = _("degree programme")
        verbose_name_plural = _("degree programmes")
        ordering = ["level", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="degree_programme_level_known", condition=Q(level__in=Level.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.degree})"


class HandledBy(models.TextChoices):
    PORTAL = "portal", _("applied for in this portal")
    OFFICE = "office", _("handled by the International Office")


class Programme(models.Model):
    """A kind of stay abroad: who may apply and which documents it needs."""

    key = models.SlugField(_("key"), unique=True)
    faculty = models.ForeignKey(Faculty, models.PROTECT, verbose_name=_("faculty"))
    name_en = models.CharField(_("name (English)"), max_length=200)
    name_de = models.CharField(_("name (German)"), max_length=200)
    about_en = models.TextField(_("about (English)"), blank=True)
    about_de = models.TextField(_("about (German)"), blank=True)
    agreement_kind = models.CharField(
        _("kind of agreement"), max_length=20, choices=AgreementKind, blank=True
    )
    handled_by = models.CharField(
        _("handled by"), max_length=10, choices=HandledBy, default=HandledBy.PORTAL
    )
    levels = ArrayField(
        models.CharField(max_length=10, choices=Level), verbose_name=_("levels"), default=list
    )
    degree_programmes = models.ManyToManyField(
        DegreeProgramme,
        blank=True,
        verbose_name=_("degree programmes"),
        help_text=_("Empty: every degree programme of the levels above."),
    )
    max_preferences = models.PositiveSmallIntegerField(
        _("most preferences"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
    )

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="programme_preferences_1_to_5", condition=Q(max_preferences__range=(1, 5))
            ),
            models.CheckConstraint(
                name="programme_levels_known", condition=Q(levels__contained_by=Level.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_reader_language(self.name_en, self.name_de)

    @property
    def about(self) -> str:
        return in_reader_language(self.about_en, self.about_de)


class DocumentKind(models.TextChoices):
    """What the inspection expects inside (applications.pdf_inspection.DocumentKind)."""

    CV = "cv", _("curriculum vitae")
    LETTER = "letter", _("letter of motivation")
    TRANSCRIPT = "transcript", _("transcript of records")
    CERTIFICATE = "certificate", _("certificate")
    OTHER = "other", _("other")


class DocumentSlot(models.Model):
    """One PDF the programme asks for. Without levels it is asked of everybody."""

    programme = models.ForeignKey(
        Programme, models.CASCADE, related_name="slots", verbose_name=_("programme")
    )
    key = models.SlugField(_("key"))
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    title_en = models.CharField(_("title (English)"), max_length=200)
    title_de = models.CharField(_("title (German)"), max_length=200)
    hint_en = models.CharField(_("hint (English)"), max_length=500, blank=True)
    hint_de = models.CharField(_("hint (German)"), max_length=500, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=DocumentKind)
    required = models.BooleanField(_("required"), default=True)
    levels = ArrayField(
        models.CharField(max_length=10, choices=Level),
        verbose_name=_("levels at departure"),
        default=list,
        blank=True,
    )
    language = models.CharField(_("language"), max_length=2, blank=True)
    proves_language = models.BooleanField(_("proves a language level"), default=False)
    min_pages = models.PositiveSmallIntegerField(_("fewest pages"), null=True, blank=True)
    max_pages = models.PositiveSmallIntegerField(_("most pages"), null=True, blank=True)

    class Meta:
        verbose_name = _("document slot")
        verbose_name_plural = _("document slots")
        ordering = ["programme", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["programme", "key"], name="slot_once"),
            models.CheckConstraint(
                name="slot_levels_known", condition=Q(levels__contained_by=Level.values)
            ),
            models.CheckConstraint(
                name="slot_kind_known", condition=Q(kind__in=DocumentKind.values)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_reader_language(self.title_en, self.title_de)

    @property
    def hint(self) -> str:
        return in_reader_language(self.hint_en, self.hint_de)

    def applies_to(self, level_at_departure: str) -> bool:
        """Tell whether someone leaving at this level has to do with the slot."""
        return not self.levels or level_at_departure in self.levels


class TieBreaker(models.TextChoices):
    """What decides between equal scores, in the published order; never the submission time."""

    GRADE = "grade", _("better average grade")
    ECTS = "ects", _("more ECTS earned")
    LANGUAGE = "language", _("better command of the language of instruction")
    SEMESTER = "semester", _("higher semester")


@pghistory.track(append_only=True, exclude=["lottery_secret"])
class Call(models.Model):
    """One round of a programme: open by the clock, never by a flag."""

    code = models.SlugField(_("code"), unique=True, help_text=_("Such as erasmus-2027."))
    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="calls", verbose_name=_("programme")
    )
    title_en = models.CharField(_("title (English)"), max_length=200)
    title_de = models.CharField(_("title (German)"), max_length=200)
    academic_year = models.PositiveSmallIntegerField(
        _("academic year"), help_text=_("The year it starts in: 2027 for 2027/28.")
    )
    semesters = ArrayField(
        models.CharField(max_length=1, choices=Semester),
        verbose_name=_("semesters"),
        default=list,
        help_text=_("Those a student can go in."),
    )
    period_en = models.CharField(_("period (English)"), max_length=200, blank=True)
    period_de = models.CharField(_("period (German)"), max_length=200, blank=True)
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    deadline = models.DateTimeField(
        _("deadline"),
        null=True,
        blank=True,
        help_text=_("The first instant that is too late (Europe/Berlin). Empty: to be announced."),
    )
    feedback_weeks = models.PositiveSmallIntegerField(_("feedback within weeks"), default=8)
    answer_by = models.DateTimeField(
        _("answer offers by"),
        null=True,
        blank=True,
        help_text=_("The first instant that is too late to accept or decline an offer."),
    )
    blind_reading = models.BooleanField(
        _("blind reading"),
        default=False,
        help_text=_("Readers see neither name nor photo nor gender until they have scored."),
    )
    tie_breakers = ArrayField(
        models.CharField(max_length=10, choices=TieBreaker),
        verbose_name=_("tie-breakers"),
        default=list,
        blank=True,
        help_text=_("In this order; after them a draw from the published seed."),
    )
    lottery_secret = models.CharField(
        _("lottery secret"), max_length=64, default=secrets.token_hex, editable=False
    )
    applications_sha256 = models.CharField(
        _("sha256 of the list of applications"), max_length=64, blank=True, editable=False
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = [F("deadline").desc(nulls_first=True), "code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="call_opens_before_deadline",
                condition=Q(opens_at=None) | Q(deadline=None) | Q(deadline__gt=F("opens_at")),
            ),
            models.CheckConstraint(
                name="call_closed_after_deadline",
                condition=Q(closed_at=None)
                | Q(deadline__isnull=False, closed_at__gte=F("deadline")),
            ),
            models.CheckConstraint(
                name="call_published_after_closing",
                condition=Q(published_at=None)
                | Q(closed_at__isnull=False, published_at__gte=F("closed_at")),
            ),
            models.CheckConstraint(
                name="call_answer_after_deadline",
                condition=Q(answer_by=None) | Q(deadline=None) | Q(answer_by__gt=F("deadline")),
            ),
            models.CheckConstraint(
                name="call_semesters_known", condition=Q(semesters__contained_by=Semester.values)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_reader_language(self.title_en, self.title_de)

    @property
    def period(self) -> str:
        return in_reader_language(self.period_en, self.period_de)

    @property
    def academic_year_label(self) -> str:
        return academic_year.label(self.academic_year)

    @property
    def lottery_commitment(self) -> str:
        """sha256 of the lottery secret, shown from the opening on (ALLOCATION.md, lottery)."""
        return hashlib.sha256(self.lottery_secret.encode()).hexdigest()

    @property
    def lottery_seed(self) -> str:
        """Secret and hash of the closed list. Raises ValueError before the call is closed."""
        if not self.applications_sha256:
            raise ValueError("The seed exists only after the call was closed.")
        return f"{self.lottery_secret}:{self.applications_sha256}"

    @property
    def feedback_by(self) -> date | None:
        """The day until which every applicant gets an answer (DOMAIN: within 8 weeks)."""
        if self.deadline is None:
            return None
        last_day = timezone.localtime(self.deadline) - timedelta(microseconds=1)
        return last_day.date() + timedelta(weeks=self.feedback_weeks)

    @property
    def last_minute(self) -> datetime | None:
        """The last instant that counts, as it is shown: 23:59 of the day before midnight."""
        return self.deadline and self.deadline - timedelta(minutes=1)

    def has_opened(self, now: datetime) -> bool:
        return self.opens_at is not None and self.opens_at <= now

    def is_open(self, now: datetime) -> bool:
        """Tell whether an ordinary submission is in time at `now` (`now < deadline`)."""
        return (
            self.has_opened(now)
            and self.deadline is not None
            and now < self.deadline
            and self.closed_at is None
        )


class CallHost(models.Model):
    """An agreement whose seats this call gives away."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="hosts", verbose_name=_("call"))
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="+", verbose_name=_("agreement")
    )
    min_score = models.DecimalField(
        _("fewest points"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Out of 100. Empty: no threshold."),
    )

    class Meta:
        verbose_name = _("host of a call")
        verbose_name_plural = _("hosts of a call")
        ordering = ["agreement__host__name_en"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "agreement"], name="call_host_once"),
            models.CheckConstraint(
                name="call_host_min_score_range",
                condition=Q(min_score=None) | Q(min_score__range=(Decimal(0), Decimal(100))),
            ),
        ]

    def __str__(self) -> str:
        return str(self.agreement.host)


class CriterionKind(models.TextChoices):
    MANUAL = "manual", _("scored by readers")
    GRADE = "grade", _("computed from the average grade")
    ECTS = "ects", _("computed from the ECTS earned")
    LANGUAGE = "language", _("computed from the language level")


class Criterion(models.Model):
    """One line of the score sheet. Weights need not add up to 100; they are made to."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="criteria", verbose_name=_("call"))
    key = models.SlugField(_("key"))
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    name_en = models.CharField(_("name (English)"), max_length=200)
    name_de = models.CharField(_("name (German)"), max_length=200)
    about_en = models.TextField(_("what is scored (English)"), blank=True)
    about_de = models.TextField(_("what is scored (German)"), blank=True)
    kind = models.CharField(
        _("kind"), max_length=10, choices=CriterionKind, default=CriterionKind.MANUAL
    )
    weight = models.DecimalField(
        _("weight"), max_digits=5, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    scale_max = models.DecimalField(
        _("highest points"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(10),
        validators=[MinValueValidator(Decimal(1))],
    )

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["call", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "key"], name="criterion_once"),
            models.CheckConstraint(
                name="criterion_weight_positive", condition=Q(weight__gt=0, scale_max__gt=0)
            ),
            models.CheckConstraint(
                name="criterion_kind_known", condition=Q(kind__in=CriterionKind.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_reader_language(self.name_en, self.name_de)

    @property
    def about(self) -> str:
        return in_reader_language(self.about_en, self.about_de)
