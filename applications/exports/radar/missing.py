"""Which data a partner asks for that are not there, student by student."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext

from applications.models import counting_submissions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from applications.models import Placement
    from partners.models import NominationDeadline


def missing_of(
    places: Sequence[Placement], _wanted: Mapping[tuple[int, int, str], NominationDeadline]
) -> dict[int, tuple[str, ...]]:
    """Return {pk of the place: headers of the columns that would be empty}."""
    without = set(
        counting_submissions()
        .filter(application__in=[place.application_id for place in places], esi="")
        .values_list("application", flat=True)
    )
    names = (gettext("European Student Identifier"),)
    return {place.pk: names for place in places if place.application_id in without}
