"""A call from its deadline to the last seat."""

from datetime import timedelta

import pytest
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import (
    AllocationRun,
    Call,
    OutgoingMail,
    Placement,
    PreferenceOutcome,
)
from applications.states import State
from tests import factories
from tests.applications.rounds import (
    application,
    closed_call,
    published_call,
    score_all,
    states_of,
)

pytestmark = pytest.mark.django_db


def test_close_call_moves_submissions_and_lapses_drafts_once():
    call = factories.CallFactory.create()
    submitted = factories.ApplicationFactory.create(call=call, state=State.SUBMITTED)
    draft = factories.ApplicationFactory.create(call=call)
    now = call.deadline
    assert not selection.close_call(call, now=now - timedelta(microseconds=1))
    assert selection.close_call(call, now=now)
    assert not selection.close_call(call, now=now + timedelta(hours=1))
    submitted.refresh_from_db()
    draft.refresh_from_db()
    assert (submitted.state, draft.state) == (State.UNDER_REVIEW, State.LAPSED)
    assert list(OutgoingMail.objects.values_list("key", flat=True)) == [f"lapsed:{draft.code}"]
    assert [change.after for change in submitted.changes.all()] == [State.UNDER_REVIEW]


def test_close_call_waits_for_an_extension_and_takes_it_in_later():
    call = factories.CallFactory.create()
    until = call.deadline + timedelta(days=2)
    extended = factories.ApplicationFactory.create(
        call=call, state=State.SUBMITTED, extended_until=until
    )
    selection.close_call(call, now=call.deadline)
    extended.refresh_from_db()
    assert extended.state == State.SUBMITTED
    assert selection.close_extended(call, now=until - timedelta(seconds=1)) == 0
    assert selection.close_extended(call, now=until) == 1
    extended.refresh_from_db()
    assert extended.state == State.UNDER_REVIEW


def test_due_calls_leaves_time_for_requests_under_way():
    call = factories.CallFactory.create()
    assert selection.due_calls(call.deadline) == []
    assert selection.due_calls(call.deadline + selection.CLOSING_GRACE) == [call.pk]


def test_ranking_refuses_while_a_score_is_missing(coordinator):
    call = closed_call([[0], [0]], seats=[1])
    score_all(call, coordinator, ["8", "7"])
    first = application(call, 0)
    first.score_sheets.update(completed_at=None)
    with pytest.raises(selection.MissingScores) as refused:
        selection.make_ranking(call, by=coordinator, now=timezone.now())
    assert refused.value.missing == {"STUDENT000": ("motivation",)}
    assert not call.rankings.exists()


def test_publication_places_by_rank_and_gives_each_a_reason(coordinator):
    call = published_call(
        [[0], [0], [0], [0, 1]], seats=[3, 0], points=["9", "8", "7", "6"], coordinator=coordinator
    )
    assert states_of(call) == [State.OFFERED, State.OFFERED, State.OFFERED, State.WAITLISTED]
    refused = PreferenceOutcome.objects.get(
        application=application(call, 3), host=call.hosts.first()
    )
    assert (refused.reason, refused.waiting_position) == ("OUTRANKED", 1)
    assert refused.figures == {
        "seats": 3,
        "wanted": 4,
        "position": 4,
        "own_score": "62.67",
        "cutoff_score": "68.67",
        "decided_by": "score",
    }
    assert sorted(OutgoingMail.objects.values_list("key", flat=True)) == sorted(
        [f"offer:{place.pk}" for place in Placement.objects.all()]
        + [f"result:{AllocationRun.objects.get().pk}:STUDENT003"]
    )


def test_publication_hides_the_cutoff_of_a_small_group(coordinator):
    call = published_call([[0], [0]], seats=[1], points=["9", "8"], coordinator=coordinator)
    refused = PreferenceOutcome.objects.get(application=application(call, 1))
    assert "cutoff_score" not in refused.figures


def test_publication_refuses_a_run_that_is_out_of_date(coordinator):
    call = closed_call([[0], [0]], seats=[1])
    score_all(call, coordinator, ["9", "8"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    first = application(call, 0)
    selection.withdraw(first, by=first.student, now=timezone.now())
    with pytest.raises(selection.NotPublishable) as refused:
        selection.publish_allocation(run, by=coordinator, now=timezone.now())
    assert refused.value.code == "out_of_date"
    assert states_of(call) == [State.WITHDRAWN, State.ELIGIBLE]
    assert not Placement.objects.exists()


def test_publication_refuses_another_facultys_coordinator(coordinator, foreign_coordinator):
    call = closed_call([[0]], seats=[1])
    score_all(call, coordinator, ["9"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    with pytest.raises(selection.NotPublishable) as refused:
        selection.publish_allocation(run, by=foreign_coordinator, now=timezone.now())
    assert refused.value.code == "not_allowed"


def test_run_replays_to_the_same_bytes(coordinator):
    call = published_call([[0], [0]], seats=[1], points=["9", "8"], coordinator=coordinator)
    run = AllocationRun.objects.get(call=call)
    assert selection.replays(run)
    assert run.certificate == {"ok": True, "violations": []}


@pytest.mark.parametrize("leave", ["decline", "withdraw", "expire"])
def test_freed_seat_goes_to_the_next_in_the_same_step(coordinator, leave):
    call = published_call(
        [[0], [0], [0]], seats=[1], points=["9", "8", "7"], coordinator=coordinator
    )
    first = application(call, 0)
    if leave == "decline":
        selection.decline(first, by=first.student, now=timezone.now())
    elif leave == "withdraw":
        selection.withdraw(first, by=first.student, now=timezone.now())
    else:
        place = Placement.objects.get(live=True)
        assert selection.expire_offers(now=place.answer_by - timedelta(seconds=1)) == 0
        assert selection.expire_offers(now=place.answer_by) == 1
    assert states_of(call)[1:] == [State.OFFERED, State.WAITLISTED]
    assert list(
        Placement.objects.filter(live=True).values_list("application__code", flat=True)
    ) == ["STUDENT001"]


def test_freed_seat_never_moves_an_accepted_place(coordinator):
    call = published_call(
        [[0], [0, 1], [0]], seats=[1, 1], points=["9", "8", "7"], coordinator=coordinator
    )
    second = application(call, 1)
    lifecycle.accept_offer(second, by=second.student, now=timezone.now())
    first = application(call, 0)
    selection.decline(first, by=first.student, now=timezone.now())
    hosts = list(call.hosts.order_by("pk"))
    held = dict(Placement.objects.filter(live=True).values_list("application__code", "host_id"))
    assert held == {"STUDENT001": hosts[1].pk, "STUDENT002": hosts[0].pk}


def test_call_shares_its_agreements_seats_with_another_call(coordinator):
    first = published_call([[0]], seats=[1], points=["9"], coordinator=coordinator)
    agreement = first.hosts.get().agreement
    other = factories.CallFactory.create(
        criteria=True, programme=first.programme, hosts=[agreement], hosts__seats=0
    )
    factories.SubmissionFactory.create(
        application__call=other, application__code="OTHER", preferences=[(other.hosts.get(), ["W"])]
    )
    Call.objects.filter(pk=other.pk).update(
        opens_at=timezone.now() - timedelta(days=9), deadline=timezone.now() - timedelta(days=1)
    )
    other.refresh_from_db()
    selection.close_call(other, now=timezone.now())
    score_all(other, coordinator, ["9"])
    selection.make_ranking(other, by=coordinator, now=timezone.now())
    run = selection.propose_allocation(other, by=coordinator, now=timezone.now())
    selection.publish_allocation(run, by=coordinator, now=timezone.now())
    assert states_of(other) == [State.NOT_PLACED]


@pytest.mark.parametrize(
    ("agreement_levels", "pool", "frozen"),
    [
        ([], {}, {"levels": None, "fallback": False}),
        (["master", "bachelor"], {}, {"levels": ["bachelor", "master"], "fallback": False}),
        # Whom the agreement is not for does not get what is left either.
        (["master"], {"fallback": True}, {"levels": ["master"], "fallback": False}),
        (
            ["bachelor", "master"],
            {"level": "master", "fallback": True},
            {"levels": ["master"], "fallback": True},
        ),
    ],
)
def test_levels_of_the_agreement_bind_the_seats_of_a_run(
    coordinator, agreement_levels, pool, frozen
):
    call = closed_call([[0]], seats=[1])
    agreement = call.hosts.get().agreement
    agreement.levels = agreement_levels
    agreement.save()
    agreement.pools.update(**pool)
    score_all(call, coordinator, ["8"])
    ranking = selection.make_ranking(call, by=coordinator, now=timezone.now())

    (seats,) = selection.build_instance(call, ranking.entries.all())["hosts"][0]["pools"]

    assert {name: seats[name] for name in frozen} == frozen
