"""Real workers on the test's own database and a queue of its own, for tests of faults and the demo.

The tables must be visible to other processes: such tests are transactional, and begin by loading
what the migrations loaded, which the flush after another transactional test took away.
"""

from __future__ import annotations

import importlib
import os
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import connection

from applications.models import Programme
from exchange_portal import processes
from tests import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MIGRATIONS_WITH_DATA = (
    ("partners.migrations.0002_real_partners", "load"),
    ("applications.migrations.0002_programmes", "load"),
    ("partners.migrations.0004_terms_and_networks", "load"),
    ("applications.migrations.0006_help_and_steps", "load"),
    ("applications.migrations.0011_desk_data", "load"),
    ("applications.migrations.0014_anchors", "load"),
    ("applications.migrations.0020_privacy_data", "load"),
    ("partners.migrations.0007_lists", "load"),
    ("grants.migrations.0002_grant_tables", "load_tables"),
)
# The launcher's broker has 64 databases; the first belongs to whoever set REDIS_URL.
FIRST_QUEUE = 40
NAME_AT_THE_DATABASE = "workers under test"


def load_migrated_data() -> None:
    if not Programme.objects.exists() and not tables.recall(tables.MIGRATED):
        for module, load in MIGRATIONS_WITH_DATA:
            getattr(importlib.import_module(module), load)(apps, None)


def environment(files: Path, *, queue: int) -> dict[str, str]:
    """Return what tells other processes of this test's database, files and queue.

    Skips the test where no broker is named.
    """
    broker = os.environ.get("REDIS_URL")
    if not broker:
        pytest.skip("no broker: REDIS_URL is not set (`python3 portal.py test` sets it)")
    database = connection.settings_dict
    secret = f":{quote(database['PASSWORD'], safe='')}" if database["PASSWORD"] else ""
    host, port = quote(database["HOST"], safe=""), database["PORT"]
    server = f"{host}:{port}" if port else host
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "0")) or 0)
    return {
        "DATABASE_URL": f"postgres://{database['USER']}{secret}@{server}/{database['NAME']}",
        "PGAPPNAME": NAME_AT_THE_DATABASE,
        "REDIS_URL": _on_queue(broker, FIRST_QUEUE + (2 * worker + queue) % 24),
        "PORTAL_FILES": str(files),
        "PORTAL_DEMO": "1",
        "PORTAL_POLL_SECONDS": "1",
        "LOG_LEVEL": "INFO",
    }


def _on_queue(broker: str, number: int) -> str:
    if "virtual_host=" in broker:
        return re.sub(r"virtual_host=\d+", f"virtual_host={number}", broker)
    return re.sub(r"(://[^/?]+)(/\d*)?", rf"\1/{number}", broker, count=1)


def worker_and_beat(
    env: dict[str, str],
    logs: Path,
    *,
    pairs: int = 1,
    beside: Sequence[processes.Program] = (),
) -> processes.Supervisor:
    """Return a supervisor of a worker and beat, or of several; it waits for no worker to answer.

    Programs `beside` them come as they are, and first.

    They are called "worker" and "beat", those of a second pair "worker-2" and "beat-2".
    """
    programs = []
    for number in range(1, pairs + 1):
        end = f"-{number}" if number > 1 else ""
        worker = processes.worker()
        argv = tuple(word.replace("worker@", f"worker{end}@") for word in worker.argv)
        programs += [
            replace(worker, name=f"worker{end}", argv=argv, ready=None),
            processes.Program(name=f"beat{end}", argv=_beat(logs / f"beat{end}-schedule"), grace=5),
        ]
    told = [replace(program, env={**program.env, **env}) for program in programs]
    return processes.Supervisor([*beside, *told], logs=logs)


def _beat(schedule: Path) -> tuple[str, ...]:
    argv = list(processes.beat().argv)
    argv[argv.index("--schedule") + 1] = str(schedule)
    return tuple(argv)


def eventually(
    condition: Callable[[], object],
    what: str,
    supervisor: processes.Supervisor,
    seconds: float = 180,
) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        supervisor.check()
        assert time.monotonic() < limit, f"it did not happen in time: {what}"
        time.sleep(0.05)
