"""Each part the portal needs, looked at once: what works, what does not, and since when.

FAILING means that this web process must get no requests: it can answer none. Without broker, worker
or mail server students still apply and submit, so that is DEGRADED: somebody has to look, and the
process stays where it is. Facts are numbers, never a name, an address or a code.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from applications import mails
from applications.lifecycle import storing
from applications.models import Call, ExportJob, Heartbeat
from applications.selection import CLOSING_GRACE
from exchange_portal.health import signs
from exchange_portal.redis_address import redis_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

logger = logging.getLogger(__name__)

BROKER_SECONDS = 0.5
MAILS_MAY_WAIT = timedelta(hours=1)
LISTS_MAY_WAIT = timedelta(minutes=15)
# Room for some hundred applications, so that there is time to act.
LEAST_FREE_BYTES = 500 * 2**20


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


class Part(StrEnum):
    """What is looked at, in the order in which it is shown."""

    DATABASE = "database"
    MIGRATIONS = "migrations"
    STORAGE = "storage"
    SPACE = "space"
    BROKER = "broker"
    WORKER = "worker"
    CLOCK = "clock"
    DEADLINES = "deadlines"
    MAILS = "mails"
    LISTS = "lists"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of one part; `facts` are figures only."""

    part: Part
    status: Status
    facts: dict[str, int] = field(default_factory=dict)


def look_at_everything(now: datetime) -> list[Check]:
    """Look at each part. Without a database only what needs none is known."""
    found = [*_storage(), _broker()]
    try:
        found += [_migrations(), *_in_the_database(now), Check(Part.DATABASE, Status.OK)]
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        logger.warning("the database does not answer: %s", type(error).__name__)
        found.append(Check(Part.DATABASE, Status.FAILING))
    order = list(Part)
    return sorted(found, key=lambda check: order.index(check.part))


def worst(found: list[Check]) -> Status:
    """Return the status of the whole."""
    order = list(Status)
    return max((check.status for check in found), key=order.index)


# -- one part each -------------------------------------------------------------------------------


@cache
def _migrations_of_this_version() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _migrations() -> Check:
    """Tell whether the tables are this version's. Those of a newer one are no fault: it comes."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = len(_migrations_of_this_version() - applied)
    return Check(
        Part.MIGRATIONS, Status.FAILING if missing else Status.OK, {"not_applied": missing}
    )


def _in_the_database(now: datetime) -> Iterator[Check]:
    last = signs.last_signs()
    for part, name in ((Part.WORKER, Heartbeat.Name.WORKER), (Part.CLOCK, Heartbeat.Name.BEAT)):
        at = last.get(name)
        yield Check(
            part,
            Status.DEGRADED if signs.is_silent(at, now) else Status.OK,
            {"seconds_silent": int((now - at).total_seconds())} if at else {},
        )
    late = now - CLOSING_GRACE - signs.longest_silence()
    unclosed = Call.objects.filter(deadline__lte=late, closed_at=None).count()
    yield _none_of(Part.DEADLINES, {"unclosed_calls": unclosed})
    waiting = mails.waiting(now, longer_than=MAILS_MAY_WAIT).count()
    yield _none_of(Part.MAILS, {"waiting_too_long": waiting})
    lists = ExportJob.objects.filter(
        state__in=[ExportJob.State.WAITING, ExportJob.State.RUNNING],
        asked_at__lte=now - LISTS_MAY_WAIT,
    )
    yield _none_of(Part.LISTS, {"waiting_too_long": lists.count()})


def _none_of(part: Part, facts: dict[str, int]) -> Check:
    return Check(part, Status.DEGRADED if any(facts.values()) else Status.OK, facts)


def broker(*, seconds: float = BROKER_SECONDS) -> redis.Redis:
    """Return a client of the broker that waits no longer than that for anything."""
    client: redis.Redis = redis.Redis.from_url(
        redis_address(settings.REDIS_URL), socket_timeout=seconds, socket_connect_timeout=seconds
    )
    return client


def _broker() -> Check:
    try:
        with broker() as client:
            client.ping()
    except redis.RedisError as error:
        logger.warning("the broker does not answer: %s", type(error).__name__)
        return Check(Part.BROKER, Status.DEGRADED)
    return Check(Part.BROKER, Status.OK)


def _storage() -> Iterator[Check]:
    folder = Path(settings.PORTAL_FILES)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"?")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        logger.warning("uploads can't be stored: %s", type(error).__name__)
        # A full disk stops uploads; what is stored can still be submitted and read.
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        yield Check(Part.STORAGE, Status.DEGRADED if full else Status.FAILING)
        return
    yield Check(Part.STORAGE, Status.OK if storing.store_answers() else Status.FAILING)
    short = free < LEAST_FREE_BYTES
    yield Check(
        Part.SPACE, Status.DEGRADED if short else Status.OK, {"free_megabytes": free // 2**20}
    )
