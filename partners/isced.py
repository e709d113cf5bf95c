"""Fields of study: ISCED-F 2013, four digits. Pure.

Digits are broad field (2), narrow field (3) and detailed field (4). The last digit 0 means "not
further defined", 9 "not elsewhere classified"; the digits 88 after a broad field mean
inter-disciplinary. Nominations take four digits only: the printed "041" is refused (DOMAIN.md).
Source of the structure: UNESCO, ISCED-F 2013; labels of the codes in use: code_lists.csv.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Field:
    """One detailed field with its official name in English and German."""

    code: str
    label_en: str
    label_de: str


class IscedProblem(StrEnum):
    """Why a code can't be used."""

    NOT_FOUR_DIGITS = "isced_not_four_digits"
    NARROW_FIELD = "isced_narrow_field"  # three digits, such as 041
    UNKNOWN = "isced_unknown"  # four digits, but no such field


# The fields our agreements and degree programmes use; any other real code is valid as well.
FIELDS: dict[str, Field] = {
    field.code: field
    for field in (
        Field("0311", "Economics", "Volkswirtschaftslehre"),
        Field(
            "0388",
            "Inter-disciplinary: social sciences, journalism and information",
            "Interdisziplinär: Sozialwissenschaften, Journalismus und Informationswesen",
        ),
        Field(
            "0410",
            "Business and administration not further defined",
            "Wirtschaft und Verwaltung, nicht näher bestimmt",
        ),
        Field("0411", "Accounting and taxation", "Rechnungs- und Steuerwesen"),
        Field("0412", "Finance, banking and insurance", "Finanz-, Bank- und Versicherungswesen"),
        Field("0413", "Management and administration", "Management und Verwaltung"),
        Field("0414", "Marketing and advertising", "Marketing und Werbung"),
        Field("0415", "Secretarial and office work", "Sekretariats- und Büroarbeit"),
        Field("0416", "Wholesale and retail sales", "Groß- und Einzelhandel"),
        Field("0417", "Work skills", "Kompetenzen für die Arbeitswelt"),
        Field(
            "0419",
            "Business and administration not elsewhere classified",
            "Wirtschaft und Verwaltung, nicht andernorts eingeordnet",
        ),
        Field(
            "0488",
            "Inter-disciplinary: business, administration and law",
            "Interdisziplinär: Wirtschaft, Verwaltung und Recht",
        ),
    )
}

# Narrow field -> the highest detailed field in it (0 and 9 exist beside these in every one).
_HIGHEST_DETAIL: dict[str, int] = {
    "001": 1,
    "002": 1,
    "003": 1,
    "011": 4,
    "021": 5,
    "022": 3,
    "023": 2,
    "031": 4,
    "032": 2,
    "041": 7,
    "042": 1,
    "051": 2,
    "052": 2,
    "053": 3,
    "054": 2,
    "061": 3,
    "071": 6,
    "072": 4,
    "073": 2,
    "081": 2,
    "082": 1,
    "083": 1,
    "084": 1,
    "091": 7,
    "092": 3,
    "101": 5,
    "102": 2,
    "103": 2,
    "104": 1,
}
_BROAD = frozenset(narrow[:2] for narrow in _HIGHEST_DETAIL)
_UNKNOWN_FIELD = "9999"
_ACROSS_THE_BROAD_FIELD = frozenset({"00", "88", "99"})
_UNSPECIFIC_DETAIL = frozenset("09")
_FOUR_DIGITS = re.compile(r"[0-9]{4}")
_NARROW_LENGTH = 3
# What a printed three-digit code most likely stands for at a faculty of economics.
_MEANT = {"041": ("0410", "0413"), "031": ("0311",)}


def problem(code: str) -> IscedProblem | None:
    """Tell why `code` is not a field of study; None when it is one."""
    if code in _HIGHEST_DETAIL:
        return IscedProblem.NARROW_FIELD
    if _FOUR_DIGITS.fullmatch(code) is None:
        return IscedProblem.NOT_FOUR_DIGITS
    return None if _exists(code) else IscedProblem.UNKNOWN


def is_valid(code: str) -> bool:
    """Tell whether `code` is four digits and names a field of ISCED-F 2013."""
    return problem(code) is None


def suggestions(code: str) -> tuple[str, ...]:
    """Return four-digit codes a three-digit one may stand for: "041" -> ("0410", "0413").

    Empty for anything but a known narrow field.
    """
    if code not in _HIGHEST_DETAIL:
        return ()
    return _MEANT.get(code, (f"{code}0",))


def label(code: str, language: str = "en") -> str:
    """Return the name of a field in use ("en" or "de"); the code itself where we have no name."""
    field = FIELDS.get(code)
    if field is None:
        return code
    return field.label_de if language.startswith("de") else field.label_en


def matches(agreement_code: str, degree_code: str) -> bool:
    """Tell whether a degree's field is covered by an agreement's.

    Empty agreement code: any subject. Otherwise the codes are equal, or one of them leaves room:
    an agreement "not further defined" ("0410") covers its narrow field; "0400" and "0488" cover
    their broad field; an inter-disciplinary degree ("0388") is covered by every agreement of its
    broad field, for it studies that subject as well. A degree code that is no field of study
    matches only an agreement for any subject.
    """
    if not agreement_code:
        return True
    if not is_valid(degree_code):
        return False
    if agreement_code == degree_code:
        return True
    same_broad_field = agreement_code[:2] == degree_code[:2]
    if agreement_code[2:] in {"00", "88"} or degree_code[2:] == "88":
        return same_broad_field
    return agreement_code.endswith("0") and (
        agreement_code[:_NARROW_LENGTH] == degree_code[:_NARROW_LENGTH]
    )


def _exists(code: str) -> bool:
    if code == _UNKNOWN_FIELD:
        return True
    if code[:2] in _BROAD and code[2:] in _ACROSS_THE_BROAD_FIELD:
        return True
    highest = _HIGHEST_DETAIL.get(code[:_NARROW_LENGTH])
    if highest is None:
        return False
    return code[-1] in _UNSPECIFIC_DETAIL or 1 <= int(code[-1]) <= highest
