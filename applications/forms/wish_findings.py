"""What speaks against a wish as far as the form is filled in; what is not yet, finds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from applications import eligibility, texts
from applications.eligibility import EligibilityCode as Code
from applications.eligibility import Severity
from applications.models.submission import LanguageProof
from partners import isced
from partners.models import CefrLevel, Language, Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from applications.forms.application import ApplicationForm
    from applications.models import CallHost
    from partners.models import Agreement

_LANGUAGE = frozenset(
    {
        Code.LANGUAGE_MISSING,
        Code.LANGUAGE_TOO_LOW,
        Code.LANGUAGE_BY_PLANNED_COURSE,
        Code.CERTIFICATE_MISSING,
        Code.CERTIFICATE_DOCUMENT_MISSING,
    }
)
_LEVEL = frozenset(
    {
        Code.NO_SEATS_FOR_LEVEL,
        Code.ONLY_LEFT_OVER_SEATS,
        Code.NO_SEATS_IN_SEMESTER,
        Code.SEMESTER_LIMITED,
    }
)


@dataclass(frozen=True, slots=True)
class WishFinding:
    """A sentence and how much it weighs."""

    severity: Severity
    sentence: str

    @property
    def is_blocking(self) -> bool:
        return self.severity == Severity.BLOCKING


@dataclass(frozen=True, slots=True)
class TypedStudent:
    """The student as typed so far. Where something is missing, what it decides is not judged.

    `begun` are the languages whose row lacks its level or its proof.
    """

    applicant: eligibility.Applicant
    begun: frozenset[str]

    @classmethod
    def of(cls, form: ApplicationForm) -> TypedStudent:
        level, field = _text(form, "level_departure"), _text(form, "isced_f")
        degree = _text(form, "degree_programme")
        skills, begun = _languages(form)
        applicant = eligibility.Applicant(
            level_now="",
            level_departure=level if level in Level.values else "",
            semester=0,
            degree_programme="",
            degree_level="",
            isced_f=field if isced.is_valid(field) else "",
            isced_f_of_degree=frozenset(
                code
                for row in form.choices.degree_programmes
                if str(row.pk) == degree
                for code in row.isced_f
            ),
            languages=skills,
            # Whether the file is there is said where files are chosen, on the page after this.
            has_certificate_document=True,
            earlier_months=_months(form),
            stays=form.stays,
        )
        return cls(applicant, begun)

    def findings(
        self, row: CallHost, rank: int, semesters: frozenset[str]
    ) -> Iterable[WishFinding]:
        """Return what can be judged of a wish by now."""
        offer = row.as_offer(row.agreement.pools.all())
        wish = eligibility.Preference(rank, offer.id, semesters)
        unjudged = self._unjudged(row.agreement)
        if not offer.pools:
            # Seats that are not known yet speak against nothing (as in `eligibility.closed_to`).
            unjudged |= {Code.NO_SEATS}
        for finding in eligibility.review_preference(self.applicant, wish, offer):
            if finding.code not in unjudged:
                yield _said(finding)

    def open_questions(self, row: CallHost) -> tuple[str, ...]:
        """Say what the student has to fill in before the wish can be judged."""
        agreement = row.agreement
        questions = []
        if not self.applicant.level_departure:
            questions.append(
                gettext("Choose your level at departure to see whether the seats are for you.")
            )
        if agreement.isced_f and not self.applicant.isced_f:
            questions.append(gettext("Choose your field of study to see whether it fits."))
        if self._languages_open(agreement):
            words = {"language": agreement.get_language_display()}
            questions.append(
                gettext("Fill in your languages to see whether your %(language)s suffices.") % words
            )
        return tuple(questions)

    def _unjudged(self, agreement: Agreement) -> frozenset[Code]:
        codes: frozenset[Code] = frozenset()
        if not self.applicant.level_departure:
            codes |= _LEVEL
        if self._languages_open(agreement):
            codes |= _LANGUAGE
        return codes

    def _languages_open(self, agreement: Agreement) -> bool:
        asked = bool(agreement.language_level) or agreement.certificate_needed
        return asked and (not self.applicant.languages or agreement.language in self.begun)


def months_findings(form: ApplicationForm) -> Iterable[WishFinding]:
    """Say how many of the months a study cycle may have are used, where few or none are left."""
    limit = form.application.call.programme.months_per_cycle
    if limit is not None:
        student = TypedStudent.of(form).applicant
        for finding in eligibility.months_findings(student, limit):
            yield _said(finding)


def _said(finding: eligibility.Finding) -> WishFinding:
    return WishFinding(finding.severity, texts.finding_sentence(finding.code, finding.params))


def _months(form: ApplicationForm) -> int | None:
    """Return the months typed; None where nothing was, or nothing that can be read."""
    field = form.fields.get("earlier_months")
    if field is None:
        return None
    try:
        months: int | None = field.clean(_text(form, "earlier_months"))
    except ValidationError:
        return None
    return months


def _text(form: ApplicationForm, name: str) -> str:
    return str(form[name].value() or "")


def _languages(
    form: ApplicationForm,
) -> tuple[tuple[eligibility.LanguageSkill, ...], frozenset[str]]:
    """Return the complete rows, and the languages of those that lack level or proof."""
    skills = []
    begun = set()
    for name in form.fields:
        if not (name.startswith("language_") and name.removeprefix("language_").isdecimal()):
            continue
        language, level, proof = (_text(form, f"{name}{end}") for end in ("", "_level", "_proof"))
        if language not in Language.values:
            continue
        if level in CefrLevel.values and proof in LanguageProof.values:
            skills.append(eligibility.LanguageSkill(language, level, eligibility.Proof(proof)))
        else:
            begun.add(language)
    return tuple(skills), frozenset(begun)
