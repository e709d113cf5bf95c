"""`manage.py restore DIR`: what `backup` wrote, into a database without tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from exchange_portal.backup import afterwards
from exchange_portal.backup.manifest import BackupRefused
from exchange_portal.backup.restoring import restore
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

BAD_INPUT = 2
AGAIN = """\
What was done after {instant} is undone. Before the portal is opened again, by commands:
1. migrate, when this version is newer than the backup.
2. withdraw_access for everybody the university has let go since: their roles and calendar addresses
   of before are back.
3. purge_expired: what the retention rules deleted since is back.
As soon as it is open, in the administration:
4. End again the roles of others that were ended since.
5. Repeat the erasures of people and applications decided since (Requests for erasure). The requests
   since are gone with the rows: take them from the list kept outside of the portal.
6. release_mails lists the mails that are held; released are those that did not go out.
Then what the clock does, such as closing, reminders and offers that lapse, is done anew."""


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
            f"files as of {manifest.made_at}. Nobody is signed in any more; mails held, as they "
            f"may have gone out since: {afterwards.held()}."
        )
        self.stdout.write(AGAIN.format(instant=manifest.made_at))
