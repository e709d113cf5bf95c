"""Deadlines, promised answers and offers as events for calendar programs (RFC 5545).

An event names the call and nothing else: no host, no grade, no person. The same rows give the same
bytes: what a program needs to tell old from new (DTSTAMP, SEQUENCE) comes from the audit of the
row, never from the clock. Instants are written in UTC, which each program shows by the clock of its
owner; the text names the moment in Bochum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Count, Max, Prefetch
from django.utils.translation import gettext
from icalendar import Alarm, Calendar, Event, vText

from applications import access, lifecycle, texts
from applications.models import Application, Call, Placement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet

    from applications.models import User

MINUTE = timedelta(minutes=1)
# Before each last minute in a subscribed calendar; a downloaded file brings no alarms of its own.
REMINDED_BEFORE = (timedelta(days=2), timedelta(days=1))
# How often programs are asked to look again. Those that do not know the hint have a rule of theirs.
LOOKED_UP_EVERY = timedelta(hours=6)

_OFFER = "offer"

# Gives the absolute address of a call's page, for an event to point to.
AddressOf = Callable[[Call], str]


@dataclass(frozen=True, slots=True)
class Revision:
    """How often a row was written, and when last."""

    number: int
    at: datetime

    def beside(self, other: Revision) -> Revision:
        """Return the revision of what stands in both rows."""
        return Revision(self.number + other.number, max(self.at, other.at))


# For rows whose audit was pruned: any instant will do, as long as it stays.
UNAUDITED = Revision(1, datetime(2026, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event: a minute that ends at the instant `at`, or the whole day `at`.

    `kind` makes the UID together with the call's code.
    """

    call: Call
    kind: str
    at: datetime | date
    summary: str
    text: str
    revision: Revision
    alarms: bool = False


def calendar_of_call(call: Call, person: User, address_of: AddressOf) -> bytes:
    """Return the dates of one call, with those of the person's own application to it."""
    entries = _entries([call], person)
    return _written(call.title, entries, address_of, uid=call.code, subscribed=False)


def calendar_of_offer(call: Call, person: User, address_of: AddressOf) -> bytes:
    """Return the date until which the person's offer can be answered, alone.

    It is the same event as in the calendar of the call: a program that has both shows it once.
    """
    entries = (entry for entry in _entries([call], person) if entry.kind == _OFFER)
    return _written(call.title, entries, address_of, uid=f"{call.code}-offer", subscribed=False)


def calendar_of_person(person: User, calls: QuerySet[Call], address_of: AddressOf) -> bytes:
    """Return the dates of these calls and of the person's own applications, with alarms."""
    entries = _entries(calls.order_by("deadline", "code"), person)
    name = gettext("Study abroad: deadlines")
    return _written(name, entries, address_of, uid="deadlines", subscribed=True)


# -- which dates ---------------------------------------------------------------------------------


def _entries(calls: Iterable[Call], person: User) -> Iterator[Entry]:
    calls = list(calls)
    written = _revisions(calls)
    own = {
        application.call_id: application
        for application in access.applications_visible_to(person)
        .filter(student=person, call__in=calls)
        .prefetch_related(Prefetch("placements", Placement.objects.filter(live=True)))
    }
    own_written = _revisions(list(own.values()))
    offers = {pk: lifecycle.offer_to(application) for pk, application in own.items()}
    # The time to answer may be made longer while the application itself stays as it is.
    offer_written = _revisions([offer for offer in offers.values() if offer is not None])
    for call in calls:
        application = own.get(call.pk)
        offer = offers.get(call.pk)
        yield from _dates_of(call, written.get(call.pk, UNAUDITED), answer=offer is None)
        if application is not None:
            application.call = call
            revision = own_written.get(application.pk, UNAUDITED)
            if offer is not None and offer.pk in offer_written:
                revision = revision.beside(offer_written[offer.pk])
            yield from _dates_of_own(application, offer, revision)


def _revisions(
    rows: Sequence[Call] | Sequence[Application] | Sequence[Placement],
) -> dict[int, Revision]:
    """Read from the audit how often each row was written, and when last."""
    if not rows:
        return {}
    model = rows[0].pgh_event_model  # type: ignore[union-attr]  # put there by pghistory.track
    events = model.objects.filter(pgh_obj__in=rows)
    counted = events.values_list("pgh_obj").annotate(Count("pk"), Max("pgh_created_at"))
    return {pk: Revision(number, at) for pk, number, at in counted.order_by()}


def _dates_of(call: Call, revision: Revision, *, answer: bool) -> Iterator[Entry]:
    """Yield what everybody may know. An own offer takes the place of the general `answer` date."""
    title = {"call": call.title}
    if call.deadline is not None:
        yield Entry(
            call=call,
            kind="deadline",
            at=call.deadline,
            summary=gettext("Deadline: %(call)s") % title,
            text=gettext("Last minute that counts: %(moment)s.")
            % {"moment": texts.instant(call.deadline - MINUTE)},
            revision=revision,
            alarms=True,
        )
    if call.feedback_by is not None:
        yield Entry(
            call=call,
            kind="feedback",
            at=call.feedback_by,
            summary=gettext("Results promised by today: %(call)s") % title,
            text=gettext("Everybody who applied gets an answer by the end of this day."),
            revision=revision,
        )
    if call.answer_by is not None and answer:
        yield Entry(
            call=call,
            kind="answer-by",
            at=call.answer_by,
            summary=gettext("Offers end: %(call)s") % title,
            text=gettext("Last minute to answer an offer: %(moment)s. Then it lapses.")
            % {"moment": texts.instant(call.answer_by - MINUTE)},
            revision=revision,
        )


def _dates_of_own(
    application: Application, offer: Placement | None, revision: Revision
) -> Iterator[Entry]:
    call = application.call
    title = {"call": call.title}
    deadline = lifecycle.own_deadline(application)
    if deadline is not None:
        yield Entry(
            call=call,
            kind="own-deadline",
            at=deadline,
            summary=gettext("Your own deadline: %(call)s") % title,
            text=gettext(
                "The exchange team gave you more time. Last minute that counts: %(moment)s."
            )
            % {"moment": texts.instant(deadline - MINUTE)},
            revision=revision,
            alarms=True,
        )
    if offer is not None:
        yield Entry(
            call=call,
            kind=_OFFER,
            at=offer.answer_by,
            summary=gettext("Answer your offer: %(call)s") % title,
            text=gettext("Last minute to answer your offer: %(moment)s. Then it lapses.")
            % {"moment": texts.instant(offer.answer_by - MINUTE)},
            revision=revision,
            alarms=True,
        )


# -- how they are written --------------------------------------------------------------------------


def _written(
    name: str, entries: Iterable[Entry], address_of: AddressOf, *, uid: str, subscribed: bool
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.UNIVERSITY_SCOPE}//Exchange portal//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("uid", _uid(uid, "calendar"))
    # The name by RFC 7986, and as the programs know it that are older.
    calendar.add("name", vText(name))
    calendar.add("x-wr-calname", vText(name))
    if subscribed:
        calendar.add("refresh-interval", LOOKED_UP_EVERY, {"VALUE": "DURATION"})
        calendar.add("x-published-ttl", LOOKED_UP_EVERY, {"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry, address_of(entry.call), alarms=subscribed))
    written: bytes = calendar.to_ical()
    return written


def _uid(code: str, kind: str) -> str:
    """By the university, not the machine: the event stays the same when the portal moves."""
    return f"{code}-{kind}@{settings.UNIVERSITY_SCOPE}"


def _event(entry: Entry, address: str, *, alarms: bool) -> Event:
    event = Event()
    event.add("uid", _uid(entry.call.code, entry.kind))
    event.add("dtstamp", entry.revision.at)
    event.add("last-modified", entry.revision.at)
    event.add("sequence", entry.revision.number - 1)
    if isinstance(entry.at, datetime):
        end = entry.at.astimezone(UTC)
        event.add("dtstart", end - MINUTE)
        event.add("dtend", end)
    else:
        event.add("dtstart", entry.at)
        event.add("dtend", entry.at + timedelta(days=1))
    event.add("summary", entry.summary)
    # Not every program shows the URL of an event.
    event.add("description", f"{entry.text}\n{address}")
    event.add("url", address)
    # Nobody is busy because a deadline ends.
    event.add("transp", "TRANSPARENT")
    for before in REMINDED_BEFORE if alarms and entry.alarms else ():
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.summary)
        alarm.add("trigger", -before)
        event.add_component(alarm)
    return event
