"""The deadlines page: every call in the order of what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Prefetch
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_safe

from applications import access, lifecycle, texts
from applications.models import Placement
from applications.states import State
from partners.models import Semester

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from applications.models import Application, Call

MINUTE = timedelta(minutes=1)
FAR = datetime.max.replace(tzinfo=UTC)
_WAITING = frozenset({State.SUBMITTED, State.UNDER_REVIEW, State.ELIGIBLE})


@dataclass(frozen=True, slots=True)
class Coming:
    """A date ahead: what it is, how far away in words, and the moment or day itself.

    `end` is the instant at which it has come; pages with script count down to it.
    """

    label: str
    words: str
    end: datetime
    moment: datetime | None = None
    day: date | None = None
    soon: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A call with its state in words, what comes next, and the reader's own application."""

    call: Call
    state: str
    tone: str
    semesters: list[str]
    coming: Coming | None
    application: Application | None
    own: Coming | None
    is_past: bool

    @property
    def next_at(self) -> datetime:
        return min((date.end for date in (self.coming, self.own) if date), default=FAR)


@require_safe
def deadlines(request: HttpRequest) -> HttpResponse:
    """Show all calls with their dates, and the reader's calendar address."""
    now = timezone.now()
    own = {
        application.call_id: application
        for application in access.applications_visible_to(request.user)
        .filter(student=request.user.pk)
        .prefetch_related(Prefetch("placements", Placement.objects.filter(live=True)))
    }
    rows = [
        _row(call, own.get(call.pk), now)
        for call in access.calls_visible_to(request.user).order_by("deadline", "code")
    ]
    feed = access.calendar_of(request.user)
    path = reverse("applications:calendar", args=[feed.token]) if feed else ""
    return render(
        request,
        "applications/deadlines.html",
        {
            "now": now,
            "ahead": sorted((row for row in rows if not row.is_past), key=lambda row: row.next_at),
            "past": [row for row in reversed(rows) if row.is_past],
            "shows_own": bool(own) or (access.known(request.user) and request.user.is_student),
            "can_subscribe": access.can_subscribe(request.user),
            "calendar_address": request.build_absolute_uri(path) if feed else "",
            "webcal_address": f"webcal://{request.get_host()}{path}" if feed else "",
        },
    )


def _row(call: Call, application: Application | None, now: datetime) -> Row:
    if application is not None:
        application.call = call
    waits = application is not None and application.state in _WAITING
    state, tone, coming = _stage(call, now, waits=waits)
    own = _own(application, now) if application else None
    return Row(
        call=call,
        state=state,
        tone=tone,
        semesters=[str(Semester(semester).label) for semester in call.semesters],
        coming=coming,
        application=application,
        own=own,
        is_past=call.deadline is not None
        and call.deadline <= now
        and coming is None
        and own is None,
    )


def _stage(call: Call, now: datetime, *, waits: bool) -> tuple[str, str, Coming | None]:
    """Return the state of a call in words, its tone, and what comes next."""
    if call.deadline is None:
        return pgettext("state of a call", "To be announced"), "neutral", None
    if call.deadline <= now:
        return _stage_after_deadline(call, now, waits=waits)
    closes = _last_minute(gettext("Closes"), call.deadline, now)
    if call.is_open(now):
        return pgettext("state of a call", "Open"), "success", closes
    later, begin = pgettext("state of a call", "Opens later"), call.opens_at
    if begin is None:
        return later, "neutral", closes
    return later, "info", Coming(gettext("Opens"), texts.until(begin, now), begin, begin)


def _stage_after_deadline(
    call: Call, now: datetime, *, waits: bool
) -> tuple[str, str, Coming | None]:
    """Do the same for a call whose deadline has passed.

    A promised day that passed without results stays in sight of whoever still `waits` for them.
    """
    if call.published_at is not None and call.published_at <= now:
        end = call.answer_by
        answers = _last_minute(gettext("Offers end"), end, now) if end and now < end else None
        return pgettext("state of a call", "Results published"), "info", answers
    promised, today = call.feedback_by, localdate(now)
    if promised is None or (promised < today and not waits):
        return pgettext("state of a call", "Closed"), "neutral", None
    label = gettext("Results promised by") if today <= promised else gettext("Results are late")
    coming = Coming(label, texts.until_day(promised, today), _end_of(promised), day=promised)
    return pgettext("state of a call", "Under review"), "info", coming


def _own(application: Application, now: datetime) -> Coming | None:
    """Return the date that holds for this student alone and is still ahead."""
    deadline = lifecycle.own_deadline(application)
    if deadline is not None and now < deadline:
        return _last_minute(gettext("Your own deadline"), deadline, now)
    offer = lifecycle.offer_to(application)
    if offer is not None and now < offer.answer_by:
        return _last_minute(gettext("Answer your offer"), offer.answer_by, now)
    return None


def _last_minute(label: str, end: datetime, now: datetime) -> Coming:
    """Say what ends at `end`, the first instant that is too late, by its last minute."""
    last = end - MINUTE
    soon = end - now <= timedelta(days=7)
    return Coming(label, texts.until(end, now, shown=last), end, last, soon=soon)


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
