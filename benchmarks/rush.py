"""The last minutes before the deadline, against the portal as it runs, clients included.

Run `python3 portal.py bench rush`; benchmarks/README.md says how to read the figures. There are
1,000 students, or as many as the cores have been seen to hold; the environment says otherwise:
`BENCH_STUDENTS=100 BENCH_MINUTES=1 python3 portal.py bench rush`.

Web (two processes of four threads), worker, beat, PostgreSQL, Redis and the demonstration's
identity provider share the machine with all the browsers. Closed loops come first, in which each
user applies as the next student at once and without a pause: one user alone, whose steps are
charged to the processes that work on them, then 8 and 32 (BENCH_LOOP students each). Then comes
the rush: students arrive whether or not the portal keeps up, evenly, or more and more of them
(after a fraction f of the time for it, f to the power of BENCH_CROWDING of them are there: with 1.5
half come in the last 37 %); each needs one and a half to three minutes of reading, pasting and
picking files, and the deadline is real: what comes later is refused, and is an error here. The last
one means to submit SPARE seconds before it. In a shorter run people think as much faster.

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
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import _portal  # noqa: F401 - sets Django up
from _measuring import introduce
from _rush_checks import wrong_in
from _rush_papers import write_papers
from _rush_report import Run, print_costs, print_overview, print_processor, print_steps
from _rush_stack import Stack, running
from _rush_student import login_of
from django.db import connection
from django.utils import timezone

from applications.models import Call, OutgoingMail
from tests import factories

# 1,000 in ten minutes on two cores went through without an error (RESULTS.md).
HELD_BY_A_CORE = 500
CORES = len(os.sched_getaffinity(0))
STUDENTS = int(os.environ.get("BENCH_STUDENTS", min(1000, HELD_BY_A_CORE * CORES)))
MINUTES = float(os.environ.get("BENCH_MINUTES", "10"))
LOOP = int(os.environ.get("BENCH_LOOP", str(max(32, STUDENTS // 16))))
# How many students each closed loop serves, by how many users there are at once.
LOOPS = {1: min(LOOP, 10), 8: LOOP, 32: LOOP}
# Parts whose time is told step by step of the user who is alone.
CHARGED = ("web", "PostgreSQL", "logins")
HOSTS = 60
# Seconds the slowest person thinks and pastes at a pace of 1 (`_rush_student`), and seconds for all
# answers together.
LONGEST = 180.0
ANSWERS = 40.0
SPARE = 20.0
CROWDING = float(os.environ.get("BENCH_CROWDING", "1"))
USUAL_MINUTES = 10.0
SHOWN = 10
MAILS_WITHIN = 90.0  # seconds


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
    """Say when each student arrives, so that the slowest can be ready SPARE seconds before."""
    chance = Random(first)
    pace = min(1.0, MINUTES / USUAL_MINUTES)
    span = max(1.0, deadline - (SPARE + LONGEST) * pace - ANSWERS - begin)
    students = students_of(first, STUDENTS)
    for student in students:
        student["at"] = begin + span * chance.random() ** (1 / CROWDING)
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
        "charged": {part: stack.roots[part] for part in CHARGED} if users == 1 else {},
        "students": students,
    }
    plan.write_text(json.dumps(asked))
    script = Path(__file__).with_name("_rush_clients.py")
    with stack.watched() as found:
        subprocess.run([sys.executable, script, plan, results], check=True)
    told = json.loads(results.read_text())
    print(f"{title}: {len(students):,} students, {told['seconds']:.0f} s", file=sys.stderr)
    for result in told["results"]:
        result["pdf"] = str(folder / "receipts" / f"{result['code']}.pdf")
    return Run(
        title,
        found[0],
        told["seconds"],
        told["processor"],
        told["results"],
        told["samples"],
        told["costs"],
    )


# -- all of it -------------------------------------------------------------------------------------


def wait_for_mails(call: Call) -> tuple[int, int]:
    """Return how many mails the call caused, and how many of them the worker has sent."""
    until = time.monotonic() + MAILS_WITHIN
    mails = OutgoingMail.objects.filter(application__call=call)
    while mails.filter(sent_at=None).exists() and time.monotonic() < until:
        time.sleep(1)
    return mails.count(), mails.exclude(sent_at=None).count()


def closed_loop(stack: Stack, folder: Path, users: int, first: int) -> tuple[Call, Run]:
    call = made_call(f"loop-{users}", timezone.now() + timedelta(days=1))
    title = "one user alone" if users == 1 else f"{users} users at once"
    return call, ask(title, stack, folder, call, users, students_of(first, LOOPS[users]))


def rush(stack: Stack, folder: Path, first: int) -> tuple[Call, Run]:
    begin = time.time() + 1
    deadline = begin + MINUTES * 60
    call = made_call("rush", datetime.fromtimestamp(deadline, UTC))
    run = ask("rush", stack, folder, call, 0, arriving(first, begin, deadline))
    last = max(run.submitted, default=deadline)
    print(f"In the rush the last submission came {deadline - last:.0f} s before the deadline.")
    return call, run


def measured(stack: Stack, folder: Path) -> list[tuple[Call, Run]]:
    """Let all runs go one after the other and print their figures."""
    megabytes = write_papers(folder / "papers")
    (folder / "receipts").mkdir()
    done = []
    first = 0
    for users, count in LOOPS.items():
        done.append(closed_loop(stack, folder, users, first))
        first += count
    done.append(rush(stack, folder, first))
    mails = [wait_for_mails(call) for call, _run in done]
    written, sent = (sum(one[place] for one in mails) for place in (0, 1))
    print(f"Four files of {megabytes:.2f} MB each on average; {written:,} mails, {sent:,} sent.\n")
    runs = [run for _call, run in done]
    print_overview(runs)
    print_processor(runs)
    print_costs(runs[0])
    for run in runs[1:]:
        print_steps(run)
    return done


def problems_of(done: list[tuple[Call, Run]]) -> list[str]:
    problems = []
    first = 0
    for (call, run), count in zip(done, (*LOOPS.values(), STUDENTS), strict=True):
        logins = [login_of(number) for number in range(first, first + count)]
        problems += wrong_in(call, logins, run.results)
        first += count
    return problems


def main() -> None:
    introduce(f"{STUDENTS:,} students in the last {MINUTES:g} minutes")
    factories.DegreeProgrammeFactory.create()
    everybody = sum(LOOPS.values()) + STUDENTS
    with TemporaryDirectory() as made:
        with running(everybody) as stack:
            done = measured(stack, Path(made))
        # Now that nothing runs any more: what was kept, and what the programs complained of.
        problems = [*problems_of(done), *stack.complaints()]
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
