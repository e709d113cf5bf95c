"""Inspect PDF files as an upload would, one line of JSON for each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from applications.pdf_inspection import Inspector
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from applications.pdf_inspection import Report

# Of the ten seconds promised for a file; the rest is for starting Django on a busy machine.
_WALL_SECONDS = 6.0


class Command(OneSentenceCommand):
    """Exit 0 whatever the files are; never more than 10 seconds and 512 MiB a file."""

    help = "Inspect PDF files as an upload would and print one line of JSON for each."
    # Needs neither the database nor any setting: it must work where the portal does not.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", metavar="FILE")

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        files: list[str] = options["files"]
        if not files:
            raise CommandError("Name at least one file to inspect.", returncode=2)
        with Inspector(wall_seconds=_WALL_SECONDS) as inspector:
            for file in files:
                line = json.dumps(_line(file, inspector.inspect(file)))
                self.stdout.write(line)
                self.stdout.flush()


def _line(file: str, report: Report) -> dict[str, object]:
    return {
        "file": file,
        "ok": report.ok,
        "findings": [code.value for code in report.codes],
        "pages": report.pages,
        "bytes": report.bytes,
        "encrypted": report.encrypted,
        "seconds": report.seconds,
    }
