"""How fast the allocation is, as ratios to a yardstick measured beside it in the same run.

Run `python benchmarks/allocation.py`, with `matching` or `alone` for one part of it;
benchmarks/README.md says how to read the figures.
"""

import gc
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from applications.allocation import allocate, certify

Json = dict[str, Any]
REPEATS = 7
#: What the engine is compared with. No dependency of the portal.
MATCHING = "matching==1.4.3"


def chance(random: Random, share: float) -> bool:
    return random.random() < share


def simple_quotas(people: int, hosts: int, seats: int, *, own_scores: bool = False) -> Json:
    """One open pool per host, five wishes each; every field written out, as the portal does."""
    random = Random(1)
    names = [f"HOST {number:04}" for number in range(hosts)]
    applicants = []
    for number in range(people):
        wishes = random.sample(names, 5)
        own = {name: random.randrange(5000, 10001) for name in wishes} if own_scores else {}
        applicants.append(person(number, random, wishes, host_scores=own))
    pools = [[pool("all", seats // hosts + (number < seats % hosts))] for number in range(hosts)]
    return instance(
        [
            {"id": name, "pools": row, "min_score": None}
            for name, row in zip(names, pools, strict=True)
        ],
        applicants,
    )


def mixed_pools(people: int, hosts: int, seats: int) -> Json:
    """Hard and soft pools by level, subject and semester; every feature, in realistic shares."""
    random = Random(2)
    names = [f"HOST {number:04}" for number in range(hosts)]
    rows = []
    for number, name in enumerate(names):
        left = seats // hosts + (number < seats % hosts)
        soft, fixed, pools = chance(random, 0.3), chance(random, 0.5), []
        while left:
            size = random.randint(1, left)
            left -= size
            pools.append(
                pool(
                    f"pool {len(pools)}",
                    size,
                    semester=random.choice("WS") if fixed else None,
                    levels=random.choice([None, ["B"], ["M"], ["B", "M"]]),
                    subjects=random.choice([None, None, random.sample(SUBJECTS, 5)]),
                    fallback=soft and chance(random, 0.5),
                )
            )
        rows.append({"id": name, "pools": pools, "min_score": random.choice([None, None, 5500])})
    applicants = []
    for number in range(people):
        wishes = random.sample(names, 5)
        own = {wishes[0]: random.randrange(5000, 10001)} if chance(random, 0.2) else {}
        row = person(number, random, wishes, host_scores=own)
        row["not_eligible"] = wishes[:1] if chance(random, 0.05) else []
        for wish in row["prefs"]:
            wish["semesters"] = random.choice([["W"], ["S"], ["W", "S"], ["S", "W"], None])
        applicants.append(row)
    made = instance(rows, applicants)
    add_decisions(made, random)
    return made


def add_decisions(made: Json, random: Random) -> None:
    """Held offers from a first run for one in ten, extra pins and forbids for one in fifty."""
    assignment = allocate(made)["assignment"]
    for row in made["applicants"]:
        place = assignment[row["id"]]
        if place and chance(random, 0.1):
            row["current"] = place | {"mode": random.choice(["hold", "final"])}
        elif chance(random, 0.02):
            made["forbids"].append({"applicant": row["id"], "host": row["prefs"][0]["host"]})
        elif chance(random, 0.02):
            host = row["prefs"][1]["host"]
            made["pins"].append(
                {"applicant": row["id"], "host": host, "semester": "W", "extra": True}
            )
        elif chance(random, 0.02):
            row["status"] = "withdrawn"


SUBJECTS = [f"{number:04}" for number in range(100, 130)]


def person(number: int, random: Random, wishes: list[str], host_scores: dict[str, int]) -> Json:
    return {
        "id": f"A-{number:06}",
        "level": random.choice("BBM"),
        "subject": random.choice(SUBJECTS),
        "score": random.randrange(5000, 10001),
        "host_scores": host_scores,
        "ties": {"gpa": random.randrange(100, 401)},
        "prefs": [{"host": name, "semesters": ["W"]} for name in wishes],
        "not_eligible": [],
        "status": "active",
    }


def pool(name: str, seats: int, **filters: object) -> Json:
    empty = {"semester": None, "levels": None, "subjects": None, "fallback": False}
    return {"id": name, "seats": seats} | empty | filters


def instance(hosts: list[Json], applicants: list[Json]) -> Json:
    return {
        "schema": "alloc/1",
        "call": {"seed": "benchmark", "tie_breakers": ["gpa"], "max_preferences": 5},
        "hosts": hosts,
        "applicants": applicants,
        "pins": [],
        "forbids": [],
    }


def seconds(work: Callable[[], object]) -> float:
    # Processor time: what other programs do on the machine counts less.
    started = time.process_time()
    kept = work()
    taken = time.process_time() - started
    del kept  # freeing the outcome is not part of the work
    return taken


def spread(values: list[float], unit: str = "") -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"median {middle:7.2f}{unit}   min {low:7.2f}{unit}   max {high:7.2f}{unit}"


def against_json(title: str, made: Json, aims: str, repeats: int = REPEATS) -> None:
    text = json.dumps(made)
    made.clear()
    ratios, engine = [], []
    for _ in range(repeats):
        gc.collect()
        yardstick = seconds(lambda: json.loads(text))
        taken = seconds(partial(allocate, json.loads(text)))
        engine.append(1000 * taken)
        ratios.append(taken / yardstick)
    print(f"{title:<44} {spread(ratios, 'x')}{aims}")
    print(f"{'':<44} {spread(engine, ' ms')}", flush=True)


def in_milliseconds(title: str, made: Json, must: float, better: float) -> None:
    engine = [1000 * seconds(lambda: allocate(made)) for _ in range(REPEATS)]
    print(f"{title:<44} {spread(engine, ' ms')}   aim {must} ms, better {better} ms")
    result = allocate(made)
    checks = [1000 * seconds(lambda: certify(made, result)) for _ in range(REPEATS)]
    print(f"{'  certificate of the same':<44} {spread(checks, ' ms')}")
    reasons = {row["reason"] for rows in result["explanations"].values() for row in rows}
    print(f"  {len(reasons)} kinds of reasons, {result['stats']}")


def peak_memory(title: str, made: Json, aims: str) -> None:
    text = json.dumps(made)
    made.clear()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    loaded = json.loads(text)
    tracemalloc.reset_peak()
    after_loading = tracemalloc.get_traced_memory()[0] - before
    result = allocate(loaded)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    del result
    print(
        f"{title:<44} {peak / after_loading:.2f}x of {after_loading / 1e6:.0f} MB after loading"
        f"{aims}",
        flush=True,
    )


def against_matching(people: int, hosts: int, seats: int, aims: str) -> None:
    """PyPI `matching` solves the same market: hosts rank their applicants by the common score."""
    solver = importlib.import_module("matching.games").HospitalResident
    made = simple_quotas(people, hosts, seats)
    wishes = {row["id"]: [wish["host"] for wish in row["prefs"]] for row in made["applicants"]}
    # Ties go as in the engine, so that both must find the same places.
    lottery = allocate(made)["lottery"]
    order = sorted(
        made["applicants"],
        key=lambda row: (-row["score"], -row["ties"]["gpa"], lottery[row["id"]]),
    )
    ranked: dict[str, list[str]] = {row["id"]: [] for row in made["hosts"]}
    for row in order:
        for name in wishes[row["id"]]:
            ranked[name].append(row["id"])
    capacities = {row["id"]: row["pools"][0]["seats"] for row in made["hosts"]}
    ranked = {name: rows for name, rows in ranked.items() if rows}
    sys.setrecursionlimit(1_000_000)
    full, solving = [], []
    game = None
    for _ in range(5):
        # The objects of a game left over would slow down whoever comes next.
        del game
        gc.collect()
        engine = seconds(lambda: allocate(made))
        creation = seconds(partial(solver.create_from_dictionaries, wishes, ranked, capacities))
        game = solver.create_from_dictionaries(wishes, ranked, capacities)
        solution = seconds(game.solve)
        full.append((creation + solution) / engine)
        solving.append(solution / engine)
    title = f"matching / engine, {people:,} x {hosts}"
    print(f"{title:<44} {spread(full, 'x')}{aims}")
    print(f"{'  its solve() alone':<44} {spread(solving, 'x')}")
    theirs = {
        student.name: host.name for host, students in game.matching.items() for student in students
    }
    ours = {name: place and place["host"] for name, place in allocate(made)["assignment"].items()}
    same = all(theirs.get(name) == host for name, host in ours.items())
    print(f"  {len(theirs):,} placed, {'the same' if same else 'OTHER'} places", flush=True)


def matching() -> None:
    print("\nPyPI `matching`, the same market")
    against_matching(1000, 60, 800, aim(4, 10))
    against_matching(10_000, 500, 8000, aim(20, 50))


def matching_from_an_index() -> None:
    """Compare in an environment that is thrown away, if a package index can be reached."""
    with tempfile.TemporaryDirectory() as place:
        python = Path(place) / "bin" / "python"
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        try:
            for step in (
                [sys.executable, "-m", "venv", place],
                [*pip, "--retries=1", "--timeout=15", MATCHING],
            ):
                subprocess.run(step, check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as problem:
            said = (problem.stderr or problem.stdout).strip().splitlines()
            print(f"\nPyPI `matching` left out, it cannot be installed: {(said or ['?'])[-1]}")
            return
        subprocess.run([python, __file__, "matching"], check=True)


def aim(must: float, better: float) -> str:
    return f"   aim {must}x, better {better}x"


def alone() -> None:
    print("engine / json.loads of its own instance")
    against_json("simple quotas, 1,000 x 60", simple_quotas(1000, 60, 800), aim(5, 2.5))
    against_json("simple quotas, 10,000 x 500", simple_quotas(10_000, 500, 8000), aim(5, 2.5))
    own = simple_quotas(10_000, 500, 8000, own_scores=True)
    against_json("  the same, every host its own scores", own, aim(5, 2.5))
    mixed = mixed_pools(10_000, 500, 8000)
    against_json("mixed pools, 10,000 x 500, 8,000 seats", mixed, aim(10, 5))
    large = simple_quotas(100_000, 5000, 80_000)
    against_json("simple quotas, 100,000 x 5,000", large, "", 5)
    print("\nevery feature and every explanation")
    in_milliseconds("500 applicants, 150 hosts, 450 seats", mixed_pools(500, 150, 450), 50, 20)
    print("\npeak memory of the engine with instance and result")
    peak_memory("simple quotas, 10,000 x 500", simple_quotas(10_000, 500, 8000), aim(2, 1.4))
    peak_memory("mixed pools, 10,000 x 500", mixed_pools(10_000, 500, 8000), aim(2, 1.4))
    peak_memory("simple quotas, 100,000 x 5,000", simple_quotas(100_000, 5000, 80_000), "")


def main() -> None:
    chosen = sys.argv[1:]
    if chosen == ["matching"]:
        matching()
        return
    alone()
    if chosen != ["alone"]:
        matching_from_an_index()


if __name__ == "__main__":
    main()
