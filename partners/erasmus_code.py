"""Form of an Erasmus institutional code (EXPORTS.md, identifiers). Pure."""

from __future__ import annotations

import re

# Country part of three characters (padded with spaces), city, number: "D  BOCHUM01", "IRLCORK01".
PATTERN = r"^(IRL|LUX|[A-Z]{2} |[A-Z]  )[A-Z][A-Z-]*[A-Z]\d{2,3}$"

# Country part of the code -> ISO 3166 alpha-2. The code has its own letters for many countries.
_COUNTRIES = {
    "A": "AT",
    "B": "BE",
    "D": "DE",
    "E": "ES",
    "F": "FR",
    "G": "GR",
    "I": "IT",
    "IRL": "IE",
    "LUX": "LU",
    "N": "NO",
    "P": "PT",
    "S": "SE",
    "SF": "FI",
    "UK": "GB",
    **{
        code: code
        for code in (
            *("BG", "CH", "CY", "CZ", "DK", "EE", "HR", "HU", "IS", "LI", "LT"),
            *("LV", "MK", "MT", "NL", "PL", "RO", "RS", "SI", "SK", "TR"),
        )
    },
}

_FORM = re.compile(PATTERN)
_PARTS = re.compile(r"^\s*(IRL|LUX|[A-Z]{1,2})\s*([A-Z][A-Z-]*[A-Z]\d{2,3})\s*$")


def is_valid(code: str) -> bool:
    """Tell whether `code` has the form of an Erasmus code, spaces included."""
    return bool(_FORM.fullmatch(code))


def normalise(code: str) -> str:
    """Return `code` in upper case with the spaces the form wants.

    Raises ValueError when it cannot be an Erasmus code: then a person has to look.
    """
    upper = code.upper()
    if is_valid(upper):
        return upper
    parts = _PARTS.fullmatch(upper) if " " in upper.strip() else None
    if parts is None:
        raise ValueError(f"{code!r} is not an Erasmus code such as 'D  BOCHUM01'.")
    return f"{parts[1]:<3}{parts[2]}"


def country(code: str) -> str | None:
    """Return the ISO alpha-2 country a valid code belongs to; None where we do not know it."""
    return _COUNTRIES.get(code[:3].strip()) if is_valid(code) else None
