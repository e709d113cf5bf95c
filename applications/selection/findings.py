"""What the machine finds on one submission: in its documents, its completeness, its wishes.

It proposes; people decide.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Prefetch

from applications import eligibility, pdf_inspection
from applications.lifecycle import at_hand, expectation, stored_path
from applications.models import (
    Call,
    DegreeProgramme,
    Document,
    DocumentSlot,
    Programme,
    Submission,
    SubmittedDocument,
    stays_of_many,
)
from partners.models import SeatPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Dossier:
    """A submission with all that its review reads of it.

    `same_letter`: how many others of the call handed in a letter of the same words.
    """

    submission: Submission
    documents: tuple[Document, ...]
    stays: tuple[eligibility.EarlierStay, ...]
    same_letter: int


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is the same for all submissions of a call: who reviews many reads it once.

    `named` are the degree programmes that the programme names, by key.
    """

    call: Call
    slots: tuple[DocumentSlot, ...]
    named: frozenset[str]
    offers: tuple[eligibility.HostOffer, ...]

    @classmethod
    def of(cls, call: Call) -> Self:
        programme = call.programme
        return cls(
            call=call,
            slots=tuple(programme.slots.order_by("position")),
            named=frozenset(programme.degree_programmes.values_list("key", flat=True)),
            offers=host_offers(call),
        )

    def dossiers(self, submissions: Iterable[int]) -> dict[int, Dossier]:
        """Return the dossier of each submission (pk), in six queries at most."""
        rows = list(
            Submission.objects.filter(pk__in=list(submissions))
            .select_related("application__student", "degree_programme")
            .prefetch_related(
                Prefetch("documents", SubmittedDocument.objects.select_related("document__slot")),
                "languages",
                "preferences",
            )
        )
        stays = stays_of_many(
            self.call, [row.application.student_id for row in rows], for_staff=True
        )
        documents = {row.pk: tuple(one.document for one in row.documents.all()) for row in rows}
        letters = _authors_of(self.call, [_letter_of(documents[row.pk]) for row in rows])
        return {
            row.pk: Dossier(
                submission=row,
                documents=documents[row.pk],
                stays=stays[row.application.student_id],
                same_letter=len(letters[_letter_of(documents[row.pk])] - {row.application_id}),
            )
            for row in rows
        }


def _letter_of(documents: Iterable[Document]) -> str:
    """Return the digest of the letter's words, as the upload found them; "" without a letter."""
    digests = (
        str(document.inspection.get("text_sha256", ""))
        for document in documents
        if document.slot.kind == pdf_inspection.DocumentKind.LETTER
    )
    return next(digests, "")


def _authors_of(call: Call, digests: Iterable[str]) -> dict[str, set[int]]:
    """Return the applications of the call that handed in a letter of these words."""
    authors: dict[str, set[int]] = defaultdict(set)
    wanted = sorted({digest for digest in digests if digest})
    rows = Document.objects.filter(
        inspection__text_sha256__in=wanted,
        submitted__isnull=False,
        slot__kind=pdf_inspection.DocumentKind.LETTER,
        application__call=call,
    )
    for digest, application in rows.values_list("inspection__text_sha256", "application"):
        authors[digest].add(application)
    return authors


def findings_on(
    dossier: Dossier, grounds: Grounds, inspector: pdf_inspection.Inspector | None = None
) -> list[dict[str, Any]]:
    """Return all findings on a submission: its documents, its completeness, its wishes.

    Each is {"code", "severity", "slot", "preference", "params"}; `slot` and `preference` (rank)
    say what it points to, empty where it is the whole application.
    """
    return [
        *_document_findings(dossier, grounds, inspector),
        *_eligibility_findings(dossier, grounds),
    ]


def _finding(
    code: str,
    severity: str,
    *,
    slot: str = "",
    preference: int | None = None,
    params: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "code": code,
        "severity": severity,
        "slot": slot,
        "preference": preference,
        "params": dict(params or {}),
    }


def _inspected(
    document: Document, inspect: Callable[..., pdf_inspection.Report]
) -> pdf_inspection.Report:
    try:
        with at_hand(document.stored_name) as path:
            return inspect(path, expectation(document.slot))
    except FileNotFoundError:
        # The inspection has a finding for a file that is not there.
        return inspect(stored_path(document.stored_name), expectation(document.slot))


def _document_findings(
    dossier: Dossier, grounds: Grounds, inspector: pdf_inspection.Inspector | None
) -> list[dict[str, Any]]:
    level = dossier.submission.level_departure
    held = {document.slot_id for document in dossier.documents}
    found = [
        _finding("document_missing", "blocking", slot=slot.key)
        for slot in grounds.slots
        if slot.required and slot.applies_to(level) and slot.pk not in held
    ]
    inspect = inspector.inspect if inspector is not None else pdf_inspection.inspect
    for document in dossier.documents:
        report = _inspected(document, inspect)
        found.extend(
            _finding(
                remark.code.value,
                "blocking" if remark.severity is pdf_inspection.Severity.HARD else "information",
                slot=document.slot.key,
                params=remark.params,
            )
            for remark in report.findings
        )
    found.extend(_same_file_twice(dossier.documents))
    found.extend(_same_letter_elsewhere(dossier))
    return found


def _same_file_twice(documents: Iterable[Document]) -> list[dict[str, Any]]:
    slots = defaultdict(list)
    for document in documents:
        slots[document.sha256].append(document.slot.key)
    return [
        _finding("same_file_twice", "information", slot=keys[1], params={"other": keys[0]})
        for keys in slots.values()
        if len(keys) > 1
    ]


def _same_letter_elsewhere(dossier: Dossier) -> Iterator[dict[str, Any]]:
    if dossier.same_letter:
        slot = next(
            document.slot.key
            for document in dossier.documents
            if document.slot.kind == pdf_inspection.DocumentKind.LETTER
        )
        params = {"count": dossier.same_letter}
        yield _finding("same_letter_elsewhere", "information", slot=slot, params=params)


def _eligibility_findings(dossier: Dossier, grounds: Grounds) -> list[dict[str, Any]]:
    submission = dossier.submission
    rules = _rules_of(grounds.call.programme, submission.degree_programme, grounds.named)
    wishes = [
        eligibility.Preference(row.rank, str(row.host_id), frozenset(row.semesters))
        for row in submission.preferences.all()
    ]
    return [
        _finding(
            remark.code.value,
            remark.severity.value,
            preference=remark.preference,
            params={
                name: list(value) if isinstance(value, tuple) else value
                for name, value in remark.params.items()
            },
        )
        for remark in eligibility.review(
            _applicant_of(dossier, grounds), rules, wishes, grounds.offers
        )
    ]


def _applicant_of(dossier: Dossier, grounds: Grounds) -> eligibility.Applicant:
    submission, programme = dossier.submission, grounds.call.programme
    degree = submission.degree_programme
    return eligibility.Applicant(
        level_now=submission.level_now,
        level_departure=submission.level_departure,
        semester=submission.semester_now,
        degree_programme=degree.key,
        degree_level=degree.level,
        isced_f=submission.isced_f,
        isced_f_of_degree=frozenset(degree.isced_f),
        languages=tuple(
            eligibility.LanguageSkill(row.language, row.level, eligibility.Proof(row.proof))
            for row in submission.languages.all()
        ),
        has_certificate_document=any(each.slot.proves_language for each in dossier.documents),
        ects=submission.ects_earned,
        average_grade=submission.average_grade,
        # As of the last login; a degree of another faculty counts where the programme names it.
        enrolled=submission.application.student.is_student
        and (degree.faculty_id == programme.faculty_id or degree.key in grounds.named),
        earlier_months=submission.earlier_months,
        stays=dossier.stays,
    )


def _rules_of(
    programme: Programme, degree: DegreeProgramme, named: frozenset[str]
) -> eligibility.ProgrammeRules:
    # A programme that names others is not for this degree, on no condition.
    on_condition = degree.on_condition and (not named or degree.key in named)
    return eligibility.ProgrammeRules(
        levels=frozenset(programme.levels),
        degree_programmes=named,
        on_condition=frozenset({degree.key} if on_condition else ()),
        months_per_cycle=programme.months_per_cycle,
    )


def host_offers(call: Call) -> tuple[eligibility.HostOffer, ...]:
    """Return what the call's hosts offer, as the eligibility rules want to know it."""
    hosts = list(call.hosts.select_related("agreement"))
    pools = defaultdict(list)
    for pool in SeatPool.objects.filter(
        agreement__in=[host.agreement_id for host in hosts], academic_year=call.academic_year
    ):
        pools[pool.agreement_id].append(pool)
    return tuple(host.as_offer(pools[host.agreement_id]) for host in hosts)
