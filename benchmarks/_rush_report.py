"""What a run of the rush came to, and the tables that say so."""

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import _portal  # noqa: F401 - sets Django up
from _measuring import percentile, table
from _rush_stack import Use

REFUSED = {429: "429", 503: "503"}
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one way of asking."""

    title: str
    use: Use
    seconds: float
    clients: float
    results: list[dict[str, Any]]
    samples: list[tuple[str, float, float, int]]
    costs: list[tuple[str, dict[str, float]]]

    @property
    def submitted(self) -> list[float]:
        return sorted(result["submitted"] for result in self.results if result["submitted"])

    @property
    def errors(self) -> list[str]:
        return [f"{one['login']}: {one['error']}" for one in self.results if one["error"]]


def busiest(moments: Sequence[float], width: float) -> int:
    """Return how many of the moments, in order, lie within the fullest span of that width."""
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moment - moments[first] > width:
            first += 1
        most = max(most, last - first + 1)
    return most


def print_overview(runs: Sequence[Run]) -> None:
    rows = []
    for run in runs:
        moments = run.submitted
        began = min((result["began"] for result in run.results), default=0.0)
        whole = moments[-1] - began if moments else 0.0
        width = min(60.0, whole)
        ways = [one["submitted"] - one["began"] for one in run.results if one["submitted"]]
        refused = Counter(REFUSED[status] for *_step, status in run.samples if status in REFUSED)
        rows.append(
            [
                run.title,
                f"{len(moments):,} of {len(run.results):,}",
                f"{whole:.0f}",
                f"{len(moments) / whole:.2f}" if whole else "–",
                f"{busiest(moments, width) / width:.2f}" if width else "–",
                f"{len(run.samples) / run.seconds:.1f}",
                f"{percentile(ways, 0.5):.1f}" if ways else "–",
                f"{run.use.memory:.0f}",
                str(len(run.errors)),
                f"{refused['429']} / {refused['503']}",
            ]
        )
    head = ("", "submitted", "seconds", "submissions/s", "in the busiest minute", "requests/s")
    table(
        (*head, "median way, s", "web memory at most, MiB", "errors", "429 / 503"),
        rows,
    )


def print_steps(run: Run) -> None:
    print(f"### {run.title}\n")
    by_step: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for step, _at, taken, status in run.samples:
        by_step[step].append((1000 * taken, status))
    order = sorted(by_step, key=lambda step: -sum(taken for taken, _status in by_step[step]))
    rows = []
    for step in order:
        times = [taken for taken, _status in by_step[step]]
        statuses = Counter(status for _taken, status in by_step[step])
        figures = [percentile(times, share) for share in (0.5, 0.95, 0.99)]
        rows.append(
            [
                step,
                f"{len(times):,}",
                *(f"{value:,.0f}" for value in (*figures, max(times))),
                ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items())),
            ]
        )
    table(("step", "times", "p50 ms", "p95 ms", "p99 ms", "max ms", "answers"), rows)


def print_processor(runs: Sequence[Run]) -> None:
    parts = [*runs[0].use.processor, "browsers"]
    rows = []
    for run in runs:
        seconds = {**run.use.processor, "browsers": run.clients}
        others = max(0.0, run.use.machine - sum(seconds.values()))
        shares = [
            f"{value:.1f} ({100 * value / (CORES * run.use.seconds):.0f} %)"
            for value in (*(seconds[part] for part in parts), others)
        ]
        count = max(1, len(run.submitted))
        rows.append([run.title, *shares, f"{1000 * sum(seconds.values()) / count:,.0f}"])
    print(f"Processor seconds, and their share of {CORES} cores:\n")
    table(("", *parts, "others on the machine", "ms per submission, all parts"), rows)


def print_costs(run: Run) -> None:
    """Say what each step costs each part, of a run in which nobody else asked anything."""
    if not run.costs:  # nothing was answered
        return
    parts = list(run.costs[0][1])
    students = len(run.results)
    sums: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(parts, 0.0))
    times = Counter(step for step, _cost in run.costs)
    for step, cost in run.costs:
        for part in parts:
            sums[step][part] += cost[part]
    rows = [
        [
            step,
            f"{times[step] / students:.1f}",
            *(f"{1000 * cost[part] / times[step]:,.0f}" for part in parts),
            f"{1000 * sum(cost.values()) / students:,.0f}",
        ]
        for step, cost in sorted(sums.items(), key=lambda item: -sum(item[1].values()))
    ]
    total = {part: sum(cost[part] for cost in sums.values()) for part in parts}
    whole = [f"{1000 * total[part] / students:,.0f}" for part in parts]
    rows.append(["**all of one submission**", f"{len(run.costs) / students:.0f}", *whole])
    rows[-1].append(f"{1000 * sum(total.values()) / students:,.0f}")
    print("### What a step costs: one user alone, processor time in ms\n")
    table(("step", "times each student", *(f"{part}, once" for part in parts), "all of it"), rows)
