"""Allocation runs at the desk: list, proof, prices, comparison, what-if and advice."""

import json
from decimal import Decimal
from html import unescape

import pgtrigger
import pytest
from django.utils import timezone

from applications import selection
from applications.models import AllocationRun, Directive, Ranking, Score
from partners.models import SeatPool
from tests import factories
from tests.applications.desk import page, said
from tests.applications.rounds import application, closed_call, publish, score_all

pytestmark = pytest.mark.django_db


def propose(call, coordinator, note=""):
    return selection.propose_allocation(call, by=coordinator, now=timezone.now(), note=note)


@pytest.fixture
def call(coordinator):
    """Two hosts with a seat each, three students: 9, 8 and 7 points for the motivation."""
    call = closed_call([[0, 1], [0, 1], [1]], seats=[1, 1])
    score_all(call, coordinator, ["9", "8", "7"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    return call


def pool_of(call, number):
    return SeatPool.objects.get(agreement=call.hosts.order_by("pk")[number].agreement)


def one_more_seat(call, number=0):
    pool = pool_of(call, number)
    SeatPool.objects.filter(pk=pool.pk).update(seats=pool.seats + 1)


def direct(call, number, kind, host, coordinator, reason="Agreed with the partner."):
    return Directive.objects.create(
        application=application(call, number),
        kind=kind,
        host=call.hosts.order_by("pk")[host],
        semester="W" if kind == "pin" else "",
        reason=reason,
        made_by=coordinator,
    )


def name(call, number):
    return str(application(call, number).student)


def host(call, number):
    return str(call.hosts.order_by("pk")[number])


def reasons(row):
    return [(why.name, why.sentence) for why in (*row.why, *row.others)]


# -- list and comparison -------------------------------------------------------------------------


def test_list_shows_what_each_run_would_bring(call, coordinator, coordinator_client):
    propose(call, coordinator, "first")
    one_more_seat(call)
    propose(call, coordinator)

    shown = coordinator_client.get(page(call, "runs"))

    assert [
        (row.run.number, row.summary.placed, row.summary.unplaced, row.wishes, row.average)
        for row in shown.context["runs"]
    ] == [(2, 3, 0, [(1, 3, 100)], "1.00"), (1, 2, 1, [(1, 1, 50), (2, 1, 50)], "1.50")]


def test_comparison_names_who_moves_and_why(call, coordinator, coordinator_client):
    propose(call, coordinator)
    one_more_seat(call)
    propose(call, coordinator)

    shown = coordinator_client.get(page(call, "compare"), {"a": "1", "b": "2"})

    compared = shown.context["compared"]
    seats = ("", f"Seats at {host(call, 0)}: 1, then 2.")
    assert [
        (row.name, row.before_wish, row.after_wish, row.is_better) for row in compared.moved
    ] == [
        (name(call, 1), 2, 1, True),
        (name(call, 2), None, 1, True),
    ]
    assert [reasons(row) for row in compared.moved] == [
        [seats],
        [("", f"{name(call, 1)} no longer has a seat at {host(call, 1)}."), seats],
    ]
    assert [(why.name, why.sentence) for why in compared.differing] == [seats]
    assert [(row.label, row.before, row.after) for row in compared.figures] == [
        ("Placed", "2", "3"),
        ("Without a place", "1", "0"),
        ("Wish 1", "1 (50 %)", "3 (100 %)"),
        ("Wish 2", "1 (50 %)", "0 (0 %)"),
        ("Average wish", "1.50", "1.00"),
    ]


def test_comparison_tells_a_move_by_hand_from_other_points(call, coordinator, coordinator_client):
    propose(call, coordinator)
    selection.move_application(
        application(call, 1),
        ahead_of=application(call, 0),
        reason="Hardship.",
        by=coordinator,
        now=timezone.now(),
        seen=1,
    )
    propose(call, coordinator)
    before, after = (run.ranking.entries for run in call.allocation_runs.order_by("number"))
    points = [rows.get(application__code="STUDENT001").counted_score for rows in (before, after)]

    compared = coordinator_client.get(page(call, "compare"), {"a": "1", "b": "2"}).context[
        "compared"
    ]

    moved = f"Moved by hand: counted with {points[0]} points, then with {points[1]}."
    assert [reasons(row) for row in compared.moved] == [
        [("", f"{name(call, 1)} took a seat at {host(call, 0)}."), (name(call, 1), moved)],
        [("", moved)],
    ]


def test_many_differences_of_one_kind_are_counted(coordinator, coordinator_client):
    call = closed_call([[0]] * 11, seats=[1])
    score_all(call, coordinator, ["5"] * 11)
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    propose(call, coordinator)
    Score.objects.update(points=Decimal(6))
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    propose(call, coordinator)

    shown = coordinator_client.get(page(call, "compare"), {"a": "1", "b": "2"})

    assert [why.sentence for why in shown.context["compared"].differing] == [
        "11 applications with other points"
    ]
    assert "Everybody gets the same in both." in shown.text


@pytest.mark.parametrize("query", [{}, {"a": "1"}, {"a": "1", "b": "1"}, {"a": "x", "b": "²"}])
def test_comparison_needs_two_runs_of_the_call(call, coordinator, coordinator_client, query):
    propose(call, coordinator)

    answer = coordinator_client.get(page(call, "compare"), query, follow=True)

    assert said(answer) == ["Choose two different runs of this call to compare."]


# -- one run -------------------------------------------------------------------------------------


def test_run_shows_what_was_checked_and_replays(call, coordinator, coordinator_client):
    run = propose(call, coordinator)

    asked = coordinator_client.get(page(call, "run", run.number))
    replayed = coordinator_client.get(page(call, "run", run.number), {"replay": "1"})

    assert [state for _sentence, state in asked.context["checked"]] == ["ok"] * 4
    assert "replays" not in asked.context
    assert replayed.context["replays"] is True
    assert "byte for byte" in replayed.text
    assert run.ranking.seed not in asked.text


def test_run_says_what_its_certificate_objects_to(call, coordinator, coordinator_client):
    run = propose(call, coordinator)
    stored = AllocationRun.objects.get(pk=run.pk)
    stored.pk, stored.number = None, 2
    result = json.loads(run.result)
    first = selection.host_id(call.hosts.first())
    violation = {"fault": "SEATS_EXCEEDED", "applicant": None, "host": first}
    stored.certificate = {"ok": False, "violations": [violation]}
    result["stats"]["placed"] = 9
    stored.result = json.dumps(result)
    stored.save(force_insert=True)

    shown = coordinator_client.get(page(call, "run", 2), {"replay": "1"})

    assert [state for _sentence, state in shown.context["checked"]] == [
        "failed",
        "ok",
        "not reached",
        "not reached",
    ]
    assert shown.context["violations"] == [f"{call.hosts.first()} has more people than seats."]
    assert shown.context["replays"] is False


def test_published_run_shows_the_seed_and_what_everybody_reads(
    call, coordinator, coordinator_client
):
    publish(call, coordinator)

    shown = coordinator_client.get(page(call, "run", 1))

    assert call.lottery_seed in shown.text
    told = [
        (row.name, row.host, [wish.sentences[0] for wish in row.told])
        for group in ("offers", "waiting")
        for row in shown.context[group]
    ]
    placed = "You were offered this place."
    outranked = "All seats you could use went to applicants ranked above you."
    assert told == [
        (name(call, 0), host(call, 0), [placed]),
        (name(call, 1), host(call, 1), [outranked, placed]),
        (name(call, 2), "", [outranked]),
    ]


def test_each_decision_has_its_maker_and_its_price(call, coordinator, coordinator_client):
    direct(call, 2, "pin", 0, coordinator, reason="Double degree.")
    direct(call, 0, "forbid", 1, coordinator, reason="Was there already.").delete()
    gone = direct(call, 1, "forbid", 0, coordinator, reason="Was there already.")
    run = propose(call, coordinator)
    gone.delete()

    rows = coordinator_client.get(page(call, "run", run.number)).context["decisions"]

    assert [
        (row.label, row.name, row.made.by, row.made.reason, row.made.ended) for row in rows
    ] == [
        ("must go there", name(call, 2), coordinator, "Double degree.", False),
        ("must not go there", name(call, 1), coordinator, "Was there already.", True),
    ]
    assert [[(moved.name, moved.after_wish) for moved in row.moved] for row in rows] == [
        [(name(call, 0), 1), (name(call, 1), 2), (name(call, 2), None)],
        [],
    ]
    assert AllocationRun.objects.count() == 1


def test_prices_beyond_the_first_are_worked_out_on_request(
    call, coordinator, coordinator_client, monkeypatch
):
    monkeypatch.setattr("applications.admin.runs.data.PRICES_AT_ONCE", 1)
    direct(call, 2, "pin", 0, coordinator)
    direct(call, 1, "forbid", 0, coordinator)
    run = propose(call, coordinator)
    url = page(call, "run", run.number)

    first, second = coordinator_client.get(url), coordinator_client.get(url, {"prices": "1"})

    assert [row.moved is None for row in first.context["decisions"]] == [False, True]
    assert [row.moved is None for row in second.context["decisions"]] == [True, False]
    assert (first.context["more_prices"], second.context["more_prices"]) == (1, None)


def test_run_with_errors_in_its_input_names_them(call, coordinator, coordinator_client):
    direct(call, 1, "pin", 0, coordinator)
    direct(call, 2, "pin", 0, coordinator)
    run = propose(call, coordinator)

    shown = coordinator_client.get(page(call, "run", run.number))

    assert shown.context["errors"] == [f"{host(call, 0)} has fewer usable seats than pins."]
    assert [row.moved for row in shown.context["decisions"]] == [None, None]
    assert "offers" not in shown.context


# -- advice --------------------------------------------------------------------------------------


def test_advice_names_where_one_more_seat_helps_most(call, coordinator, coordinator_client):
    propose(call, coordinator)

    shown = coordinator_client.get(page(call, "advice", 1))

    assert [
        (row.host, row.seats, row.placed, row.better, row.worse) for row in shown.context["advice"]
    ] == [(host(call, 0), 1, 1, 1, 0), (host(call, 1), 1, 1, 0, 0)]
    assert "Nobody would be worse off by any of them" in shown.text
    query = shown.context["advice"][0].query
    assert f"{page(call, 'suppose')}?{query}" in shown.text
    tried = coordinator_client.get(f"{page(call, 'suppose')}?{query}").context["compared"]
    assert (tried.placed, tried.better, tried.worse, tried.lost) == (1, 1, 0, 0)


def test_run_is_shown_host_by_host(call, coordinator, coordinator_client):
    propose(call, coordinator)

    shown = coordinator_client.get(page(call, "run_hosts", 1)).context["hosts"]

    def rows(people):
        return [(row.name, row.rank, row.points) for row in people]

    found = {
        one.name: (
            [(pool.seats, rows(pool.held)) for pool in one.pools],
            [(semester, rows(people)) for semester, people in one.waiting],
        )
        for one in shown
    }
    points = [
        str(row.counted_score) for row in call.rankings.get().entries.order_by("application__code")
    ]
    first, second, third = ((name(call, number), points[number]) for number in range(3))
    assert found == {
        host(call, 0): (
            [(1, [(first[0], 1, first[1])])],
            [("Winter semester", [(second[0], 1, second[1])])],
        ),
        host(call, 1): (
            [(1, [(second[0], 2, second[1])])],
            [("Winter semester", [(third[0], 1, third[1])])],
        ),
    }


def test_what_was_decided_by_hand_is_named_before_publishing(call, coordinator, coordinator_client):
    direct(call, 2, "pin", 0, coordinator)
    direct(call, 1, "forbid", 0, coordinator)
    selection.move_application(
        application(call, 1),
        ahead_of=application(call, 0),
        reason="Hardship.",
        by=coordinator,
        now=timezone.now(),
        seen=1,
    )
    propose(call, coordinator)

    by_hand = [
        coordinator_client.get(page(call, "publish", 1)).context["by_hand"],
        coordinator_client.get(page(call, "runs")).context["runs"][0].by_hand,
    ]

    assert (
        by_hand
        == [
            [
                f"1 pin: {name(call, 2)}",
                f"1 forbid: {name(call, 1)}",
                f"1 moved by hand: {name(call, 1)}",
            ]
        ]
        * 2
    )


def test_advice_says_when_somebody_would_be_worse_off(
    call, coordinator, coordinator_client, monkeypatch
):
    propose(call, coordinator)
    worse = selection.Advice(
        "HOST", {"id": "1", "seats": 1, "levels": None, "semester": None}, 1, 0, 1
    )
    monkeypatch.setattr(selection, "advise", lambda _: selection.Advised((worse,), 1, 1))

    assert "Somebody would be worse off" in coordinator_client.get(page(call, "advice", 1)).text


def test_advice_for_a_run_where_nobody_waits_says_so(coordinator, coordinator_client):
    call = closed_call([[0]], seats=[1])
    score_all(call, coordinator, ["9"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    propose(call, coordinator)

    assert (
        "One more seat would help nobody." in coordinator_client.get(page(call, "advice", 1)).text
    )


# -- what if -------------------------------------------------------------------------------------


def suppose(client, call, **query):
    return client.get(page(call, "suppose"), query, follow=True)


def moves(shown):
    return [(row.name, row.before_wish, row.after_wish) for row in shown.context["compared"].moved]


def test_what_if_with_another_seat_shows_who_moves_and_stores_nothing(call, coordinator_client):
    pool = pool_of(call, 0)

    shown = suppose(coordinator_client, call, **{f"seats_{pool.pk}": "2", "weight_motivation": ""})

    assert shown.redirect_chain == [(f"{page(call, 'suppose')}?seats_{pool.pk}=2", 302)]
    assert moves(shown) == [(name(call, 1), 2, 1), (name(call, 2), None, 1)]
    assert "Nothing of this is stored." in shown.text
    assert (AllocationRun.objects.count(), Ranking.objects.count()) == (0, 1)
    assert pool_of(call, 0).seats == 1


def test_what_if_with_a_pin_a_forbid_and_one_left_out(call, coordinator, coordinator_client):
    kept = direct(call, 0, "forbid", 0, coordinator)
    hosts = list(call.hosts.order_by("pk"))
    url = page(call, "suppose")
    pin = {"pin_application": "STUDENT002", "pin_host": hosts[1].pk, "pin_semester": "W"}

    without = coordinator_client.get(url, {"without": f"forbid:STUDENT000:{hosts[0].pk}"})
    pinned = coordinator_client.get(url, pin)
    forbidden = coordinator_client.get(
        url, {"forbid_application": "STUDENT001", "forbid_host": hosts[0].pk}
    )

    assert moves(without) == [(name(call, 0), 2, 1), (name(call, 1), 1, 2)]
    assert moves(pinned) == [(name(call, 0), 2, None), (name(call, 2), None, 1)]
    assert moves(forbidden) == [(name(call, 1), 1, None)]
    assert list(Directive.objects.all()) == [kept]


def test_what_if_with_other_weights_ranks_anew(call, coordinator, coordinator_client):
    """By the grade alone the third goes first and the first last."""
    with pgtrigger.ignore():
        for number, grade in enumerate(["1.7", "1.5", "1.0"]):
            application(call, number).submissions.update(average_grade=Decimal(grade))
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    query = {"weight_motivation": "0"}

    shown = coordinator_client.get(page(call, "suppose"), query)
    Score.objects.filter(sheet__application=application(call, 0)).update(points=Decimal(3))
    later = coordinator_client.get(page(call, "suppose"), query)

    assert moves(shown) == [(name(call, 0), 1, None), (name(call, 1), None, 1)]
    assert [
        [why.sentence.split(":")[0] for why in row.why] for row in shown.context["compared"].moved
    ] == [
        ["Points"],
        ["Points"],
    ]
    assert (shown.context["is_older"], later.context["is_older"]) == (False, True)
    assert Ranking.objects.count() == 2


def test_what_if_after_the_publication_starts_from_what_was_published(
    call, coordinator, coordinator_client
):
    publish(call, coordinator)
    first = application(call, 0)
    selection.withdraw(first, by=first.student, now=timezone.now())
    pool = pool_of(call, 0)

    seats = coordinator_client.get(page(call, "suppose"), {f"seats_{pool.pk}": "2"})
    weights = coordinator_client.get(page(call, "suppose"), {"weight_motivation": "1"})

    assert moves(seats) == [(name(call, 1), 2, 1), (name(call, 2), None, 1)]
    assert "It starts from the published run" in seats.text
    assert weights.context["left"] == 1


def test_what_if_that_can_not_be_says_why(call, coordinator, coordinator_client):
    direct(call, 1, "pin", 0, coordinator)
    pool = pool_of(call, 0)

    shown = coordinator_client.get(page(call, "suppose"), {f"seats_{pool.pk}": "0"})

    assert shown.context["errors"] == [f"{host(call, 0)} has fewer usable seats than pins."]


def test_bad_input_of_a_what_if_is_said_at_the_field_and_the_rest_is_kept(call, coordinator_client):
    pool = pool_of(call, 0)
    query = {
        f"seats_{pool.pk}": "-1",
        "weight_motivation": "much",
        "pin_application": "STUDENT001",
        "forbid_host": "999",
        "forbid_semester": "S",
    }

    shown = coordinator_client.get(page(call, "suppose"), query)

    assert shown.status_code == 422
    assert shown.context["form"].errors == {
        f"seats_{pool.pk}": ["Ensure this value is greater than or equal to 0."],
        "weight_motivation": ["Enter a number."],
        "pin_host": ["Choose the host university too."],
        "forbid_host": ["Select a valid choice. 999 is not one of the available choices."],
    }
    text = unescape(shown.text)
    assert 'value="much"' in text
    assert '<option value="STUDENT001" selected>' in text
    assert "compared" not in shown.context


def test_what_if_needs_a_weight_above_zero(call, coordinator_client):
    query = {f"weight_{row.key}": "0" for row in call.criteria.all()}

    shown = coordinator_client.get(page(call, "suppose"), query)

    assert [*shown.context["form"].errors.values()] == [["At least one weight must be above 0."]]


def test_what_if_needs_a_ranking(coordinator, coordinator_client):
    call = closed_call([[0]], seats=[1])
    score_all(call, coordinator, ["9"])

    answer = coordinator_client.get(page(call, "suppose"), follow=True)

    assert said(answer) == ["Make a ranking first that holds every eligible application."]


def test_blind_reader_sees_codes_alone(call, coordinator, faculty, signed_in):
    type(call).objects.filter(pk=call.pk).update(blind_reading=True)
    propose(call, coordinator)
    one_more_seat(call)
    propose(call, coordinator)
    client = signed_in(factories.CoordinatorFactory.create(faculty=faculty))
    pages = [
        unescape(client.get(url).text)
        for url in (
            page(call, "run", 1),
            page(call, "publish", 2),
            page(call, "run_hosts", 1),
            page(call, "suppose") + "?weight_motivation=1",
            page(call, "compare") + "?a=1&b=2",
        )
    ]

    names = [name(call, number) for number in range(3)]
    assert [one for one in names for text in pages if one in text] == []
    assert [("STUDENT001" in text) for text in pages] == [True] * 5


# -- how much is asked of the database -----------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("part", "query", "expected"),
    [
        ("runs", {}, 13),
        ("run", {}, 45),
        ("publish", {}, 41),
        ("run_hosts", {}, 11),
        ("advice", {}, 12),
        ("compare", {"a": "1", "b": "2"}, 14),
        ("suppose", {}, 24),
        ("suppose", {"weight_motivation": "5"}, 48),
    ],
)
def test_page_of_runs_needs_the_same_queries(
    coordinator, coordinator_client, django_assert_num_queries, rows, part, query, expected
):
    call = closed_call([[0, 1]] * rows, seats=[1, 1])
    score_all(call, coordinator, ["9", "8", "7"][:rows])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    for number in range(rows):
        direct(call, number, "forbid", 0, coordinator)
    for _ in range(rows + 1):
        run = propose(call, coordinator)
    url = page(
        call, part, *([run.number] if part in {"run", "run_hosts", "publish", "advice"} else [])
    )

    with django_assert_num_queries(expected):
        assert coordinator_client.get(url, query).status_code == 200
