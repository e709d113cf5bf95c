"""One spelling for all ways to type a name: "Göteborg", "Goteborg" and "Goeteborg". Pure.

Letters lose their accents and their case, and the digraphs that stand for an umlaut or a ring
(ae, oe, ue, aa) become their first letter. `partners.directory.searching` does the same to columns.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# In this order: each is replaced in what the one before left.
DIGRAPHS = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"))
# What Unicode does not take apart.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_AROUND_WORDS = " ,;.:()[]/|\"'„“”«»"


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return the text in the one spelling names are compared in."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    bare = bare.translate(_LETTERS)
    for digraph, letter in DIGRAPHS:
        bare = bare.replace(digraph, letter)
    return bare


def in_name_order(choices: Iterable[tuple[str, object]]) -> list[tuple[str, str]]:
    """Return choices by their name as people look it up: Évora stands beside Evora."""
    named = ((value, str(name)) for value, name in choices)
    return sorted(named, key=lambda choice: (folded(choice[1]), choice[0]))


def words_of(text: str) -> list[str]:
    """Return the different words of a search, without those that others contain."""
    words = dict.fromkeys(word.strip(_AROUND_WORDS) for word in text.casefold().split())
    return [
        word
        for word in words
        if word and not any(word in other for other in words if other != word)
    ]
