"""What a backup says about itself: its instant, its files and its tables, with sums to check."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

NAME = "manifest.json"
FORMAT = 1
PIECE = 2**20


class BackupRefused(Exception):  # noqa: N818 - reads as what happened
    """A backup can't be made or brought back; the text says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Table:
    """How many rows a table has, and a sum over all of them that does not depend on their order."""

    rows: int
    sum: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list of what is in a backup.

    `files` are names below `files/` with the sha256 of what was found there; `missing` the files
    that a row names and that were not there any more.
    """

    made_at: str
    postgresql: int
    dump_sha256: str
    dump_bytes: int
    files: dict[str, str]
    missing: list[str]
    tables: dict[str, Table]
    format: int = field(default=FORMAT)

    def unsound(self) -> list[str]:
        """Return the names of the files that were lost, or are not what was uploaded."""
        changed = [name for name, found in self.files.items() if not name.startswith(found)]
        return sorted([*self.missing, *changed])

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), indent=1, sort_keys=True)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the list of a backup. Raises BackupRefused when there is none that can be read."""
        try:
            said = json.loads((folder / NAME).read_text(encoding="utf-8"))
            tables = {name: Table(**facts) for name, facts in said.pop("tables").items()}
            manifest = cls(**said, tables=tables)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise BackupRefused(f"{folder} holds no backup that can be read.") from error
        if manifest.format != FORMAT:
            raise BackupRefused(
                f"{folder} was written by another version of the portal (format "
                f"{manifest.format}); this one reads format {FORMAT}."
            )
        return manifest


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
