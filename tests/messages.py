"""Keeps the German catalogue in step with the sources, on a machine without gettext's tools.

    python -m tests.messages

adds the messages that are new (with an empty translation), takes out those no longer used, writes
the catalogue in its one form (sorted, without dates or places, so that it merges well), compiles
it, and prints what is still to translate and what in the sources can't be translated at all.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polib
from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("exchange_portal", "applications", "partners", "grants")
CATALOGUE = ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po"
COMPILED = CATALOGUE.with_suffix(".mo")
METADATA = {
    "Project-Id-Version": "exchange-portal",
    "Language": "de",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}
LINE_WIDTH = 100

# Each function's arguments that are text: what they are, in their order.
TEXTS_OF = {
    "gettext": ("msgid",),
    "gettext_lazy": ("msgid",),
    "gettext_noop": ("msgid",),
    "ngettext": ("msgid", "plural"),
    "ngettext_lazy": ("msgid", "plural"),
    "pgettext": ("context", "msgid"),
    "pgettext_lazy": ("context", "msgid"),
    "npgettext": ("context", "msgid", "plural"),
    "npgettext_lazy": ("context", "msgid", "plural"),
}
TRANSLATION = "django.utils.translation"

_STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
# What `templatize` leaves of a template besides blanks: calls with texts, then perhaps a count.
_CALL = re.compile(
    rf"\b(?P<name>n?p?gettext|_)\((?P<texts>{_STRING}(?:,\s*{_STRING})*)(?:,\s*count)?\)"
)
_TRANSLATE = re.compile(r"trans(?:late)?\s+(?P<argument>.+)", re.DOTALL)
PLACEHOLDER = re.compile(r"%%|%\(\w+\)[sd]|\{\w+\}")


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One text to translate; `plural` and `context` are empty where there are none."""

    msgid: str
    context: str = ""
    plural: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What gettext looks a message up by; its plural form is no part of it."""
        return self.msgid, self.context


@dataclass(frozen=True, slots=True)
class Fault:
    """A place in the sources no translation can reach, or two that contradict each other."""

    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Extraction:
    messages: tuple[Message, ...]
    faults: tuple[Fault, ...]


# -- reading the sources ---------------------------------------------------------------------------


def read_python(source: str, place: str) -> Iterator[Message | Fault]:
    """Yield the messages of a Python file, and a fault for each text that is no constant."""
    tree = ast.parse(source, place)
    functions = _imported_functions(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := functions.get(ast.unparse(node.func))):
            parts = TEXTS_OF[name]
            texts = [
                argument.value
                for argument in node.args[: len(parts)]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
            if len(texts) == len(parts):
                yield Message(**dict(zip(parts, texts, strict=True)))
            else:
                yield Fault(f"{place}:{node.lineno}", f"not a constant: {ast.unparse(node)}")


def _imported_functions(tree: ast.Module) -> dict[str, str]:
    """Return what the file calls each function of gettext: {"_": "gettext_lazy"}."""
    functions = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            called = alias.asname or alias.name
            if node.module == TRANSLATION and alias.name in TEXTS_OF:
                functions[called] = alias.name
            elif f"{node.module}.{alias.name}" == TRANSLATION:
                functions |= {f"{called}.{name}": name for name in TEXTS_OF}
    return functions


def read_template(source: str, place: str) -> Iterator[Message | Fault]:
    """Yield the messages of a template, and a fault for each `translate` of a variable."""
    for token in Lexer(source).tokenize():
        match = _TRANSLATE.fullmatch(token.contents)
        if token.token_type == TokenType.BLOCK and match and match["argument"][0] not in "\"'":
            yield Fault(f"{place}:{token.lineno}", f"not a constant: {token.contents}")
    for call in _CALL.finditer(templatize(source, origin=place)):
        parts = TEXTS_OF["gettext" if call["name"] == "_" else call["name"]]
        texts = ast.literal_eval(f"({call['texts']},)")
        yield Message(**dict(zip(parts, texts, strict=True)))


def python_files(root: Path) -> list[Path]:
    """Return our packages' files; migrations keep the texts of their day, nobody reads them."""
    files = [path for package in PACKAGES for path in (root / package).rglob("*.py")]
    return sorted(path for path in files if "migrations" not in path.parts)


def template_files(root: Path) -> list[Path]:
    """Return the templates of the project and of our packages."""
    folders = [root / "templates", *(root / package for package in PACKAGES)]
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in {".html", ".txt"} and "templates" in path.parts
    )


def _read_all(root: Path) -> Iterator[tuple[str, Message | Fault]]:
    for files, read in ((python_files(root), read_python), (template_files(root), read_template)):
        for path in files:
            place = str(path.relative_to(root))
            for found in read(path.read_text("utf-8"), place):
                yield place, found


def extract(root: Path = ROOT) -> Extraction:
    """Return every message of our own packages and templates, sorted, each once."""
    messages: dict[tuple[str, str], Message] = {}
    faults = []
    for place, found in _read_all(root):
        if isinstance(found, Fault):
            faults.append(found)
            continue
        known = messages.setdefault(found.key, found)
        if not known.plural:
            messages[found.key] = found
        elif found.plural not in {"", known.plural}:
            faults.append(Fault(place, f"another plural elsewhere: {found.msgid}"))
    return Extraction(tuple(sorted(messages.values())), tuple(faults))


# -- the catalogue ---------------------------------------------------------------------------------


def placeholders(text: str) -> list[str]:
    """Return the placeholders of a text, sorted; a doubled per cent sign is one of them."""
    return sorted(PLACEHOLDER.findall(text))


def is_translated(entry: polib.POEntry) -> bool:
    if entry.msgid_plural:
        return sorted(entry.msgstr_plural) == [0, 1] and all(entry.msgstr_plural.values())
    return bool(entry.msgstr)


def message_of(entry: polib.POEntry) -> Message:
    return Message(entry.msgid, entry.msgctxt or "", entry.msgid_plural or "")


def updated(catalogue: polib.POFile, messages: tuple[Message, ...]) -> polib.POFile:
    """Return a new catalogue of exactly these messages with the translations there are."""
    known = {(entry.msgid, entry.msgctxt or ""): entry for entry in catalogue}
    result = polib.POFile(wrapwidth=LINE_WIDTH)
    result.header = "German. Kept by `python -m tests.messages`; translate msgstr, nothing else."
    result.metadata = dict(METADATA)
    for message in messages:
        result.append(_entry(message, known.get(message.key)))
    return result


def _entry(message: Message, known: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(msgid=message.msgid, msgctxt=message.context or None)
    if known:
        entry.tcomment = known.tcomment
    if message.plural:
        entry.msgid_plural = message.plural
        entry.msgstr_plural = {0: "", 1: ""}
        if known and known.msgid_plural == message.plural:
            entry.msgstr_plural = dict(known.msgstr_plural)
    elif known:
        entry.msgstr = known.msgstr
    if placeholders(message.msgid + message.plural):
        entry.flags = ["python-format"]
    return entry


def read_catalogue(path: Path = CATALOGUE) -> polib.POFile:
    return polib.pofile(str(path), wrapwidth=LINE_WIDTH, encoding="utf-8")


def written(catalogue: polib.POFile) -> str:
    return str(catalogue).rstrip("\n") + "\n"


def write(catalogue: polib.POFile) -> None:
    """Write the catalogue and its compiled form; both are committed."""
    CATALOGUE.write_text(written(catalogue), "utf-8")
    COMPILED.write_bytes(catalogue.to_binary())


def main() -> int:
    extraction = extract()
    catalogue = updated(
        read_catalogue() if CATALOGUE.exists() else polib.POFile(), extraction.messages
    )
    write(catalogue)
    for fault in extraction.faults:
        sys.stdout.write(f"{fault.place}: {fault.what}\n")
    untranslated = [entry for entry in catalogue if not is_translated(entry)]
    for entry in untranslated:
        sys.stdout.write(f"not translated: {entry.msgid!r}\n")
    sys.stdout.write(f"{len(catalogue)} messages, {len(untranslated)} not translated\n")
    return 1 if extraction.faults or untranslated else 0


if __name__ == "__main__":
    sys.exit(main())
