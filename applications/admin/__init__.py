"""The coordinators' and the office's side: Django admin, seen only through `access`."""

from applications.admin import (
    calls,
    guidance,
    nomination_deadlines,
    people,
    programmes,
    records,
    round_pages,
    student_files,
    testimonials,
)

__all__ = [
    "calls",
    "guidance",
    "nomination_deadlines",
    "people",
    "programmes",
    "records",
    "round_pages",
    "student_files",
    "testimonials",
]
