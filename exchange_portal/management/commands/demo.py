"""`manage.py demo`: a stable contract, see ARCHITECTURE (command line)."""

from __future__ import annotations

import argparse
import logging
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from exchange_portal import processes
from exchange_portal.demo.building import STUDENTS, build, past_call
from exchange_portal.demo.past_round import ReviewTooSlow
from exchange_portal.demo.resetting import ForeignPeople, reset_round
from exchange_portal.demo.summary import summary
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser

BAD_INPUT = 2
# Nobody waits twenty seconds in a demonstration to see what the worker does.
POLL_SECONDS = "3"


class Command(OneSentenceCommand):
    help = (
        "Build the demonstration (made-up students, a past round, an open call), then serve web, "
        "worker, beat and the demo's logins until stopped. A second start recognises it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="stop after the work")
        parser.add_argument("--reset", action="store_true", help="remove everything, build anew")
        parser.add_argument(
            "--reset-round",
            action="store_true",
            help="set the past call back to the day after its deadline, and stop",
        )
        parser.add_argument(
            "--keep-scores",
            action="store_true",
            help="with --reset-round: keep what was read, decided and scored",
        )
        parser.add_argument(
            "--students", type=_count, default=STUDENTS, metavar="N", help=argparse.SUPPRESS
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        if not settings.PORTAL_DEMO:
            raise CommandError(
                "This is no demonstration: start it by `python3 portal.py demo`, or set "
                "PORTAL_DEMO=1 for a database of its own.",
                returncode=BAD_INPUT,
            )
        self._started = time.monotonic()
        if _tables_are_behind():
            self._say("bringing the tables up to date")
            call_command("migrate", verbosity=0, interactive=False)
        if options["reset_round"]:
            self._reset_round(keep_scores=options["keep_scores"])
            return
        try:
            with _quiet():
                built = build(self._say, students=options["students"], anew=options["reset"])
        except ForeignPeople:
            raise CommandError(
                "The database holds people who are not of the demonstration; nothing was removed. "
                "Name an empty one in DATABASE_URL.",
                returncode=BAD_INPUT,
            ) from None
        except (processes.ProgramFailed, ReviewTooSlow) as failure:
            raise CommandError(str(failure)) from failure
        seconds = time.monotonic() - self._started
        self.stdout.write("")
        for line in summary(built.call, built.files, seconds):
            self.stdout.write(line)
        self.stdout.flush()
        if not options["no_serve"]:
            self._serve()

    def _say(self, text: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self._started:5.1f} s] {text}")
        self.stdout.flush()

    def _reset_round(self, *, keep_scores: bool) -> None:
        call = past_call()
        if call is None:
            raise CommandError("There is no past call yet: run `demo` first.", returncode=BAD_INPUT)
        reset_round(call, keep_scores=keep_scores)
        if keep_scores:
            self.stdout.write(f"{call.code} stands as before its ranking.")
            return
        self.stdout.write(
            f"{call.code} stands as on the day after its deadline; "
            "a running worker closes and reviews it now."
        )

    def _serve(self) -> None:
        quick = {"PORTAL_POLL_SECONDS": POLL_SECONDS}
        programs = [
            replace(program, env={**quick, **program.env})
            for program in (
                processes.demo_logins(),
                processes.web(),
                processes.worker(),
                processes.beat(),
            )
        ]
        try:
            with processes.portal_supervisor(*programs) as supervisor:
                self.stdout.write(f"\nServing at http://127.0.0.1:{settings.PORTAL_PORT}/")
                self.stdout.flush()
                supervisor.serve()
        except processes.ProgramFailed as failure:
            raise CommandError(str(failure)) from failure


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the portal's log of single steps out of the visitor's progress lines."""
    loggers = [logging.getLogger(name) for name in ("applications", "grants")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _tables_are_behind() -> bool:
    """Tell whether a migration is still to be made; asking takes a tenth of making none."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _count(text: str) -> int:
    if not text.isdecimal() or not 5 <= int(text) <= 500:  # noqa: PLR2004 - as named below
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 5 to 500.")
    return int(text)
