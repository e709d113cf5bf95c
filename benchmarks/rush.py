"""The last minutes before the deadline, against the portal as it runs, clients included.

Run `python3 portal.py bench rush`; benchmarks/README.md says how to read the figures. The
environment says how much: `BENCH_STUDENTS=100 BENCH_MINUTES=1 python3 portal.py bench rush`.

Web (two processes of four threads), worker, beat, PostgreSQL, Redis and the demonstration's
identity provider share the machine with all the browsers. First 8, then 32 users apply one after
the other without a pause (closed loops, BENCH_LOOP students each). Then comes the rush: students
arrive whether or not the portal keeps up, and more and more of them (their density grows evenly,
from none at the beginning), each needs about two and a half minutes of reading, pasting and picking
files, and the deadline is real: what comes later is refused. The last one means to submit
SPARE seconds before it. In a shorter run people think as much faster.

Everybody signs in at the provider, starts, fills in four pages that save by themselves, sends four
files of nearly 1 MB, checks, submits, reads the receipt and fetches it as PDF. Each has an address
of their own and a browser that keeps files; here the web processes serve those files too, which in
operation nginx does. Anything but the expected answer is an error, and one error fails the run.
"""

import ipaddress
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import _portal  # noqa: F401 - sets Django up
from _measuring import introduce, percentile, table
from _rush_checks import wrong_in
from _rush_papers import write_papers
from _rush_stack import Stack, Use, running
from _rush_student import login_of
from django.db import connection
from django.utils import timezone

from applications.models import Call, OutgoingMail
from tests import factories

STUDENTS = int(os.environ.get("BENCH_STUDENTS", "1000"))
MINUTES = float(os.environ.get("BENCH_MINUTES", "10"))
LOOP = int(os.environ.get("BENCH_LOOP", str(max(32, STUDENTS // 10))))
LOOPS = (8, 32)
HOSTS = 60
# Seconds the slowest person thinks and pastes at a pace of 1 (`_rush_student`), and seconds for all
# answers together.
LONGEST = 180.0
ANSWERS = 25.0
SPARE = 20.0
USUAL_MINUTES = 10.0
REFUSED = {429: "429", 503: "503"}
SHOWN = 10
CORES = len(os.sched_getaffinity(0))
MAILS_WITHIN = 90.0  # seconds


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one way of asking."""

    title: str
    use: Use
    seconds: float
    clients: float
    results: list[dict[str, Any]]
    samples: list[tuple[str, float, float, int]]

    @property
    def submitted(self) -> list[float]:
        return sorted(result["submitted"] for result in self.results if result["submitted"])

    @property
    def errors(self) -> list[str]:
        return [f"{one['login']}: {one['error']}" for one in self.results if one["error"]]


def made_call(code: str, deadline: datetime) -> Call:
    call = factories.CallFactory.create(code=code, hosts=HOSTS, criteria=True, deadline=deadline)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return call


def address_of(number: int) -> str:
    """Return an address of this machine for each student: all of 127.0.0.0/8 is its own."""
    return str(ipaddress.IPv4Address("127.1.0.0") + number + 1)


def students_of(first: int, count: int) -> list[dict[str, Any]]:
    return [
        {"login": login_of(number), "address": address_of(number), "pace": 0.0, "at": 0.0}
        for number in range(first, first + count)
    ]


def arriving(first: int, begin: float, deadline: float) -> list[dict[str, Any]]:
    """Let the students arrive: of a fraction f of the time, f squared of them are there."""
    chance = Random(first)
    pace = min(1.0, MINUTES / USUAL_MINUTES)
    span = max(1.0, deadline - (SPARE + LONGEST) * pace - ANSWERS - begin)
    students = students_of(first, STUDENTS)
    for student in students:
        student["at"] = begin + span * chance.random() ** 0.5
        student["pace"] = pace
    return students


def ask(
    title: str, stack: Stack, folder: Path, call: Call, users: int, students: list[dict[str, Any]]
) -> Run:
    """Let a process of browsers go through the plan, and measure meanwhile."""
    plan, results = folder / "plan.json", folder / "results.json"
    asked = {
        "portal": stack.portal,
        "call": call.code,
        "papers": str(folder / "papers"),
        "receipts": str(folder / "receipts"),
        "users": users,
        "students": students,
    }
    plan.write_text(json.dumps(asked))
    script = Path(__file__).with_name("_rush_clients.py")
    with stack.watched() as found:
        subprocess.run([sys.executable, script, plan, results], check=True)
    told = json.loads(results.read_text())
    for result in told["results"]:
        result["pdf"] = str(folder / "receipts" / f"{result['code']}.pdf")
    return Run(
        title, found[0], told["seconds"], told["processor"], told["results"], told["samples"]
    )


# -- what is printed -------------------------------------------------------------------------------


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
        began = min(result["began"] for result in run.results)
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


# -- all of it -------------------------------------------------------------------------------------


def wait_for_mails(call: Call) -> tuple[int, int]:
    """Return how many mails the call caused, and how many of them the worker has sent."""
    until = time.monotonic() + MAILS_WITHIN
    mails = OutgoingMail.objects.filter(application__call=call)
    while mails.filter(sent_at=None).exists() and time.monotonic() < until:
        time.sleep(1)
    return mails.count(), mails.exclude(sent_at=None).count()


def rush(stack: Stack, folder: Path, first: int) -> tuple[Call, Run, float]:
    """Let everybody come; return also how many seconds before the deadline the last submitted."""
    begin = time.time() + 1
    deadline = begin + MINUTES * 60
    call = made_call("rush", datetime.fromtimestamp(deadline, UTC))
    run = ask("rush", stack, folder, call, 0, arriving(first, begin, deadline))
    return call, run, deadline - max(run.submitted, default=deadline)


def main() -> None:
    introduce(f"{STUDENTS:,} students in the last {MINUTES:g} minutes")
    factories.DegreeProgrammeFactory.create()
    everybody = len(LOOPS) * LOOP + STUDENTS
    problems: list[str] = []
    with TemporaryDirectory() as made, running(everybody) as stack:
        folder = Path(made)
        megabytes = write_papers(folder / "papers")
        (folder / "receipts").mkdir()
        runs = []
        calls = []
        for number, users in enumerate(LOOPS):
            call = made_call(f"loop-{users}", timezone.now() + timedelta(days=1))
            students = students_of(number * LOOP, LOOP)
            runs.append(ask(f"{users} users at once", stack, folder, call, users, students))
            calls.append((call, [student["login"] for student in students]))
        call, run, left = rush(stack, folder, len(LOOPS) * LOOP)
        runs.append(run)
        calls.append((call, [login_of(len(LOOPS) * LOOP + one) for one in range(STUDENTS)]))
        mails = [wait_for_mails(call) for call, _logins in calls]
        print(f"Four files of {megabytes:.2f} MB each on average.")
        print(f"In the rush the last submission came {left:.0f} s before the deadline.")
        sent = sum(sent for _written, sent in mails)
        print(f"{sum(written for written, _sent in mails):,} mails written, {sent:,} sent.\n")
        print_overview(runs)
        print_processor(runs)
        for one in runs:
            print_steps(one)
        for (call, logins), one in zip(calls, runs, strict=True):
            problems += wrong_in(call, logins, one.results)
        problems += stack.complaints()
    if problems:
        more = f"\n... and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise SystemExit("\n".join(problems[:SHOWN]) + more)
    print(
        f"Checked: {everybody:,} students with one submission and one mail each, nobody lost or "
        f"doubled; {4 * everybody:,} files on the disk are what was sent, and every receipt (page, "
        "PDF, mail) names their checksums.\n"
    )


if __name__ == "__main__":
    main()
