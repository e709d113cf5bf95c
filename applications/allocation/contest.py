"""One run made ready: numbers instead of names, every applicant's list, every host's seats.

Applicants carry their number of `priority` (0 loses every tie), hosts their place in the order of
ids; so nothing that follows depends on the order of the input.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from applications.allocation.choice import OpenHost, PooledHost, Types, open_host
from applications.allocation.decisions import Decisions, Error, Placement, in_order
from applications.allocation.instance import Host, Instance
from applications.allocation.priority import HELD, ORDINARY, PINNED, Scale, tie_order
from applications.allocation.wishes import Options

Removal = str  # one of the codes of R5
Decided = TypeVar("Decided")


@dataclass(frozen=True, slots=True)
class Lists:
    """Per applicant number: what the list says (R2), and what is proposed from it (R6, R7)."""

    written: list[Options]
    proposed: list[Options]
    #: Position of the next proposal; at the end the position of the place, or the list's length.
    at: list[int]


@dataclass(frozen=True, slots=True)
class Contest:
    ids: list[str]
    host_names: list[str]
    seats: list[OpenHost | PooledHost]
    lists: Lists
    scale: Scale
    types: Types
    #: Per applicant: type of a winter contract (see choice.Types); a summer one is one more.
    kinds: list[int]
    scores: list[int | None]
    host_scores: list[dict[str, int]]
    #: Per tie-breaker, in order of importance: everybody's value.
    ties: dict[str, list[int | None]]
    #: Merit at every host; None for those whose options differ, and who keep what was found.
    plain: list[int | None]
    worked_out: dict[int, list[int | None]]
    #: Per host: an ordinary merit below it is below the host's minimum score.
    floors: list[int]
    barred: Mapping[int, frozenset[str]]
    forbidden: Mapping[int, frozenset[int]]
    #: Everybody with a decision of their own: barred, forbidden or sure of something.
    special: frozenset[int]
    #: Option and class of those who cannot lose it.
    sure: Mapping[int, tuple[int, int]]
    pinned: frozenset[int]
    extra: frozenset[int]
    final: frozenset[int]

    def place_of(self, applicant: int) -> int:
        """Return the option the applicant has now, -1 for none."""
        proposed, position = self.lists.proposed[applicant], self.lists.at[applicant]
        return proposed[position] if position < len(proposed) else -1

    def score_at(self, applicant: int, host: int) -> int | None:
        common = self.scores[applicant]
        own = self.host_scores[applicant]
        return own.get(self.host_names[host], common) if own else common

    def merits(self, applicant: int, options: Options) -> list[int | None]:
        """Merit of each contract; None, or a merit below the host's floor, is not proposed."""
        plain = self.plain[applicant]
        if plain is not None:
            return [plain] * len(options)
        known = self.worked_out.get(applicant)
        if known is None:
            common, own = self.scores[applicant], self.host_scores[applicant]
            if applicant in self.special or common is None:
                known = [self._merit(applicant, option) for option in options]
            else:
                names, count = self.host_names, self.scale.count
                known = [
                    own.get(names[option >> 1], common) * count + applicant for option in options
                ]
            self.worked_out[applicant] = known
        return known

    def _merit(self, applicant: int, option: int) -> int | None:
        place = self.sure.get(applicant)
        score = self.score_at(applicant, option >> 1)
        if place is not None and place[0] == option:
            return self.scale.merit(applicant, score, place[1])
        if self._excluded(applicant, option) or score is None:
            return None
        return self.scale.merit(applicant, score, ORDINARY)

    def removal(self, applicant: int, option: int) -> Removal:
        """Name the first reason of R5 for an option that was not proposed."""
        excluded = self._excluded(applicant, option)
        if excluded is not None:
            return excluded
        return "UNSCORED" if self.score_at(applicant, option >> 1) is None else "BELOW_MIN"

    def _excluded(self, applicant: int, option: int) -> Removal | None:
        if option in self.forbidden.get(applicant, ()):
            return "FORBIDDEN"
        if self.host_names[option >> 1] in self.barred.get(applicant, ()):
            return "INELIGIBLE"
        return None


def prepare(
    instance: Instance,
    hosts: list[Host],
    options: list[Options],
    decisions: Decisions,
    lottery: list[str],
) -> Contest:
    """Give the active applicants their numbers and lay out everything the rounds need."""
    people = instance.applicants
    active = [position for position, gone in enumerate(people.withdrawn) if not gone]
    order = tie_order(people, active, instance.tie_breakers, lottery)
    ids = list(map(people.ids.__getitem__, order))
    scores = list(map(people.scores.__getitem__, order))
    host_scores = list(map(people.host_scores.__getitem__, order))
    profiles: dict[tuple[str | None, str | None], int] = {}
    kinds = [
        2 * profiles.setdefault((people.levels[position], people.subjects[position]), len(profiles))
        for position in order
    ]
    types = Types(profiles)
    barred = {
        number: frozenset(people.not_eligible[position])
        for number, position in enumerate(order)
        if people.not_eligible[position]
    }
    forbidden = _by_number(ids, decisions.forbidden)
    pins = _by_number(ids, decisions.pinned)
    held = _by_number(ids, decisions.held)
    sure = {number: (placement.option, PINNED) for number, placement in pins.items()}
    sure |= {number: (placement.option, HELD) for number, placement in held.items()}
    special = frozenset({*barred, *forbidden, *sure})
    scale = Scale(people, len(ids))
    return Contest(
        ids=ids,
        host_names=[host.id for host in hosts],
        seats=[open_host(host, types) for host in hosts],
        lists=_lists(list(map(options.__getitem__, order)), pins, held),
        scale=scale,
        types=types,
        kinds=kinds,
        scores=scores,
        host_scores=host_scores,
        ties={name: list(map(column.__getitem__, order)) for name, column in people.ties.items()},
        plain=[
            None if score is None or own or number in special else score * scale.count + number
            for number, (score, own) in enumerate(zip(scores, host_scores, strict=True))
        ],
        worked_out={},
        floors=[scale.floor(host.min_score) for host in hosts],
        barred=barred,
        forbidden=forbidden,
        special=special,
        sure=sure,
        pinned=frozenset(pins),
        extra=frozenset(number for number, placement in pins.items() if placement.extra),
        final=frozenset(number for number, placement in held.items() if placement.final),
    )


def _by_number(ids: list[str], decided: Mapping[str, Decided]) -> dict[int, Decided]:
    if not decided:
        return {}
    return {number: decided[name] for number, name in enumerate(ids) if name in decided}


def _lists(
    written: list[Options], pins: Mapping[int, Placement], held: Mapping[int, Placement]
) -> Lists:
    proposed = list(written)
    for number, placement in pins.items():
        proposed[number] = (placement.option,)
    for number, placement in held.items():
        option = placement.option
        proposed[number] = (option,) if placement.final else _cut(written[number], option)
    return Lists(written, proposed, [0] * len(written))


def _cut(options: Options, current: int) -> Options:
    """Nobody proposes below an offer already held (R7)."""
    if current in options:
        return options[: options.index(current) + 1]
    return (*options, current)


def unseatable(contest: Contest) -> list[Error]:
    """Hosts whose pins, or whose pins and held offers, cannot all be seated (R6)."""
    pins: dict[int, list[int]] = {}
    everyone: dict[int, list[int]] = {}
    for applicant, (option, rank_class) in contest.sure.items():
        if applicant in contest.extra:
            continue
        kind = contest.kinds[applicant] + (option & 1) + contest.types.guaranteed
        everyone.setdefault(option >> 1, []).append(kind)
        if rank_class == PINNED:
            pins.setdefault(option >> 1, []).append(kind)

    def failing(code: str, groups: dict[int, list[int]]) -> list[Error]:
        return [
            {"code": code, "host": contest.host_names[host], "applicant": None}
            for host, kinds in groups.items()
            if not contest.seats[host].can_seat(kinds)
        ]

    return in_order(failing("PIN_CAPACITY", pins) or failing("GUARANTEE_CAPACITY", everyone))
