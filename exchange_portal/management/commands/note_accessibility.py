"""Take what the browser tests recorded into the accessibility statement."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from exchange_portal.accessibility import statement


class Command(BaseCommand):
    help = (
        "Takes the results of axe that the browser tests wrote to the file named by "
        "PORTAL_AXE_RESULTS into the accessibility statement, in place of the earlier ones."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **_options: object) -> None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
            found = statement.read_from(lines, timezone.localdate())
        except (OSError, ValueError) as error:
            raise CommandError(f"{file}: {error}", returncode=2) from error
        statement.store(found)
        self.stdout.write(
            f"{len(found.pages)} pages by axe {found.axe}: {found.violations} violations"
        )
