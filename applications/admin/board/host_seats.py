"""What each who wants a host would get of it by an order, and for whom its seats are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import selection
from applications.admin.runs.names import seats_for
from partners.models import Level

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from applications.admin.board.seats import Outlook
    from applications.models import CallHost
    from applications.texts.words import Sentence

# Why somebody can't have a seat at a host at all; everybody else refused waits for one.
_NOT_POSSIBLE: dict[str, Sentence] = {
    "FORBIDDEN": _("not possible: forbidden here"),
    "INELIGIBLE": _("not possible: found not eligible for it"),
    "UNSCORED": _("not possible: no points for it"),
    "BELOW_MIN": _("not possible: below the fewest points asked for"),
    "NO_SEAT_TYPE": _("no seat for this level or semester"),
    "PINNED": _("not possible: pinned to another host"),
    "FINAL": _("has accepted another seat"),
}


@dataclass(frozen=True, slots=True)
class SeatHere:
    """Whether somebody has a seat at the host, and in words which, or why none."""

    is_here: bool
    words: str


@dataclass(frozen=True, slots=True)
class PoolSeats:
    """Seats of one pool, and for whom they are."""

    seats_for: str
    seats: int
    open_to_others: bool


class HostSeats:
    """One host in an outlook."""

    def __init__(self, outlook: Outlook, host: CallHost) -> None:
        self._outlook = outlook
        self._pk, self._id = host.pk, selection.host_id(host)
        self._people = {row["id"]: row for row in outlook.proposal.instance.get("applicants", ())}
        self._numbers: dict[str, int] = {}
        for key, codes in (outlook.proposal.result.get("waitlists") or {}).items():
            if key.rpartition("/")[0] == self._id:
                for number, code in enumerate(codes, start=1):
                    self._numbers[code] = min(number, self._numbers.get(code, number))

    @property
    def pools(self) -> list[PoolSeats]:
        return [
            PoolSeats(seats_for(pool), pool["seats"], pool["fallback"])
            for host in self._outlook.proposal.instance.get("hosts", ())
            if host["id"] == self._id
            for pool in host["pools"]
        ]

    def level(self, code: str) -> str:
        return str(Level(self._people[code]["level"]).label) if code in self._people else ""

    def of(self, code: str) -> SeatHere:
        if not self._outlook.is_possible:
            return SeatHere(is_here=False, words=gettext("not known"))
        if self._people[code]["status"] != "active":
            return SeatHere(is_here=False, words=gettext("takes no part any more"))
        seat = self._outlook.seat(code)
        if seat is not None and seat.host_pk == self._pk:
            return SeatHere(
                is_here=True, words=gettext("has one: %(semester)s") % {"semester": seat.semester}
            )
        if seat is not None and seat.better is not None and seat.better.host_pk == self._pk:
            text = gettext("may move up to it, keeps %(host)s meanwhile")
            return SeatHere(is_here=True, words=text % {"host": seat.host})
        refused = [row for row in self._refusals(code) if row["host"] == self._id]
        if refused:
            return SeatHere(is_here=False, words=self._why_none(code, refused))
        better = seat.host if seat is not None else ""
        text = gettext("has a better wish: %(host)s") % {"host": better}
        return SeatHere(is_here=False, words=text if better else gettext("no seat"))

    def _refusals(self, code: str) -> list[Mapping[str, Any]]:
        return list(self._outlook.proposal.result["explanations"][code])

    def _why_none(self, code: str, refused: list[Mapping[str, Any]]) -> str:
        if code in self._numbers:
            return gettext("waits, number %(number)s") % {"number": self._numbers[code]}
        # Of two semesters the first wished one is told of.
        return str(_NOT_POSSIBLE[refused[0]["reason"]])
