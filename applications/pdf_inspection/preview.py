"""A picture of the first page, drawn in a child process that no file can outgrow.

    picture = first_page(path)

One picture is drawn at a time by each process that asks, one more may wait for its turn; whoever
comes then is turned away at once. So a flood of requests holds two threads of a web worker, and
one processor, and the other threads go on answering.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from applications.pdf_inspection.bounds import ROOT, environment
from applications.pdf_inspection.preview_child import MAX_PICTURE, SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)

# Starting the interpreter takes a fifth of a second, four on a machine that is very busy.
WALL_SECONDS = SECONDS + 4
# An ordinary page is drawn in a tenth of a second: after this long something is in the way.
PATIENCE_SECONDS = 3.0
_CHILD = (sys.executable, "-m", "applications.pdf_inspection.preview_child")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_places = BoundedSemaphore(2)
_turn = Lock()


class NoPreview(Exception):  # noqa: N818 - our errors are named for what happened
    """The file can't be drawn within the limits."""


class TooBusy(NoPreview):
    """Others are being drawn; a moment later it may be this one's turn."""


def first_page(
    path: Path, *, command: Sequence[str] = _CHILD, wall_seconds: float = WALL_SECONDS
) -> bytes:
    """Return the first page of a stored PDF as PNG, at most 900 pixels wide.

    Raises FileNotFoundError, NoPreview whatever else the file is or does, and TooBusy when
    others are in the way.
    """
    with path.open("rb") as file:
        if not _places.acquire(blocking=False):
            raise TooBusy
        try:
            if not _turn.acquire(timeout=PATIENCE_SECONDS):
                raise TooBusy
            try:
                return _drawn(file.fileno(), command, wall_seconds)
            finally:
                _turn.release()
        finally:
            _places.release()


def _drawn(file: int, command: Sequence[str], wall_seconds: float) -> bytes:
    # A file, no pipe: the child's own bound on what it writes keeps the answer small.
    with tempfile.TemporaryFile() as answer:
        try:
            subprocess.run(  # noqa: S603 - our own module, no input of anyone's
                command,
                stdin=file,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env=environment(),
                timeout=wall_seconds,
                check=True,
                start_new_session=True,
            )
        except (subprocess.SubprocessError, OSError) as error:
            logger.info("A first page could not be drawn: %s", type(error).__name__)
            raise NoPreview from error
        answer.seek(0)
        picture = answer.read(MAX_PICTURE + 1)
    if not picture.startswith(_SIGNATURE) or len(picture) > MAX_PICTURE:
        raise NoPreview
    return picture
