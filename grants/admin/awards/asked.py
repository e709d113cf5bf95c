"""What can be changed of an award, and what is asked for each change, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from grants.states import Occasion

if TYPE_CHECKING:
    from django.forms import BoundField
    from django.utils.functional import _StrPromise

# What an approved award can be changed for; before the first approval it is corrected.
CHANGES = (
    Occasion.CONFIRMED_STAY,
    Occasion.EARLY_RETURN,
    Occasion.EXTENSION,
    Occasion.INTERRUPTION,
    Occasion.CORRECTION,
)


# What a change is about, asked first; all else stays as it is unless it is opened.
OWN_FIELDS: dict[Occasion, tuple[str, ...]] = {
    Occasion.CONFIRMED_STAY: ("start", "end", "gaps", "ects", "ects_reclaimed", "ects_statement"),
    Occasion.EARLY_RETURN: ("end",),
    Occasion.EXTENSION: ("end", "extension_asked_on", "semesters"),
    Occasion.INTERRUPTION: ("gaps",),
}
GROUPS: tuple[tuple[_StrPromise, tuple[str, ...]], ...] = (
    (
        _("Stay"),
        ("start", "end", "project", "mobility", "semesters", "earlier_days", "gaps"),
    ),
    (
        _("Top-ups and travel"),
        ("social_reasons", "real_costs_eur", "real_costs_reason", "green", "travel_days"),
    ),
    (_("Decisions of the office"), ("cap_days", "waiver_reason")),
    (_("After the stay"), ("ects", "ects_reclaimed", "ects_statement")),
)


@dataclass(frozen=True, slots=True)
class FieldGroup:
    legend: _StrPromise
    fields: list[BoundField]
