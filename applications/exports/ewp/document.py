"""The EWP file of one partner: Outgoing Mobilities API 3.0.0, `omobilities-get-response`.

We are no EWP host (who offers one of these network APIs must offer them all): the file is handed to
the university's central system, which knows the ids of units and agreements that are not in it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_countries import countries

from applications.exports.columns import EQF
from applications.exports.ewp.checks import STUDIES, EwpProblem, problems
from applications.exports.ewp.mobility import Mobility, sending_term
from applications.exports.ewp.writing import written
from partners.models import AgreementKind, Level

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from applications.exports.rows import Row


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A nomination that cannot be handed on by EWP, and all that is in the way."""

    nomination: UUID
    codes: tuple[EwpProblem, ...]


@dataclass(frozen=True, slots=True)
class EwpFile:
    xml: bytes
    left_out: tuple[LeftOut, ...]


class NothingForEwp(Exception):  # noqa: N818 - an answer
    """None of the nominations can be handed on by EWP; an empty file is never written."""

    def __init__(self, left_out: tuple[LeftOut, ...]) -> None:
        super().__init__(f"{len(left_out)} nominations, none of them for EWP")
        self.left_out = left_out


def document(rows: Sequence[Row]) -> EwpFile:
    """Return the file with the nominations to one partner, and who is not on it.

    Raises NothingForEwp when nobody would be on it, ValueError for rows of several partners: none
    may see another's students.
    """
    if len({row.host.pk for row in rows}) > 1:
        raise ValueError("An EWP file is for one partner.")
    found = [(row, problems_of(row)) for row in rows]
    left_out = tuple(LeftOut(row.nomination.pk, codes) for row, codes in found if codes)
    fit = [mobility_of(row) for row, codes in found if not codes]
    if not fit:
        raise NothingForEwp(left_out)
    return EwpFile(written(fit), left_out)


def problems_of(row: Row) -> tuple[EwpProblem, ...]:
    """Return all that keeps one nomination out of an EWP file."""
    return problems(mobility_of(row), countries.countries)


def mobility_of(row: Row) -> Mobility:
    """Return what EWP is told of a nomination."""
    year = row.call.academic_year
    return Mobility(
        omobility_id=str(row.nomination.pk),
        given_names=_plain(row.person.given_names),
        family_name=_plain(row.person.family_name),
        esi=row.person.esi,
        birth_date=row.person.birth_date,
        nationality=row.person.nationality.code or "",
        gender=row.person.gender,
        email=row.person.email,
        sending_hei=row.home.schac_id,
        receiving_hei=row.host.schac_id,
        sending_term=sending_term(year, row.semester, row.days),
        receiving_year=row.host_academic_year,
        activity_type=STUDIES if row.agreement.kind == AgreementKind.ERASMUS_STUDIES else "",
        activity_attributes="long-term",
        agreement_isced_f=row.agreement.isced_f,
        eqf_level=str(EQF.get(Level(row.person.level_departure), "")),
        nominee_isced_f=row.person.isced_f,
        comment=_plain(row.nomination.comment),
        status=row.nomination.status,
    )


def _plain(text: str) -> str:
    """Return the text in one spelling, so that what looks the same is the same to a program.

    Line ends become the one XML has.
    """
    one_line_end = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", one_line_end).strip()
