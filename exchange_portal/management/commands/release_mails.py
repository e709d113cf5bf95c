"""`manage.py release_mails`: mails that were given up, or held by a restore, go out after all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from applications import mails
from exchange_portal.backup.afterwards import HELD
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

BAD_INPUT = 2


class Command(OneSentenceCommand):
    help = (
        "List the mails that stay unsent until a person looks; with numbers of theirs, or --all, "
        "have the worker send them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "numbers", nargs="*", type=int, default=[], metavar="NUMBER", help="as listed"
        )
        which.add_argument("--all", action="store_true", help="all that are listed")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        kept = mails.given_up()
        numbers: list[int] = options["numbers"]
        if not numbers and not options["all"]:
            for number, written, error in kept.order_by("pk").values_list(
                "pk", "created_at", "error"
            ):
                # Of the server's answer only its kind: the rest may name the person.
                kind = error if error == HELD else error.partition(":")[0]
                self.stdout.write(f"{number}  {timezone.localtime(written):%Y-%m-%d %H:%M}  {kind}")
            return
        if numbers:
            kept = kept.filter(pk__in=numbers)
            known = set(kept.values_list("pk", flat=True))
            if unknown := sorted(set(numbers) - known):
                raise CommandError(
                    f"Not among those that wait for a person: {', '.join(map(str, unknown))}.",
                    returncode=BAD_INPUT,
                )
        released = kept.update(attempts=0, due_at=timezone.now(), error="")
        self.stdout.write(f"Released: {released} mails; the worker sends them.")
