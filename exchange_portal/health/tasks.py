"""How worker and clock give their signs of life."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from celery import shared_task
from celery.signals import task_prerun
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from applications.models import Heartbeat
from exchange_portal.health import signs

if TYPE_CHECKING:
    from celery import Task

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_SIGNS = 5.0
_last_sign = -SECONDS_BETWEEN_SIGNS


@shared_task(bind=True)
def note_heartbeat(self: Task[Any, Any]) -> None:
    """Note when the clock sent this tick: a poll before it runs out."""
    runs_out = self.request.expires
    if runs_out:
        sent = datetime.fromisoformat(str(runs_out)) - timedelta(seconds=settings.POLL_SECONDS)
        signs.note(Heartbeat.Name.BEAT, sent)


@task_prerun.connect
def worker_begins_a_task(**_about: object) -> None:
    """Note that a worker works, whatever at: the clock's own tick may wait behind a long review."""
    global _last_sign  # noqa: PLW0603 - one per process
    now = time.monotonic()
    if now - _last_sign < SECONDS_BETWEEN_SIGNS:
        return
    try:
        signs.note(Heartbeat.Name.WORKER, timezone.now())
    except (DatabaseError, InterfaceError) as error:
        # The task itself begins with a connection of its own, and says what is wrong.
        connection.close()
        logger.warning("no sign of life was written: %s", type(error).__name__)
    else:
        _last_sign = now
