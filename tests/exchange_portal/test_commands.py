"""What every command says to arguments it can't take: one sentence, exit code 2."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

REFUSED = {
    "import_partners": [],
    "review_call": [],
    "allocate": [],
    "inspect_pdf": [],
    "plan_calls": ["--on", "tomorrow"],
    "export_nominations": ["--call", "x"],
    "grant_role": ["somebody", "king"],
    "estimate_grant": ["--start", "2027-09-01", "--end", "2026-08-01", "--country", "FR"],
    "demo": ["--students", "many"],
}


@pytest.mark.parametrize("command", REFUSED)
def test_bad_arguments_get_one_sentence(command):
    answer = subprocess.run(
        [sys.executable, "manage.py", command, *REFUSED[command]],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PORTAL_DEMO": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert len(answer.stderr.strip().splitlines()) == 1
