"""What blind readers must not see is taken out of free text; an order is said in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from applications import texts
from applications.pdf_inspection.matching import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from applications.selection import Share

register = template.Library()


@register.filter
def without(text: str, words: Sequence[str]) -> str:
    """Return the text with a bar in the place of each of these words."""
    return masked(text, words) if words else text


@register.filter
def weighed(shares: Iterable[Share]) -> str:
    """Say an order with its percentages; "" for none."""
    return texts.weighed((share.criterion.name, share.language, share.percent) for share in shares)
