"""Programmes: kinds of stays abroad, who may apply and which documents they need."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models import AgreementKind, Faculty, Level, in_reader_language


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
    steps_en = models.TextField(
        _("what to do (English)"),
        blank=True,
        help_text=_("Markdown. Shown where the portal takes no applications."),
    )
    steps_de = models.TextField(_("what to do (German)"), blank=True)
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
    months_per_cycle = models.PositiveSmallIntegerField(
        _("most months abroad in a study cycle"),
        null=True,
        blank=True,
        help_text=_("Earlier stays included; 12 for Erasmus+. Empty: no limit."),
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

    @property
    def steps(self) -> str:
        return in_reader_language(self.steps_en, self.steps_de)


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
