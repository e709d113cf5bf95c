"""From the first typed word to the submission that counts, and back out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from applications import mails
from applications.lifecycle.documents import current_documents, document_problems
from applications.lifecycle.drafting import refuse_editing
from applications.lifecycle.errors import (
    DeadlinePassed,
    DraftConflict,
    Incomplete,
    PortalRefusal,
    Problem,
    Refusal,
)
from applications.lifecycle.moves import _move, _move_all, lock_application, lock_call
from applications.models import (
    Application,
    BetterOffer,
    Call,
    CallHost,
    Document,
    LanguageSkill,
    Placement,
    Preference,
    Submission,
    SubmittedDocument,
    User,
)
from applications.models.programme import HandledBy
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class LanguageAnswer:
    """A language (BCP 47), its CEFR level and how it is shown (LanguageProof)."""

    language: str
    level: str
    proof: str


@dataclass(frozen=True, slots=True)
class PreferenceAnswer:
    """One wish: the pk of a CallHost of the call, and the semesters that fit, best first."""

    host_id: int
    semesters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """A checked form: `values` are Submission's own columns by name."""

    values: Mapping[str, Any]
    languages: tuple[LanguageAnswer, ...]
    preferences: tuple[PreferenceAnswer, ...]


def start_application(student: User, call: Call, *, now: datetime) -> Application:
    """Return the student's application to the call, made now if there was none.

    Raises DeadlinePassed when the call is not open, PortalRefusal for anybody but a student and
    for programmes the International Office handles.
    """
    existing = Application.objects.filter(call=call, student=student).first()
    if existing is not None:
        return existing
    if not student.is_student:
        raise PortalRefusal(Refusal.NOT_A_STUDENT)
    with transaction.atomic():
        # Under its lock, so that no draft comes into a call that is just being closed.
        call = lock_call(call.pk)
        if call.programme.handled_by != HandledBy.PORTAL:
            raise PortalRefusal(Refusal.HANDLED_BY_OFFICE)
        if call.deadline is None:
            raise DeadlinePassed(Refusal.NO_DEADLINE_YET)
        if not call.has_opened(now):
            raise DeadlinePassed(Refusal.NOT_OPEN_YET, opens_at=call.opens_at)
        if not call.is_open(now):
            raise DeadlinePassed(Refusal.DEADLINE_PASSED, deadline=call.deadline)
        # Erasing a person's data takes this lock too: whoever was erased begins nothing.
        if not User.objects.select_for_update(no_key=True).get(pk=student.pk).is_student:
            raise PortalRefusal(Refusal.NOT_A_STUDENT)
        application, _created = Application.objects.get_or_create(call=call, student=student)
        return application


def preference_problems(
    call: Call,
    level: str,
    preferences: Sequence[PreferenceAnswer],
    *,
    known: Container[int] | None = None,
) -> list[Problem]:
    """Return what is wrong with the list of wishes itself; eligibility is the review's business.

    `known` are the hosts of the call (CallHost pks), for whoever has read them already.
    """
    problems: list[Problem] = []
    most = call.programme.max_preferences
    if not preferences:
        problems.append(Problem("preference_missing", "preference_1"))
    if len(preferences) > most:
        problems.append(Problem("too_many_preferences", f"preference_{most + 1}", {"most": most}))
    if known is None:
        known = frozenset(CallHost.objects.filter(call=call).values_list("pk", flat=True))
    seen: set[int] = set()
    for rank, wish in enumerate(preferences, start=1):
        field = f"preference_{rank}"
        if wish.host_id not in known:
            problems.append(Problem("host_unknown", field, {"rank": rank}))
        elif wish.host_id in seen:
            problems.append(Problem("host_twice", field, {"rank": rank}))
        if not wish.semesters or not set(wish.semesters) <= set(call.semesters):
            problems.append(Problem("semester_missing", field, {"rank": rank}))
        seen.add(wish.host_id)
    if level and level not in call.programme.levels:
        problems.append(Problem("level_not_in_programme", "level_departure", {"level": level}))
    return problems


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page showed before it was submitted: the draft saved then, the files by their pk."""

    saved_at: datetime | None
    documents: frozenset[int]


def submit(
    application: Application,
    answers: Answers,
    *,
    by: User,
    now: datetime,
    shown: Shown | None = None,
) -> Submission:
    """Write the next numbered submission; it replaces the one before as the one that counts.

    `now` is the server's clock, read once when the request was handled; it counts if
    `now < deadline`. The same answers and files as in the latest submission are not written a
    second time (double click, replayed request): the latest is returned. With `shown`, nothing
    but what was shown is handed in.

    Raises DeadlinePassed, TransitionRefused, PortalRefusal for somebody no longer enrolled,
    DraftConflict if the draft or a file is no longer what was shown, or Incomplete
    with the complete list of problems; nothing is written then.
    """
    with transaction.atomic():
        locked = lock_application(application)
        refuse_editing(locked, now)
        if not locked.student.is_student:
            raise PortalRefusal(Refusal.NOT_A_STUDENT)
        held = current_documents(locked)
        if shown is not None and shown != Shown(
            locked.draft_saved_at, frozenset(document.pk for document in held.values())
        ):
            raise DraftConflict(locked)
        level = str(answers.values.get("level_departure", ""))
        problems = [
            *preference_problems(locked.call, level, answers.preferences),
            *document_problems(locked, level),
        ]
        if problems:
            raise Incomplete(problems)
        asked = {slot.pk for slot in locked.call.programme.slots.all() if slot.applies_to(level)}
        documents = [document for document in held.values() if document.slot_id in asked]
        latest = locked.submissions.order_by("-number").first()
        if latest is not None and _same(latest, answers, documents):
            return latest
        submission = Submission.objects.create(
            application=locked,
            number=latest.number + 1 if latest else 1,
            submitted_at=now,
            **answers.values,
        )
        _write_rows(submission, answers, documents)
        if locked.state == State.DRAFT:
            _move(locked, State.SUBMITTED, by=by, now=now)
        mails.queue(
            mails.Event.RECEIPT,
            locked.student,
            key=f"receipt:{locked.code}:{submission.number}",
            application=locked,
            submission=submission,
            documents=documents,
        )
        return submission


def _write_rows(submission: Submission, answers: Answers, documents: Sequence[Document]) -> None:
    LanguageSkill.objects.bulk_create(
        LanguageSkill(
            submission=submission, language=skill.language, level=skill.level, proof=skill.proof
        )
        for skill in answers.languages
    )
    Preference.objects.bulk_create(
        Preference(
            submission=submission, rank=rank, host_id=wish.host_id, semesters=list(wish.semesters)
        )
        for rank, wish in enumerate(answers.preferences, start=1)
    )
    SubmittedDocument.objects.bulk_create(
        SubmittedDocument(submission=submission, document=document) for document in documents
    )


def _same(latest: Submission, answers: Answers, documents: Sequence[Document]) -> bool:
    """Tell whether the latest submission already says exactly this."""
    return (
        all(getattr(latest, name) == value for name, value in answers.values.items())
        and {(row.language, row.level, row.proof) for row in latest.languages.all()}
        == {(skill.language, skill.level, skill.proof) for skill in answers.languages}
        and [(row.host_id, tuple(row.semesters)) for row in latest.preferences.order_by("rank")]
        == [(wish.host_id, wish.semesters) for wish in answers.preferences]
        and {
            (row.document.slot_id, row.document.sha256)
            for row in latest.documents.select_related("document")
        }
        == {(document.slot_id, document.sha256) for document in documents}
    )


def withdraw(
    application: Application, *, by: User, now: datetime, reason: str = ""
) -> Placement | None:
    """Take the application back for good, at any time before the nomination.

    Returns the place that becomes free, if one was held: `selection.withdraw` gives it on in the
    same transaction, so call that one. Raises TransitionRefused.
    """
    with transaction.atomic():
        locked = lock_application(application)
        _move(locked, State.WITHDRAWN, by=by, now=now, reason=reason)
        application.state = State.WITHDRAWN.value
        mails.queue(
            mails.Event.WITHDRAWN,
            locked.student,
            key=f"withdrawn:{locked.code}",
            application=locked,
        )
        return release_place(locked, now=now)


def release_place(application: Application, *, now: datetime) -> Placement | None:
    """End the application's live place, if it holds one, and return it.

    A better one offered beside it ends with it.
    """
    close_better_offer(application, BetterOffer.Outcome.ENDED, now=now)
    place = application.placements.select_for_update(of=("self",)).filter(live=True).first()
    if place is None:
        return None
    place.live = False
    place.answered_at = place.answered_at or now
    place.save(update_fields=["live", "answered_at"])
    return place


def close_better_offer(
    application: Application, outcome: BetterOffer.Outcome, *, now: datetime
) -> BetterOffer | None:
    """Close the better offer that is open, if there is one, and return it."""
    offer = application.better_offers.select_for_update(of=("self",)).filter(is_open=True).first()
    if offer is None:
        return None
    offer.is_open, offer.outcome, offer.closed_at = False, outcome.value, now
    offer.save(update_fields=["is_open", "outcome", "closed_at"])
    return offer


def lapse_drafts(call: Call, *, now: datetime) -> int:
    """Let the never-submitted drafts of a locked, closed call lapse, each with a mail."""
    drafts = list(
        Application.objects.filter(call=call, state=State.DRAFT.value)
        .filter(Q(extended_until=None) | Q(extended_until__lte=now))
        .select_related("student")
        .order_by("pk")
    )
    _move_all([application.pk for application in drafts], State.LAPSED, by=None, now=now)
    letters = []
    for application in drafts:
        application.call = call
        letter = mails.render(mails.Event.LAPSED, application.student, application=application)
        letter.key = f"lapsed:{application.code}"
        letters.append(letter)
    mails.queue_all(letters)
    return len(drafts)
