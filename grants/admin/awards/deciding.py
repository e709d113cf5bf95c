"""What is done from the page of an award: each by POST, each leads back to the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext

from applications.admin.doors import posted
from grants import awards
from grants.admin.awards import page as award_page
from grants.admin.awards.doors import awards_for, for_award, sentence, to_award
from grants.admin.awards.forms import EvidenceForm, ReasonForm
from grants.errors import AwardRefusal, AwardRefused
from grants.models import GrantAward
from grants.states import AwardState

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseRedirect
    from django.http.response import HttpResponseBase

    from applications.models import User

MOST_DIGITS = 4


def seen_in(request: HttpRequest) -> int:
    """Return the number of the version the person looked at; 0, which none has, without one."""
    typed = posted(request, "seen")
    return int(typed) if typed.isdecimal() and len(typed) <= MOST_DIGITS else 0


@for_award(acts=True)
def propose(request: HttpRequest, user: User, award: GrantAward) -> HttpResponseBase:
    """Hand the draft to a second person."""
    try:
        awards.propose_award(award, seen=seen_in(request), by=user, now=timezone.now())
    except AwardRefused as refused:
        return _refused(request, user, award, refused)
    messages.success(request, gettext("Proposed. A second person of the office approves it."))
    return to_award(award)


@for_award(acts=True)
def approve(request: HttpRequest, user: User, award: GrantAward) -> HttpResponseBase:
    """Approve what another person proposed."""
    try:
        awards.approve_award(award, seen=seen_in(request), by=user, now=timezone.now())
    except AwardRefused as refused:
        return _refused(request, user, award, refused)
    messages.success(request, gettext("Approved. Nothing changes in this version any more."))
    return to_award(award)


@for_award(acts=True)
def send_back(request: HttpRequest, user: User, award: GrantAward) -> HttpResponseBase:
    """Make a proposal a draft again, with the reason."""
    form = ReasonForm(request.POST, own_name="back")
    if not form.is_valid():
        return award_page.show(request, user, award, back_form=form)
    try:
        awards.send_back(award, seen=seen_in(request), by=user, reason=form.cleaned_data["reason"])
    except AwardRefused as refused:
        return _refused(request, user, award, refused)
    messages.success(request, gettext("Sent back: it is a draft again."))
    return to_award(award)


@for_award(acts=True)
def take_back(request: HttpRequest, user: User, award: GrantAward) -> HttpResponseBase:
    """Drop the draft that follows an approved version."""
    try:
        awards.take_back(award, seen=seen_in(request), by=user)
    except AwardRefused as refused:
        return _refused(request, user, award, refused)
    messages.success(request, gettext("Taken back: what was approved counts alone again."))
    return to_award(award)


@for_award(acts=True)
def cancel(request: HttpRequest, user: User, award: GrantAward) -> HttpResponseBase:
    """Take the award back, approved or not."""
    form = ReasonForm(request.POST, own_name="cancel")
    if not form.is_valid():
        return award_page.show(request, user, award, cancel_form=form)
    try:
        awards.cancel_award(award, by=user, now=timezone.now(), reason=form.cleaned_data["reason"])
    except AwardRefused as refused:
        return _refused(request, user, award, refused)
    messages.success(request, gettext("The award is cancelled. What was paid is asked back."))
    return to_award(award)


# Told in the form where the day was typed.
OF_A_DAY = frozenset(
    {
        AwardRefusal.DAY_IN_FUTURE,
        AwardRefusal.DAY_BEFORE_STAY,
        AwardRefusal.CONFIRMED_TOO_EARLY,
    }
)


@for_award(acts=True)
def evidence(request: HttpRequest, user: User, award: GrantAward) -> HttpResponseBase:
    """Note on which days things were received."""
    form = EvidenceForm(request.POST)
    if not form.is_valid():
        return award_page.show(request, user, award, evidence_form=form)
    try:
        awards.note_evidence(award, form.evidence(), by=user, now=timezone.now(), seen=form.seen)
    except AwardRefused as refused:
        if refused.code not in OF_A_DAY:
            return _refused(request, user, award, refused)
        form.add_error(None, sentence(refused, award.nomination))
        return award_page.show(request, user, award, evidence_form=form)
    messages.success(request, gettext("The days are noted."))
    return to_award(award, at="evidence-title")


@for_award(acts=True)
def calculate_again(request: HttpRequest, user: User, award: GrantAward) -> HttpResponseBase:
    """Calculate the draft by the tables of today, as its next version."""
    if award.state is not AwardState.DRAFT:
        return _refused(request, user, award, AwardRefused(AwardRefusal.NOT_A_DRAFT))
    done = awards.recalculate(awards_for(user).filter(pk=award.pk), by=user, now=timezone.now())
    for difference in done.differences:
        if difference.written:
            messages.success(request, gettext("Calculated again by the tables of today."))
        else:
            messages.error(
                request, gettext("By the tables of today there is no grant: change the terms.")
            )
    if not done.differences:
        messages.info(request, gettext("The tables of today come to the same."))
    return to_award(award)


def done_before(award: GrantAward, refused: AwardRefused, user: User) -> bool:
    """Tell whether this person has just done what was refused: the button was pressed twice."""
    now = GrantAward.objects.select_related("current").get(pk=award.pk)
    version = awards.newest(now)
    done_by = {
        AwardRefusal.NOT_A_DRAFT: version.proposed_by_id,
        AwardRefusal.NOT_PROPOSED: version.approved_by_id,
        AwardRefusal.CANCELLED: now.cancelled_by_id,
    }
    return done_by.get(refused.code) == user.pk


def _refused(
    request: HttpRequest, user: User, award: GrantAward, refused: AwardRefused
) -> HttpResponseRedirect:
    if not done_before(award, refused, user):
        messages.error(request, sentence(refused, award.nomination))
    return to_award(award)
