"""`manage.py backup DIR`: database and files of one instant, beside a portal in use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from exchange_portal.backup.dumping import back_up
from exchange_portal.backup.manifest import BackupRefused
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

BAD_INPUT = 2


class Command(OneSentenceCommand):
    help = "Back up the database and the files its rows name to an empty folder, and check it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        folder: Path = options["folder"]
        try:
            manifest = back_up(folder.absolute(), now=timezone.now())
        except BackupRefused as refused:
            raise CommandError(str(refused), returncode=BAD_INPUT) from refused
        rows = sum(table.rows for table in manifest.tables.values())
        self.stdout.write(
            f"Backed up {rows} rows of {len(manifest.tables)} tables and "
            f"{len(manifest.files)} files to {folder}. PORTAL_FIELD_KEYS is not in it: without "
            "that key encrypted values can't be read."
        )
        if unsound := manifest.unsound():
            raise CommandError(
                "The backup was made, but these files were lost before it, or are not what was "
                f"uploaded: {', '.join(unsound)}."
            )
