"""Tie the life of a process to its parent's, so that kill -9 of the parent ends it too.

As a program, `python lifeline.py PARENT PROGRAM [ARGUMENT ...]`, it does so and becomes PROGRAM:
for parents with threads, which must not run Python code between fork and exec.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def die_with(parent: int, number: int) -> None:
    """Have the kernel send us this signal when `parent`, who just forked us, ends.

    Only Linux knows how. A change of user clears it, so it comes after that.
    """
    _process_control(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died before the line above took effect
        os._exit(1)


def inherit_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (Linux only)."""
    _process_control(_PR_SET_CHILD_SUBREAPER, 1)


def _process_control(option: int, argument: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, argument, 0, 0, 0)


if __name__ == "__main__":
    die_with(int(sys.argv[1]), signal.SIGTERM)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - a program of ours, no shell in between
