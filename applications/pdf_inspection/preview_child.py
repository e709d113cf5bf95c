"""The child process that draws: the first page of one file, as a PNG.

Started as `python -m applications.pdf_inspection.preview_child`, the file on standard input, the
picture on standard output. It bounds itself before it reads the first byte. Drawing is native
code, so nothing is mended here: whatever goes wrong ends the process, and there is no picture.
"""

from __future__ import annotations

import struct
import sys
import zlib
from typing import TYPE_CHECKING

from applications.pdf_inspection.bounds import bound_process, start_clock, write_answer
from applications.pdf_inspection.report import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

# Pixels: sharp enough to recognise a document on a dense screen, too little to be one.
MAX_WIDTH = 900
MAX_HEIGHT = 1_600
# A page full of noise at that size, three bytes a pixel, does not get smaller by packing.
MAX_PICTURE = 5_000_000
SECONDS = 4.0
# Header of a picture: 8 bits a channel, red-green-blue, nothing special.
_RGB = (8, 2, 0, 0, 0)
_CHANNELS = 3
_PACKING = 6


def main() -> None:
    bound_process(max_written=MAX_PICTURE)
    start_clock(SECONDS)  # nobody listens for the alarm: it ends this process, native code too
    write_answer(draw(sys.stdin.buffer.read(MAX_BYTES)))


def draw(data: bytes) -> bytes:
    """Return the first page as a PNG of at most MAX_WIDTH by MAX_HEIGHT pixels.

    Raises what the library raises. Call it only in a process that has bounded itself.
    """
    import pypdfium2  # noqa: PLC0415 - the side that asks imports this module's figures

    page = pypdfium2.PdfDocument(data)[0]
    width, height = page.get_size()
    # The library rounds up; a hair less than a whole pixel must not become another one.
    scale = min(MAX_WIDTH / width, MAX_HEIGHT / height) * 0.9999
    drawn = page.render(scale=scale, rev_byteorder=True)
    return png(drawn.width, drawn.height, _rows(bytes(drawn.buffer), drawn.width, drawn.stride))


def _rows(pixels: bytes, width: int, stride: int) -> Iterator[bytes]:
    for start in range(0, len(pixels), stride):
        yield pixels[start : start + width * _CHANNELS]


def png(width: int, height: int, rows: Iterator[bytes]) -> bytes:
    """Return these rows of RGB pixels as a PNG (ISO/IEC 15948), without any picture library."""
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), _PACKING)
    header = struct.pack(">IIBBBBB", width, height, *_RGB)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data) for kind, data in ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    main()
