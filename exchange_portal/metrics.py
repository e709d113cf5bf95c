"""Figures for Prometheus: requests of all web processes, and what waits in the tables.

No figure is about a person: views by their names, counts, seconds. With PROMETHEUS_MULTIPROC_DIR, a
folder that is empty at each start, the processes of a web server add up their requests.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Min
from django.http import HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.http import HttpRequest
    from prometheus_client.metrics_core import Metric

UNAUTHORIZED = 401
# Seconds; the load figures of docs/operations.md name the 95th percentile.
BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_shared = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
if _shared:
    # In a container it lies on a file system that is empty at each start.
    Path(_shared).mkdir(parents=True, exist_ok=True)
_own = CollectorRegistry()
_requests = Counter(
    "portal_requests", "Requests answered", ["view", "method", "status"], registry=_own
)
_seconds = Histogram(
    "portal_request_seconds", "Time to answer", ["view"], buckets=BUCKETS, registry=_own
)


def note_request(*, view: str, method: str, status: int, seconds: float) -> None:
    """Count one request."""
    _requests.labels(view, method, str(status)).inc()
    _seconds.labels(view).observe(seconds)


def metrics(request: HttpRequest) -> HttpResponse:
    """Give the figures to whoever has METRICS_TOKEN; without one set there are none."""
    token: str = settings.METRICS_TOKEN
    if not token:
        return HttpResponse(status=404)
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return HttpResponse(status=UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(
        generate_latest(_of_all_processes()) + generate_latest(_of_the_tables()),
        content_type=CONTENT_TYPE_LATEST,
    )


def _of_all_processes() -> CollectorRegistry:
    if not _shared:
        return _own
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the package leaves it out
    return registry


def _of_the_tables() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Tables())
    return registry


class _Tables(Collector):
    """Counts what waits, at the moment it is asked. Without a database it says just that."""

    def collect(self) -> Iterator[Metric]:
        try:
            found = [*_waiting(timezone.now())]
        except (DatabaseError, InterfaceError):
            connection.close()
            found = []
        yield _gauge("portal_database_up", "Whether the database answers", int(bool(found)))
        yield from found

    def describe(self) -> list[Metric]:
        """Say nothing beforehand: registering must ask no database."""
        return []


def _waiting(now: datetime) -> Iterator[Metric]:
    # Only now: this module is loaded with the middleware, before the models.
    from applications import mails  # noqa: PLC0415 - see above
    from applications.models import ExportJob, SubmissionReview  # noqa: PLC0415 - see above
    from applications.selection import due_calls  # noqa: PLC0415 - see above
    from exchange_portal.health import signs  # noqa: PLC0415 - see above

    queue = mails.unsent()
    oldest = queue.aggregate(oldest=Min("due_at"))["oldest"]
    yield _gauge("portal_mails_waiting", "Mails not sent yet", queue.count())
    yield _gauge(
        "portal_mails_overdue_seconds",
        "How long the oldest mail should have been sent",
        max((now - oldest).total_seconds(), 0) if oldest else 0,
    )
    yield _gauge(
        "portal_mails_given_up", "Mails that used up their attempts", mails.given_up().count()
    )
    yield _gauge("portal_calls_due", "Calls that are over and not closed", len(due_calls(now)))
    yield _gauge(
        "portal_reviews_waiting",
        "Submissions of a review not looked at yet",
        SubmissionReview.objects.filter(
            state=SubmissionReview.State.PENDING, run__state="running"
        ).count(),
    )
    yield _gauge(
        "portal_lists_waiting",
        "Lists asked for and not ready",
        ExportJob.objects.filter(
            state__in=[ExportJob.State.WAITING, ExportJob.State.RUNNING]
        ).count(),
    )
    silence = GaugeMetricFamily(
        "portal_seconds_since_sign", "Since the last sign of life", labels=["process"]
    )
    for name, at in sorted(signs.last_signs().items()):
        silence.add_metric([name], (now - at).total_seconds())
    yield silence


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)
