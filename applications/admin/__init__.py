"""The coordinators' and the office's side: Django admin, seen only through `access`."""

from applications.admin import (
    calls,
    guidance,
    people,
    programmes,
    records,
    round_pages,
    student_files,
)

__all__ = ["calls", "guidance", "people", "programmes", "records", "round_pages", "student_files"]
