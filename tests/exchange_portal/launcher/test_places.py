"""Directories, sockets and state that belongs to one run."""

import fcntl
import stat
from pathlib import Path

import pytest

from exchange_portal.launcher import places
from exchange_portal.launcher.instance import throwaway_state
from exchange_portal.launcher.messages import Refusal


@pytest.mark.parametrize("name", ["d" * 120, "Upper"])
def test_sockets_go_to_a_short_private_directory_when_the_path_does_not_do(tmp_path, name):
    state = tmp_path / name
    chosen = places.socket_directory(state)
    try:
        mode = stat.S_IMODE(chosen.stat().st_mode)
        assert (mode, str(chosen)) == (0o700, str(chosen).lower())
        assert len(str(chosen)) < 60
        chosen.chmod(0o755)  # as if somebody had been there first
        with pytest.raises(Refusal, match="is not a private directory of ours"):
            places.socket_directory(state)
    finally:
        chosen.rmdir()


def test_sockets_stay_in_a_state_directory_that_does(monkeypatch):
    monkeypatch.setattr(places, "make_directory", lambda path: path)
    assert places.socket_directory(Path("/srv/portal/.portal")) == Path("/srv/portal/.portal/run")


def test_throwaway_state_removes_what_killed_runs_left_and_nothing_else(tmp_path):
    for name in ("dead", "alive"):
        (tmp_path / "runs" / name / "run").mkdir(parents=True)
        (tmp_path / "runs" / name / "run" / "services.lock").touch()
    with (tmp_path / "runs" / "alive" / "run" / "services.lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with throwaway_state(tmp_path) as state:
            assert {path.name for path in (tmp_path / "runs").iterdir()} == {"alive", state.name}
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["alive"]
