"""`manage.py plan_calls`: the next call of each programme, by the pattern of its deadlines."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from applications import selection
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(OneSentenceCommand):
    help = "Plan the next call of each programme. Calls that are there already stay as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--on", type=_day, metavar="DATE", help="plan as on this day, as 2027-03-01; else today"
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        planned = selection.plan_calls(options["on"] or timezone.localdate())
        for call in planned:
            until = "to be announced"
            if call.last_minute is not None:
                until = f"{timezone.localtime(call.last_minute):%Y-%m-%d %H:%M %Z}"
            hosts = call.hosts.count()
            self.stdout.write(f"{call.code}: deadline {until}, hosts with seats: {hosts}")
        self.stdout.write(f"{len(planned)} calls planned.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2027-03-01.") from error
