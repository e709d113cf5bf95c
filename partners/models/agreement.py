"""Agreements with hosts and the seats they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners import academic_year
from partners.models.host import Faculty, HostUniversity
from partners.models.words import CefrLevel, Language, Level, Semester, in_reader_language

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet


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
    levels = ArrayField(
        models.CharField(max_length=10, choices=Level),
        verbose_name=_("study levels"),
        default=list,
        blank=True,
        help_text=_("Levels at departure the agreement is for. None chosen: any level."),
    )
    partner_unit = models.CharField(
        _("the host's faculty or unit"),
        max_length=200,
        blank=True,
        help_text=_("As it is to stand on nomination lists. Empty: none named."),
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
                name="agreement_language_known", condition=Q(language__in=Language.values)
            ),
            models.CheckConstraint(
                name="agreement_language_level_known",
                condition=Q(language_level="") | Q(language_level__in=CefrLevel.values),
            ),
            models.CheckConstraint(
                name="agreement_levels_known", condition=Q(levels__contained_by=Level.values)
            ),
            models.CheckConstraint(
                name="agreement_teaching_days_in_order",
                condition=Q(teaching_days_min=None)
                | Q(teaching_days_max=None)
                | Q(teaching_days_max__gte=F("teaching_days_min")),
            ),
        ]

        # At the end of the transaction: seats may be taken away together with their years.
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="keeps_its_seats",
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                operation=pgtrigger.UpdateOf("valid_from", "valid_until", "levels"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM partners_seatpool s
                        JOIN partners_agreement a ON a.id = s.agreement_id
                        WHERE a.id = NEW.id AND NOT (
                            s.academic_year BETWEEN a.valid_from AND a.valid_until
                            AND (s.level = '' OR a.levels = '{}' OR s.level = ANY (a.levels))
                        )
                    ) THEN
                        RAISE EXCEPTION 'keeps_its_seats: seats outside the agreement'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.host} · {self.get_kind_display()}"

    @property
    def note(self) -> str:
        return in_reader_language(self.note_en, self.note_de)


def hosts_agreed_by(faculties: Collection[int]) -> QuerySet[Agreement, int]:
    """Return the pks of the hosts any of these faculties (pks) ever had an agreement with."""
    return Agreement.objects.filter(faculty__in=faculties).order_by().values_list("host", flat=True)


@pghistory.track(append_only=True)
class SeatPool(models.Model):
    """Seats of one agreement in one academic year, perhaps only for a level or a semester.

    A pool with a level is hard (nobody else may sit there) unless `fallback`: then others may
    have what is left unclaimed (rule R3 of the allocation). A host with fallback pools must not
    mix pools with and without a semester (rule R4). Year and level lie within the agreement.
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
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="within_agreement",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert
                | pgtrigger.UpdateOf("agreement_id", "academic_year", "level"),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM partners_agreement a
                        WHERE a.id = NEW.agreement_id
                        AND NEW.academic_year BETWEEN a.valid_from AND a.valid_until
                        AND (NEW.level = '' OR a.levels = '{}' OR NEW.level = ANY (a.levels))
                    ) THEN
                        RAISE EXCEPTION 'within_agreement: seats outside the agreement'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.agreement} · {academic_year.label(self.academic_year)} · {self.seats}"
