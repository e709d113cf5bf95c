"""Who is on a list, in which order, and with which columns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from applications.exports.columns import columns_for, default_columns
from applications.exports.rows import entries
from partners.models import NominationDeadline

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from applications.exports.columns import Column
    from applications.exports.rows import Entry
    from applications.models import Call, Nomination
    from partners.models import HostUniversity


class NothingToExport(Exception):  # noqa: N818 - an answer
    """There is no nomination for a list that the person may see."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The nominations of a call that were asked for; `host` is None where all hosts were."""

    call: Call
    host: HostUniversity | None
    entries: tuple[Entry, ...]

    @property
    def hosts(self) -> tuple[HostUniversity, ...]:
        return tuple({entry.host.pk: entry.host for entry in self.entries}.values())

    def only(self, host: HostUniversity) -> Listing:
        """Return what one partner may see of it."""
        own = tuple(entry for entry in self.entries if entry.host.pk == host.pk)
        return Listing(self.call, host, own)

    def by_partner_and_semester(self) -> list[tuple[HostUniversity, str, Listing]]:
        """Return what each partner may see of each semester."""
        places: dict[tuple[int, str], list[Entry]] = defaultdict(list)
        for entry in self.entries:
            places[entry.host.pk, entry.semester].append(entry)
        return [
            (own[0].host, semester, Listing(self.call, own[0].host, tuple(own)))
            for (_pk, semester), own in places.items()
        ]


def listing(
    call: Call, nominations: QuerySet[Nomination], *, host: HostUniversity | None = None
) -> Listing:
    """Return who of these nominations is on the call's list, or on that of one host.

    `nominations` are those the person may see (`access.nominations_visible_to`); of the
    cancelled only those whose host knows them. Raises NothingToExport.
    """
    wanted = nominations.filter(application__call=call)
    if host is not None:
        wanted = wanted.filter(placement__host__agreement__host=host)
    found = entries(wanted)
    if not found:
        raise NothingToExport
    return Listing(call, host, tuple(found))


def columns_of(asked: Listing) -> tuple[Column, ...]:
    """Return the columns of a list.

    A list for one host alone has the columns that host wants; one that goes to several, or on
    which the host's two semesters differ, has the usual ones.
    """
    if len(asked.hosts) != 1:
        return default_columns()
    deadlines = {
        deadline.semester: deadline
        for deadline in NominationDeadline.objects.filter(
            academic_year=asked.call.academic_year, host=asked.hosts[0]
        )
    }
    semesters = {entry.semester for entry in asked.entries}
    wanted = {columns_for(deadlines.get(semester)) for semester in semesters}
    return wanted.pop() if len(wanted) == 1 else default_columns()
