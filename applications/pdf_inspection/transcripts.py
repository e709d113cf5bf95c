"""Whether a transcript reads like one that anyone can check: the campus system's data sheet.

The sheet says that it can be verified and prints the password for it (DOMAIN, documents).
"""

from __future__ import annotations

import re
import unicodedata

_NEGATED = re.compile(
    r"\b(?:nicht|not|kein\w*)\s+(?:über|ueber|nach)?"
    r"(?:prüfbar|pruefbar|verifizierbar|verifiable|checkable)",
    re.IGNORECASE,
)
_CHECKABLE = re.compile(
    r"verifi[zkec]|verify|(?:über|ueber|nach)?(?:prüf|pruef)bar"
    r"|echtheit|authentizität (?:de[rs]|dieser?s?) |authenticity"
    r"|checkable|to check this|can be (?:checked|validated)|validierung|dokumenten?prüfung"
    r"|(?:kann|können|lässt|lassen)\b[\s\S]{0,160}?prüf(?:t|en)\b"
    r"|zur (?:über|nach)prüfung|überprüfung de[rs] ",
    re.IGNORECASE,
)
_LABEL = (
    r"\b(?:(?:\w*passwor[dt]|\w*kennwort|tan|pin)"
    r"|(?:\w*prüf|\w*pruef|verifi[zkc]\w*|validierungs|kontroll|echtheits|zugangs|sicherheits)"
    r"[\s-]?(?:code|key|id|nummer|number|schlüssel|ziffer|kennung|summe)"
    r"|(?:access|security|document|dokumenten?|beleg)[\s-]?(?:code|id|key|number|nummer))\b"
)
# After a colon any word will do; else it must look like no word of a sentence.
_SAID = r"[^:=\n]{0,40}[:=]\s*\S{4,}"
_CODE = r"(?=[\w-]*\d)(?=[\w-]*[^\W\d_])[\w-]{6,32}(?!\w)"
_BESIDE = r"[\s„“\"'(]{1,12}(?=\S*(?:\d|(?-i:[a-z][A-Z])))\S{4,}"
# In a table a column of labels may be read before the column of values.
_IN_TABLE = r"[\s\S]{1,80}?(?<!\w)" + _CODE
_MEANS = re.compile(rf"{_LABEL}(?:{_SAID}|{_BESIDE}|{_IN_TABLE})", re.IGNORECASE)
# Words too common to mean anything far from the sentence about checking.
_NEAR = 160
_KEY_NEARBY = re.compile(
    r"\b(?:code|key|schlüssel|id|nummer|number)\b"
    rf"(?:[^:=\n]{{0,20}}[:=]\s*(?=\S*\d)\S{{4,}}|\s{{1,4}}{_CODE})",
    re.IGNORECASE,
)


def is_verifiable(text: str) -> bool:
    """Return whether the text says that it can be checked, and with what."""
    text = _NEGATED.sub(" ", unicodedata.normalize("NFKC", text))
    said = list(_CHECKABLE.finditer(text))
    if not said:
        return False
    return bool(_MEANS.search(text)) or any(
        _KEY_NEARBY.search(text, max(found.start() - _NEAR, 0), found.end() + _NEAR)
        for found in said
    )
