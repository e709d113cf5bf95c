"""`manage.py export_nominations`: the nomination list of a call, as the admin action."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from applications.exports import FORMATS, NothingToExport, export_nominations
from applications.models import Call, Nomination
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(OneSentenceCommand):
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
            written = self._export(call, formats, directory)
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

    def _export(self, call: Call, formats: list[str], directory: Path) -> list[Path]:
        """Write the files and their log rows: all of them, or none. Raises OSError."""
        with ExitStack() as leftovers, transaction.atomic():
            ready = []
            for file_format in dict.fromkeys(formats):
                name, content = export_nominations(
                    call, Nomination.objects.all(), file_format, by=None, now=timezone.now()
                )
                directory.mkdir(parents=True, exist_ok=True)
                handle, temporary = tempfile.mkstemp(dir=directory, prefix=f".{name}-")
                leftovers.callback(Path(temporary).unlink, missing_ok=True)
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                ready.append((Path(temporary), directory / name))
            # Every file is on the disk by now: what is left can hardly fail half way.
            for temporary_path, target in ready:
                temporary_path.replace(target)
        return [target for _temporary, target in ready]
