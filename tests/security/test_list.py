"""The list of attacks in README.md: each is tried where it says, and each test here is on it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TESTS = HERE.parent
ROW = re.compile(
    r"\| (?P<attack>[^|]+) \| (?P<expected>[^|]+) \| `(?P<file>[\w/]+\.py)::(?P<test>\w+)` \|"
)
FEWEST = 60


def rows() -> list[re.Match[str]]:
    return list(ROW.finditer((HERE / "README.md").read_text(encoding="utf-8")))


def written_in(file: Path) -> set[str]:
    """Return the tests of a file, those in classes too."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_attack_is_tried_where_the_list_says():
    missing = [
        f"{row['file']}::{row['test']}"
        for row in rows()
        if not (TESTS / row["file"]).is_file() or row["test"] not in written_in(TESTS / row["file"])
    ]

    assert missing == []
    assert len({row["attack"] for row in rows()}) == len(rows()) >= FEWEST


def test_every_test_here_is_on_the_list():
    listed = {(row["file"], row["test"]) for row in rows()}
    unlisted = [
        f"{file.name}::{test}"
        for file in HERE.glob("test_*.py")
        if file != Path(__file__)
        for test in sorted(written_in(file))
        if (f"security/{file.name}", test) not in listed
    ]

    assert unlisted == []
