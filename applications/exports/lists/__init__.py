"""Nomination lists as files: what is asked for, how each format is written, who took it."""

from applications.exports.lists.giving import (
    export_nominations,
    give,
    note_download,
    note_export,
    note_protocol,
)
from applications.exports.lists.listing import Listing, NothingToExport, listing
from applications.exports.lists.writing import CONTENT_TYPES, FORMATS, Written, file_name, write

__all__ = [
    "CONTENT_TYPES",
    "FORMATS",
    "Listing",
    "NothingToExport",
    "Written",
    "export_nominations",
    "file_name",
    "give",
    "listing",
    "note_download",
    "note_export",
    "note_protocol",
    "write",
]
