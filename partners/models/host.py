"""Faculties of the home university, the universities students go to, and the terms there."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from partners import academic_year
from partners.erasmus_code import PATTERN as ERASMUS_CODE_PATTERN
from partners.models.words import Semester, in_reader_language


class Faculty(models.Model):
    """A faculty of the home university. Coordinators see only their own."""

    key = models.SlugField(_("key"), unique=True)
    name_en = models.CharField(_("name (English)"), max_length=200)
    name_de = models.CharField(_("name (German)"), max_length=200)
    contact_mailbox = models.EmailField(_("contact mailbox"), blank=True)

    class Meta:
        verbose_name = _("faculty")
        verbose_name_plural = _("faculties")
        ordering = ["key"]

    def __str__(self) -> str:
        return in_reader_language(self.name_en, self.name_de)


# The institution's domain (EXPORTS.md, Identifiers).
SCHAC_PATTERN = r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"


@pghistory.track(append_only=True)
class HostUniversity(models.Model):
    """A university students can go to. The home university is the one row with `is_home`."""

    key = models.SlugField(_("key"), unique=True, help_text=_("Short and lasting, such as lut."))
    name_en = models.CharField(_("name (English)"), max_length=200)
    name_native = models.CharField(_("name in its own language"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100)
    country = CountryField(_("country"))
    erasmus_code = models.CharField(
        _("Erasmus code"),
        max_length=20,
        blank=True,
        validators=[RegexValidator(ERASMUS_CODE_PATTERN)],
        help_text=_("With its spaces, such as “D  BOCHUM01”. Empty outside the programme."),
    )
    pic = models.CharField(
        _("PIC"), max_length=9, blank=True, validators=[RegexValidator(r"^\d{9}$")]
    )
    oid = models.CharField(
        _("OID"), max_length=9, blank=True, validators=[RegexValidator(r"^E\d{8}$")]
    )
    schac_id = models.CharField(
        _("SCHAC id"),
        max_length=100,
        blank=True,
        validators=[RegexValidator(SCHAC_PATTERN)],
        help_text=_("The institution's id in EWP. Never guess it from the website."),
    )
    website = models.URLField(_("website"), blank=True)
    course_catalogue = models.URLField(
        _("course catalogue"),
        blank=True,
        help_text=_("The page where exchange students find the courses they may take."),
    )
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5, null=True)
    time_zone = models.CharField(_("time zone"), max_length=50, default="Europe/Berlin")
    calendar_years = models.BooleanField(
        _("academic year is the calendar year"),
        default=False,
        help_text=_("As in the south: its lists then say 2027/2027."),
    )
    is_home = models.BooleanField(_("home university"), default=False)
    notes = models.TextField(_("internal notes"), blank=True)

    class Meta:
        verbose_name = _("host university")
        verbose_name_plural = _("host universities")
        ordering = ["name_en"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["erasmus_code"],
                name="host_erasmus_code_once",
                condition=~Q(erasmus_code=""),
            ),
            models.UniqueConstraint(
                fields=["is_home"], name="host_one_home", condition=Q(is_home=True)
            ),
            models.CheckConstraint(
                name="host_erasmus_code_form",
                condition=Q(erasmus_code="") | Q(erasmus_code__regex=ERASMUS_CODE_PATTERN),
            ),
            models.CheckConstraint(
                name="host_pic_form", condition=Q(pic="") | Q(pic__regex=r"^\d{9}$")
            ),
            models.CheckConstraint(
                name="host_oid_form", condition=Q(oid="") | Q(oid__regex=r"^E\d{8}$")
            ),
            models.CheckConstraint(
                name="host_schac_form", condition=Q(schac_id="") | Q(schac_id__regex=SCHAC_PATTERN)
            ),
            models.CheckConstraint(
                name="host_coordinates_range",
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
        ]

    def __str__(self) -> str:
        return self.name_en


@pghistory.track(append_only=True)
class HostTerm(models.Model):
    """The days of one term at a host, counted for the semester of ours it stands for.

    For the home university: the days that differ from the plain semester, with its exams.
    """

    host = models.ForeignKey(
        HostUniversity, models.CASCADE, related_name="terms", verbose_name=_("host university")
    )
    academic_year = models.PositiveSmallIntegerField(
        _("academic year"),
        validators=[MinValueValidator(2014), MaxValueValidator(2100)],
        help_text=_("Of this university, by the year it starts in: 2027 for 2027/28."),
    )
    semester = models.CharField(
        _("counts as"),
        max_length=1,
        choices=Semester,
        help_text=_("The semester here that a student is away for."),
    )
    name_en = models.CharField(
        _("the host's name of the term (English)"), max_length=60, blank=True
    )
    name_de = models.CharField(_("the host's name of the term (German)"), max_length=60, blank=True)
    starts = models.DateField(_("first day"))
    ends = models.DateField(_("last day"), help_text=_("Exams included."))
    exams_from = models.DateField(
        _("exams from"), null=True, blank=True, help_text=_("They last to the last day.")
    )
    months_only = models.BooleanField(
        _("only the months are known"),
        default=False,
        help_text=_("Then only the months of both days are shown."),
    )
    made_up = models.BooleanField(_("made up"), default=False)

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["host", "academic_year", "-semester"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["host", "academic_year", "semester"], name="host_term_once"
            ),
            models.CheckConstraint(
                name="host_term_semester_known", condition=Q(semester__in=Semester.values)
            ),
            models.CheckConstraint(
                name="host_term_days_in_order", condition=Q(ends__gt=F("starts"))
            ),
            models.CheckConstraint(
                name="host_term_exams_within",
                condition=Q(exams_from=None)
                | Q(exams_from__gte=F("starts"), exams_from__lte=F("ends")),
            ),
        ]

    def __str__(self) -> str:
        year = academic_year.label(self.academic_year)
        return f"{self.host} · {self.get_semester_display()} {year}"

    @property
    def name(self) -> str:
        return in_reader_language(self.name_en, self.name_de)
