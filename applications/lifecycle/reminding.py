"""Reminders before a time ends: of drafts never submitted, changes never sent, offers unanswered.

Each goes out once: its cause is the key of the mail, which the database takes only once. The
application is locked while its reminder is written, so that none goes to who just withdrew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, Prefetch, Q, Subquery
from django.utils import translation

from applications import mails
from applications.models import (
    Application,
    BetterOffer,
    Document,
    OutgoingMail,
    Placement,
    Submission,
    SubmittedDocument,
)
from applications.states import State
from partners.prepared import Given, IsOneOf, Prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

T = TypeVar("T")

# Days before the deadline on which the author of a draft is reminded (DOMAIN), and before the end
# of the time to answer whoever holds an offer.
REMINDERS = (7, 2, 1)


def newer_drafts(applications: Iterable[Application]) -> frozenset[int]:
    """Return the pks of those to which something was saved since: see `with_newer_drafts`."""
    submitted = [row.pk for row in applications if row.state == State.SUBMITTED]
    found = _NEWER_DRAFTS(applications=submitted) if submitted else []
    return frozenset(row.pk for row in found)


_NEWER_DRAFTS = Prepared(
    lambda: with_newer_drafts(
        Application.objects.filter(
            IsOneOf("pk", Given("applications", ArrayField(BigIntegerField())))
        )
    ).only("pk")
)


def with_newer_drafts(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Narrow to those submitted whose text was saved, or whose files changed, since then.

    What was saved may say the same in other letters: whether it differs tells only a comparison
    of the answers.
    """
    latest = Submission.objects.filter(application=OuterRef("pk")).order_by("-number")
    handed_in = SubmittedDocument.objects.filter(submission=OuterRef(OuterRef("latest")))
    files = Document.objects.filter(application=OuterRef("pk"))
    new_files = files.filter(~Exists(handed_in.filter(document=OuterRef("pk"))), current=True)
    gone_files = files.filter(Exists(handed_in.filter(document=OuterRef("pk"))), current=False)
    return (
        applications.filter(state=State.SUBMITTED.value)
        .annotate(
            latest=Subquery(latest.values("pk")[:1]),
            latest_at=Subquery(latest.values("submitted_at")[:1]),
        )
        .filter(
            Q(draft_saved_at__gt=F("latest_at"))
            | Q(Exists(new_files), latest__isnull=False)
            | Exists(gone_files)
        )
    )


def remind_drafts(*, now: datetime) -> int:
    """Queue the reminders that are due for drafts never submitted; each goes out once.

    The deadline is the student's own where it was extended. Of several reminders that fell due
    while the worker was away only the most urgent is sent.
    """
    with transaction.atomic():
        # Whoever types just now is met at the next turn, or has submitted by then.
        rows = (
            _near_their_deadline(now)
            .filter(state=State.DRAFT.value)
            .select_for_update(of=("self",), skip_locked=True)
        )
        letters = []
        for application, days in _due(_ends(rows), _reminder, now):
            letter = mails.render(
                mails.Event.REMINDER, application.student, application=application, days=days
            )
            letter.key = _reminder(application, days)
            letters.append(letter)
        mails.queue_all(letters)
    return len(letters)


def unsent_to_remind(*, now: datetime) -> list[Application]:
    """Return the submitted applications with a newer draft whose reminder is due now."""
    rows = with_newer_drafts(_near_their_deadline(now))
    return [application for application, _days in _due(_ends(rows), _unsent, now)]


def remind_unsent(
    application: Application,
    changes: Callable[[Application, Submission], Sequence[str]],
    *,
    now: datetime,
) -> bool:
    """Queue the reminder that is due for changes never sent; return whether there was one.

    `changes` names the answers and documents in which the draft differs from the submission that
    counts. Without any, nobody is reminded of anything.
    """
    with transaction.atomic():
        rows = (
            _near_their_deadline(now)
            .filter(pk=application.pk, state=State.SUBMITTED.value)
            .select_for_update(of=("self",), skip_locked=True)
        )
        for locked, days in _due(_ends(rows), _unsent, now):
            submission = locked.submissions.order_by("-number")[0]
            with translation.override(locked.student.language):
                names = list(changes(locked, submission))
            if not names:
                return False
            mails.queue(
                mails.Event.UNSENT,
                locked.student,
                key=_unsent(locked, days),
                application=locked,
                submission=submission,
                changes=names,
            )
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Offer:
    """A place that waits for its answer, with the better one offered beside it, if any."""

    application: Application
    place: Placement
    better: BetterOffer | None

    @property
    def made_at(self) -> datetime:
        """When the student last heard of an offer."""
        return self.better.offered_at if self.better else self.place.offered_at

    def key(self, days: int) -> str:
        """Return the cause of one reminder; a time that became longer is reminded of anew."""
        end = f"{self.place.answer_by:%Y%m%d%H%M}"
        return f"{mails.Event.OFFER_REMINDER}:{self.place.pk}:{end}:{days}"


def remind_offers(*, now: datetime) -> int:
    """Queue the reminders that are due for offers not answered yet; each goes out once.

    A better place is named beside the one held, since one answer chooses between them. Nobody is
    reminded on the heels of the offer itself.
    """
    letters = []
    with transaction.atomic():
        ends = [(offer, offer.place.answer_by) for offer in _unanswered(now)]
        for offer, days in _due(ends, _Offer.key, now):
            if offer.place.answer_by - offer.made_at <= timedelta(days=days):
                continue
            letter = mails.render(
                mails.Event.OFFER_REMINDER,
                offer.application.student,
                application=offer.application,
                place=offer.place,
                better=offer.better,
            )
            letter.key = offer.key(days)
            letters.append(letter)
        mails.queue_all(letters)
    return len(letters)


def _unanswered(now: datetime) -> list[_Offer]:
    """Lock and return the offers whose time to answer ends in at most the first step."""
    places = Placement.objects.filter(live=True).select_related("host__agreement__host")
    better = BetterOffer.objects.filter(is_open=True).select_related("host__agreement__host")
    # Whoever answers just now is met at the next turn, or has answered by then.
    rows = (
        Application.objects.filter(
            state=State.OFFERED.value,
            placements__live=True,
            placements__answer_by__gt=now,
            placements__answer_by__lte=now + timedelta(days=max(REMINDERS)),
        )
        .select_related("student", "call")
        .prefetch_related(Prefetch("placements", places), Prefetch("better_offers", better))
        .order_by("pk")
        .select_for_update(of=("self",), skip_locked=True)
    )
    return [
        _Offer(row, row.placements.all()[0], next(iter(row.better_offers.all()), None))
        for row in rows
    ]


def _near_their_deadline(now: datetime) -> QuerySet[Application]:
    """Return the applications whose deadline, common or own, is at most the first step away."""
    soon = now + timedelta(days=max(REMINDERS))
    return (
        Application.objects.filter(
            Q(call__closed_at=None, call__deadline__gt=now, call__deadline__lte=soon)
            | Q(extended_until__gt=now, extended_until__lte=soon)
        )
        .select_related("student", "call__programme")
        .order_by("pk")
    )


def _ends(
    applications: Iterable[Application],
) -> Iterator[tuple[Application, datetime | None]]:
    return ((application, application.deadline) for application in applications)


def _due(
    ends: Iterable[tuple[T, datetime | None]], key: Callable[[T, int], str], now: datetime
) -> list[tuple[T, int]]:
    """Return those to be reminded now, each with the step in days; those told before left out.

    `ends` has each with the instant its time ends at, `key` gives the cause of a step's reminder.
    """
    due = []
    for one, end in ends:
        left = end - now if end else timedelta.max
        days = min((step for step in REMINDERS if left <= timedelta(days=step)), default=None)
        if days is not None:
            due.append((one, days))
    keys = [key(one, step) for one, _days in due for step in REMINDERS]
    told = set(OutgoingMail.objects.filter(key__in=keys).values_list("key", flat=True))
    return [
        (one, days)
        for one, days in due
        if not told & {key(one, step) for step in REMINDERS if step <= days}
    ]


def _key(event: mails.Event, application: Application, days: int) -> str:
    """Return the cause of one reminder; an extended deadline is reminded of anew."""
    until = application.extended_until
    own = f":{until:%Y%m%d%H%M}" if until is not None and until == application.deadline else ""
    return f"{event}:{application.code}{own}:{days}"


_reminder = partial(_key, mails.Event.REMINDER)
_unsent = partial(_key, mails.Event.UNSENT)
