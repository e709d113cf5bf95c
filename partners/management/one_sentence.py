"""The commands of those who operate the portal: bad input gets one sentence and exit code 2."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class OneSentenceCommand(BaseCommand):
    """Refuses arguments it can't take in one sentence, without the usage before it."""

    def create_parser(
        self,
        prog_name: str,
        subcommand: str,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> CommandParser:
        return super().create_parser(prog_name, subcommand, usage=argparse.SUPPRESS, **kwargs)
