"""Whose rows a request reads: the models note it here, the audit log writes it down."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Seen:
    """The persons whose rows were read: by their pk, or by pk or code of an application."""

    people: set[int] = field(default_factory=set)
    applications: set[int] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def only(self, person: int | None) -> bool:
        """Tell whether nobody but this person can have been seen."""
        return not self.applications and not self.codes and self.people <= {person}


_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)


@contextmanager
def watching() -> Iterator[Seen]:
    """Collect who is seen within; outside of it (worker, commands) nothing is collected."""
    seen = Seen()
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)


def saw(
    people: Iterable[int | None] = (),
    *,
    applications: Iterable[int | None] = (),
    codes: Iterable[str | None] = (),
) -> None:
    """Note that data of these persons, or of those who wrote these applications, was read.

    Rows of User, Application and OutgoingMail note themselves when they are read. Whoever reads
    columns alone (`values_list`), or codes and names out of a stored text, calls this.
    """
    seen = _seen.get()
    if seen is not None:
        seen.people.update(pk for pk in people if pk is not None)
        seen.applications.update(pk for pk in applications if pk is not None)
        seen.codes.update(code for code in codes if code is not None)
