"""`manage.py inspect_pdf`: one line of JSON a file, whatever the files are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests import pdfs

ROOT = Path(__file__).resolve().parents[2]


def _inspected(capsys, *files):
    call_command("inspect_pdf", *map(str, files))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_file_gets_its_line_in_order(capsys, tmp_path):
    letter, bomb = tmp_path / "letter.pdf", tmp_path / "bomb.pdf"
    letter.write_bytes(pdfs.letter(pages=2))
    bomb.write_bytes(pdfs.bomb())
    missing = tmp_path / "missing.pdf"
    lines = _inspected(capsys, letter, missing, bomb, tmp_path)
    for line in lines:
        assert 0 <= line.pop("seconds") < 10
    common = {"ok": False, "pages": None, "encrypted": False}
    assert lines == [
        {
            "file": str(letter),
            "ok": True,
            "findings": [],
            "pages": 2,
            "bytes": letter.stat().st_size,
            "encrypted": False,
        },
        common | {"file": str(missing), "findings": ["not_readable"], "bytes": 0},
        common | {"file": str(bomb), "findings": ["not_inspectable"], "bytes": bomb.stat().st_size},
        common | {"file": str(tmp_path), "findings": ["not_readable"], "bytes": 0},
    ]


def test_soft_finding_leaves_the_file_ok(capsys, tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdfs.scan())
    (line,) = _inspected(capsys, path)
    assert (line["ok"], line["findings"]) == (True, ["no_text"])


def test_no_file_is_one_sentence():
    with pytest.raises(CommandError, match=r"^Name at least one file to inspect\.$") as refused:
        call_command("inspect_pdf")
    assert refused.value.returncode == 2


def test_command_needs_no_database_and_exits_with_zero(tmp_path):
    path = tmp_path / "encrypted.pdf"
    path.write_bytes(pdfs.encrypted())
    odd = os.fsencode(tmp_path) + b"/\xff\xfe.pdf"
    ended = subprocess.run(
        [sys.executable, "manage.py", "inspect_pdf", path, odd],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(line["findings"], line["encrypted"]) for line in lines] == [
        (["encrypted"], True),
        (["not_readable"], False),
    ]
