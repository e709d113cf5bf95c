"""Uploaded documents: each up to 1 MiB, whatever form they come with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from applications.pdf_inspection.report import MAX_BYTES
from partners import upload_handlers

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class CappedUploadHandler(upload_handlers.CappedUploadHandler):
    """What every view gets that names no handler of its own: files of at most 1,048,576 bytes."""

    most_bytes = MAX_BYTES


def is_too_large(upload: UploadedFile[bytes]) -> bool:
    """Tell whether a file was larger than the limit; its content was not kept then."""
    return (upload.size or 0) > MAX_BYTES
