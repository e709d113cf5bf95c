"""`manage.py grant_role`: the first roles, before anybody could give them in the admin."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from applications.models import RoleGrant
from applications.models.people import Role
from exchange_portal.claims import LOGIN_ID
from partners.management.one_sentence import OneSentenceCommand
from partners.models import Faculty

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

BAD_INPUT = 2


class Command(OneSentenceCommand):
    help = "Give a role to a login ID. It counts from the next request, or the first login."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login_id", type=_login_id, metavar="LOGIN_ID")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--faculty", metavar="KEY", help="for coordinators, and only for them")
        parser.add_argument(
            "--until", type=_day, metavar="DATE", help="last day, as 2027-09-30; else without end"
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        until: date | None = options["until"]
        if until is not None and until < timezone.localdate():
            raise CommandError(f"--until {until} lies in the past.", returncode=BAD_INPUT)
        role = Role(options["role"])
        grant, made = RoleGrant.objects.update_or_create(
            login_id=options["login_id"],
            role=role,
            faculty=_faculty(role, options["faculty"]),
            defaults={"valid_until": until},
        )
        end = f"until {until}" if until else "without end"
        at = f" of {grant.faculty.key}" if grant.faculty else ""
        what = "is now" if made else "was already"
        self.stdout.write(f"{grant.login_id} {what} {role.value}{at}, {end}.")


def _login_id(text: str) -> str:
    login_id = text.strip().lower()
    if not LOGIN_ID.fullmatch(login_id):
        raise argparse.ArgumentTypeError(f"{text!r} is no login ID.")
    return login_id


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2027-09-30.") from error


def _faculty(role: Role, key: str | None) -> Faculty | None:
    """Return the faculty a coordinator needs and nobody else may have."""
    if role != Role.COORDINATOR:
        if key is not None:
            raise CommandError("Only a coordinator has a --faculty.", returncode=BAD_INPUT)
        return None
    if key is None:
        raise CommandError("A coordinator needs a --faculty KEY.", returncode=BAD_INPUT)
    faculty = Faculty.objects.filter(key=key).first()
    if faculty is None:
        known = ", ".join(Faculty.objects.values_list("key", flat=True)) or "none yet"
        raise CommandError(f"No faculty {key!r}. Known: {known}.", returncode=BAD_INPUT)
    return faculty
