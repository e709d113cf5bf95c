"""What the board remembers: exact as long as nothing changed, forgotten with any change."""

from __future__ import annotations

import re

import pgtrigger
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from applications import selection
from applications.admin.board import remembered
from applications.admin.board.stamps import READ, stamp_of
from applications.models import (
    CallHost,
    Directive,
    HostWeight,
    LanguageSkill,
    PreferenceVerdict,
    Score,
)
from tests import factories
from tests.applications.desk import page
from tests.applications.rounds import application, closed_call, publish, score_all

# Names alone, and no answer holds any.
PEOPLE = "applications_user"


def make(coordinator):
    """Return a ranked call with a move, an own order, a forbid and a wish that was taken out."""
    call = closed_call([[0, 1], [0], [0, 1]], seats=[6, 6])
    score_all(call, coordinator, ["9", "7", "5"])
    first, second = call.hosts.order_by("pk")
    HostWeight.objects.create(host=first, criterion=call.criteria.get(key="motivation"), weight=1)
    PreferenceVerdict.objects.create(
        application=application(call, 2), host=second, reason="Full.", decided_by=coordinator
    )
    application(call, 0).directives.create(
        kind="forbid", host=second, reason="Was there.", made_by=coordinator
    )
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    selection.move_application(
        application(call, 2),
        ahead_of=application(call, 1),
        reason="Why",
        by=coordinator,
        now=timezone.now(),
        seen=1,
    )
    return call


def works_out(call):
    """Return the tables that are read when an answer is worked out."""
    ranking = selection.latest_ranking(call)
    closed = remembered.closed_now(call, timezone.now())
    with CaptureQueriesContext(connection) as asked:
        remembered._work_out(call, ranking, closed, with_standing=True)
    return set(re.findall(r'(?:FROM|JOIN) "(\w+)"', " ".join(row["sql"] for row in asked)))


@pytest.mark.django_db
def test_every_row_that_is_read_is_in_the_stamp(coordinator):
    call = make(coordinator)
    read = works_out(call)
    publish(call, coordinator)
    first, second = call.hosts.order_by("pk")
    offered = application(call, 1).placements.get()
    rival = factories.CallHostFactory.create(
        agreement=first.agreement, call__programme=call.programme, seats=0
    )
    elsewhere = factories.PlacementFactory.create(application__call=rival.call, host=rival)
    rows = {
        "this_call": call,
        "programme": call.programme,
        "criteria": call.criteria.first(),
        "places": second,
        "own_weights": first.own_weights.get(),
        "agreements": second.agreement,
        "partners": second.agreement.host,
        "pools": second.agreement.pools.get(),
        "mine": application(call, 1),
        "handed_in": (submission := application(call, 1).submissions.get()),
        "wishes": submission.preferences.get(),
        "languages": LanguageSkill.objects.create(submission=submission, language="fr", level="B1"),
        "verdicts": PreferenceVerdict.objects.get(),
        "sheets": (sheet := application(call, 1).score_sheets.get()),
        "scores": sheet.scores.get(),
        "moves": application(call, 2).moves.get(),
        "lines": (ranking := selection.latest_ranking(call)).entries.first(),
        "decided": Directive.objects.get(),
        "placed": offered,
        "offered": factories.BetterOfferFactory.create(placement=offered, host=second),
        "taken": elsewhere,
        "held": factories.BetterOfferFactory.create(placement=elsewhere, host=rival),
    }
    read |= works_out(call)

    assert read - {PEOPLE} <= {part.model._meta.db_table for part in READ.values()}
    assert {name: type(row) for name, row in rows.items()} == {
        name: part.model for name, part in READ.items()
    }
    before = stamp_of(call, ranking)
    unseen = [name for name, row in rows.items() if _stamp_after(call, ranking, row) == before]
    assert unseen == []
    assert stamp_of(call, ranking) == before

    Score.objects.exclude(sheet__application__call=call).update(points=1)
    factories.ApplicationFactory.create()
    assert stamp_of(call, ranking) == before
    Directive.objects.all().delete()
    assert stamp_of(call, ranking) != before


def _stamp_after(call, ranking, row):
    """Return the stamp once a row was written anew, whichever way; then undo it."""
    with transaction.atomic(), connection.cursor() as cursor:
        point = transaction.savepoint()
        with pgtrigger.ignore():
            table = SQL("UPDATE {} SET id = id WHERE id = %s").format(
                Identifier(row._meta.db_table)
            )
            cursor.execute(table, [row.pk])
            assert cursor.rowcount == 1
        found = stamp_of(call, ranking)
        transaction.savepoint_rollback(point)
        return found


@pytest.mark.django_db(transaction=True)
def test_board_is_worked_out_again_once_anything_changed_and_only_then(
    coordinator, coordinator_client, monkeypatch, django_assert_num_queries
):
    call = make(coordinator)
    url, worked_out = page(call, "ranking"), []
    propose, closed = remembered.propose, selection.NOTHING_CLOSED

    def counted(*args, **kwargs):
        worked_out.append(kwargs["closed"])
        return propose(*args, **kwargs)

    def look():
        shown = coordinator_client.get(url).context
        seats = [row.seat and row.seat.host_pk for row in shown["rows"]]
        return seats, shown["is_outdated"], len(worked_out)

    monkeypatch.setattr(remembered, "propose", counted)
    first, second = call.hosts.order_by("pk").values_list("pk", flat=True)
    all_at_first = [first, first, first]
    assert look() == look() == (all_at_first, False, 1)
    with django_assert_num_queries(20):
        look()
    kept = repr(remembered._kept)
    assert [one for one in call.applications.all() if one.student.family_name in kept] == []

    # What somebody tries within a transaction is seen there, and never kept.
    with transaction.atomic():
        Score.objects.filter(sheet__application__code="STUDENT001").update(points=10)
        assert look() == (all_at_first, True, 2)
        transaction.set_rollback(True)
    assert look() == (all_at_first, False, 2)

    Score.objects.filter(sheet__application__code="STUDENT001").update(points=10)
    assert look() == look() == (all_at_first, True, 3)
    CallHost.objects.get(pk=first).agreement.pools.update(seats=0)
    assert look() == ([None, None, None], True, 4)
    # What can't be given on any more changes with the clock alone.
    closed = selection.Closed(places=frozenset({(second, "W")}))
    monkeypatch.setattr(remembered, "closed_now", lambda _call, _now: closed)
    assert look() == look() == ([None, None, None], True, 5)
    assert worked_out[-1] == closed


def test_a_few_calls_are_kept_the_last_ones_that_were_looked_at(monkeypatch):
    monkeypatch.setattr(remembered, "_kept", type(remembered._kept)())
    answer = remembered.Answer(remembered.Proposal(instance={"a": 1}), None)
    calls = [factories.CallFactory.build(pk=number) for number in range(remembered.KEPT + 1)]

    for call in calls[:-1]:
        remembered._keep(call, "stamp", answer)
    assert remembered._recall(calls[0], "stamp") == remembered.Answer(remembered.Proposal(), None)
    assert remembered._recall(calls[0], "another") is None
    remembered._keep(calls[-1], "stamp", answer)

    found = [call.pk for call in calls if remembered._recall(call, "stamp")]
    assert found == [0, *range(2, remembered.KEPT + 1)]
