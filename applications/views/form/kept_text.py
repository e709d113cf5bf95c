"""What was typed on a page whose sign-in had ended: kept in the session until it is taken up again.

The text lies under its page's path, for an hour, as it was sent: no files, and no button, since a
button's order was refused and must not be carried out by opening a page.

Nobody is signed in when it is kept, so the form carries a seal that only the pages of its
application's owner show. Without it anybody could fill the table of sessions, or leave a text in a
shared browser that becomes somebody else's draft. Who gets to see the text is decided twice more:
signing in drops what is not the person's own (`leave_own`), and the view that takes it up asks
`access` for the application first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications import access

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import Application

V = TypeVar("V", bound="Callable[..., HttpResponseBase]")

IN_SESSION = "kept_text"
# All pages of the form together are far below it.
MOST_CHARACTERS = 60_000
MOST_PAGES = 4
KEPT_FOR = timedelta(hours=1)
# A page may lie open over a night, or a fortnight, before somebody types on.
SEALED_FOR = timedelta(days=30)
SEAL = "kept_seal"
NOT_TEXT = frozenset({"csrfmiddlewaretoken", SEAL, "action", "goto", "move"})
HERE_AGAIN = _("What you typed before you were signed out is here again, saved as a draft.")

_MARK = "kept_under"
_OWN_PATH = ""
_SIGNER = TimestampSigner(salt="applications.kept_text")


def keeps_text(view: V) -> V:
    """Mark a view whose typed text is kept; on GET it saves what `peek` gives and calls `drop`.

    Its form carries `{% kept_seal application %}`: what comes without is not kept.
    """
    setattr(view, _MARK, _OWN_PATH)
    return view


def leads_back_to(name: str) -> Callable[[V], V]:
    """Mark a view that only takes POST, such as an upload: the page `name` comes after signing in.

    The page is found by the `code` of the application. Nothing is kept, for nothing was typed.
    """

    def mark(view: V) -> V:
        setattr(view, _MARK, name)
        return view

    return mark


class Typed(StrEnum):
    """What became of the text of a request."""

    KEPT = "kept"
    TOO_MUCH = "too_much"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A request that was refused because of its sign-in; `page` is where its sender goes on."""

    page: str
    typed: Typed
    had_files: bool


def seal_of(application: Application) -> str:
    """Return what proves that a form came from a page of this application's owner."""
    return _SIGNER.sign(application.code)


def keep(request: HttpRequest) -> Interrupted | None:
    """Keep what was typed. Returns None for pages without text and for forms of somebody else."""
    match = request.resolver_match
    mark = getattr(match.func, _MARK, None) if match else None
    if match is None or mark is None or request.method != "POST":
        return None
    code = str(match.kwargs.get("code", ""))
    if request.user.is_authenticated and not _owns(request, code):
        return None
    had_files = bool(request.FILES)
    if mark != _OWN_PATH:
        return Interrupted(reverse(mark, args=[code]), Typed.NOTHING, had_files=had_files)
    if not _sealed(request.POST.get(SEAL, ""), code):
        return None
    return Interrupted(request.get_full_path(), _put(request, code), had_files=had_files)


def peek(request: HttpRequest) -> QueryDict | None:
    """Return what was kept for this page, as if it had just been posted.

    To be called after `access.own_application_for`, and for GET only: another method gets None.
    It stays until `drop`: a page that asks what to do with it may be loaded twice.
    """
    if request.method != "GET" or IN_SESSION not in request.session:
        return None
    kept = _fresh(request)
    if len(kept) < len(request.session[IN_SESSION]):
        _store(request, kept)
    found = [entry["text"] for entry in kept if entry["path"] == request.path]
    return QueryDict(found[0]) if found else None


def drop(request: HttpRequest) -> None:
    """Forget what was kept for this page: it is saved now, or can't be any more."""
    if IN_SESSION in request.session:
        _store(request, [entry for entry in _fresh(request) if entry["path"] != request.path])


def leave_own(request: HttpRequest) -> None:
    """Drop what is not of the person who has just signed in: several may share a browser."""
    if IN_SESSION in request.session:
        request.session.set_expiry(None)
        _store(request, [entry for entry in _fresh(request) if _owns(request, entry["code"])])


def _owns(request: HttpRequest, code: str) -> bool:
    try:
        access.own_application_for(request.user, code)
    except Http404:
        return False
    return True


def _sealed(seal: str, code: str) -> bool:
    try:
        return _SIGNER.unsign(seal, max_age=SEALED_FOR) == code
    except BadSignature:
        return False


def _put(request: HttpRequest, code: str) -> Typed:
    text = request.POST.copy()
    for name in NOT_TEXT & text.keys():
        del text[name]
    if not text:
        return Typed.NOTHING
    encoded = text.urlencode()
    # Half of a text would overwrite the other half of the draft with nothing.
    if len(encoded) > MOST_CHARACTERS:
        return Typed.TOO_MUCH
    kept = [entry for entry in _fresh(request) if entry["path"] != request.path]
    at = timezone.now().timestamp()
    kept.append({"path": request.path, "code": code, "text": encoded, "at": at})
    request.session[IN_SESSION] = kept[-MOST_PAGES:]
    if not request.user.is_authenticated:
        request.session.set_expiry(int(KEPT_FOR.total_seconds()))
    return Typed.KEPT


def _fresh(request: HttpRequest) -> list[dict[str, Any]]:
    oldest = (timezone.now() - KEPT_FOR).timestamp()
    return [entry for entry in request.session.get(IN_SESSION, ()) if entry["at"] > oldest]


def _store(request: HttpRequest, kept: list[dict[str, Any]]) -> None:
    if kept:
        request.session[IN_SESSION] = kept
    else:
        del request.session[IN_SESSION]
