"""Colours keep the contrast that WCAG 2.2 AA asks for, in the light and the dark scheme."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text(encoding="utf-8")
TEXT = 4.5
CONTROL = 3.0
PAIRS = [
    *[
        (text, ground, TEXT)
        for ground in ("ground", "surface", "sunken")
        for text in ("text", "muted", "action", "action-strong", "danger", "warning", "success")
    ],
    ("on-action", "action", TEXT),
    ("on-action", "action-strong", TEXT),
    ("action", "action-soft", TEXT),
    ("on-brand", "brand", TEXT),
    ("on-brand", "brand-deep", TEXT),
    ("on-brand-quiet", "brand", TEXT),
    *[(tone, f"{tone}-soft", TEXT) for tone in ("neutral", "info", "success", "warning", "danger")],
    *[("text", f"{tone}-soft", TEXT) for tone in ("info", "success", "warning", "danger")],
    ("line-strong", "surface", CONTROL),
    ("line-strong", "ground", CONTROL),
    ("focus", "ground", CONTROL),
    ("focus", "surface", CONTROL),
    ("route", "brand", CONTROL),
    ("route", "brand-deep", CONTROL),
]


def colours(scheme: int) -> dict[str, str]:
    """Return the colour of each token; `scheme` is 0 for light, 1 for dark."""
    found = {}
    for name, value in re.findall(r"--c-([a-z-]+): ([^;]+);", TOKENS):
        values = re.findall(r"#[0-9a-f]{6}", value)
        if values:
            found[name] = values[scheme if len(values) > 1 else 0]
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_keep_their_contrast(scheme):
    known = colours(scheme)

    weak = {
        (text, ground): round(contrast(known[text], known[ground]), 2)
        for text, ground, least in PAIRS
        if contrast(known[text], known[ground]) < least
    }

    assert weak == {}


def test_styles_ask_for_nothing_from_elsewhere():
    for sheet in (Path(settings.BASE_DIR) / "static/css").glob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert re.findall(r"@import|https?:|@font-face", text) == [], sheet.name
