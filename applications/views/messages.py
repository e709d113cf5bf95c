"""The mails a person got, to be read in the portal too: nobody depends on a mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from applications import access, mails

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from applications.models import Application, OutgoingMail


@dataclass(frozen=True, slots=True)
class Message:
    """A mail with what became of it in words, and the tone of those."""

    mail: OutgoingMail
    state: str
    tone: str


def _shown(mail: OutgoingMail) -> Message:
    if mail.sent_at is not None:
        return Message(mail, gettext("Sent"), "success")
    if mails.was_given_up(mail):
        return Message(mail, gettext("Could not be sent"), "warning")
    return Message(mail, gettext("Waiting to be sent"), "neutral")


def _of(
    request: HttpRequest, about: Application | None
) -> QuerySet[OutgoingMail] | list[OutgoingMail]:
    """Return the mails to be paged; most people have fewer than a page of them."""
    rows = access.messages_of(request.user).defer("body").select_related("application__call")
    if about is not None:
        return rows.filter(application=about)
    first = access.first_messages_of(request.user)
    return rows if len(first) > access.MESSAGES_A_PAGE else first


@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """List one's own mails, newest first; with `?application=CODE` those about that one."""
    code = request.GET.get("application", "")
    about = access.own_application_for(request.user, code) if code else None
    rows = _of(request, about)
    page = Paginator(rows, access.MESSAGES_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "applications/messages.html",
        {
            "about": about,
            "page": page,
            "query": urlencode({"application": about.code}) if about else "",
            "messages_shown": [_shown(mail) for mail in page],
        },
    )


@require_safe
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one mail as it went out, in the language it was written in."""
    mail = access.message_for(request.user, pk)
    return render(request, "applications/message.html", {"mail": mail, "message": _shown(mail)})
