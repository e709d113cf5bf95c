"""Where students can go: host universities, agreements with them, and the seats these give.

Lowest app in the import order: nothing here knows of calls, students or grants.
"""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from partners import academic_year
from partners.erasmus_code import PATTERN as ERASMUS_CODE_PATTERN


class Level(models.TextChoices):
    """Study cycle. EQF 6, 7 and 8; staff only for teaching mobility."""

    BACHELOR = "bachelor", _("Bachelor")
    MASTER = "master", _("Master")
    DOCTORAL = "doctoral", _("Doctorate")
    STAFF = "staff", _("Staff")


class Semester(models.TextChoices):
    WINTER = "W", _("Winter semester")
    SUMMER = "S", _("Summer semester")


class CefrLevel(models.TextChoices):
    """Common European Framework of Reference; NS is EWP's code for native speakers."""

    A1 = "A1", "A1"
    A2 = "A2", "A2"
    B1 = "B1", "B1"
    B2 = "B2", "B2"
    C1 = "C1", "C1"
    C2 = "C2", "C2"
    NATIVE = "NS", _("native speaker")


class Language(models.TextChoices):
    """Languages of instruction among our partners, as BCP 47 tags."""

    CS = "cs", _("Czech")
    DA = "da", _("Danish")
    DE = "de", _("German")
    EL = "el", _("Greek")
    EN = "en", _("English")
    ES = "es", _("Spanish")
    FI = "fi", _("Finnish")
    FR = "fr", _("French")
    HR = "hr", _("Croatian")
    HU = "hu", _("Hungarian")
    IT = "it", _("Italian")
    NL = "nl", _("Dutch")
    NO = "no", _("Norwegian")
    PL = "pl", _("Polish")
    PT = "pt", _("Portuguese")
    RO = "ro", _("Romanian")
    SL = "sl", _("Slovenian")
    SV = "sv", _("Swedish")
    TR = "tr", _("Turkish")
    ZH = "zh", _("Chinese")


def in_reader_language(english: str, german: str) -> str:
    """Return the text in the language of the request; English where German is missing."""
    return german if german and (get_language() or "en").startswith("de") else english


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
        help_text=_("The institution's id in EWP. Never guess it from the website."),
    )
    website = models.URLField(_("website"), blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5, null=True)
    time_zone = models.CharField(_("time zone"), max_length=50, default="Europe/Berlin")
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
                name="host_coordinates_range",
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
        ]

    def __str__(self) -> str:
        return self.name_en


class AgreementKind(models.TextChoices):
    ERASMUS_STUDIES = "erasmus_studies", _("ERASMUS studies")
    ERASMUS_DOCTORAL = "erasmus_doctoral", _("ERASMUS doctoral exchange")
    ERASMUS_TEACHING = "erasmus_teaching", _("ERASMUS teaching mobility")
    WORLDWIDE = "worldwide", _("Worldwide exchange")
    SUMMER_SCHOOL = "summer_school", _("Summer school")


@pghistory.track(append_only=True)
class Agreement(models.Model):
    """An inter-institutional agreement (IIA): who may go for what, from which year to which."""

    host = models.ForeignKey(
        HostUniversity, models.PROTECT, related_name="agreements", verbose_name=_("host university")
    )
    faculty = models.ForeignKey(
        Faculty, models.PROTECT, related_name="agreements", verbose_name=_("faculty")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=AgreementKind)
    isced_f = models.CharField(
        _("subject (ISCED-F)"),
        max_length=4,
        blank=True,
        validators=[RegexValidator(r"^\d{4}$")],
        help_text=_("Four digits, such as 0410. Empty: any subject."),
    )
    valid_from = models.PositiveSmallIntegerField(
        _("first academic year"), help_text=_("The year it starts in: 2027 for 2027/28.")
    )
    valid_until = models.PositiveSmallIntegerField(_("last academic year"))
    language = models.CharField(
        _("language of instruction"), max_length=2, choices=Language, default=Language.EN
    )
    language_level = models.CharField(
        _("level needed"), max_length=2, choices=CefrLevel, blank=True
    )
    certificate_needed = models.BooleanField(_("certificate needed"), default=False)
    teaching_days_min = models.PositiveSmallIntegerField(_("fewest days"), null=True, blank=True)
    teaching_days_max = models.PositiveSmallIntegerField(_("most days"), null=True, blank=True)
    teaching_hours_min = models.PositiveSmallIntegerField(
        _("fewest teaching hours"), null=True, blank=True
    )
    note_en = models.TextField(_("note for students (English)"), blank=True)
    note_de = models.TextField(_("note for students (German)"), blank=True)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["host__name_en", "kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["host", "faculty", "kind", "isced_f"], name="agreement_once"
            ),
            models.CheckConstraint(
                name="agreement_years_in_order", condition=Q(valid_until__gte=F("valid_from"))
            ),
            models.CheckConstraint(
                name="agreement_isced_form", condition=Q(isced_f="") | Q(isced_f__regex=r"^\d{4}$")
            ),
            models.CheckConstraint(
                name="agreement_kind_known", condition=Q(kind__in=AgreementKind.values)
            ),
            models.CheckConstraint(
                name="agreement_teaching_days_in_order",
                condition=Q(teaching_days_min=None)
                | Q(teaching_days_max=None)
                | Q(teaching_days_max__gte=F("teaching_days_min")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host} · {self.get_kind_display()}"

    @property
    def note(self) -> str:
        return in_reader_language(self.note_en, self.note_de)


@pghistory.track(append_only=True)
class SeatPool(models.Model):
    """Seats of one agreement in one academic year, perhaps only for a level or a semester.

    A pool with a level is hard (nobody else may sit there) unless `fallback`: then others may
    have what is left unclaimed (rule R3 of the allocation). A host with fallback pools must not
    mix pools with and without a semester (rule R4).
    """

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="pools", verbose_name=_("agreement")
    )
    academic_year = models.PositiveSmallIntegerField(
        _("academic year"),
        validators=[MinValueValidator(2014), MaxValueValidator(2100)],
        help_text=_("The year it starts in: 2027 for 2027/28."),
    )
    level = models.CharField(_("only for level"), max_length=10, choices=Level, blank=True)
    semester = models.CharField(_("only in semester"), max_length=1, choices=Semester, blank=True)
    seats = models.PositiveSmallIntegerField(
        _("seats"), validators=[MaxValueValidator(500)], help_text=_("Number of persons.")
    )
    fallback = models.BooleanField(
        _("others may use what is left"),
        default=False,
        help_text=_("Only if the partner agreed: these first, then anyone."),
    )
    made_up = models.BooleanField(
        _("made up"),
        default=False,
        help_text=_("For demonstrations: the number is invented, not from an agreement."),
    )

    class Meta:
        verbose_name = _("seats")
        verbose_name_plural = _("seats")
        ordering = ["agreement", "academic_year", "level", "semester"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agreement", "academic_year", "level", "semester"], name="seats_once"
            ),
            models.CheckConstraint(name="seats_sane", condition=Q(seats__lte=500)),
            models.CheckConstraint(
                name="seats_level_known", condition=Q(level="") | Q(level__in=Level.values)
            ),
            models.CheckConstraint(
                name="seats_semester_known",
                condition=Q(semester="") | Q(semester__in=Semester.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} · {academic_year.label(self.academic_year)} · {self.seats}"


class Channel(models.TextChoices):
    MAIL = "mail", _("mail")
    PORTAL = "portal", _("the partner's web portal")
    EWP = "ewp", _("Erasmus Without Paper")


@pghistory.track(append_only=True)
class NominationDeadline(models.Model):
    """Until when, and how, a host wants our nominations for one semester."""

    host = models.ForeignKey(
        HostUniversity,
        models.CASCADE,
        related_name="nomination_deadlines",
        verbose_name=_("host university"),
    )
    academic_year = models.PositiveSmallIntegerField(_("academic year"))
    semester = models.CharField(_("semester"), max_length=1, choices=Semester)
    deadline = models.DateField(_("deadline"), help_text=_("The last day that counts."))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.MAIL)
    mailbox = models.EmailField(_("contact mailbox"), blank=True)
    made_up = models.BooleanField(_("made up"), default=False)

    class Meta:
        verbose_name = _("nomination deadline")
        verbose_name_plural = _("nomination deadlines")
        ordering = ["deadline"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["host", "academic_year", "semester"], name="nomination_deadline_once"
            ),
            models.CheckConstraint(
                name="nomination_deadline_semester_known",
                condition=Q(semester__in=Semester.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host} · {academic_year.label(self.academic_year)} {self.semester}"
