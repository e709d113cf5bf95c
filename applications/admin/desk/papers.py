"""The pages of a document on the desk: as pictures, and as text. Never the file itself.

A stranger's PDF is not rendered inside our pages; drawn pages are pictures (docs/adr/0009). Who
reads blind gets them without name, age and photo.
"""

from __future__ import annotations

import logging
from textwrap import wrap
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_safe

from applications import access, lifecycle
from applications.admin.desk import file_data
from applications.admin.desk.queue import Queue
from applications.admin.doors import for_application, page, user_of
from applications.pdf_inspection import DocumentKind
from applications.pdf_inspection.hiding import Pictures, allowed_pictures
from applications.pdf_inspection.preview import (
    NoPreview,
    TooBusy,
    Withheld,
    page_picture,
    page_texts,
)

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import Application

logger = logging.getLogger(__name__)

BUSY = 429
_AGAIN_AFTER = "2"  # seconds
# A sign's text: letters in a line, and where its lines stand in the drawing.
SIGN_COLUMNS, SIGN_TOP, SIGN_LINE = 46, 120, 34


@require_safe
@for_application(access.can_see_round)
def picture(
    request: HttpRequest, application: Application, pk: int, number: int
) -> HttpResponseBase:
    """Draw one page; where that can't or mustn't be done, a picture says so in words."""
    user, now = user_of(request), timezone.now()
    document = access.paper_for(user, application, pk)
    if not 1 <= number <= (document.pages or 0):
        raise Http404
    blind = access.reads_blind(user, application, now)
    access.note_viewing(user, application, now=now, document=document)
    try:
        with lifecycle.at_hand(document.stored_name) as path:
            drawn = page_picture(
                path,
                number,
                hide=_hidden(application) if blind else (),
                pictures=allowed_pictures(DocumentKind(document.slot.kind))
                if blind
                else Pictures.ALL,
            )
    except FileNotFoundError as error:
        logger.exception("document %s has no file", document.pk)
        raise Http404 from error
    except TooBusy:
        said = gettext("Many pages are being drawn just now. Please try again in a moment.")
        return _sign(said, status=BUSY, headers={"Retry-After": _AGAIN_AFTER})
    except Withheld:
        return _sign(gettext("Hidden in blind reading: a picture, or no text to hide names in."))
    except NoPreview:
        said = gettext("This page can't be drawn. Please open the file.")
        return _sign(gettext("This page can't be drawn.") if blind else said)
    return HttpResponse(
        drawn, content_type="image/png", headers={"X-Content-Type-Options": "nosniff"}
    )


@require_GET
@for_application(access.can_see_round)
def text(request: HttpRequest, application: Application, pk: int) -> HttpResponseBase:
    """Show what is written on the pages: for those who listen, search or copy."""
    user, now = user_of(request), timezone.now()
    document = access.paper_for(user, application, pk)
    blind = access.reads_blind(user, application, now)
    access.note_viewing(user, application, now=now, document=document)
    pages: list[str] | None
    try:
        with lifecycle.at_hand(document.stored_name) as path:
            pages = page_texts(path, hide=_hidden(application) if blind else ())
    except FileNotFoundError as error:
        logger.exception("document %s has no file", document.pk)
        raise Http404 from error
    except NoPreview:
        pages = None
    queue = Queue.of(application.call, user, request.GET)
    return page(
        request,
        "paper_text",
        application.call,
        gettext("Text of: %(title)s") % {"title": document.slot.title},
        application=application,
        document=document,
        pages=pages,
        blind=blind,
        query=f"?{queue.query}" if queue.query else "",
    )


def _hidden(application: Application) -> tuple[str, ...]:
    submission = file_data.newest_submission(application)
    return file_data.words_to_hide(submission) if submission is not None else ()


def _sign(
    sentence: str, *, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    """Return a picture of a blank page with one sentence on it."""
    lines = wrap(sentence, SIGN_COLUMNS)
    placed = [(line, SIGN_TOP + number * SIGN_LINE) for number, line in enumerate(lines)]
    drawn = render_to_string("admin/applications/page_sign.svg", {"lines": placed})
    return HttpResponse(
        drawn,
        content_type="image/svg+xml; charset=utf-8",
        status=status,
        headers={"X-Content-Type-Options": "nosniff", **(headers or {})},
    )
