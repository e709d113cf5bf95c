"""Processor time of running processes, from /proc. No Django."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def stat_of(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the name: state, parent, ..."""
    return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()


def seconds_of(pid: int) -> float:
    """Return the processor time of a process, all it started, and those of them that ended."""
    total = 0
    waiting = [pid]
    while waiting:
        process = Path("/proc") / str(waiting.pop())
        try:
            total += sum(map(int, stat_of(int(process.name))[11:15]))
            for task in (process / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:  # it ended meanwhile; whoever waited for it has its time
            continue
    return total / TICKS


def busy_seconds() -> float:
    """Return the processor time of the whole machine, idle time left out."""
    user, nice, system, _idle, _waiting, *more = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:8]
    )
    return (user + nice + system + sum(more)) / TICKS
