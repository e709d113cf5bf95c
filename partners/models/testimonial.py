"""What former students tell of a host."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners import academic_year
from partners.models.host import HostUniversity
from partners.models.words import Semester


@pghistory.track(append_only=True)
class Testimonial(models.Model):
    """A former student's report, as text, as a PDF or both; shown once the office released it.

    The row holds no name unless the author agreed that it is shown.
    """

    host = models.ForeignKey(
        HostUniversity,
        models.CASCADE,
        related_name="testimonials",
        verbose_name=_("host university"),
    )
    academic_year = models.PositiveSmallIntegerField(
        _("academic year"),
        validators=[MinValueValidator(1990), MaxValueValidator(2100)],
        help_text=_("The year it starts in: 2027 for 2027/28."),
    )
    semester = models.CharField(_("semester"), max_length=1, choices=Semester)
    language = models.CharField(
        _("written in"), max_length=2, choices=[("en", _("English")), ("de", _("German"))]
    )
    text = models.TextField(_("text"), blank=True, max_length=5000)
    author = models.CharField(
        _("name"),
        max_length=100,
        blank=True,
        help_text=_("Leave empty unless the author agreed that the name is shown."),
    )
    author_agreed = models.BooleanField(_("the author agreed to the name"), default=False)
    stored_name = models.CharField(max_length=80, blank=True, editable=False)
    original_name = models.CharField(_("file"), max_length=255, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    size = models.PositiveIntegerField(_("bytes"), default=0, editable=False)
    pages = models.PositiveIntegerField(_("pages"), default=0, editable=False)
    released_at = models.DateTimeField(_("released"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("testimonial")
        verbose_name_plural = _("testimonials")
        ordering = ["-academic_year", "semester", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="testimonial_semester_known", condition=Q(semester__in=Semester.values)
            ),
            models.CheckConstraint(
                name="testimonial_language_known", condition=Q(language__in=["en", "de"])
            ),
            models.CheckConstraint(
                name="testimonial_name_only_if_agreed",
                condition=Q(author="") | Q(author_agreed=True),
            ),
            models.CheckConstraint(
                name="testimonial_says_something", condition=~Q(text="", stored_name="")
            ),
        ]

    def __str__(self) -> str:
        year = academic_year.label(self.academic_year)
        return f"{self.host} · {self.get_semester_display()} {year}"
