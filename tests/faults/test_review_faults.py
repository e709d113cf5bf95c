"""The review of a round, disturbed in every way: afterwards each row is as if nothing had been.

What is compared stands in outcome.py: applications and their moves, the run and every review with
its findings, mails and what was delivered, and how often a call was closed and a review written.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.models import F, Sum

from applications.models import SubmissionReview
from tests.faults.pattern import DRAFTS, SUBMISSIONS
from tests.real_workers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange_portal.processes import Supervisor
    from tests.faults.room import Scenario

# The tables are copied from the tests' database, which is made for tests that are marked.
pytestmark = pytest.mark.django_db

KILLS = 10
OF_THE_WHOLE_WORKER = {4, 8}
SECONDS_WITHOUT_BROKER = 20


@contextlib.contextmanager
def in_the_middle(
    scenario: Scenario, supervisor: Supervisor, *, reviews: int = 2
) -> Iterator[None]:
    """Do something while so many reviews are under way at once and none of them can end."""
    with scenario.held():
        eventually(
            lambda: len(scenario.in_review()) == reviews, f"{reviews} reviews at once", supervisor
        )
        yield


def goes_on(supervisor: Supervisor, *, beyond: int) -> None:
    """Wait until more reviews are written than those that were in the middle."""
    before = reviewed() + beyond
    eventually(lambda: reviewed() > before, "the review goes on", supervisor)


def reviewed() -> int:
    return SubmissionReview.objects.filter(state=SubmissionReview.State.DONE).count()


def begun_again() -> int:
    """Count how often a review was begun that had been begun before."""
    return SubmissionReview.objects.aggregate(again=Sum(F("attempts") - 1))["again"]


def children_of(parent: int) -> list[int]:
    """Return the processes the worker forked to do its tasks."""
    pids = sorted(int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if state_and_parent(pid)[1:] == [str(parent)]]


def lives(pid: int) -> bool:
    return state_and_parent(pid)[:1] not in ([], ["Z"])


def state_and_parent(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:  # it ended
        return []


def kill_worker(supervisor: Supervisor, *, child: int | None) -> None:
    """Kill -9 one of the worker's two children, or with None the worker: they die with it."""
    worker = supervisor.pid_of("worker")
    children = children_of(worker)
    assert len(children) == 2
    os.kill(worker if child is None else children[child], signal.SIGKILL)
    ended = children if child is None else [children[child]]
    eventually(lambda: not any(map(lives, ended)), "they died", supervisor)


def test_undisturbed_round_is_reviewed(undisturbed):
    """What the others are compared with holds something of everything."""
    states = sorted(undisturbed.applications.values())
    assert states == ["lapsed"] * DRAFTS + ["under_review"] * (SUBMISSIONS - 1) + ["withdrawn"]
    assert [review["codes"] for review in undisturbed.reviews if review["codes"]] == [
        ["damaged"],
        ["same_letter_elsewhere"],
        ["same_letter_elsewhere"],
    ]
    assert {review["state"] for review in undisturbed.reviews} == {"done"}
    assert undisturbed.runs == ["done"]
    # A mail for each draft that lapsed, and one to the coordinator.
    assert len(undisturbed.mails) == len(undisturbed.delivered) == DRAFTS + 1
    assert set(undisturbed.delivered.values()) == {1}
    assert set(undisturbed.effects.values()) == {1}
    assert len(undisturbed.effects) == len(undisturbed.reviews) + 1


def test_workers_killed_ten_times(scenario, undisturbed):
    chance = Random(4)
    with scenario.working() as supervisor:
        for number in range(1, KILLS + 1):
            with in_the_middle(scenario, supervisor):
                time.sleep(chance.uniform(0, 0.3))
                struck = scenario.in_review()
                whole = number in OF_THE_WHOLE_WORKER
                kill_worker(supervisor, child=None if whole else chance.randrange(2))
            eventually(
                lambda struck=struck: struck.isdisjoint(scenario.in_review()),
                "PostgreSQL let go of them",
                supervisor,
            )
        assert reviewed() < len(undisturbed.reviews)
        found = scenario.outcome(supervisor)

    assert found == undisturbed
    # The other child of a worker that was killed had a review in hand too.
    assert begun_again() >= KILLS + len(OF_THE_WHOLE_WORKER)


def test_database_restarted_and_broker_away(scenario, undisturbed):
    """The broker is away for twenty seconds, and later starts without anything it had stored."""
    with scenario.working() as supervisor:
        with in_the_middle(scenario, supervisor):
            scenario.servers.do("kill database")
            time.sleep(2)
        scenario.servers.do("start database")
        connection.close()
        goes_on(supervisor, beyond=0)
        with in_the_middle(scenario, supervisor):
            scenario.servers.do("kill broker")
            time.sleep(SECONDS_WITHOUT_BROKER)
            scenario.servers.do("start broker")
        goes_on(supervisor, beyond=2)
        with in_the_middle(scenario, supervisor):
            for words in ("kill broker", "forget", "start broker"):
                scenario.servers.do(words)
        assert reviewed() < len(undisturbed.reviews)
        found = scenario.outcome(supervisor)

    assert found == undisturbed


def test_two_workers_and_two_beats(scenario, undisturbed):
    with scenario.working(pairs=2) as supervisor:
        with in_the_middle(scenario, supervisor, reviews=4):
            pass
        found = scenario.outcome(supervisor)

    assert found == undisturbed
