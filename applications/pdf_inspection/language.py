"""Which language a text is written in, offline."""

from __future__ import annotations

from functools import cache
from typing import Any

# Below this the model guesses: names, places and dates are much of a short text.
MIN_WORDS = 25
MIN_PROBABILITY = 0.5
_NOT_A_LANGUAGE = frozenset({"zxx", "und"})


@cache
def model() -> Any:  # noqa: ANN401 - py3langid has no types
    """Load the model: 0.4 s and 70 MB once, so only where a language is asked for."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - costly import

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(text: str, words: int) -> str:
    """Return the ISO 639 code of the main language; empty when there is too little to tell."""
    if words < MIN_WORDS:
        return ""
    language, probability = model().classify(text)
    if probability < MIN_PROBABILITY or language in _NOT_A_LANGUAGE:
        return ""
    return str(language)
