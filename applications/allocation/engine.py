"""Deferred acceptance: applicants propose, hosts choose (rule R11)."""

from heapq import heappush, heapreplace

from applications.allocation.choice import OpenHost
from applications.allocation.contest import Contest
from applications.allocation.priority import ORDINARY

#: Changes whenever the same instance could give a different result.
ENGINE_VERSION = "alloc/1 engine 1"


def run_rounds(contest: Contest) -> None:  # noqa: C901 - closures keep 10,000 lists quick
    """Let everybody propose until nobody has to; `contest.lists.at` then points to the places.

    The order of proposals does not change the result. Sure places come first and then the best
    merits, because then a later proposal hardly ever pushes an earlier one out.
    """
    options, at, plain = contest.lists.proposed, contest.lists.at, contest.plain
    kinds, floors, seats = contest.kinds, contest.floors, contest.seats
    judge, judged, type_of = contest.judge, contest.judged, contest.type_of
    count = contest.scale.count
    # Most hosts have one open pool; their heaps are used without a call in between.
    heaps = [host.kept if isinstance(host, OpenHost) else None for host in seats]
    room = [host.seats if isinstance(host, OpenHost) else 0 for host in seats]

    def propose(applicant: int, merit: int) -> int | None:
        """One applicant with the same merit everywhere goes down the list; the merit losing."""
        wishes = options[applicant]
        for position in range(at[applicant], len(wishes)):
            option = wishes[position]
            host = option >> 1
            if merit < floors[host]:
                continue
            heap = heaps[host]
            if heap is None:
                loser = seats[host].offer(merit, kinds[applicant] + (option & 1))
                if loser == merit:
                    continue
            elif len(heap) < room[host]:
                heappush(heap, merit)
                loser = None
            elif merit < heap[0]:
                continue
            else:
                loser = heapreplace(heap, merit)
            at[applicant] = position
            return loser
        at[applicant] = len(wishes)
        return None

    def propose_singly(applicant: int) -> int | None:
        """Do the same for somebody whose options differ in merit, or are removed one by one."""
        wishes = options[applicant]
        known = judged.setdefault(applicant, [])
        for position in range(at[applicant], len(wishes)):
            option = wishes[position]
            verdict = judge(applicant, option)
            known.append(verdict)
            if isinstance(verdict, int):
                loser = seats[option >> 1].offer(verdict, type_of(applicant, option))
                if loser != verdict:
                    at[applicant] = position
                    return loser
        at[applicant] = len(wishes)
        return None

    for applicant in _queue(contest):
        proposer = applicant
        while True:
            merit = plain[proposer]
            loser = propose_singly(proposer) if merit is None else propose(proposer, merit)
            if loser is None:
                break
            proposer = loser % count
            at[proposer] += 1


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
