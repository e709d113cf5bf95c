"""Why somebody did not get an option they ranked higher, and who waits for it (R12, R13).

Rows repeat: everybody refused by the same host for the same reason gets the same row. They are
built once and shared, which keeps ten thousand explanations within the memory of their instance.
"""

from bisect import bisect
from dataclasses import dataclass, field
from typing import Any

from applications.allocation.choice import OpenHost
from applications.allocation.contest import Contest
from applications.allocation.instance import SEMESTERS
from applications.allocation.priority import HELD, ORDINARY, PINNED
from applications.allocation.wishes import Options

Row = dict[str, Any]
_DECIDED_BY_CLASS = {PINNED: "pin", HELD: "guarantee"}


@dataclass(slots=True)
class Bar:
    """What it took to get in, for one option and one kind of seat.

    Who is below `threshold` gets `row` without a further look; `rivals` is R12's set B, worst
    first; `waiting` collects who was refused.
    """

    threshold: int
    row: Row
    rivals: list[int]
    waiting: list[int]
    rows: dict[tuple[int, str], Row] = field(default_factory=dict)


class Explanations:
    """Rows and waiting lists for a contest whose rounds have ended."""

    def __init__(self, contest: Contest) -> None:
        self._contest = contest
        #: Above every merit: a threshold that everybody is below.
        self._top = 2 * contest.scale.bonus[PINNED]
        self._bars: dict[tuple[int, int], Bar] = {}
        self._open_bars: dict[int, Bar] = {}
        self._plain_rows: dict[tuple[int, str], Row] = {}
        self._waiting: dict[int, list[int]] = {}

    def rows_for(self, applicant: int, options: Options, own_host: int) -> list[Row]:
        """One row per option; `own_host` is where the applicant has a place, -1 for nowhere."""
        contest = self._contest
        if applicant in contest.pinned:
            return [self._plain_row(option, "PINNED") for option in options]
        if applicant in contest.final:
            return [self._plain_row(option, "FINAL") for option in options]
        bars, floors = self._open_bars, contest.floors
        kind, rows = contest.kinds[applicant], []
        for option, merit in zip(options, contest.merits(applicant, options), strict=False):
            if merit is None or merit < floors[option >> 1]:
                rows.append(self._plain_row(option, contest.removal(applicant, option)))
                continue
            bar = bars.get(option) or self._bar(option, kind + (option & 1))
            bar.waiting.append(merit)
            at_home = option >> 1 == own_host
            if at_home or merit >= bar.threshold:
                rows.append(self._row(applicant, option, merit, bar, at_home=at_home))
            else:
                rows.append(bar.row)
        return rows

    def waitlists(self) -> dict[str, list[str]]:
        """Per "host/semester" the ids of those refused there, best first."""
        contest = self._contest
        ids, count = contest.ids, contest.scale.count
        return {
            f"{contest.host_names[option >> 1]}/{SEMESTERS[option & 1]}": [
                # A semester wished twice gives two rows, but one place in the queue.
                ids[merit % count]
                for merit in sorted(set(merits), reverse=True)
            ]
            for option, merits in self._waiting.items()
            if merits
        }

    def _bar(self, option: int, contract_type: int) -> Bar:
        seats = self._contest.seats[option >> 1]
        kind = seats.kind_of(contract_type)
        bar = self._bars.get((option, kind))
        if bar is None:
            if kind < 0:
                bar = Bar(self._top, self._plain_row(option, "NO_SEAT_TYPE"), [], [])
            else:
                bar = self._contested(option, seats.rivals(contract_type))
            self._bars[option, kind] = bar
            if isinstance(seats, OpenHost):
                self._open_bars[option] = bar
        return bar

    def _contested(self, option: int, rivals: list[int]) -> Bar:
        waiting = self._waiting.setdefault(option, [])
        if not rivals:
            return Bar(self._top, self._refusal(option, None, "", []), [], waiting)
        worst = rivals[0]
        holder = worst % self._contest.scale.count
        rank_class = self._class_of(holder)
        decided_by = _DECIDED_BY_CLASS.get(rank_class, "score")
        row = self._refusal(option, holder, decided_by, [])
        # An ordinary holder's score decides for those below the whole score; those between, with
        # the same score, differ by tie-breakers and are looked at one by one.
        threshold = worst - holder if rank_class == ORDINARY else worst
        return Bar(threshold, row, rivals, waiting)

    def _row(self, applicant: int, option: int, merit: int, bar: Bar, *, at_home: bool) -> Row:
        """R12 in full, for somebody who is not simply below everybody else."""
        ids, count = self._contest.ids, self._contest.scale.count
        rivals, known = bar.rivals, bar.rows
        if not rivals:
            return bar.row
        if at_home:
            rivals, known = [rival for rival in rivals if rival % count != applicant], {}
        lower = bisect(rivals, merit)
        holder = rivals[lower] % count if lower < len(rivals) else None
        decided_by = "" if holder is None else self._decided_by(applicant, holder, option >> 1)
        row = known.get((lower, decided_by))
        if row is None:
            below = sorted(ids[rival % count] for rival in rivals[:lower])
            row = known[lower, decided_by] = self._refusal(option, holder, decided_by, below)
        return row

    def _decided_by(self, applicant: int, holder: int, host: int) -> str:
        contest = self._contest
        by_class = _DECIDED_BY_CLASS.get(self._class_of(holder))
        if by_class is not None:
            return by_class
        if contest.score_at(applicant, host) != contest.score_at(holder, host):
            return "score"
        for name, values in contest.ties.items():
            if values[applicant] != values[holder]:
                return name
        return "lottery"

    def _class_of(self, holder: int) -> int:
        """Return the class of the contract the holder has now."""
        contest = self._contest
        place = contest.sure.get(holder)
        return place[1] if place and place[0] == contest.place_of(holder) else ORDINARY

    def _refusal(self, option: int, holder: int | None, decided_by: str, below: list[str]) -> Row:
        cutoff = None
        if holder is not None:
            cutoff = {
                "applicant": self._contest.ids[holder],
                "decided_by": decided_by,
                "score": self._contest.score_at(holder, option >> 1),
            }
        return {
            "host": self._contest.host_names[option >> 1],
            "semester": SEMESTERS[option & 1],
            "reason": "RESERVED" if cutoff is None else "OUTRANKED",
            "cutoff": cutoff,
            "reserved_below": below,
        }

    def _plain_row(self, option: int, reason: str) -> Row:
        row = self._plain_rows.get((option, reason))
        if row is None:
            row = self._plain_rows[option, reason] = {
                "host": self._contest.host_names[option >> 1],
                "semester": SEMESTERS[option & 1],
                "reason": reason,
            }
        return row
