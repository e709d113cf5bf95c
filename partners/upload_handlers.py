"""Reading uploads without being flooded: memory stays flat, disk holds little of each file.

A file over the limit is drained and counted, not kept, so that the answer can say "1.3 MB; the
limit is 1 MB" beside the field while the rest of the form arrives untouched. How much a request
may bring in all is decided before (exchange_portal.gate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.core.files.uploadhandler import TemporaryFileUploadHandler

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class CappedUploadHandler(TemporaryFileUploadHandler):
    """Spools files of at most `most_bytes`; a larger one keeps its size but no content.

    `file.size` is the size that was sent, which tells the two kinds apart.
    """

    most_bytes: ClassVar[int]

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a chunk while the file may still be small enough; count the others only."""
        if start + len(raw_data) <= self.most_bytes:
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        """Return the file; one that is too large comes back empty, with its true size."""
        if file_size > self.most_bytes:
            self.file.seek(0)
            self.file.truncate()
        return super().file_complete(file_size)
