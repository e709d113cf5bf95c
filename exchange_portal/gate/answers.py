"""What those turned away are told: a page, or the sentence alone where a page saves by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.views.refusals import in_background
from exchange_portal.gate.rules import MEBIBYTE

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from exchange_portal.gate.rules import Size

TOO_LARGE = 413
TOO_MANY = 429
MINUTE = 60


def too_large(request: HttpRequest, size: Size) -> HttpResponse:
    """Say that more was sent than this address takes, and what would be taken."""
    if in_background(request):
        sentence = _("Not saved: what you typed is more than the portal takes. Shorten it.")
        return _part(request, sentence, TOO_LARGE)
    context = {
        "megabytes": size.file_bytes // MEBIBYTE,
        "bytes": number_format(size.file_bytes, force_grouping=True),
    }
    return render(request, "413.html", context, status=TOO_LARGE)


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """Say that too many requests came, and when to go on."""
    minutes = -(-seconds // MINUTE)
    if in_background(request):
        sentence = ngettext(
            "Not done: too many requests in a short time. Please try again in a minute.",
            "Not done: too many requests in a short time. Please try again in %(minutes)s minutes.",
            minutes,
        ) % {"minutes": minutes}
        response = _part(request, sentence, TOO_MANY)
    else:
        response = render(request, "429.html", {"minutes": minutes}, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    return response


def _part(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "applications/refused_part.html", {"sentence": sentence}, status=status)
