"""Reading uploads without being flooded: memory stays flat, disk holds little of each file.

A file over the limit is drained and counted, not kept, so that the answer can say "1.3 MB; the
limit is 1 MB" beside the field while the rest of the form arrives untouched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest

# Up to here every file is read to its end, so that each can be answered with its size: six scans
# of about 10 MB. Beyond it nobody waits for the rest.
MAX_BODY: Final = 67_108_864


class CappedUploadHandler(TemporaryFileUploadHandler):
    """Spools files of at most `most_bytes`; a larger one keeps its size but no content.

    `file.size` is the size that was sent, which tells the two kinds apart. A body beyond MAX_BODY
    is cut off at its first file: `was_cut_off(request)` is true then, and only fields that stood
    before the files have arrived.
    """

    most_bytes: ClassVar[int]

    def handle_raw_input(
        self,
        input_data: Any,  # noqa: ANN401 - Django's signature
        META: Mapping[str, Any],  # noqa: N803 - Django's signature
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Note whether the whole body is more than anybody waits for."""
        self._body_too_large = content_length > MAX_BODY

    def new_file(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        if self._body_too_large:
            mark_cut_off(self.request)
            raise StopUpload(connection_reset=True)
        super().new_file(*args, **kwargs)

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


def mark_cut_off(request: HttpRequest | None) -> None:
    if request is not None:
        request.META["portal.upload_cut_off"] = True


def was_cut_off(request: HttpRequest) -> bool:
    """Tell whether reading stopped at the first file because the whole body was too large."""
    return bool(request.META.get("portal.upload_cut_off"))
