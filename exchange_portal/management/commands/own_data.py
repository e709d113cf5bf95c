"""Put a person's own data together for somebody who can't sign in any more (GDPR Article 15)."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from applications.models import User
from exchange_portal.privacy.own_data import own_data_of


class Command(BaseCommand):
    help = (
        "Writes the own data of the person with this login id as a ZIP: the same file the person "
        "may download. Find out who asks before you hand it over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login_id")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.zip")

    def handle(self, *, login_id: str, output: Path, **_options: object) -> None:
        person = User.objects.filter(username=login_id.strip().lower()).first()
        if person is None:
            raise CommandError(f"Nobody has the login id {login_id}.", returncode=2)
        try:
            # Never over another file, and for nobody else's eyes.
            with output.open("xb") as file:
                output.chmod(0o600)
                with own_data_of(person, now=timezone.now()) as made:
                    shutil.copyfileobj(made, file)
        except FileExistsError as error:
            raise CommandError(f"{output} exists already.", returncode=2) from error
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}.", returncode=2) from error
        self.stdout.write(f"{output}: {output.stat().st_size} bytes")
