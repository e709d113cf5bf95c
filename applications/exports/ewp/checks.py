"""What keeps a mobility out of an EWP file, though the schema would let most of it pass. Pure."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING

from partners import isced

if TYPE_CHECKING:
    from collections.abc import Collection

    from applications.exports.ewp.mobility import Mobility


class EwpProblem(StrEnum):
    """Why a nomination cannot be handed on by EWP."""

    NOT_STUDIES = "ewp_not_studies"  # version 3 knows ERASMUS studies only
    SENDER_ID_MISSING = "ewp_sender_id_missing"
    HOST_ID_MISSING = "ewp_host_id_missing"
    NAME_EMPTY = "ewp_name_empty"
    CONTROL_CHARACTER = "ewp_control_character"
    ESI_MISSING = "ewp_esi_missing"
    ESI_FORM = "ewp_esi_form"
    COUNTRY_UNKNOWN = "ewp_country_unknown"
    GENDER_UNKNOWN = "ewp_gender_unknown"
    EMAIL_FORM = "ewp_email_form"
    TERM_IMPOSSIBLE = "ewp_term_impossible"
    YEARS_APART = "ewp_years_apart"
    AGREEMENT_FIELD_MISSING = "ewp_agreement_field_missing"
    AGREEMENT_FIELD_UNKNOWN = "ewp_agreement_field_unknown"
    DEGREE_FIELD_UNKNOWN = "ewp_degree_field_unknown"
    LEVEL_UNKNOWN = "ewp_level_unknown"


STUDIES = "student-studies"
LEVELS = frozenset({"6", "7", "8"})
GENDERS = frozenset({0, 1, 2, 9})

LONGEST_ESI = 255
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"  # of a domain
# By the European Student Identifier 1.0: the scope is a university's domain or a country, perhaps
# with a part of it (ISO 3166-2); the code has the letters RFC 2141 allows.
_ESI = re.compile(
    r"urn:schac:personalUniqueCode:int:esi:"
    rf"(?:(?P<country>[a-z]{{2}})(?:-[a-z0-9]{{1,3}})?|(?:{_LABEL}\.)+[a-z]{{2,}})"
    r":(?:[A-Za-z0-9()+,\-.:=@;$_!*']|%(?![01]|7[Ff])[0-9A-Fa-f]{2})+"
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_YEARS = re.compile(r"([0-9]{4})/([0-9]{4})")
_TERM = re.compile(r"([0-9]{4}/[0-9]{4})-([1-9])/([1-9])")
_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"
_KEPT_IN_COMMENTS = "\t\n"


def problems(mobility: Mobility, countries: Collection[str]) -> tuple[EwpProblem, ...]:
    """Return all that keeps a mobility out; `countries` are the ISO alpha-2 codes there are."""
    found = {
        EwpProblem.NOT_STUDIES: mobility.activity_type != STUDIES,
        EwpProblem.SENDER_ID_MISSING: not mobility.sending_hei,
        EwpProblem.HOST_ID_MISSING: not mobility.receiving_hei,
        EwpProblem.NAME_EMPTY: not (
            _is_seen(mobility.given_names) and _is_seen(mobility.family_name)
        ),
        EwpProblem.CONTROL_CHARACTER: _has_controls(mobility),
        EwpProblem.ESI_MISSING: not mobility.esi,
        EwpProblem.ESI_FORM: bool(mobility.esi) and not is_esi(mobility.esi, countries),
        EwpProblem.COUNTRY_UNKNOWN: mobility.nationality not in countries,
        EwpProblem.GENDER_UNKNOWN: mobility.gender not in GENDERS,
        EwpProblem.EMAIL_FORM: _EMAIL.fullmatch(mobility.email) is None,
        EwpProblem.TERM_IMPOSSIBLE: not _is_term(mobility.sending_term),
        EwpProblem.YEARS_APART: not (
            _follow(mobility.receiving_year)
            and (not mobility.sending_term or _follow(mobility.sending_term.partition("-")[0]))
        ),
        EwpProblem.AGREEMENT_FIELD_MISSING: not mobility.agreement_isced_f,
        EwpProblem.AGREEMENT_FIELD_UNKNOWN: bool(mobility.agreement_isced_f)
        and not isced.is_valid(mobility.agreement_isced_f),
        EwpProblem.DEGREE_FIELD_UNKNOWN: not isced.is_valid(mobility.nominee_isced_f),
        EwpProblem.LEVEL_UNKNOWN: mobility.eqf_level not in LEVELS,
    }
    return tuple(problem for problem, is_there in found.items() if is_there)


def is_esi(text: str, countries: Collection[str]) -> bool:
    """Tell whether the text has the form of a European Student Identifier."""
    match = _ESI.fullmatch(text) if len(text) <= LONGEST_ESI else None
    return match is not None and (match["country"] is None or match["country"].upper() in countries)


def _is_seen(text: str) -> bool:
    """Tell whether a name has a letter one can see: fillers of Hangul are letters, but blank.

    A lone dash is how passports write that there is no such name.
    """
    if text.strip() == "-":
        return True
    return any(char.isalpha() and char not in _BLANK_LETTERS for char in text)


def _has_controls(mobility: Mobility) -> bool:
    lines = (mobility.given_names, mobility.family_name, mobility.email, mobility.receiving_hei)
    return any(map(_is_control, "".join(lines))) or any(
        _is_control(char) for char in mobility.comment if char not in _KEPT_IN_COMMENTS
    )


def _is_control(char: str) -> bool:
    """Tell whether no XML may hold the character, or none should: the C1 controls."""
    return unicodedata.category(char) in {"Cc", "Cs"} or char in "\ufffe\uffff"


def _is_term(term: str) -> bool:
    """Tell whether it is a term such as 1/2 of a year, or none: the stay is in no single term."""
    match = _TERM.fullmatch(term)
    return match is not None and match[2] <= match[3] if term else True


def _follow(years: str) -> bool:
    """Tell whether the years are two that follow each other, or one: the south's 2027/2027."""
    match = _YEARS.fullmatch(years)
    return match is not None and int(match[2]) - int(match[1]) in {0, 1}
