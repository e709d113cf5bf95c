"""What was handed in at one instant, with its wishes, languages and files: never changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from applications.models.application import Application, Document
from applications.models.call import Call, CallHost
from applications.models.guards import belongs_together, never_changed
from applications.models.programme import DegreeProgramme
from applications.states import State
from partners.models import CefrLevel, Language, Level, Semester
from partners.prepared import Given, Prepared, together


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
    earlier_months = models.PositiveSmallIntegerField(
        _("months abroad so far"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(36)],
        help_text=_("With Erasmus+, in the study cycle of the departure; empty: not told."),
    )
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


def counting_submissions() -> QuerySet[Submission]:
    """Return the submissions that count, of any call: none of the same application is newer."""
    newer = Submission.objects.filter(
        application=OuterRef("application"), number__gt=OuterRef("number")
    )
    return Submission.objects.filter(~Exists(newer))


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


def submissions_of(application: Application) -> list[Submission]:
    """Return what was handed in of an application, in its order; of a draft nothing was."""
    if application.state == State.DRAFT:
        return []
    return [_of(application, row) for row in _SUBMISSIONS(application=application.pk)]


def newest_submission(application: Application) -> Submission | None:
    """Return the submission that counts; None before the first."""
    if application.state == State.DRAFT:
        return None
    found = _NEWEST(application=application.pk)
    return _of(application, found[0]) if found else None


def _of(application: Application, row: Submission) -> Submission:
    row.application = application
    return row


_SUBMISSIONS = Prepared(
    lambda: (
        Submission.objects.filter(application=Given("application"))
        .select_related("degree_programme")
        .order_by("number")
    )
)
_NEWEST = Prepared(
    lambda: Submission.objects.filter(application=Given("application")).order_by("-number")[:1]
)


def documents_of(submission: Submission) -> list[Document]:
    """Return the files that were handed in, with their slots."""
    return [row.document for row in _parts(submission, "documents")[0]]


def wishes_of(submission: Submission) -> list[Preference]:
    """Return the wishes of a submission with their hosts, the first one first."""
    return _parts(submission, "wishes")[0]


def languages_and_wishes_of(
    submission: Submission,
) -> tuple[list[LanguageSkill], list[Preference]]:
    """Return the languages, and what `wishes_of` does."""
    languages, wishes = _parts(submission, "languages", "wishes")
    return languages, wishes


def read_all_of(submission: Submission) -> None:
    """Read documents, languages and wishes at once, for whoever shows them all."""
    _parts(submission, *_PARTS)


def _parts(submission: Submission, *names: str) -> list[list[Any]]:
    """Return these parts of a submission, which never change; each is read once for one object."""
    kept: dict[str, list[Any]] = submission.__dict__.setdefault("_parts", {})
    wanted = [name for name in names if name not in kept]
    found = together(*(_PARTS[name].asked(submission=submission.pk) for name in wanted))
    kept.update(zip(wanted, found, strict=True))
    return [kept[name] for name in names]


_DOCUMENTS = Prepared(
    lambda: SubmittedDocument.objects.filter(submission=Given("submission")).select_related(
        "document__slot"
    )
)
_WISHES = Prepared(
    lambda: (
        Preference.objects.filter(submission=Given("submission"))
        .select_related("host__agreement__host")
        .order_by("rank")
    )
)
_LANGUAGES = Prepared(lambda: LanguageSkill.objects.filter(submission=Given("submission")))
_PARTS: dict[str, Prepared[Any]] = {
    "documents": _DOCUMENTS,
    "languages": _LANGUAGES,
    "wishes": _WISHES,
}
