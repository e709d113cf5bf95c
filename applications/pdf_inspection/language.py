"""Which language a text is written in, offline."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

# Below this the model guesses: names, places and dates are much of a short text.
MIN_WORDS = 25
MIN_PROBABILITY = 0.5
# So many words of running text are enough to leave out the names between them.
_MIN_RUNNING = 12
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NOT_A_LANGUAGE = frozenset({"zxx", "und"})


@cache
def model() -> Any:  # noqa: ANN401 - py3langid has no types
    """Load the model: 0.4 s and 70 MB once, so only where a language is asked for."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - costly import

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(text: str, words: int) -> str:
    """Return the ISO 639 code of the main language; empty when there is too little to tell."""
    if words < MIN_WORDS or not (sample := _running_text(text)):
        return ""
    language, probability = model().classify(sample)
    if probability < MIN_PROBABILITY or language in _NOT_A_LANGUAGE:
        return ""
    return str(language)


def _running_text(text: str) -> str:
    """Return the words that begin with a small letter; names and addresses tell no language.

    All words of a text in capitals; nothing of one that is mostly names. Scripts without
    capitals are taken as they are.
    """
    apart = (word for word in text.split() if "@" not in word and "/" not in word)
    words = _WORD.findall(" ".join(apart))
    running = [word for word in words if not word[0].isupper()]
    if len(running) >= _MIN_RUNNING:
        return " ".join(running)
    shouted = [word for word in words if word.isupper()]
    return " ".join(words) if len(shouted) * 2 > len(words) else ""
