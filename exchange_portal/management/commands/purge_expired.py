"""`manage.py purge_expired`: what the worker does each hour, told first or done now."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from exchange_portal.privacy.reporting import report
from exchange_portal.tasks import purge_now
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

BAD_INPUT = 2


class Command(OneSentenceCommand):
    help = "Delete or make anonymous what is due by the rules of retention."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--report", action="store_true", help="only tell what is due")
        parser.add_argument(
            "--on", type=_day, metavar="DATE", help="with --report: due by that day, as 2027-09-30"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        day: date | None = options["on"]
        if options["report"]:
            self._tell(day or timezone.localdate())
            return
        if day is not None:
            raise CommandError("--on goes with --report only.", returncode=BAD_INPUT)
        done = purge_now()
        if done is None:
            raise CommandError("The worker is doing this at the moment.", returncode=1)
        for kind, count in sorted(done.items()):
            self.stdout.write(f"{kind}: {count}")
        if not done:
            self.stdout.write("nothing was due")

    def _tell(self, day: date) -> None:
        for line in report(day):
            codes = " ".join(each.code for each in line.applications)
            then = line.rule.then
            if line.rule.months_in_force is None:
                then += ", not in force yet"
            self.stdout.write(f"{line.rule.kind} ({then}): {line.count} {codes}".rstrip())


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2027-09-30.") from error
