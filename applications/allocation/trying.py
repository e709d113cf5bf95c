"""The same input again and again with other seats, for the places alone.

What does not depend on the seats is read once; nothing is explained. A trial costs a fraction of a
whole run, and many are needed to tell where one more seat helps most.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from applications.allocation.comparison import Place
from applications.allocation.contest import prepare
from applications.allocation.decisions import read_decisions
from applications.allocation.engine import run_rounds
from applications.allocation.instance import SEMESTERS, parse
from applications.allocation.priority import lottery_numbers
from applications.allocation.wishes import read_wishes

if TYPE_CHECKING:
    from applications.allocation.instance import Host


class Trials:
    """Trials of an instance that `allocate` gave places for."""

    def __init__(self, instance: dict[str, Any]) -> None:
        self._read = parse(instance)
        self._hosts = sorted(self._read.hosts, key=lambda host: host.id)
        numbers = {host.id: number for number, host in enumerate(self._hosts)}
        self._options = read_wishes(self._read, numbers, [])
        self._decisions, _faults = read_decisions(self._read, numbers)
        self._lottery = lottery_numbers(self._read.seed, self._read.applicants.ids)

    def with_one_more(self, host: str, pool: str) -> dict[str, Place | None]:
        """Return everybody's place with one more seat in this pool of this host."""
        hosts = [_more(row, pool) if row.id == host else row for row in self._hosts]
        contest = prepare(self._read, hosts, self._options, self._decisions, self._lottery)
        run_rounds(contest)
        places: dict[str, Place | None] = {}
        for number, name in enumerate(contest.ids):
            option = contest.place_of(number)
            places[name] = (
                None if option < 0 else Place(hosts[option >> 1].id, SEMESTERS[option & 1])
            )
        return places


def _more(host: Host, pool: str) -> Host:
    pools = (replace(row, seats=row.seats + 1) if row.id == pool else row for row in host.pools)
    return replace(host, pools=tuple(pools))
