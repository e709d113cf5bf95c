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
    #: Merit at every host, or None for those whose options have to be judged one by one.
    plain: list[int | None]
    #: For the latter: what `judge` said about each option they got to.
    judged: dict[int, list[int | Removal]]
    #: Per host: an ordinary merit below it is below the host's minimum score.
    floors: list[int]
    barred: Mapping[int, frozenset[str]]
    forbidden: Mapping[int, frozenset[int]]
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

    def judge(self, applicant: int, option: int) -> int | Removal:
        """Merit of a contract, or the first reason of R5 against it that is not about seats."""
        host = option >> 1
        place = self.sure.get(applicant)
        if place is not None and place[0] == option:
            return self.scale.merit(applicant, self.score_at(applicant, host), place[1])
        if applicant in self.forbidden and option in self.forbidden[applicant]:
            return "FORBIDDEN"
        if applicant in self.barred and self.host_names[host] in self.barred[applicant]:
            return "INELIGIBLE"
        score = self.score_at(applicant, host)
        if score is None:
            return "UNSCORED"
        merit = score * self.scale.count + applicant
        return "BELOW_MIN" if merit < self.floors[host] else merit

    def type_of(self, applicant: int, option: int) -> int:
        """Return the contract's number in `types`."""
        kind = self.kinds[applicant] + (option & 1)
        place = self.sure.get(applicant)
        sure = place is not None and place[0] == option
        return kind + self.types.guaranteed if sure else kind


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
    ids = [people.ids[position] for position in order]
    scores = [people.scores[position] for position in order]
    host_scores = [people.host_scores[position] for position in order]
    profiles: dict[tuple[str | None, str | None], int] = {}
    kinds = [
        2 * profiles.setdefault((people.levels[position], people.subjects[position]), len(profiles))
        for position in order
    ]
    types = Types(list(profiles))
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
    scale = Scale(people, len(ids))
    lowest = scale.merit(0, None, ORDINARY)
    return Contest(
        ids=ids,
        host_names=[host.id for host in hosts],
        seats=[open_host(host, types) for host in hosts],
        lists=_lists([options[position] for position in order], pins, held),
        scale=scale,
        types=types,
        kinds=kinds,
        scores=scores,
        host_scores=host_scores,
        ties={
            name: [column[position] for position in order] for name, column in people.ties.items()
        },
        plain=[
            None
            if score is None or own or number in barred or number in forbidden or number in sure
            else score * scale.count + number
            for number, (score, own) in enumerate(zip(scores, host_scores, strict=True))
        ],
        judged={},
        floors=[
            lowest if host.min_score is None else host.min_score * scale.count for host in hosts
        ],
        barred=barred,
        forbidden=forbidden,
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
