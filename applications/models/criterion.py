"""What applications are scored by."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from applications.models.call import Call
from applications.models.programme import Programme
from partners.models import in_reader_language


class CriterionKind(models.TextChoices):
    MANUAL = "manual", _("scored by readers")
    GRADE = "grade", _("computed from the average grade")
    ECTS = "ects", _("computed from the ECTS earned")
    LANGUAGE = "language", _("computed from the language level")


class CriterionBase(models.Model):
    """One line of the score sheet. Weights need not add up to 100; they are made to."""

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
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_reader_language(self.name_en, self.name_de)

    @property
    def about(self) -> str:
        return in_reader_language(self.about_en, self.about_de)


class ProgrammeCriterion(CriterionBase):
    """A criterion a new call of the programme starts with."""

    programme = models.ForeignKey(
        Programme, models.CASCADE, related_name="criteria", verbose_name=_("programme")
    )

    class Meta:
        verbose_name = _("criterion of new calls")
        verbose_name_plural = _("criteria of new calls")
        ordering: ClassVar = ["programme", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["programme", "key"], name="programme_criterion_once"),
            models.CheckConstraint(
                name="programme_criterion_weight_positive",
                condition=Q(weight__gt=0, scale_max__gt=0),
            ),
            models.CheckConstraint(
                name="programme_criterion_kind_known", condition=Q(kind__in=CriterionKind.values)
            ),
        ]


class Criterion(CriterionBase):
    """One line of a call's score sheet."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="criteria", verbose_name=_("call"))

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering: ClassVar = ["call", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "key"], name="criterion_once"),
            models.CheckConstraint(
                name="criterion_weight_positive", condition=Q(weight__gt=0, scale_max__gt=0)
            ),
            models.CheckConstraint(
                name="criterion_kind_known", condition=Q(kind__in=CriterionKind.values)
            ),
        ]
