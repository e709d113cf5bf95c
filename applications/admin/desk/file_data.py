"""What the page of one application shows, read in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.utils import translation
from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.translation import gettext
from django_countries import countries

from applications import selection, texts
from applications.models import Submission, User, counting_reviews
from applications.pdf_inspection.hiding import hidden_words
from applications.pdf_inspection.matching import masked
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from applications.models import Application, Document, Preference, PreferenceVerdict


STUDIES = (
    "degree_programme",
    "level_now",
    "level_departure",
    "semester_now",
    "ects_earned",
    "average_grade",
    "isced_f",
    "languages",
    "earlier_months",
    "remarks",
)
PERSON = (
    "given_names",
    "family_name",
    "birth_date",
    "gender",
    "nationality",
    "matriculation_number",
    "esi",
    "email",
    "phone",
)


def newest_submission(application: Application) -> Submission | None:
    return (
        application.submissions.select_related(
            "degree_programme", "application__student", "application__call__programme"
        )
        .prefetch_related(
            "languages", "preferences__host__agreement__host", "documents__document__slot"
        )
        .order_by("-number")
        .first()
    )


# -- findings and their places ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding in words. `place` names what it is about, `anchor` is where that stands."""

    sentence: str
    blocking: bool
    slot: str
    place: str
    anchor: str


def findings_of(submission: Submission | None) -> list[ShownFinding] | None:
    """Return the findings on a submission, those that block first; None before its review."""
    if submission is None:
        return None
    review = counting_reviews().filter(submission=submission).first()
    if review is None:
        return None
    titles = {row.document.slot.key: row.document.slot.title for row in submission.documents.all()}
    hosts = {wish.rank: str(wish.host) for wish in submission.preferences.all()}
    shown = [_shown(finding, titles, hosts) for finding in review.findings]
    return sorted(shown, key=lambda finding: not finding.blocking)


def _shown(finding: dict[str, Any], titles: dict[str, str], hosts: dict[int, str]) -> ShownFinding:
    slot, rank = finding["slot"], finding["preference"]
    place, anchor = "", ""
    if slot:
        place = titles.get(slot, slot)
        anchor = f"paper-{slot}{_first_page(finding)}" if slot in titles else ""
    elif rank is not None:
        place = gettext("%(rank)s. %(host)s") % {"rank": rank, "host": hosts.get(rank, "")}
        anchor = f"wish-{rank}"
    elif field := texts.finding_place(finding["code"]):
        place, anchor = _label(field), f"fact-{field}"
    return ShownFinding(
        sentence=texts.finding_sentence(finding["code"], finding["params"]),
        blocking=finding["severity"] == "blocking",
        slot=slot,
        place=place,
        anchor=anchor,
    )


def _first_page(finding: dict[str, Any]) -> str:
    """Return "-2" for a finding on pages "2, 5"; numbers of pages are no pages."""
    pages = finding["params"].get("pages")
    return f"-{pages.partition(',')[0]}" if isinstance(pages, str) else ""


# -- papers ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as it lies on the desk, with what was found on it.

    `late`: it came after the call was closed, when its slot was opened again.
    """

    document: Document
    late: bool
    pages: range
    findings: tuple[ShownFinding, ...]


def papers_of(
    submission: Submission | None, findings: Sequence[ShownFinding] | None
) -> list[Paper]:
    if submission is None:
        return []
    closed_at = submission.application.call.closed_at
    documents = sorted(
        (row.document for row in submission.documents.all()),
        key=lambda document: (document.slot.position, document.pk),
    )
    return [
        Paper(
            document=document,
            late=closed_at is not None and document.uploaded_at > closed_at,
            pages=range(1, (document.pages or 0) + 1),
            findings=tuple(each for each in findings or () if each.slot == document.slot.key),
        )
        for document in documents
    ]


def words_to_hide(submission: Submission) -> tuple[str, ...]:
    """Return what would tell a blind reader whose papers these are."""
    student = submission.application.student
    return hidden_words(
        given_names=submission.given_names,
        family_name=submission.family_name,
        birth_date=submission.birth_date,
        identifiers=(
            student.username,
            submission.matriculation_number,
            submission.esi,
            submission.email,
            student.email,
        ),
        phones=(submission.phone,),
        others=(
            # As the login names the person, who may have typed the name otherwise.
            *hidden_words(given_names=student.given_names, family_name=student.family_name),
            submission.street,
            *_names_of_country(submission.nationality.code),
        ),
    )


def _names_of_country(code: str) -> list[str]:
    """Return the country's name as documents have it: in English and German."""
    names = []
    for language in ("en", "de"):
        with translation.override(language):
            names.append(str(countries.name(code)))
    return names


# -- data ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    key: str
    label: str
    value: str


def label_of(field: str) -> str:
    (column,) = (each for each in Submission._meta.fields if each.name == field)
    return str(capfirst(column.verbose_name))


def facts_of(submission: Submission | None, names: Iterable[str], *, blind: bool) -> list[Fact]:
    """Return the answers that were given to these questions; remarks without names when blind."""
    if submission is None:
        return []
    facts = [Fact(name, _label(name), _value(submission, name, blind=blind)) for name in names]
    return [fact for fact in facts if fact.value]


def _label(name: str) -> str:
    return gettext("Languages") if name == "languages" else label_of(name)


def _value(submission: Submission, name: str, *, blind: bool) -> str:
    if name == "languages":
        return ", ".join(
            f"{skill} ({skill.get_proof_display()})" for skill in submission.languages.all()
        )
    if name == "remarks" and blind:
        return masked(submission.remarks, words_to_hide(submission))
    if name == "earlier_months" and submission.earlier_months is None:
        asked = submission.application.call.programme.months_per_cycle is not None
        return gettext("not told") if asked else ""
    if name == "nationality":
        return str(submission.nationality.name)
    if name == "birth_date":
        return texts.day(submission.birth_date)
    display = getattr(submission, f"get_{name}_display", None)
    value = display() if display else getattr(submission, name)
    return "" if value is None else str(localize(value))


def wishes_of(
    application: Application, submission: Submission | None
) -> list[tuple[Preference, list[str], PreferenceVerdict | None]]:
    """Return each wish with its semesters in words and the decision against it, if any."""
    if submission is None:
        return []
    verdicts = {row.host_id: row for row in application.verdicts.all()}
    return [
        (
            wish,
            [str(Semester(semester).label) for semester in wish.semesters],
            verdicts.get(wish.host_id),
        )
        for wish in submission.preferences.all()
    ]


def results_of(application: Application) -> list[selection.Told]:
    """Return what was published of each wish, in the student's language; nothing before it."""
    if application.call.published_at is None:
        return []
    with translation.override(application.student.language):
        return selection.results_of(application)


def seen_by(application: Application) -> list[dict[str, Any]]:
    """Return who of the staff looked at the application, with the last time, newest first."""
    columns = ("given_names", "family_name", "username", "erased_at")
    people = (
        application.viewings.order_by()
        .values("person", *(f"person__{column}" for column in columns))
        .annotate(last=Max("at"))
        .order_by("-last")
    )
    return [
        {
            "name": str(User(**{column: row[f"person__{column}"] for column in columns})),
            "last": row["last"],
        }
        for row in people
    ]
