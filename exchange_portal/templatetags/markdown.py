"""Markdown of the office and of faculties as HTML that can do no harm, for every template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django import template
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token

register = template.Library()

SCHEMES = frozenset({"http", "https", "mailto"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
LOWEST = 6  # HTML has no <h7>


class _HarmlessMarkdown(MarkdownIt):
    """CommonMark without HTML and pictures; links lead to pages and mailboxes only."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False})
        self.disable(["html_block", "html_inline", "image"])

    def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it-py's name
        scheme = _SCHEME.match(url)
        if scheme is not None:
            return scheme[1].lower() in SCHEMES
        return not url.startswith("//")  # another site that looks like a place of ours


_MARKDOWN = _HarmlessMarkdown()


@register.filter
def markdown(text: str, highest: int = 3) -> SafeString:
    """Turn Markdown into HTML whose headings begin at `highest` and leave out no level.

    What is outside of Markdown stays text: HTML is shown, not run.
    """
    tokens = _MARKDOWN.parse(text)
    _put_headings_below(tokens, highest)
    # HTML in the text was escaped and each link checked: what is left is ours.
    return SafeString(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _put_headings_below(tokens: Iterable[Token], highest: int) -> None:
    """Rename headings by how deep they lie in each other, whatever levels the author typed."""
    open_levels: list[int] = []
    tag = ""
    for token in tokens:
        if token.type == "heading_open":
            typed = int(token.tag.removeprefix("h"))
            while open_levels and open_levels[-1] >= typed:
                open_levels.pop()
            open_levels.append(typed)
            tag = f"h{min(highest + len(open_levels) - 1, LOWEST)}"
        if token.type in {"heading_open", "heading_close"}:
            token.tag = tag
