"""The files of testimonials."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.http import Http404
from django.views.decorators.http import require_safe

from applications import access
from applications.views.documents import stored_file
from partners import academic_year

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

logger = logging.getLogger(__name__)


@require_safe
def testimonial(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send a testimonial's PDF as a download, under a name that tells nothing of its author."""
    found = access.testimonial_for(request.user, pk)
    if not found.stored_name:
        raise Http404
    year = academic_year.label(found.academic_year).replace("/", "-")
    try:
        return stored_file(found.stored_name, f"testimonial-{found.host.key}-{year}.pdf")
    except FileNotFoundError as error:
        logger.exception("testimonial %s has no file", found.pk)
        raise Http404 from error
