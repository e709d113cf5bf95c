"""What applications are scored by."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from applications.models.call import Call, CallHost
from applications.models.guards import belongs_together
from applications.models.programme import Programme
from partners.models import Language, in_reader_language


class CriterionKind(models.TextChoices):
    MANUAL = "manual", _("scored by readers")
    GRADE = "grade", _("computed from the average grade")
    ECTS = "ects", _("computed from the ECTS earned")
    LANGUAGE = "language", _("computed from the language level")


class CriterionBase(models.Model):
    """One line of the score sheet. Weights need not add up to 100; they are made to.

    Weight 0 counts only where a host orders by weights of its own (`HostWeight`). `anchors` say
    what points mean, a line each ("10: outstanding"). `language` is read for kind LANGUAGE only.
    """

    key = models.SlugField(_("key"))
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    name_en = models.CharField(_("name (English)"), max_length=200)
    name_de = models.CharField(_("name (German)"), max_length=200)
    about_en = models.TextField(_("what is scored (English)"), blank=True)
    about_de = models.TextField(_("what is scored (German)"), blank=True)
    anchors_en = models.TextField(
        _("what points mean (English)"),
        blank=True,
        help_text=_("A line for each step, such as “10: outstanding”."),
    )
    anchors_de = models.TextField(
        _("what points mean (German)"),
        blank=True,
        help_text=_("A line for each step, such as “10: hervorragend”."),
    )
    kind = models.CharField(
        _("kind"), max_length=10, choices=CriterionKind, default=CriterionKind.MANUAL
    )
    language = models.CharField(
        _("language scored"),
        max_length=2,
        choices=Language,
        default=Language.EN,
        help_text=_(
            "For “computed from the language level”. A host that gives it a weight of its own "
            "goes by its language of instruction."
        ),
    )
    weight = models.DecimalField(
        _("weight"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("0 counts only where a host gives it a weight of its own."),
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

    @property
    def anchors(self) -> list[str]:
        """What points mean, from the lines that are not empty."""
        text = in_reader_language(self.anchors_en, self.anchors_de)
        return [line.strip() for line in text.splitlines() if line.strip()]


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
                name="programme_criterion_weight_known",
                condition=Q(weight__gte=0, scale_max__gt=0),
            ),
            models.CheckConstraint(
                name="programme_criterion_kind_known", condition=Q(kind__in=CriterionKind.values)
            ),
            models.CheckConstraint(
                name="programme_criterion_language_known", condition=Q(language__in=Language.values)
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
                name="criterion_weight_not_negative", condition=Q(weight__gte=0, scale_max__gt=0)
            ),
            models.CheckConstraint(
                name="criterion_kind_known", condition=Q(kind__in=CriterionKind.values)
            ),
            models.CheckConstraint(
                name="criterion_language_known", condition=Q(language__in=Language.values)
            ),
        ]


class HostWeight(models.Model):
    """What a criterion counts at a host that orders its applicants by weights of its own.

    A host with any such row goes by these alone: a criterion without one counts nothing there.
    """

    host = models.ForeignKey(
        CallHost, models.CASCADE, related_name="own_weights", verbose_name=_("host university")
    )
    criterion = models.ForeignKey(
        Criterion, models.CASCADE, related_name="host_weights", verbose_name=_("criterion")
    )
    weight = models.DecimalField(
        _("weight"), max_digits=5, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )

    class Meta:
        verbose_name = _("weight at a host")
        verbose_name_plural = _("weights at hosts")
        ordering: ClassVar = ["host", "criterion__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["host", "criterion"], name="host_weight_once"),
            models.CheckConstraint(name="host_weight_positive", condition=Q(weight__gt=0)),
        ]
        triggers: ClassVar = [
            belongs_together(
                "host_id",
                "criterion_id",
                rule="""
                    SELECT 1 FROM applications_callhost h
                    JOIN applications_criterion c ON c.call_id = h.call_id
                    WHERE h.id = NEW.host_id AND c.id = NEW.criterion_id
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.host} · {self.criterion}: {self.weight}"
