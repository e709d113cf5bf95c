"""Why there is no second round, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from applications.texts.words import Sentence

_REASONS: dict[str, Sentence] = {
    "not_published": _(
        "The results of this round are not published yet: nobody knows which seats will be left."
    ),
    "is_second": _("This is a second round itself; a third one is not made from it."),
    "exists": _("There is a second round of this call already."),
    "not_allowed": _("A second round is made by the coordinators of the faculty."),
    "nothing_left": _("No seat is left that somebody could still be nominated for."),
}


def no_second_round_sentence(code: str) -> str:
    return str(_REASONS[code])
