"""Steps of several people at the same time: real threads, real connections, real row locks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TYPE_CHECKING

from django.db import connection, connections

from tests import factories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from applications.models import Application, Call


def draft(**fields: object) -> Application:
    """Return a draft with every document it needs to be submitted."""
    row = factories.ApplicationFactory.create(**{"call__hosts": 2, **fields})
    for slot in row.call.programme.slots.filter(required=True):
        factories.DocumentFactory.create(application=row, slot=slot)
    return row


def at_once(*steps: Callable[[], object]) -> list:
    """Run the steps in threads that start together; return each one's result or error."""
    barrier = Barrier(len(steps))

    def run(step: Callable[[], object]) -> object:
        barrier.wait()
        return _outcome(step)

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def in_turn(call: Call, *steps: Callable[[], object]) -> list:
    """Run the steps in threads that wait for the call's row, and get it, in the given order.

    All have begun before the first goes on. Returns each one's result or error.
    """
    with ThreadPoolExecutor(len(steps)) as pool:
        with _locked(call):
            running = []
            for step in steps:
                running.append(pool.submit(_outcome, step))
                wait_for_waiters(len(running))
        return [one.result() for one in running]


def _outcome(step: Callable[[], object]) -> object:
    try:
        return step()
    except Exception as error:  # noqa: BLE001 - the test looks at what each got
        return error
    finally:
        connection.close()


@contextmanager
def _locked(call: Call) -> Iterator[None]:
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM applications_call WHERE id = %s FOR UPDATE", [call.pk])
        yield
        other.rollback()
    finally:
        other.close()


def wait_for_waiters(number: int) -> None:
    """Return when this many others wait for a lock of the database."""
    limit = time.monotonic() + 30
    while True:
        with connection.cursor() as cursor:
            # Within a transaction the view would stay as it was first read.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            (waiting,) = cursor.fetchone()
        if waiting == number:
            return
        assert time.monotonic() < limit, f"{waiting} of {number} wait for a lock"
        time.sleep(0.005)
