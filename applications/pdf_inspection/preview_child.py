"""The child process that draws: one page of one file as a PNG, or the texts of its pages.

Started as `python -m applications.pdf_inspection.preview_child`. On standard input one line of
JSON, {"page", "within", "hide", "pictures"} for a picture and {"hide"} for the texts, and the
file; on standard output the picture or a JSON list. It bounds itself before it reads the first
byte. Drawing is native code, so nothing is mended here: whatever goes wrong ends the process.
"""

from __future__ import annotations

import json
import sys
from enum import IntEnum
from typing import Any

from applications.pdf_inspection.bounds import bound_process, start_clock, write_answer
from applications.pdf_inspection.hiding import Pictures
from applications.pdf_inspection.report import MAX_BYTES, MAX_PAGES

# A page full of noise at the largest size, three bytes a pixel, does not get smaller by packing.
MAX_ANSWER = 7_000_000
# More than any document asked for; what follows is left out. Six bytes each, at most, in JSON.
MAX_CHARACTERS = 400_000
SECONDS = 4.0


class Exit(IntEnum):
    """Why there is no answer although nothing went wrong. Python itself ends with 1 or 2."""

    PAGE_MISSING = 3
    PAGE_WITHHELD = 4


def main() -> None:
    bound_process(max_written=MAX_ANSWER)
    start_clock(SECONDS)  # nobody listens for the alarm: it ends this process, native code too
    request = json.loads(sys.stdin.buffer.readline())
    write_answer(answer(sys.stdin.buffer.read(MAX_BYTES), request))


def answer(data: bytes, request: dict[str, Any]) -> bytes:
    """Return what was asked for; SystemExit with an Exit where there is no such picture."""
    # The side that asks imports this module's figures, and no library that draws.
    from applications.pdf_inspection import drawing  # noqa: PLC0415 - see above

    if "page" not in request:
        texts = drawing.texts_of(
            data, pages=MAX_PAGES, characters=MAX_CHARACTERS, hide=request["hide"]
        )
        return json.dumps(texts).encode()
    try:
        return drawing.picture_of(
            data,
            request["page"],
            within=request["within"],
            hide=request["hide"],
            pictures=Pictures(request["pictures"]),
        )
    except drawing.PageMissing:
        sys.exit(Exit.PAGE_MISSING)
    except drawing.PageWithheld:
        sys.exit(Exit.PAGE_WITHHELD)


if __name__ == "__main__":
    main()
