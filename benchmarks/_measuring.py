"""How the benchmarks measure and print: side by side in one run, median with min and max."""

import os
import platform
import re
import resource
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from django.db import connection

BYTES_A_MEBIBYTE = 1024 * 1024
PACKAGES = ("django", "psycopg", "celery", "gunicorn", "pypdf")


def introduce(title: str) -> None:
    """Print what is measured, on what machine, with which versions and which command line."""
    name = Path(sys.argv[0]).stem
    given = [f"{key}={value}" for key, value in os.environ.items() if key.startswith("BENCH_")]
    command = shlex.join([*sorted(given), "python3", "portal.py", "bench", name, *sys.argv[1:]])
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0].split()[0]
    packages = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    print(f"## {title}\n")
    print(f"`{command}`, {time.strftime('%Y-%m-%d %H:%M')}, load {os.getloadavg()[0]:.1f}  ")
    print(f"{_processor()}; Python {platform.python_version()}, PostgreSQL {server}, {packages}\n")


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    total = re.search(r"^MemTotal:\s*(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    memory = f", {int(total[1]) / BYTES_A_MEBIBYTE:.0f} GiB" if total else ""
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {model[1] if model else platform.machine()}{memory}"


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(things: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Let each thing measure itself once a round, one after the other; return all figures."""
    figures: dict[str, list[float]] = {name: [] for name in things}
    for _round in range(rounds):
        for name, measure in things.items():
            figures[name].append(measure())
    return figures


def ratios(of: Sequence[float], to: Sequence[float]) -> list[float]:
    """Divide round by round: what disturbed a round disturbed both."""
    return [one / other for one, other in zip(of, to, strict=True)]


def spread(values: Sequence[float], unit: str = "", digits: int = 2) -> str:
    """Return `median (min to max)`."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f}{unit} ({low:,.{digits}f} to {high:,.{digits}f})"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered)) - 1))]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a Markdown table."""
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def peak_mebibytes() -> float:
    """Return the most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory_of(pid: int) -> float:
    """Return the MiB of a process and all it started; what they share is counted in parts."""
    total = 0.0
    waiting = [pid]
    while waiting:
        process = Path("/proc") / str(waiting.pop())
        try:
            rollup = (process / "smaps_rollup").read_text()
            waiting += map(int, (process / "task" / process.name / "children").read_text().split())
        except OSError:  # it ended meanwhile
            continue
        pss = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
        total += int(pss.split()[1]) / 1024
    return total
