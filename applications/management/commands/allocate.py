"""Run the pure allocation on a file: JSON in, JSON out, no database."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.management.base import CommandError

from applications.allocation import MalformedInstance, allocate, canonical_json
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser

_BAD_INPUT = 2


class Command(OneSentenceCommand):
    """Exit 0 with a result, also an infeasible or invalid one; exit 2 when nothing was written."""

    help = "Allocate places by the rules of schema alloc/1 and write the result as JSON."
    # Needs neither the database nor any setting: it must work where the portal does not.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.json", help="the instance; - reads stdin")
        parser.add_argument(
            "-o", "--output", metavar="OUT.json", help="write here instead of standard output"
        )

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        file: str = options["file"]
        name = "Standard input" if file == "-" else file
        instance = _parse(name, _read(file, name))
        try:
            result = allocate(instance)
        except MalformedInstance as error:
            _refuse(f"{name} is no alloc/1 instance: {error}", error)
        text = canonical_json(result) + "\n"
        output: str | None = options["output"]
        if output is None or output == "-":
            self._print(text)
        else:
            _write(output, text.encode())

    def _print(self, text: str) -> None:
        # UTF-8 whatever the terminal speaks; a captured output (tests) takes the text itself.
        binary = getattr(self.stdout, "buffer", None)
        if sys.stdout is None:
            raise CommandError("Standard output is closed.", returncode=_BAD_INPUT)
        if binary is None:
            self.stdout.write(text, ending="")
            return
        try:
            binary.write(text.encode())
            binary.flush()
        except OSError as error:
            # The rest would be tried once more at the end of the program, with a traceback.
            os.dup2(os.open(os.devnull, os.O_WRONLY), binary.fileno())
            _refuse(f"Standard output can't be written: {_reason(error)}.", error)


def _refuse(sentence: str, cause: Exception) -> NoReturn:
    raise CommandError(sentence, returncode=_BAD_INPUT) from cause


def _read(file: str, name: str) -> bytes:
    if file == "-" and sys.stdin is None:
        raise CommandError("Standard input is closed.", returncode=_BAD_INPUT)
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except (OSError, ValueError) as error:
        _refuse(f"{name} can't be read: {_reason(error)}.", error)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _parse(name: str, data: bytes) -> Any:  # noqa: ANN401 - any JSON; allocate checks the shape
    try:
        return json.loads(data, object_pairs_hook=_object, parse_constant=_no_number)
    except RecursionError as error:
        _refuse(f"{name} is nested too deeply.", error)
    except UnicodeDecodeError as error:
        _refuse(f"{name} is not UTF-8 text.", error)
    except (json.JSONDecodeError, _AmbiguousError) as error:
        _refuse(f"{name} is not JSON: {error}.", error)
    except ValueError as error:
        # Python stops converting at some thousand digits: the time grows with their square.
        _refuse(f"{name} holds a number of too many digits.", error)


class _AmbiguousError(ValueError):
    """Text that some read as JSON, and each in another way."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a repeated key: which of the two values counts would be chance."""
    entries = dict(pairs)
    if len(entries) != len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                raise _AmbiguousError(f"the key {key[:40]!a} stands twice in one object")
            seen.add(key)
    return entries


def _no_number(word: str) -> NoReturn:
    raise _AmbiguousError(f"{word} is no number")


def _write(output: str, data: bytes) -> None:
    try:
        # A link stays one.
        _replace(Path(os.path.realpath(output)), data)
    except (OSError, ValueError) as error:
        named = output or "A file without a name"
        _refuse(f"{named} can't be written: {_reason(error)}.", error)


def _replace(path: Path, data: bytes) -> None:
    """Write all or nothing: a reader never sees half a result."""
    if path.exists() and not path.is_file():
        # A device or a pipe can only be written to, not replaced.
        path.write_bytes(data)
        return
    # Not made of the file's own name, which may be as long as the system allows.
    partial = path.with_name(f".allocate-{os.getpid()}.partial")
    try:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
