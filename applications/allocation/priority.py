"""Who goes before whom (rules R8 and R9).

Applicants are numbered by tie-break, worst first: number 0 loses every tie. A *merit* then puts
the whole order of R8 into one integer, larger is better:

    merit = class bonus + score * applicants + number

`merit % applicants` gives the applicant back, `merit // applicants` the score of an ordinary one.
"""

from hashlib import sha256
from itertools import chain

from applications.allocation.instance import Applicants

PINNED, HELD, ORDINARY = 0, 1, 2
LOTTERY_DIGITS = 16


def lottery_numbers(seed: str, ids: list[str]) -> list[str]:
    """One number per applicant, 64 hexadecimal digits; the smaller wins (R9)."""
    start = sha256(f"{seed}:".encode())
    numbers = []
    for applicant in ids:
        digest = start.copy()
        digest.update(applicant.encode())
        numbers.append(digest.hexdigest())
    return numbers


def tie_order(
    applicants: Applicants, active: list[int], tie_breakers: tuple[str, ...], lottery: list[str]
) -> list[int]:
    """`active` positions sorted so that each loses a tie against all after it.

    Different ids have different hashes, so the id as the last criterion of R8 never decides.
    """
    order = sorted(active, key=lottery.__getitem__, reverse=True)
    # Stable sorts, least important criterion first.
    for name in reversed(tie_breakers):
        values = applicants.ties[name]
        missing = min((value for value in values if value is not None), default=0) - 1
        column = [missing if value is None else value for value in values]
        order.sort(key=column.__getitem__)
    return order


class Scale:
    """Turns scores into merits for one instance with `count` numbered applicants."""

    __slots__ = ("bonus", "ceiling", "count", "missing")

    def __init__(self, applicants: Applicants, count: int) -> None:
        own = chain.from_iterable(map(dict.values, filter(None, applicants.host_scores)))
        scores = [*filter(None, applicants.scores), *own]
        low, high = min(scores, default=0), max(scores, default=0)
        self.count = max(count, 1)
        self.missing = min(low, 0) - 1
        #: Above every ordinary merit, and not above any pinned or held one.
        self.ceiling = (max(high, 0) + 1) * self.count
        #: By class: more than any two ordinary merits can lie apart.
        span = self.ceiling - self.missing * self.count
        self.bonus = (2 * span, span, 0)

    def floor(self, min_score: int | None) -> int:
        """Give the merit below which an ordinary contract misses the minimum score of a host."""
        least = self.missing if min_score is None else min_score
        return min(least * self.count, self.ceiling)

    def merit(self, number: int, score: int | None, rank_class: int) -> int:
        value = self.missing if score is None else score
        return self.bonus[rank_class] + value * self.count + number
