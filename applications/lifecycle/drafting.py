"""What is typed but not handed in: kept as it is, whoever else keeps the same form open."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max

from applications import access
from applications.lifecycle.errors import (
    DeadlinePassed,
    DraftConflict,
    Refusal,
    TransitionRefused,
)
from applications.lifecycle.moves import lock_application
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from applications.models import Application


@dataclass(frozen=True, slots=True)
class OpenCopy:
    """One page of the form as it lies open in one window.

    `page` is the page, `name` the random name the server gave this copy, `turn` counts how often
    it was saved (1 for the first time), `seen` is the fingerprint of the answers it started from.
    """

    page: str
    name: str
    turn: int
    seen: str


def fingerprint(answers: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return what tells two versions of the answers of these names apart; empty equals missing."""
    said = {name: answers[name] for name in sorted(names) if answers.get(name)}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def refuse_editing(application: Application, now: datetime) -> None:
    """Raise DeadlinePassed or TransitionRefused if nothing typed can be kept any more."""
    if application.state not in {State.DRAFT, State.SUBMITTED}:
        raise TransitionRefused(Refusal.NOT_NOW, state=application.state)
    if not access.is_in_time(application, now):
        raise DeadlinePassed(Refusal.DEADLINE_PASSED, deadline=application.deadline)


def save_draft(
    application: Application,
    answers: Mapping[str, Any],
    *,
    now: datetime,
    copy: OpenCopy | None = None,
    before: Mapping[str, Any] | None = None,
) -> Application:
    """Keep the answers of one page, valid or not, beside those of the other pages.

    With `copy`, they are kept only if nobody else changed the same answers since that copy was
    opened; a request that repeats an older turn counts as somebody else's. `before` is what the
    form starts with while there is no draft: it becomes part of the first one.

    Raises DraftConflict when another window saved other answers meanwhile (it holds the newest
    application), DeadlinePassed or TransitionRefused when nothing can be changed any more.
    """
    with transaction.atomic():
        locked = lock_application(application)
        refuse_editing(locked, now)
        stored = locked.draft or dict(before or {})
        merged = {**stored, **answers}
        same = fingerprint(stored, answers) == fingerprint(answers, answers)
        may_conflict = bool(locked.draft) and not same
        if may_conflict and copy is not None and not _is_newest(locked, stored, answers, copy):
            raise DraftConflict(locked)
        if copy is not None:
            _count(locked, copy, new=not same)
        if same and locked.draft_saved_at is not None:
            locked.save(update_fields=["draft_turns"])
            return locked
        locked.draft = merged
        locked.draft_saved_at = _after_what_was_submitted(locked, now)
        locked.save(update_fields=["draft", "draft_saved_at", "draft_turns"])
        return locked


def _count(locked: Application, copy: OpenCopy, *, new: bool) -> None:
    """Note which copy saved a page last. One that says the same still counts its own turns."""
    name, turn = locked.draft_turns.get(copy.page, ["", 0])
    if new or (name == copy.name and turn < copy.turn):
        locked.draft_turns = {**locked.draft_turns, copy.page: [copy.name, copy.turn]}


def _after_what_was_submitted(locked: Application, now: datetime) -> datetime:
    """Return `now`, or just after a submission this save had to wait for: it came later."""
    if locked.state != State.SUBMITTED:
        return now
    latest = locked.submissions.aggregate(at=Max("submitted_at"))["at"]
    return max(now, latest + timedelta(microseconds=1)) if latest else now


def _is_newest(
    locked: Application, stored: Mapping[str, Any], answers: Mapping[str, Any], copy: OpenCopy
) -> bool:
    """Tell whether this copy saw what is stored, or stored it itself in an earlier turn.

    The second case is that of an answer lost on the way: the page does not know yet that its
    last turn was kept.
    """
    name, turn = locked.draft_turns.get(copy.page, ["", 0])
    if name and name == copy.name:
        return bool(turn < copy.turn)
    return fingerprint(stored, answers) == copy.seen
