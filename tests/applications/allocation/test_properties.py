"""What must hold for every instance, tried on made-up ones."""

import json
from copy import deepcopy
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from applications.allocation import allocate, canonical_json, certify, sha256_hex
from tests.applications.allocation.made_up import made_up, made_up_crowd
from tests.applications.allocation.reference import reference

randoms = st.integers(0, 2**48).map(Random)
many = settings(deadline=None, max_examples=300)


def comparable(result):
    """Without the seating (any valid one will do) and with the errors as a set."""
    plain = {key: value for key, value in result.items() if key != "seating"}
    return plain | {"errors": sorted(plain["errors"], key=str)}


@many
@given(randoms, st.booleans())
def test_result_equals_the_rules_read_aloud(random, soft):
    instance = made_up(random, soft=soft)
    assert comparable(allocate(instance)) == comparable(reference(instance))


@many
@given(randoms)
def test_result_equals_the_rules_read_aloud_in_a_crowd(random):
    instance = made_up_crowd(random)
    assert comparable(allocate(instance)) == comparable(reference(instance))


@many
@given(randoms, st.sampled_from([made_up, made_up_crowd]))
def test_every_result_is_certified(random, source):
    instance = source(random)
    result = allocate(instance)
    assert certify(instance, result).ok == (result["status"] == "ok")


@many
@given(randoms, st.sampled_from([made_up, made_up_crowd]))
def test_order_of_input_changes_no_byte(random, source):
    instance = source(random)
    shuffled = deepcopy(instance)
    for rows in ("hosts", "applicants", "pins", "forbids"):
        random.shuffle(shuffled.get(rows, []))
    for host in shuffled["hosts"]:
        random.shuffle(host["pools"])
    assert canonical_json(allocate(shuffled)) == canonical_json(allocate(instance))


@many
@given(randoms)
def test_input_is_not_changed(random):
    instance = made_up(random)
    before = json.dumps(instance)
    allocate(instance)
    assert json.dumps(instance) == before


def rank_of(place, options):
    """0 for the best option; nothing is as bad as the end of the list."""
    return len(options) if place is None else options.index((place["host"], place["semester"]))


def options_of(instance, prefs):
    hosts = {host["id"] for host in instance["hosts"]}
    options, seen = [], set()
    for wish in prefs:
        if wish["host"] in hosts and wish["host"] not in seen:
            seen.add(wish["host"])
            for semester in wish.get("semesters") or "WS":
                if (wish["host"], semester) not in options:
                    options.append((wish["host"], semester))
    return options[:]


@many
@given(randoms, st.integers(1, 9))
def test_better_score_never_hurts_without_soft_seats(random, points):
    instance = made_up_crowd(random, soft=False)
    lucky = random.choice(instance["applicants"])
    before = allocate(instance)
    assume(before["status"] == "ok" and "current" not in lucky)
    assume(lucky["id"] not in {pin["applicant"] for pin in instance["pins"]})
    options = options_of(instance, lucky["prefs"])
    lucky["score"] += points
    lucky["host_scores"] = {host: score + points for host, score in lucky["host_scores"].items()}
    after = allocate(instance)["assignment"][lucky["id"]]
    assert rank_of(after, options) <= rank_of(before["assignment"][lucky["id"]], options)


@pytest.mark.parametrize("seed", range(20))
def test_canonical_result_can_be_replayed_from_its_stored_instance(seed):
    instance = made_up_crowd(Random(seed))
    stored = canonical_json(instance)
    first, again = (canonical_json(allocate(row)) for row in (instance, json.loads(stored)))
    assert first == again
    assert sha256_hex(first) == sha256_hex(again)
