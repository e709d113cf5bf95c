"""A picture of the first page of an uploaded file, for the student whose file it is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from applications import access, lifecycle
from applications.pdf_inspection.preview import NoPreview, TooBusy, first_page

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)

NOT_DRAWN = 422
BUSY = 429
_AGAIN_AFTER = "5"  # seconds


@require_safe
def preview(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Draw the first page as PNG; where that can't be done, say so in plain text."""
    application = access.own_application_for(request.user, code)
    document = get_object_or_404(application.documents, pk=pk)
    try:
        with lifecycle.at_hand(document.stored_name) as path:
            picture = first_page(path)
    except FileNotFoundError as error:
        logger.exception("document %s has no file", document.pk)
        raise Http404 from error
    except TooBusy:
        said = gettext("Many pages are being drawn just now. Please try again in a moment.")
        return _in_words(said, BUSY, {"Retry-After": _AGAIN_AFTER})
    except NoPreview:
        return _in_words(gettext("No preview can be made of this file."), NOT_DRAWN, {})
    return HttpResponse(
        picture, content_type="image/png", headers={"X-Content-Type-Options": "nosniff"}
    )


def _in_words(sentence: str, status: int, headers: dict[str, str]) -> HttpResponse:
    return HttpResponse(
        sentence, content_type="text/plain; charset=utf-8", status=status, headers=headers
    )
