"""What a child process that opens an uploaded file is given, and what it may take."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

# Address space, of which 120 MB are the interpreter and 220 MB with the language model. With
# the process that asked beside it (some 100 MB), all stays under the 512 MiB promised for a file.
MAX_MEMORY = 384 * 1024 * 1024
# Processor seconds beyond the wall time given: only for code that no alarm can interrupt.
_CPU_GRACE = 2
_MAX_OPEN_FILES = 32

ROOT = Path(__file__).resolve().parents[2]
# The child gets what Python needs to start, and none of the portal's secrets.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "TMPDIR")
_SET = {
    "OPENBLAS_NUM_THREADS": "1",  # threads would not survive the fork and cost address space
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "PYTHONUTF8": "1",
}


def environment() -> dict[str, str]:
    """Return the environment to start a child with, in ROOT."""
    return {key: os.environ[key] for key in _PASSED_ON if key in os.environ} | _SET


def bound_process(*, max_written: int) -> None:
    """Bound memory and files for good; nothing here can raise a limit again.

    `max_written` is the most bytes that any file it writes may grow to.
    """
    for what, bound in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, max_written),
        (resource.RLIMIT_NOFILE, _MAX_OPEN_FILES),
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_DATA, MAX_MEMORY),
    ):
        resource.setrlimit(what, (bound, bound))


def start_clock(seconds: float) -> None:
    """Ring after so many seconds; the kernel ends this process when nothing hears the ring."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = int(usage.ru_utime + usage.ru_stime + seconds) + _CPU_GRACE
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, resource.RLIM_INFINITY))
    # Rings again, should the first ring end in code that swallows everything.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)


def write_answer(answer: bytes) -> None:
    """Write all of the answer to standard output; OSError where a bound is reached."""
    view = memoryview(answer)
    while view:
        view = view[os.write(1, view) :]
