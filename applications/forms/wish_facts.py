"""What a student should know of a host beside the wish for it: seats, language, terms, demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField
from django.utils.formats import number_format
from django.utils.translation import gettext

from applications import texts
from applications.eligibility import Severity
from applications.forms.wish_findings import TypedStudent, WishFinding
from applications.models.demand import latest_rounds
from partners.models import HostTerm
from partners.prepared import Given, IsOneOf, Prepared
from partners.semesters.host_terms import HomeCalendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from applications.forms.application import ApplicationForm
    from applications.models import CallHost
    from applications.models.demand import EarlierRound
    from partners.models import Agreement, HostUniversity, SeatPool
    from partners.semesters.host_terms import ShownTerm


@dataclass(frozen=True, slots=True)
class WishFacts:
    """What is known of one host chosen, for the semesters ticked or all those of the call.

    `terms` are the host's, beside the semester here; `unknown_terms` says for which semesters no
    days are known. `findings` come with what speaks against the wish first; `open_questions` say
    what could not be judged yet, as the student has not filled it in.
    """

    host: HostUniversity
    year: int
    pools: tuple[SeatPool, ...]
    language: str
    terms: tuple[ShownTerm, ...]
    unknown_terms: str
    demand: str
    findings: tuple[WishFinding, ...]
    open_questions: tuple[str, ...]

    @property
    def stays(self) -> tuple[HostTerm, ...]:
        """The terms whose length the grant is reckoned for; none: an example is shown."""
        return tuple(shown.term for shown in self.terms)

    @property
    def nothing_found(self) -> bool:
        return not self.findings and not self.open_questions


def facts_of(form: ApplicationForm, ranks: Iterable[int]) -> dict[int, WishFacts]:
    """Return the facts of each rank whose row names a host of the call.

    Four queries for any number of hosts: their terms, the days of our semesters, the earlier
    rounds, and the student's own places. None where no host is chosen.
    """
    judged = dict(_judged(form, ranks))
    if not judged:
        return {}
    demand = latest_rounds(one.row.agreement_id for one in judged.values())
    return {
        rank: WishFacts(
            host=one.row.agreement.host,
            year=form.application.call.academic_year,
            pools=tuple(one.row.agreement.pools.all()),
            language=language_sentence(one.row.agreement),
            terms=one.terms,
            unknown_terms=_unknown_terms(one.terms, one.wanted),
            demand=demand_sentence(demand.get(one.row.agreement_id)),
            findings=one.findings,
            open_questions=one.open_questions,
        )
        for rank, one in judged.items()
    }


def findings_of(
    form: ApplicationForm, ranks: Iterable[int]
) -> dict[int, tuple[HostUniversity, tuple[WishFinding, ...]]]:
    """Return the host and what was found of each rank whose row names a host of the call.

    Three queries for any number of hosts: all of `facts_of` but for the earlier rounds.
    """
    return {rank: (one.row.agreement.host, one.findings) for rank, one in _judged(form, ranks)}


@dataclass(frozen=True, slots=True)
class _Judged:
    """A wish with the semesters wanted, the host's terms in them, and what was found."""

    row: CallHost
    wanted: frozenset[str]
    terms: tuple[ShownTerm, ...]
    findings: tuple[WishFinding, ...]
    open_questions: tuple[str, ...]


def _judged(form: ApplicationForm, ranks: Iterable[int]) -> Iterator[tuple[int, _Judged]]:
    chosen = {
        rank: row
        for rank in ranks
        if (row := form.choices.host(form[f"preference_{rank}"].value() or ""))
    }
    if not chosen:
        return
    year = form.application.call.academic_year
    terms = _terms(chosen.values(), year)
    calendar = HomeCalendar(year)
    student = TypedStudent.of(form)
    seen: set[int] = set()
    for rank, row in chosen.items():
        wanted = semesters_wanted(form, rank)
        shown = tuple(
            calendar.beside(
                term for term in terms.get(row.agreement.host_id, ()) if term.semester in wanted
            )
        )
        findings = [*student.findings(row, rank, wanted), *_overlaps(shown)]
        if row.pk in seen:
            sentence = texts.problem_sentence("host_twice", {"rank": rank})
            findings.insert(0, WishFinding(Severity.BLOCKING, sentence))
        seen.add(row.pk)
        by_weight = tuple(sorted(findings, key=lambda finding: not finding.is_blocking))
        yield rank, _Judged(row, wanted, shown, by_weight, student.open_questions(row))


def semesters_wanted(form: ApplicationForm, rank: int) -> frozenset[str]:
    """Return the semesters ticked for a wish; all those of the call while none is."""
    offered = frozenset(key for key, _label in form.choices.semesters)
    name = f"preference_{rank}_semesters"
    ticked = form[name].value() if name in form.fields else None
    return (offered & frozenset(ticked or ())) or offered


def language_sentence(agreement: Agreement) -> str:
    """Say what a host teaches in and what it asks for."""
    words = {
        "language": agreement.get_language_display(),
        "level": agreement.get_language_level_display(),
    }
    if agreement.certificate_needed and agreement.language_level:
        return gettext("Teaches in %(language)s; demands a certificate of %(level)s.") % words
    if agreement.certificate_needed:
        return gettext("Teaches in %(language)s; demands a certificate.") % words
    if agreement.language_level:
        return (
            gettext("Teaches in %(language)s; asks for %(level)s, without a certificate.") % words
        )
    return gettext("Teaches in %(language)s; asks for no certain level.") % words


def demand_sentence(latest: EarlierRound | None) -> str:
    """Say how sought after a host was in the newest round whose results are out."""
    if latest is None:
        return gettext("No earlier round here.")
    words = {"call": latest.call.title, "smallest": settings.SMALLEST_DEMAND_SHOWN}
    if latest.applicants is None:
        return gettext("%(call)s: fewer than %(smallest)s people wished for it.") % words
    words |= {"applicants": latest.applicants, "seats": latest.seats}
    if latest.per_seat is None:
        return (
            gettext("%(call)s: %(applicants)s people wished for it; no seats were known.") % words
        )
    words["per_seat"] = number_format(latest.per_seat, 1)
    if latest.last_rank is None:
        return gettext("%(call)s: %(per_seat)s applicants for each seat.") % words
    words |= {"rank": latest.last_rank, "ranked": latest.ranked}
    return (
        gettext(
            "%(call)s: %(per_seat)s applicants for each seat; the last place in the ranking that "
            "got one was %(rank)s of %(ranked)s."
        )
        % words
    )


def _terms(rows: Iterable[CallHost], year: int) -> Mapping[int, list[HostTerm]]:
    terms: dict[int, list[HostTerm]] = {}
    hosts = {row.agreement.host_id for row in rows}
    for term in _TERMS(hosts=list(hosts), year=year):
        terms.setdefault(term.host_id, []).append(term)
    return terms


_TERMS = Prepared(
    lambda: HostTerm.objects.filter(
        IsOneOf("host", Given("hosts", ArrayField(BigIntegerField()))),
        academic_year=Given("year"),
    )
)


def _overlaps(terms: Iterable[ShownTerm]) -> Iterable[WishFinding]:
    for shown in terms:
        if not shown.fits:
            for sentence in shown.sentences:
                yield WishFinding(Severity.INFORMATION, sentence)


def _unknown_terms(terms: Iterable[ShownTerm], wanted: frozenset[str]) -> str:
    missing = wanted - {shown.term.semester for shown in terms}
    if not missing:
        return ""
    if len(missing) > 1 or missing == wanted:
        return gettext("The dates of the host are not known here yet; look at its own pages.")
    if "W" in missing:
        return gettext("The dates of its term in our winter semester are not known here yet.")
    return gettext("The dates of its term in our summer semester are not known here yet.")
