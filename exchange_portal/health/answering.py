"""What machines ask: whether this process lives, whether it may get requests, and its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.utils import timezone

from exchange_portal.health import checks
from exchange_portal.metrics import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


def live(_request: HttpRequest) -> HttpResponse:
    """Tell that the process answers. It asks nobody: a restart would mend nothing elsewhere."""
    return JsonResponse({"status": checks.Status.OK})


def ready(_request: HttpRequest) -> HttpResponse:
    """Tell whether requests may come, and how each part is. 503 only when they may not."""
    found = checks.look_at_everything(timezone.now())
    status = checks.worst(found)
    return JsonResponse(
        {
            "status": status,
            "checks": {check.part: {"status": check.status, **check.facts} for check in found},
        },
        status=503 if status == checks.Status.FAILING else 200,
    )


class Machines:
    """Answers machines inside the computing centre before anything else is looked at.

    They ask by address, without https, a session or the portal's host name. The proxy lets nobody
    from outside reach these addresses (docs/operations.md); what they say is no secret of anybody.
    """

    ANSWERS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
        "/health/live": live,
        "/health/ready": ready,
        "/metrics": metrics,
    }

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.ANSWERS.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = answer(request)
        response["Cache-Control"] = "no-store"
        return response
