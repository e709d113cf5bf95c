"""Pictures of pages and their texts, made in a child process that no file can outgrow.

    picture = first_page(path)
    picture = page_picture(path, 2, hide=hidden_words(...), pictures=allowed_pictures(kind))
    texts = page_texts(path, hide=hidden_words(...))

One file is worked on at a time by each process that asks; two more may wait for their turn, of
whom students' previews are at most one. Whoever comes then is turned away at once. So a flood of
requests holds three of the four threads of a web worker, and one processor; the last thread goes
on answering, and students cannot keep the desk from its pictures.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any

from applications.pdf_inspection.bounds import ROOT, environment
from applications.pdf_inspection.hiding import Pictures
from applications.pdf_inspection.preview_child import MAX_ANSWER, SECONDS, Exit
from applications.pdf_inspection.report import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)

# Width and height in pixels. For its owner sharp enough to recognise a document on a dense
# screen, too little to be one; for the desk enough to read it.
_TO_RECOGNISE = (900, 1_600)
_TO_READ = (1_100, 2_000)
# Starting the interpreter takes a tenth of a second, four on a machine that is very busy.
WALL_SECONDS = SECONDS + 4
# An ordinary page is drawn in a fifth of a second: after this long something is in the way.
PATIENCE_SECONDS = 3.0
# The desk shows the pages of a file together; one bad page before them may use up its time.
DESK_PATIENCE_SECONDS = 8.0
_CHILD = (sys.executable, "-m", "applications.pdf_inspection.preview_child")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_places = BoundedSemaphore(3)
_places_of_owners = BoundedSemaphore(2)
_turn = Lock()


class NoPreview(Exception):  # noqa: N818 - our errors are named for what happened
    """The file can't be drawn or read within the limits."""


class NoSuchPage(NoPreview):
    """The file has no page of that number."""


class Withheld(NoPreview):
    """The page may show who the person is: a photo, or a name that could not be found."""


class TooBusy(NoPreview):
    """Others are being drawn; a moment later it may be this one's turn."""


_REASONS: dict[int, type[NoPreview]] = {Exit.PAGE_MISSING: NoSuchPage, Exit.PAGE_WITHHELD: Withheld}


def first_page(
    path: Path, *, command: Sequence[str] = _CHILD, wall_seconds: float = WALL_SECONDS
) -> bytes:
    """Return the first page of a stored PDF as PNG, at most 900 pixels wide: for its owner.

    Raises FileNotFoundError, NoPreview whatever else the file is or does, and TooBusy when
    others are in the way.
    """
    request = {"page": 1, "within": _TO_RECOGNISE, "hide": (), "pictures": Pictures.ALL}
    with path.open("rb") as file, _place(_places_of_owners), _place(_places):
        data = file.read(MAX_BYTES)
        with _turn_within(PATIENCE_SECONDS):
            return _picture(request, data, command, wall_seconds)


def page_picture(
    path: Path, page: int, *, hide: Sequence[str] = (), pictures: Pictures = Pictures.ALL
) -> bytes:
    """Return page `page`, from 1, as PNG of at most 1,100 pixels in width: for the desk.

    The words of `hide` are blacked out wherever they are found (`hiding.hidden_words`). With
    them, or with `pictures` other than ALL, notes and form fields are not drawn.

    Raises NoSuchPage, Withheld where `pictures` forbids the page, and what `first_page` does.
    """
    request = {"page": page, "within": _TO_READ, "hide": tuple(hide), "pictures": pictures}
    with path.open("rb") as file, _place(_places):
        data = file.read(MAX_BYTES)
        with _turn_within(DESK_PATIENCE_SECONDS):
            return _picture(request, data, _CHILD, WALL_SECONDS)


def page_texts(path: Path, *, hide: Sequence[str] = ()) -> list[str]:
    """Return the text of each page (at most MAX_PAGES), "█████" in place of what is to be hidden.

    Raises FileNotFoundError, NoPreview and TooBusy, as `first_page` does.
    """
    with path.open("rb") as file, _place(_places):
        data = file.read(MAX_BYTES)
        with _turn_within(DESK_PATIENCE_SECONDS):
            answer = _answer({"hide": tuple(hide)}, data, _CHILD, WALL_SECONDS)
    try:
        texts = json.loads(answer)
    except ValueError as error:
        raise NoPreview from error
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise NoPreview
    return texts


@contextmanager
def _place(places: BoundedSemaphore) -> Iterator[None]:
    if not places.acquire(blocking=False):
        raise TooBusy
    try:
        yield
    finally:
        places.release()


@contextmanager
def _turn_within(seconds: float) -> Iterator[None]:
    if not _turn.acquire(timeout=seconds):
        raise TooBusy
    try:
        yield
    finally:
        _turn.release()


def _picture(
    request: dict[str, Any], data: bytes, command: Sequence[str], wall_seconds: float
) -> bytes:
    picture = _answer(request, data, command, wall_seconds)
    if not picture.startswith(_SIGNATURE):
        raise NoPreview
    return picture


def _answer(
    request: dict[str, Any], data: bytes, command: Sequence[str], wall_seconds: float
) -> bytes:
    """Return what a child says of the file; at most MAX_ANSWER bytes, and nothing is believed."""
    # A file, no pipe: the child's own bound on what it writes keeps the answer small.
    with tempfile.TemporaryFile() as file:
        try:
            ended = subprocess.run(  # noqa: S603 - our own module, no input of anyone's
                command,
                # Words that name a person go this way too, where no list of processes shows them.
                input=json.dumps(request).encode() + b"\n" + data,
                stdout=file,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env=environment(),
                timeout=wall_seconds,
                check=False,
                start_new_session=True,
            )
        except (subprocess.SubprocessError, OSError) as error:
            logger.info("A page could not be drawn: %s", type(error).__name__)
            raise NoPreview from error
        if ended.returncode:
            logger.info("A page could not be drawn: status %s", ended.returncode)
            raise _REASONS.get(ended.returncode, NoPreview)
        file.seek(0)
        answer = file.read(MAX_ANSWER + 1)
    if len(answer) > MAX_ANSWER:
        raise NoPreview
    return answer
