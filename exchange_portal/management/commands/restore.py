"""`manage.py restore DIR`: what `backup` wrote, into a database without tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from exchange_portal.backup.manifest import BackupRefused
from exchange_portal.backup.restoring import restore
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

BAD_INPUT = 2


class Command(OneSentenceCommand):
    help = "Bring back a backup. Stop web, worker and beat first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="drop the tables that are there, in the same step",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        folder: Path = options["folder"]
        try:
            manifest = restore(folder.absolute(), replace=options["replace"])
        except BackupRefused as refused:
            raise CommandError(str(refused), returncode=BAD_INPUT) from refused
        rows = sum(table.rows for table in manifest.tables.values())
        self.stdout.write(
            f"Restored {rows} rows of {len(manifest.tables)} tables and {len(manifest.files)} "
            f"files as of {manifest.made_at}. Run migrate if this version is newer."
        )
