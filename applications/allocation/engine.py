"""Deferred acceptance: applicants propose, hosts choose (rule R11)."""

from heapq import heappush, heapreplace

from applications.allocation.choice import OpenHost
from applications.allocation.contest import Contest
from applications.allocation.priority import ORDINARY

#: Changes whenever the same instance could give a different result.
ENGINE_VERSION = "alloc/1 engine 1"


def run_rounds(contest: Contest) -> None:  # noqa: C901 - a call per proposal costs a quarter
    """Let everybody propose until nobody has to; `contest.lists.at` then points to the places.

    The order of proposals does not change the result. Sure places come first and then the best
    merits, because then a later proposal hardly ever pushes an earlier one out.
    """
    options, at, merits_of = contest.lists.proposed, contest.lists.at, contest.merits
    kinds, floors, seats, count = contest.kinds, contest.floors, contest.seats, contest.scale.count
    sure = {applicant: option for applicant, (option, _) in contest.sure.items()}
    # Most hosts have one open pool; their heaps are used without a call in between.
    heaps = [host.kept if isinstance(host, OpenHost) else None for host in seats]
    room = [host.seats if isinstance(host, OpenHost) else 0 for host in seats]

    def propose(applicant: int) -> int | None:
        """One applicant goes down the list; the merit that loses a place by it."""
        wishes = options[applicant]
        merits = merits_of(applicant, wishes)
        for position in range(at[applicant], len(wishes)):
            merit, option = merits[position], wishes[position]
            host = option >> 1
            if merit is None or merit < floors[host]:
                continue
            heap = heaps[host]
            loser = None
            if heap is None:
                contract_type = kinds[applicant] + (option & 1)
                if sure.get(applicant) == option:
                    contract_type += contest.types.guaranteed
                loser = seats[host].offer(merit, contract_type)
                if loser == merit:
                    continue
            elif len(heap) < room[host]:
                heappush(heap, merit)
            elif merit < heap[0]:
                continue
            else:
                loser = heapreplace(heap, merit)
            at[applicant] = position
            return loser
        at[applicant] = len(wishes)
        return None

    for applicant in _queue(contest):
        loser = propose(applicant)
        while loser is not None:
            loser_number = loser % count
            at[loser_number] += 1
            loser = propose(loser_number)


def _queue(contest: Contest) -> list[int]:
    """Everybody who needs a seat, in the order in which they first propose."""
    scale, scores, sure = contest.scale, contest.scores, contest.sure
    merits = [
        scale.merit(applicant, scores[applicant], sure.get(applicant, (0, ORDINARY))[1])
        if merit is None
        else merit
        for applicant, merit in enumerate(contest.plain)
        if applicant not in contest.extra
    ]
    merits.sort(reverse=True)
    return [merit % scale.count for merit in merits]
