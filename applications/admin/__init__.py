"""The coordinators' and the office's side: Django admin, seen only through `access`."""

from applications.admin import (
    applications,
    calls,
    guidance,
    nomination_deadlines,
    people,
    processing,
    programmes,
    records,
    round_pages,
    testimonials,
)
from applications.admin.desk import reasons

__all__ = [
    "applications",
    "calls",
    "guidance",
    "nomination_deadlines",
    "people",
    "processing",
    "programmes",
    "reasons",
    "records",
    "round_pages",
    "testimonials",
]
