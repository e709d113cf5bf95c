"""The coordinators' and the office's side: Django admin, seen only through `access`."""

from applications.admin import (
    applications,
    audit,
    calls,
    guidance,
    nomination_deadlines,
    people,
    privacy,
    processing,
    programmes,
    records,
    round_pages,
    testimonials,
)
from applications.admin.desk import reasons

__all__ = [
    "applications",
    "audit",
    "calls",
    "guidance",
    "nomination_deadlines",
    "people",
    "privacy",
    "processing",
    "programmes",
    "reasons",
    "records",
    "round_pages",
    "testimonials",
]
