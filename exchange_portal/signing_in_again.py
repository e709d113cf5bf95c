"""When the sign-in of a page has ended: nothing typed gets lost on the way through the login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseRedirect, UnreadablePostError
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext_lazy as _

from applications.views.form import kept_text
from applications.views.form.kept_text import Typed
from applications.views.refusals import in_background

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from applications.views.form.kept_text import Interrupted

UNAUTHORIZED = 401
SEE_OTHER = 303

SIGNED_OUT = {
    Typed.KEPT: _("You were signed out. What you typed is kept: sign in again and it is there."),
    Typed.TOO_MUCH: _(
        "You were signed out before this was saved, and it is too long to be kept until you have "
        "signed in again."
    ),
    Typed.NOTHING: _(
        "You were signed out, so nothing was changed or submitted. Sign in again to go on."
    ),
}
SIGNED_IN_AGAIN = {
    Typed.KEPT: _(
        "You have signed in again since this page was opened. What you typed is kept: load the "
        "page again and it is there."
    ),
    Typed.NOTHING: _(
        "You have signed in again since this page was opened, so nothing was changed or submitted. "
        "Please do it once more."
    ),
}
CHOOSE_AGAIN = _("Files are not kept: choose them again.")


class LoginRequired(LoginRequiredMiddleware):
    """Django's rule that every page needs a login; what was typed meanwhile is kept.

    It stands behind the CSRF check, so that no other site can put a text there. Scripts get an
    answer of their own: they would follow the redirect and take the login for the page.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[Any, Any],
    ) -> HttpResponseBase | None:
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        interrupted = kept_text.keep(request) if refused is not None else None
        return _to_the_login(request, interrupted) if interrupted is not None else refused


def taken_up(request: HttpRequest) -> HttpResponse | None:
    """Answer a form whose token is old because its sender signed in again in another tab.

    Returns None for everything else, which then is refused. This opens no way around the token.
    What the token proves is that one of our own pages sent the form. Here two others prove it: the
    browser itself, in headers that no page of another site can set, and the seal, which only the
    owner's pages show (`kept_text`). Without such a header, or with one that is opaque ("null") or
    of another scheme, host or port, nothing is read and nothing kept. What follows is less than
    the form asked for, too: its text is put into the session of the application's owner. No button
    of it is obeyed, and saving it as a draft is left to a GET, which the compare-and-set of drafts
    guards like any other saving.
    """
    try:
        interrupted = kept_text.keep(request) if _sent_by_our_own_page(request) else None
    except UnreadablePostError:
        return None
    if interrupted is not None and not request.user.is_authenticated:
        return _to_the_login(request, interrupted)
    if interrupted is None or interrupted.typed == Typed.TOO_MUCH:
        return None
    if _asked_by_script(request):
        return _fragment(request, interrupted, interrupted.page, signed_in=True)
    if interrupted.typed == Typed.NOTHING:
        messages.warning(request, SIGNED_IN_AGAIN[Typed.NOTHING])
    if interrupted.had_files:
        messages.warning(request, CHOOSE_AGAIN)
    return HttpResponseRedirect(interrupted.page, status=SEE_OTHER)


def _to_the_login(request: HttpRequest, interrupted: Interrupted) -> HttpResponse:
    login = redirect_to_login(interrupted.page, resolve_url(settings.LOGIN_URL))
    if _asked_by_script(request):
        return _fragment(request, interrupted, login.url, signed_in=False)
    messages.warning(request, SIGNED_OUT[interrupted.typed])
    if interrupted.had_files:
        messages.warning(request, CHOOSE_AGAIN)
    return login


def _fragment(
    request: HttpRequest, interrupted: Interrupted, link: str, *, signed_in: bool
) -> HttpResponse:
    sentences = SIGNED_IN_AGAIN if signed_in else SIGNED_OUT
    return render(
        request,
        "applications/signed_out.html",
        {
            "sentence": sentences[interrupted.typed],
            "choose_again": CHOOSE_AGAIN if interrupted.had_files else "",
            "link": link,
            "signed_in": signed_in,
        },
        status=UNAUTHORIZED,
    )


def _asked_by_script(request: HttpRequest) -> bool:
    return in_background(request) or request.headers.get("X-Requested-With") == "fetch"


def _sent_by_our_own_page(request: HttpRequest) -> bool:
    """Tell whether the browser names this very origin as the sender; silence counts as no."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    sender = request.headers.get("Origin", request.headers.get("Referer", ""))
    try:
        parts = urlsplit(sender)
    except ValueError:
        return False
    return (parts.scheme, parts.netloc) == (request.scheme, request.get_host())
