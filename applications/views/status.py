"""Where an application stands; its semester changed, or the whole of it withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications import access, lifecycle, selection, texts
from applications.forms.answer import SemesterForm, WithdrawForm
from applications.forms.comparing import unsent_changes
from applications.models.submission import documents_of, submissions_of
from applications.states import END_STATES, State
from applications.views.answering import everything_offered_to
from applications.views.form.slots import advice_on
from applications.views.refusals import answers_refusals
from applications.views.steps import steps_of
from partners.models import Semester

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from applications.models import Application, Document, Placement, Submission

_TONES = {"PLACED": "success", "FINAL": "success", "MOVE_OFFERED": "warning", "OUTRANKED": "info"}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one wish, with its figures in words."""

    rank: int
    host: str
    semester: str
    sentences: list[str]
    waiting_position: int | None
    tone: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A document with what the inspection noticed."""

    document: Document
    advice: tuple[str, ...]


@require_safe
def application(request: HttpRequest, code: str) -> HttpResponse:
    """Show one's own application: what counts, what happened, what is next."""
    own = access.own_application_for(request.user, code)
    now = timezone.now()
    submissions = submissions_of(own)
    newest = submissions[-1] if submissions else None
    places, better = everything_offered_to(own)
    place = next((place for place in places if place.live), None)
    can_edit = access.can_edit_draft(request.user, own, now)
    may_differ = can_edit and lifecycle.newer_drafts([own])
    changes = unsent_changes(own, newest) if newest and may_differ else []
    semester_form = _semester_form(own, place)
    steps = steps_of(
        own,
        submissions,
        places,
        better,
        unsent=bool(changes),
        semester_open=semester_form is not None,
        now=now,
    )
    return render(
        request,
        "applications/status.html",
        {
            "application": own,
            "call": own.call,
            "sentence": texts.state_sentence(own.state),
            "submission": newest,
            "changes": changes,
            "steps": steps,
            "next_step": next(step for step in steps if step.is_now),
            "results": _results(own),
            "documents": _documents(own, newest),
            "open_slots": lifecycle.open_slots(own, now) if lifecycle.is_being_read(own) else [],
            "place": place,
            "place_semester": Semester(place.semester).label if place else "",
            "better": next(
                (offer for offer in better if offer.is_open and now < offer.answer_by), None
            ),
            "semester_form": semester_form,
            "deadline": own.extended_until or own.call.deadline,
            "waits_for_result": own.state in {State.SUBMITTED, State.UNDER_REVIEW, State.ELIGIBLE},
            "can_edit": can_edit,
            "can_answer": access.can_answer(request.user, own, place, now),
            "can_withdraw": access.can_withdraw(request.user, own),
            "ended": own.state in END_STATES,
        },
    )


def _semester_form(own: Application, place: Placement | None) -> SemesterForm | None:
    if place is None or own.state != State.ACCEPTED:
        return None
    semesters = lifecycle.semesters_to_choose_from(place, now=timezone.now())
    return SemesterForm(semesters, place.semester) if len(semesters) > 1 else None


def _results(own: Application) -> list[Result]:
    """Return the results of the newest published run, by rank of the wish."""
    return [
        Result(
            rank=row.rank,
            host=row.host,
            semester=row.semester,
            sentences=row.sentences,
            waiting_position=row.waiting_position,
            tone=_TONES.get(row.reason, "warning"),
        )
        for row in selection.results_of(own)
    ]


def _documents(own: Application, newest: Submission | None) -> list[Shown]:
    """Return the files that count; before the first submission those of the draft."""
    if newest is None:
        documents = list(lifecycle.current_documents(own).values())
    else:
        documents = documents_of(newest)
    return [Shown(document, advice_on(document)) for document in documents]


@require_POST
@answers_refusals
def choose_semester(request: HttpRequest, code: str) -> HttpResponse:
    """Change the semester of an accepted place, until the nomination."""
    own = access.own_application_for(request.user, code)
    lifecycle.choose_semester(own, request.POST.get("semester", ""), now=timezone.now())
    messages.success(request, gettext("Your semester is noted."))
    return redirect("applications:application", code=code)


@require_http_methods(["GET", "HEAD", "POST"])
@answers_refusals
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Ask once more, then withdraw for good."""
    own = access.own_application_for(request.user, code)
    if not access.can_withdraw(request.user, own):
        raise lifecycle.TransitionRefused(lifecycle.Refusal.NOT_NOW, state=own.state)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        selection.withdraw(
            own, by=own.student, now=timezone.now(), reason=form.cleaned_data["reason"]
        )
        messages.success(request, gettext("Your application is withdrawn."))
        return redirect("applications:application", code=code)
    places, better = everything_offered_to(own)
    return render(
        request,
        "applications/withdraw.html",
        {
            "application": own,
            "call": own.call,
            "form": form,
            "place": next((place for place in places if place.live), None),
            "better": next((offer for offer in better if offer.is_open), None),
        },
        status=422 if form.is_bound else 200,
    )
