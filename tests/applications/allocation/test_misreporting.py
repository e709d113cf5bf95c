"""Nobody gets a better place by a false list: tried out with every list there is."""

from itertools import islice, permutations, product
from random import Random

import pytest

from applications.allocation import allocate
from tests.applications.allocation.made_up import made_up_crowd

SEMESTERS = (["W"], ["S"], ["W", "S"], ["S", "W"])


def every_list(hosts):
    """Every order of every choice of hosts, each with every way of wishing semesters."""
    for length in range(len(hosts) + 1):
        for chosen in permutations(hosts, length):
            for wished in product(SEMESTERS, repeat=length):
                yield [
                    {"host": host, "semesters": semesters}
                    for host, semesters in zip(chosen, wished, strict=True)
                ]


def options_of(prefs, offer):
    options = [(wish["host"], semester) for wish in prefs for semester in wish["semesters"]]
    if offer is None:
        return options
    # An offer held is never lost, so nothing below it counts.
    return [*options[: options.index(offer)], offer] if offer in options else [*options, offer]


def lies_that_help(instance, liar):
    """Return (true list, what it gives, what another list would give): there must be none."""
    current = liar.get("current")
    offer = current and (current["host"], current["semester"])
    got = []
    for prefs in every_list([host["id"] for host in instance["hosts"]]):
        liar["prefs"] = prefs
        place = allocate(instance)["assignment"][liar["id"]]
        got.append((options_of(prefs, offer), place and (place["host"], place["semester"])))
    # Whatever some list gives can be had: who tells the truth must get the best of it.
    within_reach = {place for _, place in got}
    lies = []
    for truth, place in got:
        best = next((option for option in truth if option in within_reach), None)
        if place != best:
            lies.append((truth, place, best))
    return lies, within_reach


def markets(hosts):
    """Crowded hosts with hard and soft reserves, two semesters, ties, pins and held offers."""
    seed = 0
    while True:
        seed += 1
        random = Random(seed)
        instance = made_up_crowd(random)
        for row in instance["applicants"]:
            # Few different values: tie-breakers and the lottery have much to decide.
            row["score"] //= 4
            row["ties"] = {"gpa": random.randint(0, 1)}
        instance["call"]["tie_breakers"] = ["gpa"]
        liar = random.choice(instance["applicants"])
        pinned = liar["id"] in {pin["applicant"] for pin in instance["pins"]}
        usable = len(instance["hosts"]) == hosts and not pinned
        if usable and allocate(instance)["status"] == "ok":
            yield instance, liar


@pytest.mark.parametrize(("hosts", "number", "lists"), [(1, 20, 5), (2, 40, 41), (3, 8, 493)])
def test_true_list_gives_the_best_place_that_any_list_gives(hosts, number, lists):
    """All reorderings, additions and truncations at once: each list is in turn the true one."""
    assert len([*every_list(range(hosts))]) == lists
    choices = 0
    for instance, liar in islice(markets(hosts), number):
        lies, within_reach = lies_that_help(instance, liar)
        assert lies == [], instance
        choices += len(within_reach) > 2
    # Something was at stake: often several places could be had, or none.
    if hosts > 1:
        assert choices >= number // 2
