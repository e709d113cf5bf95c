"""The way of one's own application, put into words: what happened, what is now, what is to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from applications import access, lifecycle, texts
from applications.models.application import changes_of, concessions_of
from applications.states import State
from applications.timeline import Allowance, Change, Facts, Offer, Tense, timeline
from partners.prepared import together

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from applications.models import Application, BetterOffer, Placement, Submission
    from applications.timeline import Entry

# The reasons written down for these are meant for the student too.
_TOLD = frozenset({State.INELIGIBLE, State.HOST_REJECTED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One line of the timeline. `when` is a day or an instant, meant as `limit` says."""

    tense: str
    tense_word: str
    sentence: str
    who: str
    who_acts: str
    when: datetime | date | None
    limit: str
    reason: str

    @property
    def is_now(self) -> bool:
        return self.tense == Tense.NOW


def steps_of(
    own: Application,
    submissions: Sequence[Submission],
    places: Sequence[Placement],
    better: Sequence[BetterOffer],
    *,
    unsent: bool,
    semester_open: bool,
    now: datetime,
) -> list[ShownStep]:
    """Return the way of an application in the order it is read.

    `places` are all that were ever offered, `better` those offered beside them; `unsent` says
    whether the draft differs from what counts, `semester_open` whether there is a semester to
    choose.
    """
    concessions, changes = together(concessions_of([own]), changes_of(own))
    given = [
        (row, Allowance(row.granted_at, row.until, row.slot.title if row.slot else ""))
        for row in concessions
    ]
    may_replace = lifecycle.is_being_read(own)
    asked_for = [
        allowance
        for row, allowance in given
        if may_replace and row.slot and now < row.until and not row.answered
    ]
    entries = timeline(
        Facts(
            now=now,
            today=timezone.localdate(now),
            state=State(own.state),
            started_at=own.created_at,
            in_time=access.is_in_time(own, now),
            last_minute=own.last_minute,
            feedback_by=own.call.feedback_by,
            answers_by=own.call.answer_by,
            published_at=own.call.published_at,
            submissions=tuple((row.number, row.submitted_at) for row in submissions),
            unsent=unsent,
            changes=tuple(
                Change(
                    State(row.before),
                    State(row.after),
                    row.at,
                    row.reason if row.after in _TOLD else "",
                )
                for row in changes
            ),
            allowances=tuple(allowance for _row, allowance in given),
            open_slots=tuple(asked_for),
            offers=_offers(places, better),
            answer_by=next((row.answer_by for row in places if row.live), None),
            may_move_to=next((str(row.host) for row in better if row.is_open), ""),
            semester_open=semester_open,
        )
    )
    return [_shown(entry) for entry in entries]


def _offers(places: Sequence[Placement], better: Sequence[BetterOffer]) -> tuple[Offer, ...]:
    """Return each offer once: who moved up holds the better one as their place since."""
    above = {(row.host_id, row.offered_at) for row in better}
    return (
        *(
            Offer(str(row.host), row.offered_at)
            for row in places
            if (row.host_id, row.offered_at) not in above
        ),
        *(Offer(str(row.host), row.offered_at, better=True) for row in better),
    )


def _shown(entry: Entry) -> ShownStep:
    return ShownStep(
        tense=entry.tense,
        tense_word=texts.tense_word(entry.tense),
        sentence=texts.step_sentence(entry.step, number=entry.number, name=entry.name),
        who=entry.who or "",
        who_acts=texts.who_acts(entry.who, now=entry.tense == Tense.NOW) if entry.who else "",
        when=entry.when,
        limit=entry.limit,
        reason=entry.reason,
    )
