"""Rounds played at random after their publication: whatever happens, the promises hold."""

import random
from datetime import timedelta

import pytest
from django.db.models import Count, F, Q
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import AllocationRun, BetterOffer, Directive, Placement, PreferenceVerdict
from applications.states import State
from partners.models import SeatPool
from tests.applications.rounds import closed_call, places, publish, score_all

pytestmark = pytest.mark.django_db

STUDENTS = 12
HOSTS = 4


def random_round(chance, coordinator):
    wishes = [
        [
            (host, chance.choice([["W"], ["S"], ["W", "S"], ["S", "W"]]))
            for host in chance.sample(range(HOSTS), chance.randint(1, HOSTS))
        ]
        for _ in range(STUDENTS)
    ]
    call = closed_call(wishes, seats=[chance.randint(1, 2) for _ in range(HOSTS)])
    score_all(call, coordinator, [str(chance.randint(0, 10)) for _ in range(STUDENTS)])
    for host in call.hosts.all():
        pool = host.agreement.pools.get()
        if chance.random() < 0.5:
            SeatPool.objects.filter(pk=pool.pk).update(semester=chance.choice(["W", "S"]))
    publish(call, coordinator)
    return call


def decide(chance, call, coordinator):
    row = chance.choice(list(call.applications.order_by("pk")))
    host = chance.choice(list(call.hosts.order_by("pk")))
    fields = {"application": row, "host": host, "reason": "because"}
    kind = chance.choice(["verdict", "forbid", "pin"])
    if kind == "verdict":
        PreferenceVerdict.objects.get_or_create(
            application=row, host=host, defaults={"reason": "because", "decided_by": coordinator}
        )
    elif kind == "forbid" or not row.directives.filter(kind="pin").exists():
        Directive.objects.create(
            kind=kind,
            semester=chance.choice(["W", "S"]) if kind == "pin" else "",
            extra_seat=kind == "pin",
            made_by=coordinator,
            **fields,
        )


def happen(chance, call, coordinator, now):
    selection.expire_offers(now=now)
    live = Placement.objects.filter(application__call=call, live=True).order_by("pk")
    offered = [place.application for place in live if place.application.state == State.OFFERED]
    event = chance.choice(
        ["accept", "move up", "decline", "withdraw", "expire", "decide", "seats", "semester"]
    )
    if event == "expire":
        due = live.filter(application__state=State.OFFERED).first()
        if due is not None and chance.random() < 0.3:
            selection.expire_offers(now=due.answer_by)
            return due.answer_by
    elif event == "decide":
        decide(chance, call, coordinator)
        selection.fill_freed_seat(call, by=coordinator, now=now)
    elif event == "seats":
        pool = chance.choice(
            list(SeatPool.objects.filter(agreement__in=call.hosts.values("agreement")))
        )
        SeatPool.objects.filter(pk=pool.pk).update(seats=pool.seats + 1)
        selection.fill_freed_seat(call, by=coordinator, now=now)
    elif offered:
        row = chance.choice(offered)
        row.refresh_from_db()
        if event in {"accept", "move up"}:
            better = event == "move up" and row.better_offers.filter(is_open=True).exists()
            selection.accept(row, by=row.student, now=now, better=better)
        elif event == "semester":
            place = row.placements.get(live=True)
            choices = lifecycle.semesters_to_choose_from(place)
            lifecycle.choose_semester(row, chance.choice(choices))
        elif event == "decline":
            selection.decline(row, by=row.student, now=now)
        else:
            selection.withdraw(row, by=row.student, now=now)
    return now


def option_rank(call, code, place):
    """Return the place's rank among the student's wishes; places off the list come last."""
    latest = call.applications.get(code=code).submissions.get()
    hosts = list(call.hosts.order_by("pk").values_list("pk", flat=True))
    ranks = {hosts.index(wish.host_id): wish.rank for wish in latest.preferences.all()}
    return ranks.get(place[0], len(hosts) + 1)


def better_offers(call):
    """Return {code: (number of the host, semester)} of the better offers that are open."""
    hosts = list(call.hosts.order_by("pk").values_list("pk", flat=True))
    rows = BetterOffer.objects.filter(application__call=call, is_open=True)
    return {
        code: (hosts.index(host), semester)
        for code, host, semester in rows.values_list("application__code", "host", "semester")
    }


@pytest.mark.parametrize("seed", range(3))
def test_promises_hold_whatever_happens_after_the_publication(seed, coordinator):
    chance = random.Random(seed)
    call = random_round(chance, coordinator)
    now = timezone.now() + timedelta(minutes=1)
    for _ in range(14):
        before, states = places(call), dict(call.applications.values_list("code", "state"))
        offers = better_offers(call)
        now = happen(chance, call, coordinator, now) + timedelta(minutes=1)
        selection.expire_offers(now=now)
        selection.refresh_waiting_lists(now=now)
        after = places(call)
        for row in call.applications.all():
            held = before.get(row.code)
            if held is None or row.state not in {State.OFFERED, State.ACCEPTED}:
                continue
            # The student's own semester apart, only who accepts a better offer goes elsewhere.
            moved_up = row.state == State.ACCEPTED and states[row.code] == State.OFFERED
            assert after[row.code][0] == held[0] or (
                moved_up and after[row.code] == offers.get(row.code)
            )
            if states[row.code] == State.ACCEPTED:
                assert after[row.code] == held
        for code, place in better_offers(call).items():
            assert option_rank(call, code, place) < option_rank(call, code, after[code])
        taken = Count("placements", filter=Q(placements__live=True), distinct=True) + Count(
            "better_offers", filter=Q(better_offers__is_open=True), distinct=True
        )
        assert not SeatPool.objects.annotate(taken=taken).filter(taken__gt=F("seats")).exists()
        assert selection.fill_freed_seat(call, by=coordinator, now=now) is None
    newest = AllocationRun.objects.filter(call=call, published_at__isnull=False).latest("number")
    assert newest.is_certified
    assert selection.replays(newest)
