"""Every allocation there is, for a handful of people: which of them are fair, and which is ours."""

from itertools import product
from random import Random

from applications.allocation import allocate, certify
from tests.applications.allocation.market import Contract, Market, places_of

HOSTS = ("LUND", "GRAZ", "PISA")


def handful(random):
    """Five people, three hosts with hard pools and scores of their own, often a pin or an offer."""
    hosts = [
        {
            "id": name,
            "min_score": random.choice([None, None, None, 1]),
            "pools": [
                {
                    "id": f"pool {number}",
                    "seats": 1,
                    "semester": random.choice([None, None, "W", "W", "S"]),
                    "levels": random.choice([None, None, None, ["B"], ["M"]]),
                }
                for number in range(random.choice([1, 2, 2]))
            ],
        }
        for name in HOSTS
    ]
    names = ("Ana", "Ben", "Cem", "Dia", "Eva")
    applicants = []
    for name in names:
        wanted = random.sample(HOSTS, 3)
        applicants.append(
            {
                "id": name,
                "level": random.choice("BM"),
                # Hosts like best whom they suit least: then they and the applicants disagree.
                "host_scores": {
                    host: random.randint(0, 4) + 2 * place for place, host in enumerate(wanted)
                },
                "prefs": [
                    {"host": host, "semesters": random.choice([["W"], ["W"], ["W"], ["S", "W"]])}
                    for host in wanted
                ],
            }
        )
    if random.random() < 0.3:
        current = {"host": random.choice(HOSTS), "semester": "W"}
        applicants[0]["current"] = current | {"mode": random.choice(["hold", "hold", "final"])}
    pin = {"applicant": "Ben", "host": random.choice(HOSTS), "semester": "W"}
    return {
        "schema": "alloc/1",
        "call": {"seed": f"seed {random.random()}"},
        "hosts": hosts,
        "applicants": applicants,
        "pins": [pin | {"extra": random.random() < 0.5}] if random.random() < 0.2 else [],
    }


def every_allocation(market):
    names = market.active
    for places in product(*([None, *market.lists[name]] for name in names)):
        yield dict(zip(names, places, strict=True))


def at_least_as_good(market, one, other):
    """Everybody likes `one` as much as `other` or more."""
    return all(
        place is None or one[name] in market.lists[name][: market.lists[name].index(place) + 1]
        for name, place in other.items()
    )


def test_result_is_the_fair_allocation_that_everybody_likes_best():
    several = 0
    for seed in range(50):
        instance = handful(Random(seed))
        result = allocate(instance)
        if result["status"] != "ok":
            continue
        market, ours = Market(instance), places_of(result)
        fair = [places for places in every_allocation(market) if market.is_fair(places)]
        assert ours in fair, seed
        assert all(at_least_as_good(market, ours, places) for places in fair), seed
        several += len(fair) > 1
    # Where hosts disagree there is more than one fair allocation to choose from.
    assert several >= 10


def seated(market, places):
    """Return the places as a result, with the first seating that works; None if there is none."""
    seating = {}
    for host in market.hosts.values():
        present = market.present(places, host["id"])
        for pools in product(*(sorted(market.uses(place)) for place in present)):
            if all(pools.count(pool["id"]) <= pool["seats"] for pool in host["pools"]):
                seating |= {one.applicant: pool for one, pool in zip(present, pools, strict=True)}
                break
        else:
            return None
    assignment = {
        name: place and {"host": place.host, "semester": place.semester}
        for name, place in places.items()
    }
    return {"status": "ok", "assignment": assignment, "seating": seating}


def test_certificate_accepts_the_fair_allocations_and_no_other():
    accepted = refused = 0
    for seed in range(100, 112):
        instance = handful(Random(seed))
        if allocate(instance)["status"] != "ok":
            continue
        market = Market(instance)
        for places in every_allocation(market):
            result = seated(market, places)
            if result is not None:
                fair = market.is_fair(places)
                assert certify(instance, result).ok == fair, (seed, places)
                accepted, refused = accepted + fair, refused + (not fair)
    assert accepted >= 15
    assert refused >= 1000


def test_two_hosts_that_disagree_have_two_fair_allocations_and_ours_suits_the_applicants():
    """The certificate accepts both: it asks for fairness, the rules also for the better one."""
    instance = {
        "schema": "alloc/1",
        "call": {"seed": "seed"},
        "hosts": [{"id": name, "pools": [{"id": "all", "seats": 1}]} for name in HOSTS[:2]],
        "applicants": [
            {
                "id": name,
                "host_scores": scores,
                "prefs": [{"host": host, "semesters": ["W"]} for host in wishes],
            }
            for name, scores, wishes in (
                ("Ana", {"LUND": 1, "GRAZ": 2}, ("LUND", "GRAZ")),
                ("Ben", {"LUND": 2, "GRAZ": 1}, ("GRAZ", "LUND")),
            )
        ],
    }
    market = Market(instance)
    fair = [places for places in every_allocation(market) if market.is_fair(places)]
    ours = {"Ana": Contract("Ana", "LUND", "W"), "Ben": Contract("Ben", "GRAZ", "W")}
    theirs = {"Ana": Contract("Ana", "GRAZ", "W"), "Ben": Contract("Ben", "LUND", "W")}
    assert fair == [ours, theirs]
    assert places_of(allocate(instance)) == ours
    assert [certify(instance, seated(market, places)).ok for places in fair] == [True, True]
