"""The page of the own data, and its download: for whoever is signed in, the own ones alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import FileResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from applications import access
from applications.models import RetentionRule
from exchange_portal.privacy.own_data import own_data_of
from exchange_portal.privacy.own_data_kinds import WHY_SENTENCES
from exchange_portal.privacy.own_data_readme import UNSAID
from exchange_portal.wording import contact_address

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def own_data(request: HttpRequest) -> HttpResponse:
    """Tell what the download holds and what not, how long data are kept, and how to erase them."""
    return render(
        request,
        "pages/own_data.html",
        {
            "left_out": [sentence for why, sentence in WHY_SENTENCES.items() if why not in UNSAID],
            "rules": RetentionRule.objects.all(),
            "contact_address": contact_address(),
        },
    )


@require_GET
def download(request: HttpRequest) -> FileResponse:
    """Send everything that is stored about the person who asks, and only about that one."""
    if not access.known(request.user):
        raise PermissionDenied
    now = timezone.now()
    response = FileResponse(
        own_data_of(request.user, now=now),
        as_attachment=True,
        filename=f"own-data-{timezone.localtime(now):%Y-%m-%d}.zip",
        content_type="application/zip",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
