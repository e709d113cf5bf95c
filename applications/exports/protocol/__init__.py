"""The protocol of a selection, for the files: by which rules, with which proof, with which result.

It holds no name and no code of a student: the order goes by running numbers. It is internal all
the same: whoever has the codes finds everybody's number in the draw with its seed, small groups are
not hidden in it, and reasons people wrote may tell whom they are about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from applications.exports.protocol.results import decided_by_hand, the_orders, the_runs
from applications.exports.protocol.round import Round
from applications.exports.protocol.rules import the_call, the_criteria, the_draw, the_seats
from applications.exports.protocol.writing import as_pdf, as_workbook

if TYPE_CHECKING:
    from datetime import datetime

    from applications.exports.protocol.parts import Part
    from applications.models import Call

__all__ = ["NotPublished", "protocol_pdf", "protocol_xlsx"]


class NotPublished(Exception):  # noqa: N818 - an answer
    """The results of the call are not published, so there is nothing yet to put on record."""


def protocol_pdf(call: Call, *, now: datetime) -> bytes:
    """Return the protocol as it stands now, in the active language. Raises NotPublished."""
    return as_pdf(_title(call), _warning(), _parts(call, now), at=now)


def protocol_xlsx(call: Call, *, now: datetime) -> bytes:
    """Return the same as a workbook, a sheet for each table. Raises NotPublished."""
    return as_workbook(_title(call), _warning(), _parts(call, now))


def _title(call: Call) -> str:
    return _("Selection protocol: %(call)s") % {"call": call.title}


def _warning() -> str:
    return _(
        "Internal, for the files of the faculty. It is pseudonymous, not anonymous: with the seed"
        " of the draw and the codes of the applications each line can be traced back to a person."
        " Small groups are not hidden in it."
    )


def _parts(call: Call, now: datetime) -> list[Part]:
    if call.published_at is None:
        raise NotPublished
    round_ = Round(call)
    return [
        the_call(round_, now=now),
        the_criteria(round_),
        the_seats(round_),
        the_draw(round_),
        the_runs(round_),
        decided_by_hand(round_),
        *the_orders(round_),
    ]
