"""What blind readers must not see is taken out of free text on the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from applications.pdf_inspection.matching import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

register = template.Library()


@register.filter
def without(text: str, words: Sequence[str]) -> str:
    """Return the text with a bar in the place of each of these words."""
    return masked(text, words) if words else text
