"""The pages by which a person moves somebody by hand: shown first, recorded with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from applications import access, lifecycle, selection, texts
from applications.admin.board import data
from applications.admin.board.forms import LAST, MoveForm
from applications.admin.board.pages import missing_sentence, nothing_sentence
from applications.admin.board.paging import PAGE_SIZE, to_application
from applications.admin.board.preview import preview_of
from applications.admin.board.rows import Names
from applications.admin.doors import for_call, page, posted, to_round, user_of
from applications.models import RankingMove
from applications.selection.ranking import RANKED_STATES

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import Application, Call, RankedApplication, Ranking, User


LONGEST_NUMBER = 9  # digits of a ranking's
# So many on each side are listed by name as targets; who stands farther off is named by the place.
NEAR = PAGE_SIZE // 2


@dataclass(frozen=True, slots=True)
class _Table:
    """The newest ranking with the line that is to be moved.

    `others` are the codes of those who compete beside it, best first; `near` the lines around it,
    and that of the target asked for.
    """

    call: Call
    ranking: Ranking
    line: RankedApplication
    others: list[str]
    near: list[RankedApplication]
    names: Names

    @classmethod
    def of(cls, call: Call, code: str, reader: User, *, target: str) -> _Table:
        """Raise Http404 for a code that does not compete in the newest ranking."""
        newest = data.newest_of(call)
        if newest is None:
            raise Http404
        competing = newest.entries.filter(application__state__in=RANKED_STATES)
        codes = list(competing.order_by("position").values_list("application__code", flat=True))
        if code not in codes:
            raise Http404
        here = codes.index(code)
        wanted = {*codes[max(here - NEAR, 0) : here + NEAR + 1], *({target} & {*codes})}
        rows = list(
            competing.filter(application__code__in=wanted)
            .select_related("application__student", "move")
            .order_by("position")
        )
        (line,) = (row for row in rows if row.application.code == code)
        line.application.call = call
        return cls(
            call=call,
            ranking=newest,
            line=line,
            others=[other for other in codes if other != code],
            near=[row for row in rows if row != line],
            names=Names(call, reader),
        )

    def form(self, *args: Any, **kwargs: Any) -> MoveForm:  # noqa: ANN401 - Django's signature
        behind = [row.application.code for row in self.near if row.position > self.line.position]
        return MoveForm(
            *args,
            others=self.others,
            near=[(row, self.names.of(row.application)) for row in self.near],
            follows=behind[0] if behind else LAST,
            **kwargs,
        )

    def target(self, code: str) -> Application | None:
        """Return whom the line is put ahead of; None is the last place."""
        if code == LAST:
            return None
        known = (row.application for row in self.near if row.application.code == code)
        found = next(known, None)
        return found or self.call.applications.select_related("student").get(code=code)


@require_http_methods(["GET", "HEAD", "POST"])
@for_call(access.can_allocate)
def move(request: HttpRequest, call: Call, code: str) -> HttpResponseBase:
    """Ask where to and why, show what changes, record it once it was shown."""
    user = user_of(request)
    sent = request.POST if request.method == "POST" else request.GET
    table = _Table.of(call, code, user, target=sent.get("to", ""))
    refusal = _refusal(call, table.line, user)
    if refusal:
        messages.error(request, refusal)
        return to_round(call, "ranking")
    if request.method == "POST":
        form = table.form(request.POST)
        target = form.cleaned_data["target"] if form.is_valid() else ""
        if target and "record" in request.POST and form.cleaned_data["shown"] == target:
            made = _record(form, table, by=user)
            if made is not None:
                _say_where(request, made, table)
                return to_application(call, made, table.line.application)
    else:
        target = request.GET.get("to", "")
        form = table.form(initial={"to": target})
        target = target if form.offers(target) else ""
    return page(
        request,
        "board_move",
        call,
        gettext("Move %(name)s") % {"name": table.names.of(table.line.application)},
        ranking=table.ranking,
        entry=table.line,
        name=table.names.of(table.line.application),
        form=form,
        **_shown(call, table, target),
    )


def _refusal(call: Call, line: RankedApplication, user: User) -> str:
    if line.application.student_id == user.pk:
        return texts.refusal_sentence(lifecycle.Refusal.OWN_APPLICATION, {})
    if call.published_at is not None:
        return gettext("The results are published: nobody is moved by hand any more.")
    return ""


def _record(form: MoveForm, table: _Table, *, by: User) -> Ranking | None:
    """Record the move, or put into the form why not."""
    given = form.cleaned_data
    try:
        return selection.move_application(
            table.line.application,
            ahead_of=table.target(given["target"]),
            reason=given["reason"],
            by=by,
            now=timezone.now(),
            seen=given["seen"] or 0,
        )
    except lifecycle.PortalRefusal as refused:
        at_reason = refused.code is lifecycle.Refusal.REASON_MISSING
        sentence = texts.refusal_sentence(refused.code, refused.params)
        form.add_error("reason" if at_reason else None, sentence)
    except selection.MissingScores as refused:
        form.add_error(None, missing_sentence(refused))
    except selection.NothingToRank:
        form.add_error(None, nothing_sentence())
    return None


def _say_where(request: HttpRequest, made: Ranking, table: _Table) -> None:
    entry = made.entries.get(application=table.line.application)
    text = gettext("%(name)s stands at place %(place)s now. Ranking %(number)s was made.")
    messages.success(
        request,
        text
        % {
            "name": table.names.of(table.line.application),
            "place": entry.position,
            "number": made.number,
        },
    )


def _shown(call: Call, table: _Table, target: str) -> dict[str, Any]:
    """Return the preview of the chosen target, if one was chosen and it can be worked out."""
    if not target:
        return {"target": "", "preview": None}
    application, ahead_of = table.line.application, table.target(target)
    try:
        found = preview_of(call, table.ranking, application, ahead_of, table.names)
    except selection.MissingScores as refused:
        return {"target": "", "preview": None, "problem": missing_sentence(refused)}
    except selection.NothingToRank:
        return {"target": "", "preview": None, "problem": nothing_sentence()}
    behind = table.names.of(ahead_of) if ahead_of is not None else ""
    return {"target": target, "preview": found, "target_name": behind}


@require_POST
@for_call(access.can_allocate)
def end(request: HttpRequest, call: Call, move: int) -> HttpResponseBase:
    """Let somebody stand again where the points are."""
    found = (
        RankingMove.objects.filter(application__call=call, pk=move)
        .select_related("application__student")
        .first()
    )
    if found is None:
        raise Http404
    typed = posted(request, "seen")
    try:
        made = selection.end_move(
            found,
            by=user_of(request),
            now=timezone.now(),
            seen=int(typed) if typed.isdecimal() and len(typed) <= LONGEST_NUMBER else 0,
        )
    except lifecycle.PortalRefusal as refused:
        messages.error(request, texts.refusal_sentence(refused.code, refused.params))
    except selection.MissingScores as refused:
        messages.error(request, missing_sentence(refused))
    except selection.NothingToRank:
        messages.error(request, nothing_sentence())
    else:
        text = gettext("The move by hand was ended. Ranking %(number)s was made.")
        messages.success(request, text % {"number": made.number})
        return to_application(call, made, found.application)
    newest = data.newest_of(call)
    if newest is None:
        return to_round(call, "ranking")
    return to_application(call, newest, found.application)
