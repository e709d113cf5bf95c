"""One student's mobility with the values it has in an EWP file. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Mobility:
    """The values of a `student-mobility` of the Outgoing Mobilities API 3.0.0, in its order.

    What we cannot know is not there: ids of units and agreements belong to the university's
    central system. `sending_term` is "" for a stay in no single term; `activity_type`, `esi`,
    `sending_hei`, `receiving_hei` and `eqf_level` are "" where there is none: see `problems`.
    """

    omobility_id: str
    given_names: str
    family_name: str
    esi: str
    birth_date: date
    nationality: str
    gender: int
    email: str
    sending_hei: str
    receiving_hei: str
    sending_term: str
    receiving_year: str
    activity_type: str
    activity_attributes: str
    agreement_isced_f: str
    eqf_level: str
    nominee_isced_f: str
    comment: str
    status: str
