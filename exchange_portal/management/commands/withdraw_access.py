"""`manage.py withdraw_access`: for people the university's identity management has let go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from applications import access
from applications.models import RoleGrant, User
from exchange_portal.claims import LOGIN_ID
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser

BAD_INPUT = 2


class Command(OneSentenceCommand):
    help = (
        "Sign people out everywhere, end their roles and calendar addresses, and let them in no "
        "more. Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login_ids", nargs="*", metavar="LOGIN_ID")
        parser.add_argument(
            "--file", type=Path, help="one login ID a line; those unknown here are passed over"
        )
        parser.add_argument(
            "--give-back", action="store_true", help="let them in again; roles are not given back"
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        named = {_login_id(text, f"{text!r}") for text in options["login_ids"]}
        listed = set(_listed(options["file"])) if options["file"] else set()
        if not named | listed:
            raise CommandError("Name login IDs, or a --file of them.", returncode=BAD_INPUT)
        known = _known(named | listed)
        if unknown := sorted(named - known):
            raise CommandError(f"Not known here: {', '.join(unknown)}.", returncode=BAD_INPUT)
        if options["give_back"]:
            back = access.give_access_back(User.objects.filter(username__in=known))
            self.stdout.write(f"Access given back to {len(back)} people.")
            return
        done = access.withdraw_access(known, today=timezone.localdate())
        self.stdout.write(
            f"Access withdrawn: {len(done.people)} people, {done.roles} roles, "
            f"{done.sessions} sessions; not known here: {len(listed - known)}."
        )


def _login_id(text: str, said: str) -> str:
    login_id = text.strip().lower()
    if not LOGIN_ID.fullmatch(login_id):
        raise CommandError(f"{said} is no login ID.", returncode=BAD_INPUT)
    return login_id


def _listed(file: Path) -> Iterator[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} can't be read as text.", returncode=BAD_INPUT) from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _login_id(line, f"Line {number} of {file}")


def _known(login_ids: set[str]) -> set[str]:
    people = User.objects.filter(username__in=login_ids).values_list("username", flat=True)
    roles = RoleGrant.objects.filter(login_id__in=login_ids).values_list("login_id", flat=True)
    return {*people, *roles}
