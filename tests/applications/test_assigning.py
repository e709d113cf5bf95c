"""How the reading is shared out: the rule alone, then with two who do it at once."""

from __future__ import annotations

from collections import Counter
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from applications import selection
from applications.models import Application, Assignment
from applications.selection import ToRead, shared_out
from applications.states import State
from tests import factories
from tests.applications.desk import hand_in


@pytest.mark.parametrize(
    ("to_read", "readers", "each", "load", "expected"),
    [
        ([ToRead(1, 9), ToRead(2, 9), ToRead(3, 9)], [7, 8], 1, {}, [(1, 7), (2, 8), (3, 7)]),
        ([ToRead(1, 9), ToRead(2, 9)], [7, 8], 1, {7: 2}, [(1, 8), (2, 8)]),
        ([ToRead(1, 9), ToRead(2, 9)], [7, 8], 2, {}, [(1, 7), (1, 8), (2, 7), (2, 8)]),
        ([ToRead(1, 7), ToRead(2, 9)], [7, 8], 1, {}, [(1, 8), (2, 7)]),
        ([ToRead(1, 7)], [7], 1, {}, []),
        ([ToRead(1, 9, frozenset({7}))], [7, 8], 1, {7: 1}, []),
        ([ToRead(1, 9, frozenset({7}))], [7, 8], 2, {7: 1}, [(1, 8)]),
        ([ToRead(1, 9, frozenset({5}))], [7, 8], 1, {5: 1}, [(1, 7)]),  # 5 was not asked for
        ([ToRead(1, 9)], [], 1, {}, []),
    ],
)
def test_reading_is_shared_out_by_who_has_the_fewest(to_read, readers, each, load, expected):
    assert shared_out(to_read, readers, each=each, load=load) == expected


@given(count=st.integers(0, 30), readers=st.integers(1, 6), each=st.integers(1, 6))
def test_shares_are_even_and_asking_again_adds_nothing(count, readers, each):
    to_read = [ToRead(pk, student=-1) for pk in range(count)]
    each = min(each, readers)

    pairs = shared_out(to_read, range(readers), each=each, load={})

    assert Counter(pk for pk, _reader in set(pairs)) == dict.fromkeys(range(count), each)
    shares = Counter(reader for _pk, reader in pairs)
    held = [shares[reader] for reader in range(readers)]
    assert max(held) - min(held) <= 1
    repeated = [
        ToRead(pk, -1, frozenset(reader for row, reader in pairs if row == pk))
        for pk in range(count)
    ]
    assert shared_out(repeated, range(readers), each=each, load=shares) == []


@pytest.mark.django_db
def test_only_who_may_read_is_assigned_and_only_what_is_read(coordinator, foreign_coordinator):
    call = factories.CallFactory.create(closed=True)
    open_one = hand_in(call, "A")
    gone = hand_in(call, "B", state=State.WITHDRAWN)
    elsewhere = hand_in(factories.CallFactory.create(closed=True), "C")
    now = timezone.now()

    made = selection.assign_readers(
        call,
        [open_one, gone, elsewhere],
        [foreign_coordinator, coordinator],
        each=1,
        by=coordinator,
        now=now,
    )

    assert made == 1
    assert list(
        Assignment.objects.values_list("application", "reader", "assigned_by", "assigned_at")
    ) == [(open_one.pk, coordinator.pk, coordinator.pk, now)]
    assert selection.assigned_in(call) == {coordinator.pk: 1}
    Application.objects.filter(pk=open_one.pk).update(state=State.WITHDRAWN)
    assert selection.assigned_in(call) == {}
    assert selection.take_away(call, [open_one, elsewhere], [coordinator]) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_share_out_at_once_make_no_assignment_twice(coordinator, faculty):
    colleague = factories.CoordinatorFactory.create(faculty=faculty)
    call = factories.CallFactory.create(closed=True)
    rows = [hand_in(call, f"A{number}") for number in range(6)]
    made = []

    def share_out(by):
        try:
            made.append(
                selection.assign_readers(
                    call, rows, [coordinator, colleague], each=1, by=by, now=timezone.now()
                )
            )
        finally:
            connection.close()

    threads = [Thread(target=share_out, args=[by]) for by in (coordinator, colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(made) == [0, 6]
    assert selection.assigned_in(call) == {coordinator.pk: 3, colleague.pk: 3}
