"""`manage.py export_nominations`: the nomination list of a call, as the admin action."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from applications import texts
from applications.exports import FORMATS, NothingToExport, ewp
from applications.exports.lists import listing, note_download, note_export, write
from applications.models import Call, ExportFormat, Nomination
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable

    from applications.exports.ewp import LeftOut
    from applications.exports.lists import Listing


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
        if not options["output"].strip():
            raise CommandError("--output needs the name of a directory.", returncode=2)
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
            written = self._export(call, list(dict.fromkeys(formats)), directory)
        except OSError as error:
            raise CommandError(
                f"{directory} can't be written: {error.strerror}.", returncode=2
            ) from error
        except NothingToExport:
            raise CommandError(
                f"The call {call.code!r} has no nominations yet.", returncode=2
            ) from None
        except ewp.NothingForEwp as nobody:
            self._tell(nobody.left_out)
            raise CommandError(
                f"None of the nominations of {call.code!r} can be handed on by EWP.", returncode=2
            ) from None
        for path in written:
            self.stdout.write(str(path))

    def _export(self, call: Call, formats: list[str], directory: Path) -> list[Path]:
        """Write the files and their log rows: all of them, or none.

        Raises OSError, NothingToExport, and NothingForEwp when no partner gets a file.
        """
        asked = listing(call, Nomination.objects.all())
        left_out: list[LeftOut] = []
        with ExitStack() as leftovers, transaction.atomic():
            ready = [
                file
                for file_format in formats
                for file in _written(asked, file_format, directory, leftovers, left_out)
            ]
            # Every file is on the disk by now: what is left can hardly fail half way.
            for file in ready:
                file.temporary.replace(file.target)
        self._tell(left_out)
        return [file.target for file in ready]

    def _tell(self, left_out: Iterable[LeftOut]) -> None:
        """Say who is in no EWP file: by the nomination, since what is printed may be kept."""
        for nomination, codes in {left.nomination: left.codes for left in left_out}.items():
            reasons = " ".join(texts.ewp_sentence(code) for code in codes)
            self.stderr.write(f"{nomination} is not in the EWP file: {reasons}")


@dataclass(frozen=True, slots=True)
class _File:
    """A file that is complete, under a name of its own beside the one it gets."""

    temporary: Path
    target: Path


def _written(
    asked: Listing,
    file_format: str,
    directory: Path,
    leftovers: ExitStack,
    left_out: list[LeftOut],
) -> list[_File]:
    """Write the files of one format, of EWP one for each partner; adds who is in none of them."""
    is_ewp = file_format == ExportFormat.EWP
    now = timezone.now()
    files = []
    for part in [asked.only(host) for host in asked.hosts] if is_ewp else [asked]:
        directory.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=directory, prefix=".nominations-")
        leftovers.callback(Path(name).unlink, missing_ok=True)
        try:
            with os.fdopen(handle, "wb") as file:
                made = write(part, file_format, file, now=now)
        except ewp.NothingForEwp as nobody:
            left_out += nobody.left_out
            continue
        left_out += made.left_out
        note_download(note_export(part, file_format, made, by=None, now=now), by=None, now=now)
        files.append(_File(Path(name), directory / made.name))
    if not files:
        raise ewp.NothingForEwp(tuple(left_out))
    return files
