"""What a call costs from its review to its grants, with 1,000, 10,000 and 100,000 applications.

Run `python3 portal.py bench batch`; benchmarks/README.md says how to read the figures. Each step
is done by a process of its own, so that its memory is its own. `BENCH_SIZES=1000,10000` makes it
shorter, `BENCH_ROUNDS` is how often each size up to 10,000 is done, `BENCH_REVIEWED` how many
submissions of a call are read.
"""

import csv
import multiprocessing
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

import _batch
import _measuring
import _portal  # noqa: F401 - sets Django up
from django.db import connection
from django.db.models import Count
from django.utils import timezone
from recalculation import raised

from applications import access, lifecycle, models, selection, tasks
from applications.exports import jobs
from applications.exports.lists import listing
from applications.models.people import Role, RoleGrant
from grants import awards
from grants.loading import tables_from_database
from grants.models import GrantAward

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "1000,10000,100000").split(",")]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
REVIEWED = int(os.environ.get("BENCH_REVIEWED", "1000"))
# Larger calls take too long to be made several times.
ONCE_ABOVE = 10_000
OFFICE = "batch_office"
AIM_SIZE, AIM_SECONDS = 10_000, 60
DECIDED = {"offered", "waitlisted", "not_placed"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one step took. `handled` are the applications, nominations or awards it was about."""

    handled: int
    seconds: float
    processor: float
    queries: int
    written: int
    before: float
    peak: float


def refuse(*, unless: bool, why: str) -> None:
    if not unless:
        raise SystemExit(f"{why}: these are no figures.")


# -- the steps, each in a process of its own -------------------------------------------------------


def begin_review(call: models.Call, _by: models.User) -> int:
    selection.start_review(call, now=timezone.now())
    return models.SubmissionReview.objects.filter(run__call=call).count()


def review(call: models.Call, _by: models.User) -> int:
    """Do what a worker does, task after task, until enough submissions are read."""
    run = selection.run_under_way(call)
    rows = models.SubmissionReview.objects.filter(run=run)
    wanted = min(REVIEWED, rows.count())
    while rows.exclude(state="pending").count() < wanted:
        tasks.review_chunk(run.pk)
    return rows.filter(state="done").count()


def confirm(call: models.Call, by: models.User) -> int:
    done = lifecycle.confirm_all_eligible(call.applications.all(), by=by, now=timezone.now())
    return len(done.confirmed)


def rank(call: models.Call, by: models.User) -> int:
    return selection.make_ranking(call, by=by, now=timezone.now()).entries.count()


def allocate(call: models.Call, by: models.User) -> int:
    run = selection.propose_allocation(call, by=by, now=timezone.now())
    refuse(unless=run.is_certified, why="The run is not certified")
    return call.applications.count()


def preview(call: models.Call, _by: models.User) -> int:
    shown = selection.publication_preview(call.allocation_runs.get(), now=timezone.now())
    refuse(unless=not shown.problem, why=f"It can't be published ({shown.problem})")
    return shown.mails


def publish(call: models.Call, by: models.User) -> int:
    selection.publish_allocation(call.allocation_runs.get(), by=by, now=timezone.now())
    return call.applications.count()


def export(file_format: str) -> Callable[[models.Call, models.User], int]:
    def ask_and_make(call: models.Call, by: models.User) -> int:
        asked = listing(call, access.nominations_visible_to(by))
        job = jobs.ask(asked, file_format, by=by, now=timezone.now())
        claimed = jobs.claim_own(job, now=timezone.now())
        jobs.make(claimed, clock=timezone.now)
        job.refresh_from_db()
        refuse(unless=job.state == job.State.DONE, why=f"The list failed ({job.error})")
        if file_format == "csv":
            _check_list(jobs.stored_path(job.stored_name), len(asked.entries))
        return job.done

    return ask_and_make


def recalculate(*, differing: bool) -> Callable[[models.Call, models.User], int]:
    def again(call: models.Call, _by: models.User) -> int:
        tables = tables_from_database()
        rows = GrantAward.objects.filter(nomination__application__call=call)
        office = models.User.objects.get(username=OFFICE)
        done = awards.recalculate(
            rows,
            by=office,
            now=timezone.now(),
            tables=raised(tables) if differing else tables,
        )
        right = done.written == (done.count if differing else 0)
        refuse(unless=right, why=f"{done.written} of {done.count} awards were written")
        return done.count

    return again


STEPS: dict[str, Callable[[models.Call, models.User], int]] = {
    "review, begun": begin_review,
    "review, read": review,
    "confirmed as eligible": confirm,
    "ranking": rank,
    "allocation": allocate,
    "preview": preview,
    "publication": publish,
    "export, XLSX": export("xlsx"),
    "export, CSV": export("csv"),
    "grants again, none differs": recalculate(differing=False),
    "grants again, all differ": recalculate(differing=True),
}
# How many of the call's applications each is about, where not all.
OF_PLACED = {name for name in STEPS if name.startswith(("export", "grants"))}


def _memory(name: str) -> float:
    """Return a figure of this process alone, in MiB: not what its parent held before it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


def do(name: str, code: str) -> Figures:
    """Do one step in this process and say what it took."""
    call = models.Call.objects.select_related("programme").get(code=code)
    by = models.User.objects.get(username=f"{code}_reader")
    written, before = rows_written(), _memory("VmHWM")
    queries = 0

    def count(execute: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - Django's signature
        nonlocal queries
        queries += 1
        return execute(*args)

    with connection.execute_wrapper(count):
        began, processor = time.perf_counter(), time.process_time()
        handled = STEPS[name](call, by)
        seconds, processor = time.perf_counter() - began, time.process_time() - processor
    return Figures(
        handled, seconds, processor, queries, rows_written() - written, before, _memory("VmHWM")
    )


def rows_written() -> int:
    """Return how many rows the database has written so far, its history included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables")
        return int(cursor.fetchone()[0])


# -- nobody lost, nobody twice ---------------------------------------------------------------------


def _check_list(path: Path, wanted: int) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))[1:]
    different = {tuple(row) for row in rows}
    refuse(
        unless=len(rows) == len(different) == wanted,
        why=f"{len(rows)} lines, {len(different)} of them different, for {wanted} nominations",
    )


def check_publication(code: str) -> int:
    """Refuse a publication that lost or doubled anybody; return the number of places."""
    call = models.Call.objects.get(code=code)
    size = call.applications.count()
    states = dict(call.applications.order_by().values_list("state").annotate(Count("pk")))
    mails = models.OutgoingMail.objects.filter(application__call=call)
    told = mails.values("application").distinct().count()
    places = models.Placement.objects.filter(application__call=call, live=True).count()
    moves = models.StateChange.objects.filter(application__call=call, before="eligible").count()
    reasons = models.PreferenceOutcome.objects.filter(run__call=call)
    answered = reasons.values("application").distinct().count()
    refuse(
        unless=sum(states.values()) == size and set(states) <= DECIDED,
        why=f"{size} applications came to {states}",
    )
    refuse(
        unless=mails.count() == told == moves == answered == size,
        why=f"{size} applications: {mails.count()} mails to {told}, {moves} moves, "
        f"{answered} with reasons",
    )
    refuse(unless=places == states.get("offered"), why=f"{places} places for {states}")
    return places


# -- one call after the other ----------------------------------------------------------------------


def make(size: int, code: str) -> None:
    _batch.closed_call(size, code)
    models.User.objects.get_or_create(
        username=OFFICE, defaults={"affiliations": ["employee"], "email": "office@rub.de"}
    )
    RoleGrant.objects.get_or_create(login_id=OFFICE, role=Role.OFFICE)


def nominate(code: str) -> int:
    call = models.Call.objects.get(code=code)
    return _batch.nominate_offered(call, by=models.User.objects.get(username=f"{code}_reader"))


def one(work: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401 - what the work returns
    """Let a new process do one thing."""
    with _new_process() as process:
        return process.apply(work, args)


def _new_process() -> Pool:
    connection.close()
    return multiprocessing.get_context("spawn").Pool(1)


def measure(size: int, code: str) -> dict[str, Figures]:
    """Take one call through all steps."""
    one(make, size, code)
    found: dict[str, Figures] = {}
    placed = 0
    for name in STEPS:
        figures = found[name] = one(do, name, code)
        wanted = placed if name in OF_PLACED else size
        if name == "review, read":
            wanted = min(size, REVIEWED)
            refuse(unless=figures.handled >= wanted, why=f"{figures.handled} were reviewed")
        else:
            refuse(unless=figures.handled == wanted, why=f"{name}: {figures.handled} of {wanted}")
        if name == "publication":
            placed = one(check_publication, code)
            refuse(unless=one(nominate, code) == placed, why="Somebody was not nominated")
    return found


def report(taken: Mapping[int, Mapping[str, list[Figures]]]) -> None:
    rows = []
    for name in STEPS:
        first = _each(taken[min(taken)][name])
        for size, steps in taken.items():
            figures = steps[name]
            last = figures[-1]
            rows.append(
                (
                    name,
                    f"{size:,}",
                    f"{last.handled:,}",
                    _measuring.spread([one.seconds for one in figures]),
                    f"{_each(figures):.2f}",
                    f"{_each(figures) / first:.2f}x",
                    f"{statistics.median(one.processor / one.seconds for one in figures):.0%}",
                    f"{last.queries:,}",
                    f"{last.written / last.handled:.1f}",
                    f"{max(one.peak for one in figures):.0f} ({last.before:.0f})",
                )
            )
    _measuring.table(
        (
            "step",
            "applications",
            "handled",
            "seconds",
            "ms each",
            "growth",
            "own processor",
            "queries",
            "rows written, each",
            "peak MiB (before)",
        ),
        rows,
    )


def _each(figures: list[Figures]) -> float:
    return statistics.median(1000 * one.seconds / one.handled for one in figures)


def main() -> None:
    _measuring.introduce("Batch: one call from its review to its grants")
    print(
        f"Up to {REVIEWED:,} submissions of each call are read, out of a queue of all, by one"
        " process; each has two papers of one page. Half as many seats as applications, 5 wishes"
        " each, 40 applications a host. Exports and grants are those of the placed. *growth* is the"
        " time for each beside that of the smallest call; *own processor* what the step's own"
        " process used of the time, the rest is the database's and the reading process's.\n"
    )
    taken: dict[int, dict[str, list[Figures]]] = {size: defaultdict(list) for size in SIZES}
    for number in range(ROUNDS):
        for size in SIZES:
            if number and size > ONCE_ABOVE:
                continue
            for name, figures in measure(size, f"batch{size}x{number}").items():
                taken[size][name].append(figures)
    report(taken)
    if AIM_SIZE in taken:
        seconds = [one.seconds for one in taken[AIM_SIZE]["publication"]]
        print(
            f"Publication of {AIM_SIZE:,} results: {_measuring.spread(seconds, ' s')},"
            f" aim under {AIM_SECONDS} s."
        )


if __name__ == "__main__":
    main()
