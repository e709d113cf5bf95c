"""The answer to an offer: accept it, move up to the better one offered beside it, or decline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from applications import access, lifecycle, selection
from applications.forms.answer import SemesterForm
from applications.models import BetterOffer, Placement
from applications.states import State
from applications.views.refusals import answers_refusals
from partners.models import Semester
from partners.prepared import Given, Prepared, together

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, QueryDict

    from applications.models import Application

P = TypeVar("P", Placement, BetterOffer)
_ANSWERED = frozenset({State.ACCEPTED, State.DECLINED})
# What the buttons say; any other word accepts the place held.
MOVE_UP, DECLINE = "better", "decline"


class OffersChangedError(Exception):
    """What is on offer is not what the student had before their eyes."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A place that can be taken, with the form that takes it."""

    place: Placement | BetterOffer
    semester: str
    form: SemesterForm


def places_of(own: Application) -> list[Placement]:
    """Return every place that was ever offered, oldest first; the live one is held."""
    return _with(own, _PLACES(application=own.pk))


def better_offers_of(own: Application) -> list[BetterOffer]:
    """Return every place that was ever offered beside the one held, oldest first."""
    return _with(own, _BETTER_OFFERS(application=own.pk))


def everything_offered_to(own: Application) -> tuple[list[Placement], list[BetterOffer]]:
    """Return `places_of` and `better_offers_of`, asked for at once."""
    places, offers = together(
        _PLACES.asked(application=own.pk), _BETTER_OFFERS.asked(application=own.pk)
    )
    return _with(own, places), _with(own, offers)


def _with(own: Application, rows: list[P]) -> list[P]:
    for row in rows:
        row.application = own
    return rows


def live_place(own: Application) -> Placement | None:
    """Return the place that is held."""
    return next((place for place in places_of(own) if place.live), None)


_PLACES = Prepared(
    lambda: (
        Placement.objects.filter(application=Given("application"))
        .select_related("host__agreement__host", "pool")
        .order_by("offered_at", "pk")
    )
)
_BETTER_OFFERS = Prepared(
    lambda: (
        BetterOffer.objects.filter(application=Given("application"))
        .select_related("host__agreement__host", "pool")
        .order_by("offered_at", "pk")
    )
)


@require_http_methods(["GET", "HEAD", "POST"])
@answers_refusals
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is offered with what each answer means; take the answer."""
    own = access.own_application_for(request.user, code)
    now = timezone.now()
    place = live_place(own)
    if own.state in _ANSWERED and (request.method == "GET" or _is_answered(own, request)):
        # An old mail, the back button or another tab leads here: nothing is wrong.
        messages.info(request, gettext("You answered the offer already. This is where it stands."))
        return redirect("applications:application", code=code)
    if place is None or own.state != State.OFFERED:
        raise lifecycle.TransitionRefused(lifecycle.Refusal.NOT_NOW, state=own.state)
    if not access.can_answer(request.user, own, place, now):
        raise lifecycle.DeadlinePassed(lifecycle.Refusal.ANSWER_TOO_LATE, answer_by=place.answer_by)
    better = next(
        (row for row in better_offers_of(own) if row.is_open and now < row.answer_by), None
    )
    chosen = request.POST.get("choice") or request.GET.get("choice")
    data = request.POST if request.method == "POST" else None
    above = _choice(better, data if chosen == MOVE_UP else None, now) if better else None
    held = _choice(place, data if chosen != MOVE_UP else None, now)
    form = above.form if above and chosen == MOVE_UP else held.form
    if data is not None and chosen == MOVE_UP and above is None:
        return _asked_anew(request, own)
    if data is not None and (chosen == DECLINE or form.is_valid()):
        return _answered(request, own, chosen, form, now)
    return render(
        request,
        "applications/decline.html" if chosen == DECLINE else "applications/answer.html",
        {"application": own, "call": own.call, "held": held, "above": above, "form": form},
        status=200 if data is None else 422,
    )


def _is_answered(own: Application, request: HttpRequest) -> bool:
    """Tell whether this very answer was given before: pressed twice, or in another tab."""
    declines = request.POST.get("choice") == DECLINE
    return declines == (own.state == State.DECLINED)


def _choice(place: Placement | BetterOffer, data: QueryDict | None, now: datetime) -> Choice:
    """Return a place with its form, bound to what was sent where that is the one chosen."""
    semesters = lifecycle.semesters_to_choose_from(place, now=now)
    prefix = MOVE_UP if isinstance(place, BetterOffer) else None
    form = SemesterForm(semesters, place.semester, data, prefix=prefix)
    return Choice(place, str(Semester(place.semester).label), form)


def _answered(
    request: HttpRequest, own: Application, chosen: str | None, form: SemesterForm, now: datetime
) -> HttpResponse:
    """Give the answer, if what is on offer is still what the student saw."""
    try:
        with transaction.atomic():
            _give_answer(own, chosen, form, now)
            _refuse_unseen(own, request.POST.get("above", ""), now)
    except OffersChangedError:
        return _asked_anew(request, own)
    messages.success(request, _told(chosen))
    return redirect("applications:application", code=own.code)


def _asked_anew(request: HttpRequest, own: Application) -> HttpResponse:
    """Lead to the page as it is now: nobody gives up what they never saw."""
    text = gettext(
        "What is offered to you has changed since you opened the page. Nothing was answered: please"
        " choose anew."
    )
    messages.warning(request, text)
    return redirect("applications:answer", code=own.code)


def _give_answer(own: Application, chosen: str | None, form: SemesterForm, now: datetime) -> None:
    if chosen == DECLINE:
        selection.decline(own, by=own.student, now=now)
    else:
        selection.accept(
            own,
            by=own.student,
            now=now,
            semester=form.cleaned_data["semester"],
            better=chosen == MOVE_UP,
        )


def _refuse_unseen(own: Application, seen: str, now: datetime) -> None:
    """Raise OffersChangedError when the answer ended another better offer than the one `seen`.

    Asked once it is given and the rows are locked: before, one could still come in between.
    """
    ended = own.better_offers.filter(closed_at=now).first()
    if seen != (str(ended.pk) if ended else ""):
        raise OffersChangedError


def _told(chosen: str | None) -> str:
    if chosen == DECLINE:
        return gettext("You declined the offer. The place goes to others.")
    if chosen == MOVE_UP:
        return gettext("You moved up and accepted the place. A mail confirms it.")
    return gettext("You accepted the place. A mail confirms it.")
