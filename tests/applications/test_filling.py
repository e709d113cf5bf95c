"""Freed seats where a round has left its plain path: decisions, latecomers, dates, no takers."""

from datetime import timedelta
from decimal import Decimal

import pgtrigger
import pytest
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import (
    AllocationRun,
    Directive,
    OutgoingMail,
    Placement,
    PreferenceOutcome,
    PreferenceVerdict,
)
from applications.states import State
from partners.models import SeatPool
from tests import factories
from tests.applications.rounds import (
    application,
    closed_call,
    places,
    publish,
    published_call,
    score_all,
    states_of,
)

pytestmark = pytest.mark.django_db


def decline(call, number):
    row = application(call, number)
    return selection.decline(row, by=row.student, now=timezone.now())


def accept(call, number):
    row = application(call, number)
    return lifecycle.accept_offer(row, by=row.student, now=timezone.now())


def direct(call, number, host, by, *, kind="pin", semester="W", extra=False):
    return Directive.objects.create(
        application=application(call, number),
        kind=kind,
        host=call.hosts.order_by("pk")[host],
        semester=semester,
        extra_seat=extra,
        reason="Agreed with the partner.",
        made_by=by,
    )


def test_pin_of_somebody_who_left_does_not_stop_the_next(coordinator):
    call = closed_call([[0], [0]], seats=[1])
    score_all(call, coordinator, ["9", "8"])
    direct(call, 1, 0, coordinator)
    publish(call, coordinator)
    assert places(call) == {"STUDENT001": (0, "W")}
    decline(call, 1)
    assert places(call) == {"STUDENT000": (0, "W")}


def test_forbid_made_after_the_offer_does_not_take_it_back(coordinator):
    call = published_call(
        [[0], [0], [1], [1]], seats=[1, 1], points=["9", "8", "7", "6"], coordinator=coordinator
    )
    direct(call, 0, 0, coordinator, kind="forbid", semester="")
    accept(call, 0)
    direct(call, 2, 1, coordinator, kind="forbid", semester="")
    row = application(call, 3)
    selection.withdraw(row, by=row.student, now=timezone.now())
    selection.fill_freed_seat(call, by=coordinator, now=timezone.now())
    assert places(call) == {"STUDENT000": (0, "W"), "STUDENT002": (1, "W")}


def test_extra_seat_stays_outside_the_pool_in_later_runs(coordinator):
    call = closed_call([[0], [0], [0]], seats=[1])
    score_all(call, coordinator, ["9", "8", "7"])
    direct(call, 2, 0, coordinator, extra=True)
    publish(call, coordinator)
    assert places(call) == {"STUDENT000": (0, "W"), "STUDENT002": (0, "W")}
    accept(call, 2)
    decline(call, 0)
    assert places(call) == {"STUDENT001": (0, "W"), "STUDENT002": (0, "W")}
    extra = Placement.objects.get(application__code="STUDENT002", live=True)
    assert (extra.extra_seat, extra.pool) == (True, None)


def test_not_placed_student_who_may_now_go_waits_without_another_state(coordinator):
    """The state machine knows no way from "no place" to the list; an offer may follow."""
    call = closed_call([[0], [0], [0]], seats=[1])
    score_all(call, coordinator, ["9", "8", "7"])
    verdict = PreferenceVerdict.objects.create(
        application=application(call, 2),
        host=call.hosts.get(),
        reason="No proof of the language.",
        decided_by=coordinator,
    )
    publish(call, coordinator)
    assert states_of(call) == [State.OFFERED, State.WAITLISTED, State.NOT_PLACED]
    verdict.delete()
    decline(call, 0)
    assert states_of(call) == [State.DECLINED, State.OFFERED, State.NOT_PLACED]
    waits = application(call, 2).outcomes.order_by("-run__number")[0]
    assert (waits.reason, waits.waiting_position) == ("OUTRANKED", 1)
    decline(call, 1)
    assert states_of(call) == [State.DECLINED, State.DECLINED, State.OFFERED]


def test_freed_seat_nobody_waits_for_publishes_nothing(coordinator):
    call = published_call(
        [[0], [1], [1]], seats=[1, 1], points=["9", "8", "7"], coordinator=coordinator
    )
    mails = OutgoingMail.objects.count()
    assert decline(call, 0) is None
    assert AllocationRun.objects.filter(call=call).count() == 1
    assert OutgoingMail.objects.count() == mails
    assert states_of(call) == [State.DECLINED, State.OFFERED, State.WAITLISTED]


def test_waiting_list_moves_up_when_somebody_ahead_leaves(coordinator):
    """0 waits for host 0 while holding 1; leaving, he makes 2 first on that list."""
    call = published_call(
        [[0], [0, 1], [0]], seats=[1, 1], points=["9", "8", "7"], coordinator=coordinator
    )

    def waiting(number):
        rows = PreferenceOutcome.objects.filter(application=application(call, number))
        return rows.order_by("-run__number").first().waiting_position

    assert waiting(2) == 2
    decline(call, 1)
    assert waiting(2) == 1


def test_offers_due_together_lapse_together(coordinator):
    """An unanswered offer wins no second fortnight by another one's lapse."""
    call = published_call(
        [[0], [0, 1], [1], [1]], seats=[1, 1], points=["9", "8", "7", "6"], coordinator=coordinator
    )
    due = Placement.objects.first().answer_by
    assert selection.expire_offers(now=due) == 2
    assert states_of(call) == [State.EXPIRED, State.EXPIRED, State.OFFERED, State.WAITLISTED]


def test_offer_past_its_time_lapses_before_a_seat_is_given_on(coordinator):
    call = published_call([[0], [0, 1]], seats=[1, 1], points=["9", "8"], coordinator=coordinator)
    Placement.objects.filter(application__code="STUDENT001").update(
        offered_at=timezone.now() - timedelta(days=9), answer_by=timezone.now()
    )
    decline(call, 0)
    assert states_of(call) == [State.DECLINED, State.EXPIRED]


def test_expire_offers_goes_on_when_one_call_fails(coordinator, monkeypatch, error_records):
    calls = [
        published_call([[0], [0]], seats=[1], points=["9", "8"], coordinator=coordinator)
        if number == 0
        else _another(coordinator)
        for number in range(2)
    ]
    real = selection.filling.fill_freed_seat

    def fails(call, **options):
        if call == calls[0]:
            raise RuntimeError("made up")
        return real(call, **options)

    monkeypatch.setattr(selection.filling, "fill_freed_seat", fails)
    assert selection.expire_offers(now=timezone.now() + timedelta(days=15)) == 1
    assert states_of(calls[0]) == [State.OFFERED, State.WAITLISTED]
    assert states_of(calls[1]) == [State.EXPIRED]
    assert error_records.messages == [f"offers of call {calls[0].pk} did not lapse"]
    error_records.clear()


def _another(coordinator):
    call = factories.CallFactory.create(criteria=True, hosts=1)
    row = factories.ApplicationFactory.create(call=call, state=State.OFFERED, code="ANOTHER")
    factories.PlacementFactory.create(application=row, host=call.hosts.get())
    assert coordinator is not None
    return call


def test_semester_chosen_for_an_open_offer_is_kept_by_the_next_run(coordinator):
    call = published_call(
        [[(0, ["W", "S"])], [0], [0]], seats=[2], points=["9", "8", "7"], coordinator=coordinator
    )
    lifecycle.choose_semester(application(call, 0), "S")
    decline(call, 1)
    assert places(call) == {"STUDENT000": (0, "S"), "STUDENT002": (0, "W")}
    assert Placement.objects.filter(application__code="STUDENT000").count() == 1


def test_seat_is_not_offered_on_after_the_hosts_nomination_deadline(coordinator):
    call = published_call([[0], [0]], seats=[1], points=["9", "8"], coordinator=coordinator)
    today = timezone.localdate()
    deadline = factories.NominationDeadlineFactory.create(
        host=call.hosts.get().agreement.host, semester="W", deadline=today - timedelta(days=1)
    )
    decline(call, 0)
    assert states_of(call) == [State.DECLINED, State.NOT_PLACED]
    newest = PreferenceOutcome.objects.filter(application=application(call, 1)).latest(
        "run__number"
    )
    assert newest.reason == selection.TOO_LATE
    # The last day itself still counts.
    deadline.deadline = today
    deadline.save()
    selection.fill_freed_seat(call, by=coordinator, now=timezone.now())
    assert states_of(call) == [State.DECLINED, State.OFFERED]


def latecomer(call, coordinator, points):
    """Correct the refusal of student 2 after the publication, and score them."""
    row = application(call, 2)
    lifecycle.confirm_eligible(row, by=coordinator, now=timezone.now(), reason="Our mistake.")
    sheet = selection.save_score_sheet(
        row,
        {"motivation": Decimal(points)},
        comment="",
        completed=True,
        version=0,
        by=coordinator,
        now=timezone.now(),
    )
    assert sheet.completed_at is not None


def published_with_one_refused(coordinator):
    call = closed_call([[0], [0], [0]], seats=[1])
    lifecycle.confirm_ineligible(
        application(call, 2), by=coordinator, now=timezone.now(), reason="Not enrolled."
    )
    score_all(call, coordinator, ["9", "7"])
    publish(call, coordinator)
    return call


def test_latecomer_without_a_ranking_stops_nobody(coordinator):
    call = published_with_one_refused(coordinator)
    latecomer(call, coordinator, "8")
    decline(call, 0)
    assert states_of(call) == [State.DECLINED, State.OFFERED, State.ELIGIBLE]


def test_latecomer_competes_once_a_new_ranking_holds_them(coordinator):
    call = published_with_one_refused(coordinator)
    latecomer(call, coordinator, "8")
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    selection.fill_freed_seat(call, by=coordinator, now=timezone.now())
    assert states_of(call) == [State.OFFERED, State.WAITLISTED, State.WAITLISTED]
    decline(call, 0)
    assert states_of(call) == [State.DECLINED, State.WAITLISTED, State.OFFERED]


def test_latecomer_with_more_points_never_takes_an_offer_away(coordinator):
    call = published_with_one_refused(coordinator)
    latecomer(call, coordinator, "10")
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    run = selection.fill_freed_seat(call, by=coordinator, now=timezone.now())
    assert (run.note, states_of(call)) == (
        "freed",
        [State.OFFERED, State.WAITLISTED, State.WAITLISTED],
    )


def leaves(call, how):
    row, now = application(call, 0), timezone.now()
    if how == "lapses":
        due = row.placements.get(live=True).answer_by
        assert selection.expire_offers(now=due) == 1
    else:
        step = {"declines": selection.decline, "withdraws": selection.withdraw}[how]
        step(row, by=row.student, now=now)


@pytest.mark.parametrize("how", ["declines", "withdraws", "lapses"])
def test_latecomers_place_is_the_decision_of_who_ranked_them(coordinator, how):
    call = published_with_one_refused(coordinator)
    latecomer(call, coordinator, "8")
    ranker = factories.CoordinatorFactory.create()
    selection.make_ranking(call, by=ranker, now=timezone.now())
    leaves(call, how)
    assert states_of(call)[1:] == [State.WAITLISTED, State.OFFERED]
    last = application(call, 2).changes.last()
    assert (last.before, last.after, last.by) == ("eligible", "offered", ranker)


@pytest.mark.parametrize("points", ["8", "5"])
@pytest.mark.parametrize("published_by_a_person", [True, False])
def test_latecomer_ranked_by_no_person_is_decided_on_by_who_published_or_not_at_all(
    coordinator, points, published_by_a_person
):
    call = published_with_one_refused(coordinator)
    if not published_by_a_person:
        with pgtrigger.ignore("applications.AllocationRun:publication_stands"):
            AllocationRun.objects.update(published_by=None)
    latecomer(call, coordinator, points)
    selection.make_ranking(call, by=None, now=timezone.now())
    leaves(call, "declines")
    third = application(call, 2)
    if published_by_a_person:
        last = third.changes.last()
        assert (last.after, last.by) == ("offered" if points == "8" else "waitlisted", coordinator)
        # Who waited for it goes by the published order: no new decision.
        moved = application(call, 1).changes.last()
        assert (moved.before == "waitlisted") is (points == "5")
        assert moved.by == (None if points == "5" else coordinator)
    else:
        assert states_of(call) == [State.DECLINED, State.OFFERED, State.ELIGIBLE]
        assert not third.outcomes.exists()


def test_seats_added_after_the_publication_are_offered(coordinator):
    call = published_call(
        [[0], [0], [0]], seats=[1], points=["9", "8", "7"], coordinator=coordinator
    )
    SeatPool.objects.update(seats=2)
    run = selection.fill_freed_seat(call, by=coordinator, now=timezone.now())
    assert (run.note, places(call)) == (
        "freed",
        {"STUDENT000": (0, "W"), "STUDENT001": (0, "W")},
    )


def test_publication_is_refused_while_somebody_is_undecided(coordinator):
    call = closed_call([[0], [0]], seats=[1])
    score_all(call, coordinator, ["9", "8"])
    late = factories.SubmissionFactory.create(
        application__call=call,
        application__state=State.UNDER_REVIEW,
        preferences=[(call.hosts.get(), ["W"])],
    )
    with pytest.raises(selection.NotPublishable) as refused:
        publish(call, coordinator)
    assert refused.value.code == "undecided"
    lifecycle.confirm_ineligible(
        late.application, by=coordinator, now=timezone.now(), reason="Not enrolled."
    )
    publish(call, coordinator)
    assert call.published_at is not None


@pytest.mark.parametrize("change", ["score", "weight", "eligible"])
def test_publication_is_refused_when_the_ranking_no_longer_holds(coordinator, change):
    call = closed_call([[0], [0]], seats=[1])
    lifecycle.confirm_ineligible(
        application(call, 1), by=coordinator, now=timezone.now(), reason="Not enrolled."
    )
    score_all(call, coordinator, ["9"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    if change == "score":
        selection.save_score_sheet(
            application(call, 0),
            {"motivation": Decimal(3)},
            comment="",
            completed=True,
            version=0,
            by=coordinator,
            now=timezone.now(),
        )
    elif change == "weight":
        call.criteria.filter(key="grade").update(weight=5)
    else:
        lifecycle.confirm_eligible(application(call, 1), by=coordinator, now=timezone.now())
    assert selection.publication_preview(run, now=timezone.now()).problem == "out_of_date"
    with pytest.raises(selection.NotPublishable):
        selection.publish_allocation(run, by=coordinator, now=timezone.now())
