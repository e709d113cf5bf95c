"""How a stored file leaves the portal: as a download that can do nothing in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.utils.http import content_disposition_header

if TYPE_CHECKING:
    from pathlib import Path

    from django.http.response import HttpResponseBase

# Should a browser open it all the same: no script, no form, no origin.
ALONE = "default-src 'none'; frame-ancestors 'none'; sandbox"


def as_download(path: Path, name: str, content_type: str) -> HttpResponseBase:
    """Return a stored file as a download called `name`. Raises FileNotFoundError.

    Behind nginx it is handed over by name, once we said yes: nobody can ask for that name from
    outside, and no process of ours waits for slow readers.
    """
    place = settings.PORTAL_X_ACCEL_REDIRECT
    response: HttpResponseBase
    # What was fetched from an object store lies elsewhere, for a moment.
    if place and path.is_relative_to(settings.PORTAL_FILES):
        below = path.relative_to(settings.PORTAL_FILES)
        path.stat()
        response = HttpResponse(headers={"X-Accel-Redirect": place + quote(str(below))})
    else:
        response = FileResponse(path.open("rb"))
    # Afterwards: the answer would take name and kind from where the file lies.
    response["Content-Type"] = content_type
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = ALONE
    return response
