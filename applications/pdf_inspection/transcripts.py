"""Whether a transcript reads like one that anyone can check: the campus system's data sheet.

The sheet says that it can be verified and prints the password for it (DOMAIN, documents).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

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
# Looks ahead so far and no further: a text without spaces would be read anew from each label.
_CODE = r"(?=[\w-]{0,31}\d)(?=[\w-]{0,31}[^\W\d_])[\w-]{6,32}(?!\w)"
_BESIDE = r"[\s„“\"'(]{1,12}(?=\S{0,63}(?:\d|(?-i:[a-z][A-Z])))\S{4,}"
_MEANS = re.compile(rf"{_LABEL}(?:{_SAID}|{_BESIDE})", re.IGNORECASE)
# In a table a column of labels may be read before the column of values, so far behind it.
_IN_TABLE = 80
_LABELS = re.compile(_LABEL, re.IGNORECASE)
_CODES = re.compile(rf"(?<!\w)(?={_CODE})")
# Words too common to mean anything far from the sentence about checking.
_NEAR = 160
_KEY_NEARBY = re.compile(
    r"\b(?:code|key|schlüssel|id|nummer|number)\b"
    rf"(?:[^:=\n]{{0,20}}[:=]\s*(?=\S{{0,63}}\d)\S{{4,}}|\s{{1,4}}{_CODE})",
    re.IGNORECASE,
)


def is_verifiable(text: str) -> bool:
    """Return whether the text says that it can be checked, and with what."""
    text = _NEGATED.sub(" ", unicodedata.normalize("NFKC", text))
    said = list(_CHECKABLE.finditer(text))
    if not said:
        return False
    return bool(_MEANS.search(text) or _stands_in_a_table(text)) or any(
        _KEY_NEARBY.search(text, max(found.start() - _NEAR, 0), found.end() + _NEAR)
        for found in said
    )


def _stands_in_a_table(text: str) -> bool:
    """Return whether a code stands behind a label, whatever is between them."""
    codes = [found.start() for found in _CODES.finditer(text)]
    for label in _LABELS.finditer(text):
        following = bisect_right(codes, label.end())
        if following < len(codes) and codes[following] <= label.end() + _IN_TABLE:
            return True
    return False
