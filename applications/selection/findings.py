"""What the machine finds on one submission: in its documents, its completeness, its wishes.

It proposes; people decide.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from applications import eligibility, pdf_inspection
from applications.lifecycle import expectation, stored_path
from applications.models import (
    Call,
    DegreeProgramme,
    Document,
    DocumentSlot,
    Programme,
    Submission,
    stays_beside,
)
from partners.models import SeatPool

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is the same for all submissions of a call: who reviews many reads it once.

    `named` are the degree programmes that the programme names, by key.
    """

    slots: tuple[DocumentSlot, ...]
    named: frozenset[str]
    offers: tuple[eligibility.HostOffer, ...]

    @classmethod
    def of(cls, call: Call) -> Self:
        programme = call.programme
        return cls(
            slots=tuple(programme.slots.order_by("position")),
            named=frozenset(programme.degree_programmes.values_list("key", flat=True)),
            offers=host_offers(call),
        )


def findings_on(
    submission: Submission,
    inspector: pdf_inspection.Inspector | None = None,
    grounds: Grounds | None = None,
) -> list[dict[str, Any]]:
    """Return all findings on a submission: its documents, its completeness, its wishes.

    Each is {"code", "severity", "slot", "preference", "params"}; `slot` and `preference` (rank)
    say what it points to, empty where it is the whole application.
    """
    grounds = grounds or Grounds.of(submission.application.call)
    documents = [row.document for row in submission.documents.select_related("document__slot")]
    return [
        *_document_findings(submission, documents, inspector, grounds),
        *_eligibility_findings(submission, documents, grounds),
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


def _document_findings(
    submission: Submission,
    documents: list[Document],
    inspector: pdf_inspection.Inspector | None,
    grounds: Grounds,
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    held = {document.slot_id for document in documents}
    for slot in grounds.slots:
        if slot.required and slot.applies_to(submission.level_departure) and slot.pk not in held:
            found.append(_finding("document_missing", "blocking", slot=slot.key))  # noqa: PERF401 - three conditions
    inspect = inspector.inspect if inspector is not None else pdf_inspection.inspect
    letters: dict[str, Document] = {}
    for document in documents:
        report = inspect(stored_path(document.stored_name), expectation(document.slot))
        found.extend(
            _finding(
                remark.code.value,
                "blocking" if remark.severity is pdf_inspection.Severity.HARD else "information",
                slot=document.slot.key,
                params=remark.params,
            )
            for remark in report.findings
        )
        if document.slot.kind == pdf_inspection.DocumentKind.LETTER and report.text_sha256:
            letters[report.text_sha256] = document
    found.extend(_same_file_twice(documents))
    found.extend(_same_letter_elsewhere(submission, letters))
    return found


def _same_file_twice(documents: list[Document]) -> list[dict[str, Any]]:
    slots = defaultdict(list)
    for document in documents:
        slots[document.sha256].append(document.slot.key)
    return [
        _finding("same_file_twice", "information", slot=keys[1], params={"other": keys[0]})
        for keys in slots.values()
        if len(keys) > 1
    ]


def _same_letter_elsewhere(
    submission: Submission, letters: dict[str, Document]
) -> list[dict[str, Any]]:
    found = []
    for digest, document in letters.items():
        others = (
            Document.objects.filter(
                inspection__text_sha256=digest,
                submitted__isnull=False,
                slot__kind=pdf_inspection.DocumentKind.LETTER,
                application__call=submission.application.call,
            )
            .exclude(application=submission.application)
            .values("application")
            .distinct()
            .count()
        )
        if others:
            found.append(
                _finding(
                    "same_letter_elsewhere",
                    "information",
                    slot=document.slot.key,
                    params={"count": others},
                )
            )
    return found


def _eligibility_findings(
    submission: Submission, documents: list[Document], grounds: Grounds
) -> list[dict[str, Any]]:
    rules = _rules_of(
        submission.application.call.programme, submission.degree_programme, grounds.named
    )
    applicant = _applicant_of(
        submission,
        rules,
        has_certificate=any(document.slot.proves_language for document in documents),
    )
    wishes = [
        eligibility.Preference(row.rank, str(row.host_id), frozenset(row.semesters))
        for row in submission.preferences.order_by("rank")
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
        for remark in eligibility.review(applicant, rules, wishes, grounds.offers)
    ]


def _applicant_of(
    submission: Submission, rules: eligibility.ProgrammeRules, *, has_certificate: bool
) -> eligibility.Applicant:
    application = submission.application
    programme = application.call.programme
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
        has_certificate_document=has_certificate,
        ects=submission.ects_earned,
        average_grade=submission.average_grade,
        # As of the last login; a degree of another faculty counts where the programme names it.
        enrolled=application.student.is_student
        and (degree.faculty_id == programme.faculty_id or degree.key in rules.degree_programmes),
        earlier_months=submission.earlier_months,
        stays=stays_beside(application.call, application.student, for_staff=True),
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
