"""Single rules of alloc/1, each on the smallest instance that shows it."""

from hashlib import sha256

import pytest

from applications.allocation import allocate


def host(name="LUND", seats=1, **more):
    return {"id": name, "pools": [{"id": "all", "seats": seats}], **more}


def pool(name="all", seats=1, **more):
    return {"id": name, "seats": seats, **more}


def person(name, *wishes, score=50, **more):
    """`wishes` such as "LUND" (no semester said), "LUND:W" or "LUND:SW"."""
    prefs = []
    for wish in wishes:
        place, _, semesters = wish.partition(":")
        prefs.append(
            {"host": place, "semesters": list(semesters)} if semesters else {"host": place}
        )
    return {"id": name, "score": score, "prefs": prefs, **more}


def instance(hosts, applicants, pins=(), forbids=(), **call):
    return {
        "schema": "alloc/1",
        "call": {"seed": "seed", **call},
        "hosts": hosts,
        "applicants": applicants,
        "pins": list(pins),
        "forbids": list(forbids),
    }


def pin(applicant, place="LUND", semester="W", **more):
    return {"applicant": applicant, "host": place, "semester": semester, **more}


def place(name="LUND", semester="W"):
    return {"host": name, "semester": semester}


def error(code, place=None, applicant=None):
    return {"code": code, "host": place, "applicant": applicant}


def outranked(by, decided_by="score", score=50, below=(), **at):
    return {
        **place(**at),
        "reason": "OUTRANKED",
        "cutoff": {"applicant": by, "decided_by": decided_by, "score": score},
        "reserved_below": list(below),
    }


def refusals(result):
    """Status and errors; everything else must be empty."""
    outcome = ("assignment", "seating", "explanations", "waitlists", "lottery", "stats")
    assert [result[key] for key in outcome] == [None] * len(outcome)
    return result["status"], result["errors"]


EMPTY = {"status": "ok", "errors": [], "warnings": [], "assignment": {}, "seating": {}}
EMPTY |= {"explanations": {}, "waitlists": {}, "lottery": {}}
EMPTY |= {"stats": {"placed": 0, "unplaced": 0, "rank_counts": {}}}


def test_empty_instance_gives_an_empty_result():
    bare = {"schema": "alloc/1", "call": {"seed": ""}, "hosts": [], "applicants": []}
    assert allocate(bare) == EMPTY


# R2


def test_skipped_preferences_are_warned_about_in_the_order_of_the_checks():
    given = instance(
        [host("A"), host("B"), host("C")],
        [person("p", "A:W", "NOWHERE", "A:S", "B:W", "C:W", "A:W", "NOWHERE")],
        max_preferences=2,
    )
    result = allocate(given)
    assert result["warnings"] == [
        error("DUPLICATE_PREF", "A", "p"),
        error("DUPLICATE_PREF", "A", "p"),
        error("TOO_MANY_PREFS", "C", "p"),
        error("UNKNOWN_HOST", "NOWHERE", "p"),
        error("UNKNOWN_HOST", "NOWHERE", "p"),
    ]
    assert result["assignment"] == {"p": place("A")}


def test_repeated_host_beyond_the_limit_is_a_duplicate():
    given = instance([host("A"), host("B")], [person("p", "A", "A", "B")], max_preferences=1)
    assert [row["code"] for row in allocate(given)["warnings"]] == [
        "DUPLICATE_PREF",
        "TOO_MANY_PREFS",
    ]


@pytest.mark.parametrize("semesters", [None, [], ["W", "S"]])
def test_semesters_not_said_mean_winter_then_summer(semesters):
    hosts = [{"id": "LUND", "pools": [pool("w", 1, semester="W"), pool("s", 2, semester="S")]}]
    people = [person("top", "LUND:W", score=60), person("p", score=50)]
    people[1]["prefs"] = [{"host": "LUND", "semesters": semesters}]
    result = allocate(instance(hosts, people))
    assert result["assignment"]["p"] == place(semester="S")
    assert result["explanations"]["p"] == [outranked("top", score=60)]


def test_semester_wished_twice_gives_two_rows_and_one_place_in_the_queue():
    people = [person("top", "LUND:W", score=60), person("p", "LUND:WW")]
    result = allocate(instance([host()], people))
    assert result["explanations"]["p"] == [outranked("top", score=60)] * 2
    assert result["waitlists"] == {"LUND/W": ["p"]}


def test_withdrawn_applicant_is_not_read_but_has_a_lottery_number():
    given = instance([host()], [person("gone", "LUND", "NOWHERE", status="withdrawn")])
    result = allocate(given)
    number = sha256(b"seed:gone").hexdigest()[:16]
    assert result == EMPTY | {"assignment": {"gone": None}, "lottery": {"gone": number}}


# R3 and R10


def test_soft_reserve_goes_first_to_those_who_may_claim_it():
    hosts = [{"id": "LUND", "pools": [pool(levels=["M"], fallback=True)]}]
    people = [person("bach", "LUND:W", score=90, level="B"), person("mast", "LUND:W", level="M")]
    result = allocate(instance(hosts, people))
    assert result["assignment"] == {"bach": None, "mast": place()}
    assert result["explanations"]["bach"] == [
        {**place(), "reason": "RESERVED", "cutoff": None, "reserved_below": ["mast"]}
    ]
    assert result["waitlists"] == {"LUND/W": ["bach"]}


def test_soft_reserve_falls_back_to_others_when_unclaimed():
    hosts = [{"id": "LUND", "pools": [pool(levels=["M"], fallback=True)]}]
    result = allocate(instance(hosts, [person("bach", "LUND:W", level="B")]))
    assert result["assignment"] == {"bach": place()}
    assert result["seating"] == {"bach": "all"}


def test_people_move_between_pools_so_that_no_seat_is_wasted():
    pools = [pool("any", levels=["B", "M"]), pool("bach", levels=["B"])]
    people = [
        person("first", "LUND:W", score=90, level="B"),
        person("second", "LUND:W", score=80, level="M"),
        person("third", "LUND:W", score=70, level="B"),
    ]
    result = allocate(instance([{"id": "LUND", "pools": pools}], people))
    assert result["seating"] == {"first": "bach", "second": "any"}
    assert result["explanations"]["third"] == [outranked("second", score=80)]


@pytest.mark.parametrize(
    "pools",
    [
        [],
        [pool(seats=0)],
        [pool(levels=[])],
        [pool(levels=["B"])],
        [pool(subjects=["CS"])],
        [pool(semester="S")],
        [pool(semester="S", fallback=True)],
        [pool(seats=0, fallback=True)],
    ],
)
def test_host_without_a_usable_seat_says_so(pools):
    result = allocate(instance([{"id": "LUND", "pools": pools}], [person("p", "LUND:W")]))
    assert result["explanations"]["p"] == [{**place(), "reason": "NO_SEAT_TYPE"}]
    assert result["waitlists"] == {}


# R4


def test_contradictions_are_reported_together():
    broken = [pool("x", -1), pool("x", -2, fallback=True), pool("y", 1, semester="W")]
    hosts = [{"id": "LUND", "pools": broken}, host("GRAZ"), host("GRAZ"), host("GRAZ")]
    people = [person("p"), person("p"), person("q", "NOWHERE")]
    assert refusals(allocate(instance(hosts, people, pins=[pin("nobody")]))) == (
        "invalid",
        [
            error("DUPLICATE_ID", None, "p"),
            error("DUPLICATE_ID", "GRAZ"),
            error("DUPLICATE_ID", "GRAZ"),
            error("DUPLICATE_ID", "LUND"),
            error("NEGATIVE_SEATS", "LUND"),
            error("NEGATIVE_SEATS", "LUND"),
            error("SOFT_MIXED_SEMESTER", "LUND"),
        ],
    )


@pytest.mark.parametrize(
    ("semesters", "fallback", "status"),
    [
        ((None, "W"), True, "invalid"),
        ((None, "W"), False, "ok"),
        (("S", "W"), True, "ok"),
        ((None, None), True, "ok"),
    ],
)
def test_soft_reserves_need_pools_of_one_kind_of_semester(semesters, fallback, status):
    pools = [pool("a", semester=semesters[0], fallback=fallback), pool("b", semester=semesters[1])]
    assert allocate(instance([{"id": "LUND", "pools": pools}], []))["status"] == status


# R5


def test_first_reason_of_a_removed_option_is_the_one_told():
    lund = {"id": "LUND", "pools": [pool(levels=["D"])], "min_score": 60}
    reasons = []
    p = person("p", "LUND:W", score=None, not_eligible=["LUND"])
    forbids = [{"applicant": "p", "host": "LUND"}]
    for change in (
        forbids.clear,
        lambda: p.update(not_eligible=[]),
        lambda: p.update(score=59),
        lambda: p.update(score=60),
        lambda: p.update(level="D"),
    ):
        rows = allocate(instance([lund], [p], forbids=forbids))["explanations"]["p"]
        reasons.append([row["reason"] for row in rows])
        change()
    assert reasons == [
        ["FORBIDDEN"],
        ["INELIGIBLE"],
        ["UNSCORED"],
        ["BELOW_MIN"],
        ["NO_SEAT_TYPE"],
    ]
    assert allocate(instance([lund], [p]))["assignment"] == {"p": place()}


def test_own_score_of_a_host_replaces_the_common_one():
    people = [
        person("p", "LUND:W", score=None, host_scores={"LUND": 70}),
        person("q", "LUND:W", score=90, host_scores={"LUND": 60, "GRAZ": 99}),
    ]
    result = allocate(instance([host(min_score=60)], people))
    assert result["assignment"] == {"p": place(), "q": None}
    assert result["explanations"]["q"] == [outranked("p", score=70)]


def test_forbid_of_one_semester_leaves_the_other():
    forbids = [{"applicant": "p", "host": "LUND", "semester": "W"}]
    result = allocate(instance([host()], [person("p", "LUND:WS")], forbids=forbids))
    assert result["assignment"] == {"p": place(semester="S")}
    assert result["explanations"]["p"] == [{**place(), "reason": "FORBIDDEN"}]


def test_decision_about_unknown_people_or_hosts_is_no_forbid():
    forbids = [{"applicant": "nobody", "host": "LUND"}, {"applicant": "p", "host": "NOWHERE"}]
    result = allocate(instance([host()], [person("p", "LUND")], forbids=forbids))
    assert result["assignment"] == {"p": place()}


# R6


def test_impossible_pins_are_reported_together():
    people = [person("p"), person("q"), person("gone", status="withdrawn")]
    pins = [
        pin("nobody"),
        pin("p", "NOWHERE"),
        pin("gone"),
        pin("p"),
        pin("q", semester="W"),
        pin("q", semester="S", extra=True),
    ]
    forbids = [{"applicant": "p", "host": "LUND", "semester": None}]
    assert refusals(allocate(instance([host(seats=0)], people, pins, forbids))) == (
        "infeasible",
        [
            error("PIN_CONFLICT", None, "q"),
            error("PIN_FORBIDDEN", "LUND", "p"),
            error("PIN_UNKNOWN", "LUND", "nobody"),
            error("PIN_UNKNOWN", "NOWHERE", "p"),
            error("PIN_WITHDRAWN", "LUND", "gone"),
        ],
    )


def test_same_pin_twice_is_a_conflict():
    given = instance([host(seats=2)], [person("p")], [pin("p"), pin("p")])
    assert refusals(allocate(given)) == ("infeasible", [error("PIN_CONFLICT", None, "p")])


def test_pins_without_seats_are_reported_before_held_offers_without_seats():
    current = {"host": "GRAZ", "semester": "W"}
    people = [person("p"), person("q"), person("r", current=current)]
    hosts = [host("LUND", 1), host("GRAZ", 0)]
    pins = [pin("p"), pin("q")]
    given = instance(hosts, people, pins)
    assert refusals(allocate(given)) == ("infeasible", [error("PIN_CAPACITY", "LUND")])
    pins.pop()
    given = instance(hosts, people, pins)
    assert refusals(allocate(given)) == ("infeasible", [error("GUARANTEE_CAPACITY", "GRAZ")])


def test_infeasible_run_still_warns_about_the_lists():
    given = instance([host(seats=0)], [person("p", "NOWHERE")], [pin("p")])
    assert allocate(given)["warnings"] == [error("UNKNOWN_HOST", "NOWHERE", "p")]


def test_pin_needs_a_seat_of_the_right_type_unless_it_brings_one():
    lund = {"id": "LUND", "pools": [pool(levels=["M"])]}
    given = instance([lund], [person("p", level="B")], [pin("p")])
    assert refusals(allocate(given)) == ("infeasible", [error("PIN_CAPACITY", "LUND")])
    given["pins"] = [pin("p", extra=True)]
    result = allocate(given)
    assert result["assignment"] == {"p": place()}
    assert result["seating"] == {}


def test_extra_pin_takes_nobodys_seat():
    people = [person("p"), person("q", "LUND:W")]
    result = allocate(instance([host()], people, [pin("p", extra=True)]))
    assert result["assignment"] == {"p": place(), "q": place()}
    assert result["seating"] == {"q": "all"}


def test_pin_bypasses_eligibility_score_and_list():
    p = person("p", "GRAZ:W", "LUND:S", score=None, not_eligible=["LUND"])
    result = allocate(instance([host(min_score=99), host("GRAZ")], [p], [pin("p")]))
    assert result["assignment"] == {"p": place()}
    assert result["explanations"]["p"] == [
        {**place("GRAZ"), "reason": "PINNED"},
        {**place(semester="S"), "reason": "PINNED"},
    ]
    # The contract is off the list, the host is not.
    assert result["stats"]["rank_counts"] == {"2": 1}


def test_place_at_an_unlisted_host_counts_as_off_list():
    result = allocate(instance([host()], [person("p")], [pin("p")]))
    assert result["stats"] == {"placed": 1, "unplaced": 0, "rank_counts": {"off-list": 1}}


# R7


@pytest.mark.parametrize("mode", [{}, {"mode": "hold"}])
def test_held_offer_is_kept_while_better_wishes_are_tried(mode):
    current = {"host": "PISA", "semester": "W", **mode}
    holder = person("holder", "LUND:W", "PISA:W", "GRAZ:W", score=1, current=current)
    rival = person("rival", "PISA:W", "LUND:W", score=90)
    hosts = [host("LUND"), host("PISA"), host("GRAZ")]
    result = allocate(instance(hosts, [holder, rival]))
    assert result["assignment"] == {"holder": place("LUND"), "rival": place("PISA")}
    hosts[0] = host("LUND", 0)
    result = allocate(instance(hosts, [holder, rival]))
    assert result["assignment"] == {"holder": place("PISA"), "rival": None}
    assert result["explanations"] == {
        "holder": [{**place("LUND"), "reason": "NO_SEAT_TYPE"}],
        "rival": [
            outranked("holder", "guarantee", 1, name="PISA"),
            {**place("LUND"), "reason": "NO_SEAT_TYPE"},
        ],
    }


def test_held_offer_bypasses_rules_and_may_be_off_list():
    current = {"host": "PISA", "semester": "S"}
    holder = person("p", "LUND:W", score=None, not_eligible=["PISA"], current=current)
    result = allocate(instance([host("LUND"), host("PISA", min_score=9)], [holder]))
    assert result["assignment"] == {"p": place("PISA", "S")}
    assert result["explanations"]["p"] == [{**place("LUND"), "reason": "UNSCORED"}]
    assert result["stats"]["rank_counts"] == {"off-list": 1}


def test_final_acceptance_ends_the_search():
    current = {"host": "PISA", "semester": "W", "mode": "final"}
    holder = person("p", "LUND:W", "PISA:W", "GRAZ:W", current=current)
    result = allocate(instance([host("LUND"), host("PISA"), host("GRAZ")], [holder]))
    assert result["assignment"] == {"p": place("PISA")}
    assert result["explanations"]["p"] == [{**place("LUND"), "reason": "FINAL"}]


@pytest.mark.parametrize("mode", ["hold", "final"])
def test_forbid_revokes_a_held_offer(mode):
    holder = person("p", "LUND:W", "GRAZ:W", current={**place(), "mode": mode})
    forbids = [{"applicant": "p", "host": "LUND"}]
    result = allocate(instance([host(seats=0), host("GRAZ")], [holder], forbids=forbids))
    assert result["assignment"] == {"p": place("GRAZ")}
    assert result["explanations"]["p"] == [{**place(), "reason": "FORBIDDEN"}]


def test_pin_replaces_a_held_offer():
    holder = person("p", current=place())
    result = allocate(instance([host(seats=0), host("GRAZ")], [holder], [pin("p", "GRAZ")]))
    assert result["assignment"] == {"p": place("GRAZ")}


def test_offer_of_a_host_that_is_gone_does_not_count():
    holder = person("p", "GRAZ:W", current={**place(), "mode": "final"})
    result = allocate(instance([host("GRAZ")], [holder]))
    assert result["assignment"] == {"p": place("GRAZ")}


def test_own_place_in_the_other_semester_is_no_rival():
    # One flexible seat: winter is wished, summer is held, so the seat is taken by oneself.
    holder = person("p", "LUND:WS", score=1, current=place(semester="S"))
    rival = person("q", "LUND:W", score=90)
    result = allocate(instance([host()], [holder, rival]))
    assert result["assignment"] == {"p": place(semester="S"), "q": None}
    assert result["explanations"]["p"] == [
        {**place(), "reason": "RESERVED", "cutoff": None, "reserved_below": []}
    ]
    assert result["waitlists"] == {"LUND/W": ["q", "p"]}


# R8 and R9


def test_ties_are_broken_by_the_chain_and_then_by_the_lottery():
    ties = {
        "a": {"gpa": 3, "age": 1},
        "b": {"gpa": 3, "age": None},
        "c": {"gpa": 3},
        "d": {"gpa": -5, "age": 9},
        "e": {"age": 9},
    }
    people = [person(name, "LUND:W", ties=values) for name, values in ties.items()]
    result = allocate(instance([host()], people, tie_breakers=["gpa", "age"]))
    b, c = (sha256(f"seed:{name}".encode()).hexdigest() for name in "bc")
    middle = ["b", "c"] if b < c else ["c", "b"]
    assert result["assignment"]["a"] == place()
    assert result["waitlists"] == {"LUND/W": [*middle, "d", "e"]}
    decided = {
        name: rows[0]["cutoff"]["decided_by"]
        for name, rows in result["explanations"].items()
        if rows
    }
    assert decided == {"b": "age", "c": "age", "d": "gpa", "e": "gpa"}


def test_lottery_decides_last_and_is_reported():
    people = [person(name, "LUND:W") for name in ("Ana", "Ğül", "李")]
    result = allocate(instance([host()], people))
    full = {row["id"]: sha256(f"seed:{row['id']}".encode()).hexdigest() for row in people}
    first, *others = sorted(full, key=full.get)
    assert result["lottery"] == {name: number[:16] for name, number in full.items()}
    assert result["assignment"][first] == place()
    assert [result["explanations"][name] for name in others] == [[outranked(first, "lottery")]] * 2
    assert result["waitlists"] == {"LUND/W": others}


def test_scores_may_be_negative_and_huge():
    people = [
        person("low", "LUND:W", score=-(10**30)),
        person("high", "LUND:W", score=10**30),
        person("held", "LUND:W", score=None, current=place()),
    ]
    result = allocate(instance([host(seats=2)], people))
    assert result["assignment"] == {"low": None, "high": place(), "held": place()}
    assert result["explanations"]["low"] == [outranked("high", score=10**30)]


# R12


def test_pin_is_named_as_what_decided():
    people = [person("p", score=1), person("q", "LUND:W", score=90)]
    result = allocate(instance([host()], people, [pin("p")]))
    assert result["explanations"]["q"] == [outranked("p", "pin", 1)]


def test_cutoff_looks_only_at_seats_the_applicant_could_have_used():
    pools = [pool("bach", levels=["B"]), pool("mast", levels=["M"])]
    people = [
        person("b1", "LUND:W", score=90, level="B"),
        person("b2", "LUND:W", score=80, level="B"),
        person("m1", "LUND:W", score=85, level="M"),
    ]
    result = allocate(instance([{"id": "LUND", "pools": pools}], people))
    assert result["explanations"]["b2"] == [outranked("b1", score=90)]


def test_thousands_of_rejections_in_a_chain_need_no_recursion():
    # Everybody pushes the one before down by one host.
    count = 3000
    hosts = [host(f"H{number:05}") for number in range(count)]
    people = [
        person(f"P{number:05}", f"H{number:05}:W", f"H{(number + 1) % count:05}:W", score=1)
        for number in range(count)
    ]
    for number, row in enumerate(people):
        row["host_scores"] = {f"H{(number + 1) % count:05}": 2}
    people.append(person("X", "H00000:W", score=3))
    stats = allocate(instance(hosts, people))["stats"]
    assert stats == {"placed": count, "unplaced": 1, "rank_counts": {"1": 1, "2": count - 1}}
