"""How sought after a host was in earlier rounds, and whose figures are never shown."""

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from applications.models.demand import EarlierRound
from applications.states import State
from applications.templatetags.demand import earlier_rounds
from tests import factories
from tests.applications.rounds import closed_call, publish, published_call, score_all

pytestmark = pytest.mark.django_db


def hosts_of(call):
    return [row.agreement.host for row in call.hosts.order_by("pk")]


def shown(host):
    return earlier_rounds(host)["rounds"]


def points(count):
    return [str(10 - number / 10) for number in range(count)]


def test_round_shows_applicants_per_seat_and_the_last_rank_placed(coordinator):
    call = published_call([[0]] * 8, seats=[6], points=points(8), coordinator=coordinator)
    (host,) = hosts_of(call)

    assert shown(host) == [
        EarlierRound(call, "", seats=6, applicants=8, per_seat=8 / 6, last_rank=6, ranked=8)
    ]


def test_last_rank_is_that_in_the_ranking_of_the_whole_call(coordinator):
    # The best three want the other host.
    wishes = [[1]] * 3 + [[0, 1]] * 7
    call = published_call(wishes, seats=[5, 3], points=points(10), coordinator=coordinator)
    host, other = hosts_of(call)

    assert [(row.applicants, row.last_rank, row.ranked) for row in shown(host)] == [(7, 8, 10)]
    # Ten wished for it, but only three were placed there: whose rank that is, is not shown.
    assert [(row.applicants, row.last_rank) for row in shown(other)] == [(10, None)]


def test_small_groups_are_not_shown(coordinator):
    call = published_call([[0]] * 4, seats=[2], points=points(4), coordinator=coordinator)
    (host,) = hosts_of(call)

    assert shown(host) == [
        EarlierRound(call, "", seats=2, applicants=None, per_seat=None, last_rank=None, ranked=4)
    ]
    html = Template("{% load demand %}{% earlier_rounds host %}").render(Context({"host": host}))
    assert "fewer than 5" in html
    assert html.count("not shown") == 3  # twice in the row, once in what is said above it


def test_smallest_group_is_a_setting(coordinator, settings):
    settings.SMALLEST_DEMAND_SHOWN = 4
    call = published_call([[0]] * 4, seats=[4], points=points(4), coordinator=coordinator)

    assert [(row.applicants, row.last_rank) for row in shown(hosts_of(call)[0])] == [(4, 4)]


def test_only_the_submission_that_counted_is_counted(coordinator):
    call = closed_call([[0]] * 6, seats=[5, 1])
    first, second, *_others = call.applications.order_by("code")
    wanted, other = call.hosts.order_by("pk")
    # The first wished for the other host at last; the second had left before the closing.
    factories.SubmissionFactory.create(application=first, number=2, preferences=[other])
    factories.StateChangeFactory.create(
        application=second,
        before=State.SUBMITTED,
        after=State.WITHDRAWN,
        at=call.closed_at - timedelta(days=1),
    )
    score_all(call, coordinator, points(6))
    publish(call, coordinator)

    assert [row.applicants for row in shown(wanted.agreement.host)] == [None]

    third = factories.ApplicationFactory.create(call=call, state=State.UNDER_REVIEW)
    factories.SubmissionFactory.create(application=third, preferences=[wanted])
    assert [row.applicants for row in shown(wanted.agreement.host)] == [5]


def test_withdrawing_after_the_closing_leaves_the_figures(coordinator):
    call = published_call([[0]] * 5, seats=[1], points=points(5), coordinator=coordinator)
    factories.StateChangeFactory.create(
        application=call.applications.first(), after=State.WITHDRAWN, at=timezone.now()
    )

    assert [row.applicants for row in shown(hosts_of(call)[0])] == [5]


def test_calls_without_results_are_left_out():
    call = closed_call([[0]] * 6, seats=[2])
    (host,) = hosts_of(call)

    assert shown(host) == []
    assert "Earlier rounds" not in Template("{% load demand %}{% earlier_rounds host %}").render(
        Context({"host": host})
    )


def test_rounds_are_read_in_one_query(coordinator, django_assert_num_queries):
    call = published_call([[0]] * 5, seats=[5], points=points(5), coordinator=coordinator)
    (host,) = hosts_of(call)
    with django_assert_num_queries(1):
        assert len(shown(host)) == 1

    for number in range(2):
        call.pk, call.code = None, f"another-{number}"
        call._state.adding = True
        call.save()
        factories.CallHostFactory.create(call=call, agreement=host.agreements.get(), seats=0)
    with django_assert_num_queries(1):
        assert len(shown(host)) == 3
