"""What one part of a person's own data is made of, and the reasons why something is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from applications.models import Nomination

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import Model
    from django.utils.functional import Promise

    from applications.models import User


class Why(StrEnum):
    """Why something that is stored is not in the file."""

    NOTES = "notes"
    OTHERS = "others"
    PROCEDURE = "procedure"
    SECRET = "secret"  # noqa: S105 - no password, the name of a reason
    TECHNICAL = "technical"
    ELSEWHERE = "elsewhere"


WHY_SENTENCES = {
    Why.NOTES: _(
        "Notes and reasons that staff wrote freely may name other people. Write to the portal's "
        "contact: the office looks through them and tells you what concerns you."
    ),
    Why.OTHERS: _(
        "What is about other people as well, such as moves in a ranking: it would touch their "
        "rights."
    ),
    Why.PROCEDURE: _(
        "Who was asked to read what, and how readers changed their points: what counted is here."
    ),
    Why.SECRET: _(
        "Keys, such as that of your calendar address: whoever had this file could use them."
    ),
    Why.TECHNICAL: _("What serves the running of the portal and tells nothing about you."),
    Why.ELSEWHERE: _("What stands in another part of this file."),
}


def pk_of(person: User) -> object:
    return person.pk


def in_a_list(person: User) -> object:
    return [person.pk]


def login_id_of(person: User) -> object:
    return person.username


def nominations_of(person: User) -> object:
    return list(Nomination.objects.filter(application__student=person).values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Table:
    """One part of the file. `given` are lookups from a row, `person` the one to its person.

    `after` names an instant that must have passed, such as the publication of the results.
    `key` gives what `person` is compared with. `left_out` names columns by the reason; what stands
    in neither is the row's number. With `history` its earlier versions are given too. `files` are
    the lookups of the folder and the kind of the file that belongs to each row; `of_staff` names
    columns that are given empty where staff wrote them. `title` and `words` are for the readme,
    where the model's own words tell a student nothing, `meanings` for codes without choices.
    """

    section: str
    model: str
    person: str
    given: str
    left_out: Mapping[Why, str] = field(default_factory=dict, hash=False)
    after: str = ""
    key: Callable[[User], object] = pk_of
    history: bool = False
    files: tuple[str, str] | None = None
    of_staff: Mapping[Why, str] = field(default_factory=dict, hash=False)
    title: Promise | None = None
    words: Mapping[str, Promise] = field(default_factory=dict, hash=False)
    meanings: Mapping[str, Callable[[], Mapping[str, str]]] = field(
        default_factory=dict, hash=False
    )

    @property
    def fields(self) -> list[str]:
        return self.given.split()

    @property
    def rows(self) -> type[Model]:
        return apps.get_model(self.model)

    def file_of(self, row: Mapping[str, Any]) -> str:
        """Name the file of a row as it lies in the ZIP, and as the row says."""
        folder, kind = (row[name] for name in self.files or ())
        return f"files/{folder}/{kind}-{row['id']}.pdf"

    @property
    def events(self) -> type[Model]:
        """The table of earlier versions of the rows."""
        own: Any = self.rows
        found: type[Model] = own.pgh_event_model
        return found
