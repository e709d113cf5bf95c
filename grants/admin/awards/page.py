"""The page of one award, read top down: where it stands, what is next, the figures, the rest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from stdnum import iban

from grants import awards
from grants.admin.awards.asked import CHANGES
from grants.admin.awards.doors import for_award, page
from grants.admin.awards.forms import EvidenceForm, ReasonForm
from grants.admin.awards.shown import Fact, changes, compared, facts, figures_of
from grants.admin.awards.standing import TONES, standing_of
from grants.errors import AwardRefusal
from grants.loading import tables_from_database
from grants.models import GrantDeclaration, GrantPayment, StayDocument
from grants.states import AwardState, PaymentKind
from grants.texts import AWARDS, OCCASIONS, STATES

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import User
    from grants.admin.awards.shown import Figures
    from grants.awards import Terms
    from grants.calculation import GrantTables
    from grants.models import AwardVersion, GrantAward

# What a student declares, by the names of the columns.
DECLARED = frozenset({"start", "end", "earlier_days", "social_reasons", "green", "travel_days"})


class Next(StrEnum):
    """The one thing that is to be done next with an award."""

    PROPOSE = "propose"
    CALCULATE_AGAIN = "calculate_again"
    APPROVE = "approve"
    WAIT_FOR_SECOND = "wait_for_second"
    MEND = "mend"
    WAIT_FOR_END = "wait_for_end"
    CONFIRM = "confirm"
    SETTLE = "settle"
    CANCEL = "cancel"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Step:
    """What is next, and where it can't be done, why."""

    kind: Next
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in the history, with every line and what it changed against `before`."""

    version: AwardVersion
    occasion: str
    state: str
    tone: str
    before: AwardVersion | None
    figures: Figures
    changed: list[Fact]


@require_safe
@for_award()
def award(request: HttpRequest, user: User, award: GrantAward) -> HttpResponseBase:
    """Show the award with all that is known about it."""
    return show(request, user, award)


def show(
    request: HttpRequest,
    user: User,
    award: GrantAward,
    *,
    back_form: ReasonForm | None = None,
    cancel_form: ReasonForm | None = None,
    evidence_form: EvidenceForm | None = None,
) -> HttpResponseBase:
    """Show the page; a form with errors comes back with what was typed."""
    version, today = awards.newest(award), timezone.localdate()
    is_open, tables = award.cancelled_at is None, tables_from_database()
    if not is_open:
        version = award.approved or version
    terms = awards.terms_of(version)
    step = next_step(award, user, tables, today)
    history = history_of(award, tables)
    evidence = {
        name: getattr(award, name) for name in ("confirmation_on", "transcript_on", "report_on")
    }
    nomination = award.nomination
    is_live = nomination.status in awards.LIVE
    forms = (back_form, cancel_form, evidence_form)
    return page(
        request,
        "award",
        gettext("Grant of %(name)s") % {"name": nomination.application.student},
        status=422 if any(forms) else 200,
        award=award,
        version=version,
        nomination=nomination,
        host=awards.host_of(nomination),
        standing=standing_of(award),
        moved=awards.moved_by_tables(award, tables) if award.current_id != award.approved_id else 0,
        step=step,
        is_open=is_open,
        is_draft=award.state is AwardState.DRAFT,
        is_proposed=award.state is AwardState.PROPOSED,
        may_take_back=award.approved is not None and award.current_id != award.approved_id,
        nomination_ended="" if is_live else AWARDS[AwardRefusal.NOMINATION_ENDED],
        facts=facts(terms),
        **_figures(award, version, terms, tables),
        occasions=[(code.value, OCCASIONS[code]) for code in CHANGES],
        history=history,
        **_declared(award, terms),
        **_payments(award),
        documents=StayDocument.objects.filter(nomination=nomination, current=True),
        back_form=back_form or ReasonForm(own_name="back"),
        cancel_form=cancel_form or ReasonForm(own_name="cancel"),
        evidence_form=evidence_form or EvidenceForm(initial=evidence),
    )


def next_step(award: GrantAward, user: User, tables: GrantTables, today: date) -> Step:
    """Return what is next with an award for this person."""
    state = award.state
    step = Step(Next.NOTHING)
    if state is AwardState.CANCELLED:
        return step
    if award.nomination.status not in awards.LIVE:
        step = Step(Next.CANCEL, str(AWARDS[AwardRefusal.NOMINATION_ENDED]))
    elif state is AwardState.DRAFT:
        step = _to_propose(award, tables)
    elif state is AwardState.PROPOSED:
        step = _to_approve(award, user, tables)
    elif state is AwardState.APPROVED and awards.newest(award).end >= today:
        step = Step(Next.WAIT_FOR_END)
    elif state is AwardState.APPROVED:
        step = Step(Next.SETTLE if award.confirmation_on else Next.CONFIRM)
    return step


def _to_propose(award: GrantAward, tables: GrantTables) -> Step:
    hindrance = awards.why_not_propose(award, tables)
    if hindrance is None:
        return Step(Next.PROPOSE)
    is_old = hindrance is AwardRefusal.TABLES_CHANGED
    return Step(Next.CALCULATE_AGAIN if is_old else Next.MEND, str(AWARDS[hindrance]))


def _to_approve(award: GrantAward, user: User, tables: GrantTables) -> Step:
    hindrance = awards.why_not_approve(award, user, tables)
    if hindrance is None:
        return Step(Next.APPROVE)
    waits = hindrance is AwardRefusal.FOUR_EYES
    return Step(Next.WAIT_FOR_SECOND if waits else Next.MEND, str(AWARDS[hindrance]))


def _figures(
    award: GrantAward, version: AwardVersion, terms: Terms, tables: GrantTables
) -> dict[str, Any]:
    """Return the newest figures; beside the approved ones where those still count.

    Of a cancelled award only what had been approved last, if anything.
    """
    approved = award.approved
    if approved is None or approved == version or award.cancelled_at is not None:
        settled = award.cancelled_at is not None or approved == version
        return {
            "figures": figures_of(approved or version, None, tables),
            "changed": [],
            "money": None if settled else awards.would_be_due(award, version),
        }
    return {
        "figures": figures_of(version, approved, tables),
        "changed": changes(awards.terms_of(approved), terms),
        "approved": approved,
        "money": awards.would_be_due(award, version),
    }


def history_of(award: GrantAward, tables: GrantTables) -> list[VersionRow]:
    """Return all versions, newest first, each beside what was in force before it.

    Before the first approval that is nothing: a draft stands beside the one before.
    """
    versions = list(
        award.versions.select_related("project", "made_by", "proposed_by", "approved_by").order_by(
            "number"
        )
    )
    rows: list[VersionRow] = []
    before: AwardVersion | None = None
    for version in versions:
        rows.append(
            VersionRow(
                version=version,
                occasion=version.get_occasion_display(),
                state=str(STATES[version.state]),
                tone=TONES[version.state],
                before=before,
                figures=figures_of(version, before, tables),
                changed=changes(awards.terms_of(before), awards.terms_of(version))
                if before
                else [],
            )
        )
        if version.approved_at or before is None or before.approved_at is None:
            before = version
    return rows[::-1]


def _declared(award: GrantAward, terms: Terms) -> dict[str, Any]:
    declaration = GrantDeclaration.objects.filter(nomination=award.nomination_id).first()
    if declaration is None:
        return {"declaration": None}
    return {
        "declaration": declaration,
        "declared": compared(awards.declared_terms(declaration, terms.project), terms, DECLARED),
        "iban": iban.format(declaration.iban),
    }


def _payments(award: GrantAward) -> dict[str, Any]:
    payments = award.payments.filter(void_at=None).select_related("payment_list")
    due = GrantPayment.objects.filter(awards.DUE, award=award)
    to_student = due.exclude(kind=PaymentKind.REPAYMENT.value)
    back = due.filter(kind=PaymentKind.REPAYMENT.value)
    paid = awards.paid(award)
    return {
        "payments": payments,
        "paid": paid,
        "paid_by_others": awards.paid_for(award.nomination_id) - paid,
        "due": to_student.aggregate(sum=Sum("amount"))["sum"],
        "due_back": back.aggregate(sum=Sum("amount"))["sum"],
    }
