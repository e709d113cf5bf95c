"""The forms of a page, read as a browser reads them. No Django, and no more than our pages need."""

import html
import re
from collections.abc import Mapping

_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_CONTROL = re.compile(r'<(input|select|option|textarea)\b((?:[^>"]|"[^"]*")*)>')


class Failed(Exception):  # noqa: N818 - reads as what happened
    """The portal did not answer as it has to."""


def attributes(written: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(written)}


class Form:
    """One form: where it is sent, what is sent, and what its lists and boxes offer."""

    def __init__(self, page: str, mark: str) -> None:
        """Read the first form whose tag holds `mark`."""
        match = re.search(rf"<form\b([^>]*{mark}[^>]*)>(.*?)</form>", page, re.DOTALL)
        if match is None:
            raise Failed(f"a page has no form with {mark}")
        self.action = attributes(match[1])["action"]
        self.sent: dict[str, list[str]] = {}
        self.offered: dict[str, set[str]] = {}
        self._names: set[str] = set()
        self._select = ""
        for control in _CONTROL.finditer(match[2]):
            written = control[2]
            if control[1] == "option":
                self._read_option(attributes(written).get("value", ""), written)
                continue
            about = attributes(written)
            name = about.get("name", "")
            self._names.add(name)
            if control[1] == "select":
                self._select, self.sent[name], self.offered[name] = name, [], set()
            elif control[1] == "textarea":
                end = match[2].index("</textarea>", control.end())
                self.sent[name] = [html.unescape(match[2][control.end() : end])]
            else:
                self._read_input(name, about, written)

    def _read_option(self, value: str, written: str) -> None:
        self.offered[self._select].add(value)
        # Without a choice the first one is sent.
        if re.search(r"\bselected\b", written) or not self.sent[self._select]:
            self.sent[self._select] = [value]

    def _read_input(self, name: str, about: Mapping[str, str], written: str) -> None:
        value = about.get("value", "")
        if about.get("type") in {"checkbox", "radio"}:
            self.offered.setdefault(name, set()).add(value)
            if re.search(r"\bchecked\b", written):
                self.sent.setdefault(name, []).append(value)
        elif about.get("type") != "file":
            self.sent[name] = [value]

    def choose(self, answers: Mapping[str, list[str]]) -> None:
        """Type or choose; what the page does not ask for or offer can't be."""
        for name, values in answers.items():
            if name not in self._names or not set(values) <= self.offered.get(name, set(values)):
                raise Failed(f"the page does not take {values} for {name}")
            self.sent[name] = values

    def pairs(self, **button: str) -> list[tuple[str, str]]:
        """Return what is sent, with the button that is pressed."""
        typed = [(name, value) for name, values in self.sent.items() for value in values]
        return [*typed, *button.items()]
