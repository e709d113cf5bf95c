"""The child process: loads the parser once, then examines one file after the other.

Started as `python -m applications.pdf_inspection.child`. On standard input, per file: one line
of JSON {"size", "seconds", "expectation"} and the file's bytes; on standard output one line of
JSON, what `examine` returns and "retires": whether this process has grown too big to go on.
It bounds itself before it reads the first byte; whoever asked bounds the wall time once more.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

if __name__ == "__main__":
    # Keeps every picture decoder, which is native code, out of the reach of uploaded files.
    sys.modules["PIL"] = None  # type: ignore[assignment]  # None makes its import fail

from applications.pdf_inspection import language
from applications.pdf_inspection.bounds import bound_process, start_clock, write_answer
from applications.pdf_inspection.examination import TimeUp, examine
from applications.pdf_inspection.report import Expectation

# A process that once needed this much has too little room left for the next file.
_RETIREMENT_KIB = 200 * 1024
# The language model unpacks itself into a temporary file; nothing else is ever written.
_MAX_WRITTEN = 128 * 1024 * 1024


def main() -> None:
    bound_process(max_written=_MAX_WRITTEN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that asked
    signal.signal(signal.SIGALRM, _time_is_up)
    source = sys.stdin.buffer
    retires = False
    while not retires and (line := source.readline()):
        request = json.loads(line)
        data = source.read(request["size"])
        stored = request["expectation"]
        expectation = Expectation.from_dict(stored) if stored else None
        if expectation and expectation.language:
            language.model()  # before the clock starts: loading it is not the file's time
        start_clock(request["seconds"])
        try:
            answer = examine(data, expectation)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        retires = _peak_kib() > _RETIREMENT_KIB
        write_answer(json.dumps(answer | {"retires": retires}).encode() + b"\n")


def _peak_kib() -> int:
    """Return the most memory this process ever held.

    Linux counts it in `ru_maxrss` from the size of the process that started us: beside a large
    web worker every child would retire after one file.
    """
    try:
        with Path("/proc/self/status").open(encoding="ascii") as status:
            peak = next(line for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak.split()[1])


def _time_is_up(_signal: int, _frame: FrameType | None) -> None:
    raise TimeUp


if __name__ == "__main__":
    main()
