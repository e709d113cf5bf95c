"""What applicants, partners and coordinators are promised, checked by the words of the rules.

`market` works it out from the rules; neither the certificate nor another allocation is asked.
"""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from applications.allocation import allocate
from tests.applications.allocation.made_up import made_up, made_up_crowd
from tests.applications.allocation.market import Market, places_of

some = settings(deadline=None, max_examples=100)


@st.composite
def allocated(draw, *, soft=True):
    """An instance that can be allocated, its market, result and places."""
    source = draw(st.sampled_from([made_up, made_up_crowd, made_up_crowd]))
    random = Random(draw(st.integers(0, 2**48)))
    result = {"status": "not yet"}
    while result["status"] != "ok":
        instance = source(random, soft=soft)
        result = allocate(instance)
    market, places = Market(instance), places_of(result)
    return instance, market, result, {name: places[name] for name in market.active}


@some
@given(allocated())
def test_every_seat_is_given_once_and_to_somebody_it_is_meant_for(case):
    _, market, result, places = case
    seated = {
        name: (place, result["seating"][name])
        for name, place in places.items()
        if place is not None and name not in market.extra
    }
    assert result["seating"].keys() == seated.keys()
    assert all(pool in market.uses(place) for place, pool in seated.values())
    taken = Counter((place.host, pool) for place, pool in seated.values())
    seats = {
        (name, pool["id"]): pool["seats"]
        for name, host in market.hosts.items()
        for pool in host["pools"]
    }
    assert all(number <= seats[pool] for pool, number in taken.items())


@some
@given(allocated())
def test_only_those_it_is_reserved_for_sit_on_a_hard_reserve(case):
    _, market, result, places = case
    hard = {
        (name, pool["id"])
        for name, host in market.hosts.items()
        for pool in host["pools"]
        if not pool.get("fallback")
    }
    for name, pool in result["seating"].items():
        if (places[name].host, pool) in hard:
            assert pool in market.claims(places[name])


@some
@given(allocated())
def test_soft_reserve_is_for_others_only_after_everybody_who_may_claim_it(case):
    """Whoever may claim a seat and is refused would find none even if all guests left."""
    _, market, _, places = case

    def claims(contract):
        sure = market.rank_class(contract) < 2
        return market.uses(contract) if sure else market.claims(contract)

    for name, place in places.items():
        for wish in market.better(name, place):
            claimants = [one for one in market.present(places, wish.host) if claims(one)]
            if claims(wish):
                assert not market.seatable(wish.host, [*claimants, wish], claims)


@some
@given(allocated(soft=False))
def test_nobody_is_passed_over_and_no_wanted_seat_stays_empty(case):
    _, market, _, places = case
    assert market.is_fair(places)


@some
@given(allocated())
def test_decisions_of_coordinators_and_offers_are_kept(case):
    instance, market, result, places = case
    assert {name: places[name] for name in market.pins} == market.pins
    assert market.forbidden.isdisjoint(places.values())
    for name in market.offers:
        assert places[name] in market.lists[name]
    for row in instance["applicants"]:
        assert row["id"] in places or result["assignment"][row["id"]] is None


@some
@given(allocated(), st.randoms(use_true_random=False))
def test_one_more_seat_hurts_nobody(case, random):
    """For every instance, soft reserves included: R4 leaves none where it could."""
    instance, market, _, places = case
    pools = [pool for host in instance["hosts"] for pool in host["pools"]]
    if not pools:
        return
    random.choice(pools)["seats"] += 1
    after = places_of(allocate(instance))
    for name, place in places.items():
        if place is not None:
            below = market.lists[name].index(place) + 1
            assert after[name] not in [*market.lists[name][below:], None]
