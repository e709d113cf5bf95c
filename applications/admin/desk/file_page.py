"""One application at a coordinator's desk: its papers beside its data, all on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.views.decorators.http import require_GET

from applications import access, selection
from applications.admin.desk import file_data, sheet_data
from applications.admin.desk.forms import (
    CommentForm,
    ConcessionForm,
    DecisionForm,
    DirectiveForm,
)
from applications.admin.desk.queue import Queue
from applications.admin.desk.sheet_form import SheetForm
from applications.admin.doors import for_application, page, row_of, user_of
from applications.models import ReasonTemplate
from applications.states import PLACED_STATES, State

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.template.response import TemplateResponse

    from applications.models import Application, Submission, User


@require_GET
@for_application(access.can_see_round)
def student_file(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Everything about one application on one page. Who opens it is written down."""
    access.note_viewing(user_of(request), application, now=timezone.now())
    return show_file(request, application)


def show_file(
    request: HttpRequest,
    application: Application,
    *,
    typed: dict[str, str] | None = None,
    **forms: Any,  # noqa: ANN401 - bound forms
) -> TemplateResponse:
    """Show the page, with `forms` in place of the empty ones: what was typed is kept.

    `typed` is what stands in a form for the decision that is filled in anew.
    """
    user, now = user_of(request), timezone.now()
    call = application.call
    submission = file_data.newest_submission(application)
    blind = access.reads_blind(user, application, now)
    queue = Queue.of(call, user, request.GET)
    findings = file_data.findings_of(submission)
    context = {
        "application": application,
        "submission": submission,
        "blind": blind,
        "now": now,
        "query": f"?{queue.query}" if queue.query else "",
        "around": queue.neighbours(application.code),
        "findings": findings,
        "papers": file_data.papers_of(submission, findings),
        "studies": file_data.facts_of(submission, file_data.STUDIES, blind=blind),
        "person": [] if blind else file_data.facts_of(submission, file_data.PERSON, blind=blind),
        "wishes": file_data.wishes_of(application, submission),
        "results": file_data.results_of(application),
        "may_come_free": application.state in PLACED_STATES,
        "seen_by": file_data.seen_by(application),
        "readers": [row.reader for row in application.assignments.select_related("reader")],
        "comments": list(application.comments.select_related("author")),
        # Free text of staff and students may name the person: of blind readers it is kept.
        "hide": file_data.words_to_hide(submission) if blind and submission is not None else (),
        **_scoring(user, application, submission),
        **_deciding(request, application, submission, typed or {}),
        # Who submitted is the student, by name: blind readers see no actor of such a move.
        "changes": [
            (change, "" if blind and change.by_id == application.student_id else change.by)
            for change in application.changes.select_related("by")
        ],
        "wrong": next((form for form in forms.values() if form.errors), None),
        **forms,
    }
    title = application.code if blind or submission is None else _name(submission)
    return page(request, "file", call, title, **context)


def _name(submission: Submission) -> str:
    return f"{submission.given_names} {submission.family_name}"


def _scoring(user: User, application: Application, submission: Submission | None) -> dict[str, Any]:
    call = application.call
    may_score = access.can_score(user, call) and application.state in selection.SCORABLE_STATES
    own = application.score_sheets.filter(reader=user).prefetch_related("scores").first()
    is_complete = own is not None and own.completed_at is not None
    # Alone first: the points of all readers together would tell the others' too.
    reads_alone = may_score and not is_complete
    form = SheetForm(call=call, sheet=own)
    sheets = selection.sheets_readable_by(user, application)
    shows_others = is_complete or not may_score
    return {
        "may_score": may_score,
        "sheet_complete": is_complete,
        "sheet_form": form,
        "reads_alone": reads_alone,
        "points": sheet_data.points_of(call, submission, form.criteria, alone=reads_alone)
        if submission is not None
        else [],
        "side_by_side": sheet_data.side_by_side(call, form.criteria, sheets)
        if shows_others and sheets
        else None,
        "score_history": sheet_data.history_of(sheets, form.criteria),
    }


def _deciding(
    request: HttpRequest,
    application: Application,
    submission: Submission | None,
    typed: dict[str, str],
) -> dict[str, Any]:
    user, call, now = user_of(request), application.call, timezone.now()
    seen = f"{application.state} {submission.number}" if submission is not None else ""
    asked_again = row_of(call.programme.slots.all(), request.GET.get("ask"))
    return {
        "may_review": access.can_review(user, call),
        "may_allocate": access.can_allocate(user, call),
        "undecided": application.state == State.UNDER_REVIEW,
        "refused": application.state == State.INELIGIBLE,
        "confirmed": application.state == State.ELIGIBLE and call.published_at is None,
        "newer_than_decision": _newer_than_decision(application, submission),
        "before_publication": call.published_at is None,
        "not_yet_reviewed": application.state in {State.DRAFT, State.SUBMITTED},
        "decision_form": DecisionForm(
            templates=ReasonTemplate.objects.filter(faculty=call.programme.faculty_id),
            language=application.student.language,
            initial={**typed, "seen": seen},
        ),
        "concession_form": ConcessionForm(
            application=application, now=now, initial={"slot": asked_again}
        ),
        "asks_again": asked_again is not None,
        "directive_form": DirectiveForm(application=application),
        "comment_form": CommentForm(),
        "directives": list(application.directives.select_related("host__agreement__host")),
        "concessions": list(application.concessions.select_related("slot", "granted_by")),
    }


def _newer_than_decision(
    application: Application, submission: Submission | None
) -> datetime | None:
    """Return when the decision was made that rests on an older submission than the newest."""
    decided = application.changes.filter(before=State.UNDER_REVIEW).order_by("-at").first()
    if decided is None or submission is None or submission.submitted_at <= decided.at:
        return None
    return decided.at
