"""The draw as it is shown: what is published from the opening on, and the proof afterwards."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from applications import scoring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from applications.models import Call, RankedApplication, Ranking


@dataclass(frozen=True, slots=True)
class Draw:
    """What anybody may know of a call's draw. `secret` and `seed` are empty until publication."""

    commitment: str
    applications_sha256: str
    secret: str
    seed: str

    @property
    def is_open(self) -> bool:
        return bool(self.seed)

    def number(self, code: str) -> str:
        """Return an application's number; "" before the publication."""
        return scoring.lottery_number(self.seed, code) if self.seed else ""


@dataclass(frozen=True, slots=True)
class DrawCheck:
    """Whether a stored ranking was drawn as it was promised when the call opened."""

    secret_fits: bool
    list_fits: bool
    numbers_fit: bool


def draw_of(call: Call) -> Draw:
    published = call.published_at is not None
    return Draw(
        commitment=call.lottery_commitment,
        applications_sha256=call.applications_sha256,
        secret=call.lottery_secret if published else "",
        seed=call.lottery_seed if published else "",
    )


def check_draw(ranking: Ranking, lines: Iterable[RankedApplication]) -> DrawCheck:
    """Check the seed a ranking was frozen with against what its call shows.

    The secret and the list are taken out of the ranking, which nobody can change, not out of the
    call.
    """
    secret, _, listed = ranking.seed.rpartition(":")
    return DrawCheck(
        secret_fits=hashlib.sha256(secret.encode()).hexdigest() == ranking.call.lottery_commitment,
        list_fits=listed == ranking.call.applications_sha256,
        numbers_fit=all(
            line.lottery == scoring.lottery_number(ranking.seed, line.application.code)
            for line in lines
        ),
    )
