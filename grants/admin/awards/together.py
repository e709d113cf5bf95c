"""Steps for many awards at once: looked at first, then done for each; refused ones are named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django_countries import countries

from applications.admin.doors import posted
from grants import awards
from grants.admin.awards.deciding import done_before
from grants.admin.awards.doors import BESIDE, awards_for, for_office, page, sentence
from grants.admin.awards.forms import ReasonForm
from grants.admin.awards.standing import standing_of
from grants.calculation import Reason
from grants.errors import AwardRefusal, AwardRefused
from grants.loading import tables_from_database
from grants.models import GrantAward
from grants.states import AwardState
from grants.texts import AWARDS, REASONS

if TYPE_CHECKING:
    from decimal import Decimal

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.utils.functional import _StrPromise

    from applications.models import User
    from grants.awards import Recalculation
    from grants.calculation import GrantTables

# Shown at once, and taken at once: each step is a transaction of its own within the request.
MOST = 300
# "pk:number of the version that was looked at", with blanks between.
CHOSEN = re.compile(r"([1-9][0-9]{0,17}):([0-9]{1,4})", re.ASCII)


class Kind(StrEnum):
    PROPOSE = "propose"
    APPROVE = "approve"
    CALCULATE_AGAIN = "calculate_again"
    CANCEL = "cancel"


TITLES: dict[Kind, _StrPromise] = {
    Kind.PROPOSE: _("Propose these awards"),
    Kind.APPROVE: _("Approve these awards"),
    Kind.CALCULATE_AGAIN: _("Calculate these awards again"),
    Kind.CANCEL: _("Cancel these awards"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An award, and why the step can't be taken with it; empty where it can."""

    award: GrantAward
    state: _StrPromise
    tone: str
    why_not: str


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """An award that would be calculated differently today."""

    award: GrantAward
    state: _StrPromise
    tone: str
    before: Decimal
    after: Decimal
    reason: str
    is_draft: bool

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


def differences_in(found: Recalculation) -> dict[str, Any]:
    """Return the first differences in words, and how many there are."""
    return {"differences": _differing(found), "difference_count": len(found.differences)}


def _differing(found: Recalculation) -> list[DifferenceRow]:
    listed = found.differences[:MOST]
    beside = GrantAward.objects.select_related(*BESIDE).in_bulk(
        [difference.award for difference in listed]
    )
    rows = []
    for difference in listed:
        award = beside[difference.award]
        standing = standing_of(award)
        rows.append(
            DifferenceRow(
                award=award,
                state=standing.words,
                tone=standing.tone,
                before=difference.before,
                after=difference.after,
                reason=_reason(difference.reason, award),
                is_draft=difference.state is AwardState.DRAFT,
            )
        )
    return rows


def _reason(code: str, award: GrantAward) -> str:
    if not code:
        return ""
    version = awards.newest(award)
    country = countries.name(version.country.code)
    return str(REASONS[Reason(code)]) % {"project": version.project.code, "country": country}


def ask(
    request: HttpRequest,
    user: User,
    kind: Kind,
    chosen: QuerySet[GrantAward],
    *,
    form: ReasonForm | None = None,
) -> HttpResponseBase:
    """Show what the step would do to each of the chosen awards before anything is done."""
    ordered = awards_for(user).filter(pk__in=chosen.values("pk")).order_by("pk")
    if kind is Kind.CALCULATE_AGAIN:
        return _ask_again(request, ordered)
    found = list(ordered.select_related(*BESIDE)[: MOST + 1])
    if len(found) > MOST:
        text = gettext("At most %(most)s at once: please choose fewer.")
        messages.error(request, text % {"most": MOST})
        return redirect("admin:grants_grantaward_changelist")
    tables = tables_from_database()
    rows = [_row(kind, award, user, tables) for award in found]
    possible = [row.award for row in rows if not row.why_not]
    return page(
        request,
        "together",
        str(TITLES[kind]),
        status=422 if form else 200,
        kind=kind.value,
        rows=rows,
        possible=len(possible),
        chosen=" ".join(f"{award.pk}:{awards.newest(award).number}" for award in possible),
        form=(form or ReasonForm(own_name="cancel")) if kind is Kind.CANCEL else None,
    )


def _ask_again(request: HttpRequest, chosen: QuerySet[GrantAward]) -> HttpResponseBase:
    """Show what would differ by the tables of today; only drafts that differ are written then."""
    found = awards.compare(chosen)
    drafts = [each.award for each in found.differences if each.state is AwardState.DRAFT]
    return page(
        request,
        "together",
        str(TITLES[Kind.CALCULATE_AGAIN]),
        kind=Kind.CALCULATE_AGAIN.value,
        **differences_in(found),
        possible=len(drafts),
        # Calculated again is what is newest then, whatever its number is.
        chosen=" ".join(f"{pk}:0" for pk in drafts),
    )


def _row(kind: Kind, award: GrantAward, user: User, tables: GrantTables) -> Row:
    why_not: AwardRefusal | None = None
    if award.cancelled_at is not None:
        why_not = AwardRefusal.CANCELLED
    elif kind is not Kind.CANCEL and award.nomination.status not in awards.LIVE:
        why_not = AwardRefusal.NOMINATION_ENDED
    elif kind is Kind.PROPOSE:
        why_not = awards.why_not_propose(award, tables)
    elif kind is Kind.APPROVE:
        why_not = awards.why_not_approve(award, user, tables)
    said = str(AWARDS[why_not]) if why_not else ""
    standing = standing_of(award)
    return Row(award, standing.words, standing.tone, said)


@require_POST
@for_office
def act(request: HttpRequest, user: User) -> HttpResponseBase:
    """Do what was looked at, for each award as it was looked at."""
    asked = posted(request, "kind")
    chosen = {int(pk): int(seen) for pk, seen in CHOSEN.findall(posted(request, "chosen"))}
    if asked not in set(Kind) or not chosen:
        messages.warning(request, gettext("Nothing was chosen, nothing was changed."))
        return redirect("admin:grants_grantaward_changelist")
    kind = Kind(asked)
    if kind is not Kind.CALCULATE_AGAIN and len(chosen) > MOST:
        raise BadRequest("more than the page offers")
    found = awards_for(user).filter(pk__in=chosen).order_by("pk")
    reason = ""
    if kind is Kind.CANCEL:
        form = ReasonForm(request.POST, own_name="cancel")
        if not form.is_valid():
            return ask(request, user, kind, found, form=form)
        reason = form.cleaned_data["reason"]
    if kind is Kind.CALCULATE_AGAIN:
        done = awards.recalculate(found, by=user, now=timezone.now())
        count = done.written
    else:
        count = _each(request, user, kind, found, chosen, reason)
    _tell(request, kind, count)
    return redirect("admin:grants_grantaward_changelist")


def _each(
    request: HttpRequest,
    user: User,
    kind: Kind,
    found: QuerySet[GrantAward],
    chosen: dict[int, int],
    reason: str,
) -> int:
    """Take the step with each award; returns with how many."""
    tables, now, count = tables_from_database(), timezone.now(), 0
    for award in found.select_related(*BESIDE):
        try:
            if kind is Kind.PROPOSE:
                awards.propose_award(award, seen=chosen[award.pk], by=user, now=now, tables=tables)
            elif kind is Kind.APPROVE:
                awards.approve_award(award, seen=chosen[award.pk], by=user, now=now, tables=tables)
            else:
                awards.cancel_award(award, by=user, now=now, reason=reason)
        except AwardRefused as refused:
            if done_before(award, refused, user):
                count += 1
                continue
            application = award.nomination.application
            told = sentence(refused, award.nomination)
            messages.error(request, f"{application.student} ({application.code}): {told}")
        else:
            count += 1
    return count


def _tell(request: HttpRequest, kind: Kind, count: int) -> None:
    texts = {
        Kind.PROPOSE: ngettext("%(count)s award proposed.", "%(count)s awards proposed.", count),
        Kind.APPROVE: ngettext("%(count)s award approved.", "%(count)s awards approved.", count),
        Kind.CALCULATE_AGAIN: ngettext(
            "%(count)s draft calculated again.", "%(count)s drafts calculated again.", count
        ),
        Kind.CANCEL: ngettext("%(count)s award cancelled.", "%(count)s awards cancelled.", count),
    }
    if count:
        messages.success(request, texts[kind] % {"count": count})
    else:
        messages.warning(request, gettext("Nothing was changed."))
