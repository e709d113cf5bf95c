"""`manage.py export_nominations`: the nomination list of a call, as the admin action."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from applications.exports import FORMATS, NothingToExport, export_nominations
from applications.models import Call, Nomination

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Write the nomination list of a call into a directory, and log it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--call", required=True, metavar="CODE")
        parser.add_argument(
            "--format",
            default="xlsx",
            metavar="FORMATS",
            help=f"one or several of {', '.join(FORMATS)}, separated by commas",
        )
        parser.add_argument("--output", required=True, metavar="DIR")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        call = Call.objects.filter(code=options["call"]).first()
        if call is None:
            raise CommandError(f"There is no call {options['call']!r}.", returncode=2)
        formats = [name.strip() for name in options["format"].split(",")]
        unknown = [name for name in formats if name not in FORMATS]
        if unknown:
            raise CommandError(
                f"{unknown[0]!r} is not a format; choose from {', '.join(FORMATS)}.", returncode=2
            )
        directory = Path(options["output"])
        try:
            directory.mkdir(parents=True, exist_ok=True)
            # The log rows and the files stand or fall together.
            with transaction.atomic():
                written = [self._write(call, name, directory) for name in formats]
        except OSError as error:
            raise CommandError(
                f"{directory} can't be written: {error.strerror}.", returncode=2
            ) from error
        except NothingToExport:
            raise CommandError(
                f"The call {call.code!r} has no nominations yet.", returncode=2
            ) from None
        for path in written:
            self.stdout.write(str(path))

    def _write(self, call: Call, file_format: str, directory: Path) -> Path:
        name, content = export_nominations(
            call, Nomination.objects.all(), file_format, by=None, now=timezone.now()
        )
        handle, temporary = tempfile.mkstemp(dir=directory, prefix=f".{name}-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        target = directory / name
        Path(temporary).replace(target)
        return target
