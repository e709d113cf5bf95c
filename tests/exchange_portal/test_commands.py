"""What every command says to arguments it can't take: one sentence, exit code 2."""

from __future__ import annotations

import pytest
from django.core.management import get_commands, load_command_class

REFUSED = {
    "import_partners": [],
    "review_call": [],
    "allocate": [],
    "inspect_pdf": [],
    "plan_calls": ["--on", "tomorrow"],
    "export_nominations": ["--call", "x"],
    "grant_role": ["somebody", "king"],
    "estimate_grant": ["--start", "2027-09-01", "--end", "2026-08-01", "--country", "FR"],
    "backup": [],
    "restore": ["--force", "somewhere"],
    "demo": ["--students", "many"],
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_arguments_get_one_sentence(name, capsys):
    command = load_command_class(get_commands()[name], name)

    with pytest.raises(SystemExit) as refused:
        command.run_from_argv(["manage.py", name, *REFUSED[name]])

    said = capsys.readouterr()
    assert refused.value.code == 2
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1
