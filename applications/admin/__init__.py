"""The coordinators' and the office's side: Django admin, seen only through `access`."""

from applications.admin import (
    calls,
    nomination_deadlines,
    people,
    records,
    round_pages,
    student_files,
    testimonials,
)

__all__ = [
    "calls",
    "nomination_deadlines",
    "people",
    "records",
    "round_pages",
    "student_files",
    "testimonials",
]
