"""Calls: rounds of a programme, with their times, rules and hosts."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications import eligibility
from applications.models.programme import Programme
from partners import academic_year
from partners.agreement_rules import FOR_A_TERM
from partners.models import Agreement, Semester, in_reader_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from partners.models import SeatPool


class TieBreaker(models.TextChoices):
    """What decides between equal scores, in the published order; never the submission time."""

    GRADE = "grade", _("better average grade")
    ECTS = "ects", _("more ECTS earned")
    LANGUAGE = "language", _("better command of English")
    SEMESTER = "semester", _("higher semester")


@pghistory.track(append_only=True, exclude=["lottery_secret"])
class Call(models.Model):
    """One round of a programme: open by the clock, never by a flag."""

    code = models.SlugField(_("code"), unique=True, help_text=_("Such as erasmus-2027."))
    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="calls", verbose_name=_("programme")
    )
    second_round_of = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="second_round",
        verbose_name=_("second round of"),
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
    readers_needed = models.PositiveSmallIntegerField(
        _("readers needed"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_("Complete score sheets each application needs before a ranking can be made."),
    )
    sheet_distance = models.PositiveSmallIntegerField(
        _("distance that is flagged"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Where two readers' points for a criterion lie this far apart or more, in percent of "
            "its scale, the application is marked."
        ),
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
                name="call_sheets_range",
                condition=Q(readers_needed__range=(1, 9), sheet_distance__range=(1, 100)),
            ),
            models.CheckConstraint(
                name="call_semesters_known", condition=Q(semesters__contained_by=Semester.values)
            ),
        ]
        triggers: ClassVar = [
            # Its hash was shown before anybody was scored: a new one could be chosen to fit.
            pgtrigger.Protect(
                name="secret_stands",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("lottery_secret"),
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

    def as_offer(self, pools: Iterable[SeatPool]) -> eligibility.HostOffer:
        """Return what the host offers with these pools of the call's year, for the rules."""
        agreement = self.agreement
        return eligibility.HostOffer(
            id=str(self.pk),
            pools=tuple(
                eligibility.Pool(
                    seats=pool.seats,
                    level=pool.level,
                    semester=pool.semester,
                    fallback=pool.fallback,
                )
                for pool in pools
            ),
            levels=frozenset(agreement.levels),
            isced_f=agreement.isced_f,
            language=agreement.language,
            language_level=agreement.language_level,
            certificate_needed=agreement.certificate_needed,
            for_a_term=agreement.kind in FOR_A_TERM,
        )


def host_id(host: CallHost) -> str:
    """Return a host's id in the instance of a run: readable, and one per host of the call."""
    return f"{host.agreement.host.key}#{host.pk}"


def pk_in(identifier: str) -> int:
    """Return the CallHost pk an instance's host id names."""
    return int(identifier.rsplit("#", 1)[1])
