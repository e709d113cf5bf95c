"""The ranking board in the admin: what it shows, and how somebody is moved by hand."""

from __future__ import annotations

import hashlib

import pgtrigger
import pytest
from django.utils import timezone

from applications import selection
from applications.models import HostWeight, RankingMove, Score, ScoreSheet
from applications.states import State
from applications.texts import refusal_sentence
from tests import factories
from tests.applications.desk import page, post, said
from tests.applications.rounds import application, closed_call, publish, score_all

pytestmark = pytest.mark.django_db

# Student 0 wants host 0, then 1; one seat at each. 1 and 2 want host 0 only.
WISHES = [[0, 1], [0], [0]]
POINTS = ["9", "7", "5"]


@pytest.fixture
def call(coordinator):
    made = closed_call(WISHES, seats=[1, 1])
    score_all(made, coordinator, POINTS)
    return made


@pytest.fixture
def ranked(call, coordinator):
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    return call


@pytest.fixture
def board(coordinator_client):
    return lambda call: coordinator_client.get(page(call, "ranking")).context


def name(call, number):
    return str(application(call, number).student)


def host(call, number):
    return str(call.hosts.order_by("pk")[number])


def put(client, call, number, **data):
    """Press a button of the page that moves a student."""
    url = page(call, "ranking_move", f"STUDENT{number:03d}")
    return client.post(url, {"seen": 1, "reason": "", "to": "", "place": "", **data})


def stands(call):
    entries = selection.latest_ranking(call).entries.order_by("position")
    return [int(code[-1]) for code in entries.values_list("application__code", flat=True)]


# -- what it shows -------------------------------------------------------------------------------


def test_board_shows_what_each_would_get_by_this_order(ranked, board):
    shown = board(ranked)

    assert [(row.name, row.entry.position, row.decided_by) for row in shown["rows"]] == [
        (name(ranked, 0), 1, "points"),
        (name(ranked, 1), 2, "points"),
        (name(ranked, 2), 3, ""),
    ]
    assert [
        row.seat and (row.seat.host, row.seat.semester, row.seat.wish) for row in shown["rows"]
    ] == [
        (host(ranked, 0), "Winter semester", 1),
        None,
        None,
    ]
    assert sorted(
        (seats.name, seats.seats, seats.taken, seats.free, seats.wanted)
        for seats in shown["outlook"].hosts
    ) == sorted([(host(ranked, 0), 1, 1, 0, 3), (host(ranked, 1), 1, 0, 1, 1)])
    assert not ranked.allocation_runs.exists()


def test_tie_breakers_are_shown_as_the_application_gives_them(ranked, board):
    (row, *_others) = board(ranked)["rows"]

    assert ranked.tie_breakers == ["grade", "ects"]
    assert [cell.shown for cell in row.ties] == ["2.00", "60"]
    assert row.lottery == row.entry.lottery[:8]


def test_numbers_are_written_as_the_language_does_and_sorted_all_the_same(
    ranked, coordinator_client
):
    answer = coordinator_client.get(page(ranked, "ranking"), headers={"accept-language": "de"})

    (row, *_others) = answer.context["rows"]
    assert [cell.shown for cell in (*row.points, *row.ties)] == ["90,00", "66,67", "2,00", "60"]
    assert f'data-value="{row.entry.score}"' in answer.content.decode()


def test_pins_and_forbids_are_shown_with_their_reason(ranked, coordinator, coordinator_client):
    first, second = ranked.hosts.order_by("pk")
    for number, fields in (
        (0, {"kind": "forbid", "host": first}),
        (1, {"kind": "pin", "host": second, "semester": "W"}),
    ):
        application(ranked, number).directives.create(
            **fields, reason=f"Because {number}.", made_by=coordinator
        )

    answer = coordinator_client.get(page(ranked, "ranking"))

    assert [
        [(each.directive.kind, each.reason) for each in row.decided]
        for row in answer.context["rows"]
    ] == [[("forbid", "Because 0.")], [("pin", "Because 1.")], []]
    assert f"forbidden at {first}" in answer.content.decode()


def test_board_says_why_no_seats_can_be_given(ranked, coordinator, board):
    for number in (0, 1):
        application(ranked, number).directives.create(
            kind="pin",
            host=ranked.hosts.order_by("pk")[0],
            semester="W",
            reason="The partner asked.",
            made_by=coordinator,
        )

    assert board(ranked)["outlook"].problems == (
        f"{host(ranked, 0)} has fewer usable seats than pins.",
    )


def test_who_has_no_place_in_the_ranking_is_told(ranked, board):
    late = factories.ApplicationFactory.create(call=ranked, state=State.ELIGIBLE, code="LATE")
    factories.SubmissionFactory.create(application=late)

    shown = board(ranked)

    assert shown["outlook"].is_unranked
    assert [(row.code, row.name, row.criteria) for row in shown["lacking"]] == [
        ("LATE", str(late.student), ("Motivation",))
    ]


def test_everybody_who_lacks_points_is_listed_before_the_button_is_pressed(
    call, board, coordinator_client, monkeypatch
):
    monkeypatch.setattr("applications.admin.board.data.MISSING_SHOWN", 2)
    Score.objects.all().delete()

    text = coordinator_client.get(page(call, "ranking")).content.decode()

    shown = board(call)
    assert [row.code for row in shown["lacking"]] == ["STUDENT000", "STUDENT001"]
    assert (shown["lacking_count"], shown["lacking_more"]) == (3, 1)
    assert (
        "3 applications can&#x27;t be ranked yet" in text
        or "3 applications can't be ranked" in text
    )
    assert "/file/STUDENT001/" in text


def test_points_that_changed_since_make_the_ranking_outdated(ranked, board):
    assert not board(ranked)["is_outdated"]
    Score.objects.filter(sheet__application__code="STUDENT002").update(points=8)

    assert board(ranked)["is_outdated"]


def test_after_the_publication_only_who_was_found_eligible_since_asks_for_a_new_ranking(
    ranked, coordinator, board
):
    publish(ranked, coordinator)
    left = application(ranked, 0)
    selection.withdraw(left, by=left.student, now=timezone.now())

    shown = board(ranked)
    assert ("is_outdated" in shown, shown["found_late"], shown["may_rank"]) == (False, 0, False)

    late = factories.ApplicationFactory.create(call=ranked, state=State.ELIGIBLE, code="LATE")
    factories.SubmissionFactory.create(application=late)

    shown = board(ranked)
    assert (shown["found_late"], shown["may_rank"]) == (1, True)


def test_earlier_rankings_stay_to_be_read(ranked, coordinator, coordinator_client):
    Score.objects.filter(sheet__application__code="STUDENT002").update(points=10)
    selection.make_ranking(ranked, by=coordinator, now=timezone.now())

    older = coordinator_client.get(page(ranked, "ranking_older", 1))
    newest = coordinator_client.get(page(ranked, "ranking_older", 2))

    assert [row.entry.application.code[-1] for row in older.context["rows"]] == ["0", "1", "2"]
    assert (older.context["may_move"], older.context["may_rank"]) == (False, False)
    assert newest["Location"] == page(ranked, "ranking")


def test_blind_readers_see_codes_and_no_name_in_a_reason(ranked, coordinator, coordinator_client):
    other = factories.CoordinatorFactory.create(faculty=ranked.programme.faculty)
    row = application(ranked, 2)
    selection.move_application(
        row,
        ahead_of=application(ranked, 0),
        reason=f"{row.student.family_name} was ill.",
        by=other,
        now=timezone.now(),
        seen=1,
    )
    row.directives.create(
        kind="forbid",
        host=ranked.hosts.order_by("pk")[1],
        reason=f"{row.student.family_name} studied there.",
        made_by=other,
    )
    ranked.blind_reading = True
    ranked.save(update_fields=["blind_reading"])
    ScoreSheet.objects.filter(reader=coordinator).update(reader=other)
    selection.end_move(RankingMove.objects.get(), by=other, now=timezone.now(), seen=2)

    for url in (page(ranked, "ranking"), page(ranked, "ranking_move", "STUDENT002")):
        text = coordinator_client.get(url).content.decode()
        assert "STUDENT002" in text
        assert row.student.family_name not in text


# -- the order at a host -------------------------------------------------------------------------


def test_host_with_weights_of_its_own_shows_its_order(call, coordinator, coordinator_client):
    place, other = call.hosts.order_by("pk")
    fit = factories.CriterionFactory.create(call=call, key="fit", kind="manual", weight=0)
    HostWeight.objects.create(host=place, criterion=fit, weight=1)
    for number, points in enumerate((3, 9, 6)):
        sheet = ScoreSheet.objects.get(application=application(call, number))
        Score.objects.create(sheet=sheet, criterion=fit, points=points)
    selection.make_ranking(call, by=coordinator, now=timezone.now())

    shown = coordinator_client.get(page(call, "ranking_host", place.pk)).context

    assert [each.criterion.key for each in shown["weights"]] == ["fit"]
    assert [
        (row.code[-1], str(row.points), row.breakdown[0].shown, row.place, row.seat.is_here)
        for row in shown["rows"]
    ] == [
        ("1", "90.00", "90.00", 2, True),
        ("2", "60.00", "60.00", 3, False),
        ("0", "30.00", "30.00", 1, False),
    ]
    assert coordinator_client.get(page(call, "ranking_host", other.pk)).status_code == 404


def test_order_at_a_host_says_why_somebody_has_no_seat_there(coordinator, coordinator_client):
    call = closed_call([[0], [1, 0], [0], [0], [0], [(0, ["S"])]], seats=[1, 1])
    score_all(call, coordinator, ["9", "8", "7", "6", "5", "4"])
    place = call.hosts.order_by("pk")[0]
    place.agreement.pools.update(semester="W")
    HostWeight.objects.create(host=place, criterion=call.criteria.get(key="motivation"), weight=1)
    application(call, 3).directives.create(
        kind="forbid", host=place, reason="Was there.", made_by=coordinator
    )
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    left = application(call, 4)
    selection.withdraw(left, by=left.student, now=timezone.now())

    shown = coordinator_client.get(page(call, "ranking_host", place.pk)).context

    assert [(pool.seats_for, pool.seats) for pool in shown["pools"]] == [
        ("any level · Winter semester", 1)
    ]
    assert [(row.level, row.seat.words) for row in shown["rows"]] == [
        ("Bachelor", "has one: Winter semester"),
        ("Bachelor", f"has a better wish: {host(call, 1)}"),
        ("Bachelor", "waits, number 1"),
        ("Bachelor", "not possible: forbidden here"),
        ("Bachelor", "takes no part any more"),
        ("Bachelor", "no seat for this level or semester"),
    ]


# -- moving --------------------------------------------------------------------------------------


def test_a_move_is_shown_before_it_is_recorded(ranked, coordinator_client):
    shown = put(coordinator_client, ranked, 2, to="STUDENT000").context

    preview = shown["preview"]
    assert [(row.name, row.before, row.after) for row in preview.places] == [
        (name(ranked, 2), 3, 1),
        (name(ranked, 0), 1, 2),
        (name(ranked, 1), 2, 3),
    ]
    assert [
        (row.name, row.before and row.before.host, row.after and row.after.host)
        for row in preview.seats
    ] == [
        (name(ranked, 0), host(ranked, 0), host(ranked, 1)),
        (name(ranked, 2), None, host(ranked, 0)),
    ]
    assert not preview.others_change
    assert not RankingMove.objects.exists()


def test_a_move_is_recorded_with_its_reason_and_can_be_ended(
    ranked, coordinator, coordinator_client, board
):
    given = {"place": "1", "shown": "STUDENT000", "record": "1"}
    url = page(ranked, "ranking_move", "STUDENT002")

    answer = post(coordinator_client, url, seen=1, reason="Her letter was misread.", **given)

    assert said(answer) == [f"{name(ranked, 2)} stands at place 1 now. Ranking 2 was made."]
    row = board(ranked)["rows"][0]
    assert (row.moved.reason, row.moved.ahead_of, row.moved.move.made_by) == (
        "Her letter was misread.",
        name(ranked, 0),
        coordinator,
    )
    assert (row.entry.counted_score, row.decided_by) == (
        board(ranked)["rows"][1].entry.score,
        "moved by hand",
    )

    ended = page(ranked, "ranking_move_end", RankingMove.objects.get().pk)
    assert said(post(coordinator_client, ended, seen=1)) == [refusal_sentence("newer_ranking", {})]
    assert said(post(coordinator_client, ended, seen=2)) == [
        "The move by hand was ended. Ranking 3 was made."
    ]
    assert stands(ranked) == [0, 1, 2]
    assert [row["name"] for row in board(ranked)["ended_moves"]] == [name(ranked, 2)]


def errors(answer):
    return {field: list(lines) for field, lines in answer.context["form"].errors.items()}


def test_a_move_without_a_reason_keeps_what_was_chosen(ranked, coordinator_client):
    answer = put(coordinator_client, ranked, 2, to="STUDENT000", shown="STUDENT000", record="1")

    assert errors(answer) == {"reason": [refusal_sentence("reason_missing", {})]}
    assert answer.context["form"]["to"].value() == "STUDENT000"
    assert answer.context["preview"] is not None
    assert not RankingMove.objects.exists()


def test_a_move_by_an_older_ranking_is_refused_and_the_text_is_kept(
    ranked, coordinator, coordinator_client
):
    selection.make_ranking(ranked, by=coordinator, now=timezone.now())
    given = {"to": "STUDENT000", "shown": "STUDENT000", "record": "1", "reason": "She was ill."}

    answer = put(coordinator_client, ranked, 2, **given)

    assert errors(answer) == {"__all__": [refusal_sentence("newer_ranking", {})]}
    assert answer.context["form"]["reason"].value() == "She was ill."
    assert 'name="seen" value="2"' in answer.content.decode()
    assert not RankingMove.objects.exists()


def test_another_target_than_the_one_that_was_shown_is_shown_first(ranked, coordinator_client):
    answer = put(
        coordinator_client, ranked, 2, to="STUDENT001", shown="STUDENT000", record="1", reason="Why"
    )

    assert answer.context["target"] == "STUDENT001"
    assert not RankingMove.objects.exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"to": ["Please choose where to."]}),
        ({"place": "4"}, {"place": ["The last place is 3."]}),
        (
            {"to": "STUDENT002", "place": "3"},
            {"place": ["Please choose either a name or a place: the two differ."]},
        ),
        ({"to": "STUDENT002"}, {"to": ["It stands there already."]}),
        ({"place": "2"}, {"to": ["It stands there already."]}),
    ],
)
def test_a_target_that_is_none_is_said_at_its_field(ranked, coordinator_client, given, expected):
    answer = put(coordinator_client, ranked, 1, **given)

    assert errors(answer) == expected


def test_missing_points_keep_anybody_from_being_moved(ranked, coordinator_client):
    ScoreSheet.objects.filter(application__code="STUDENT001").update(completed_at=None)

    answer = put(coordinator_client, ranked, 2, to="last")
    shown = put(coordinator_client, ranked, 1, to="last")

    assert errors(answer) == {"to": ["It stands there already."]}
    assert shown.context["problem"] == (
        "1 application lacks scores: STUDENT001. Missing is never zero."
    )


def test_nobody_is_moved_after_the_publication_or_by_oneself(
    ranked, coordinator, coordinator_client
):
    url = page(ranked, "ranking_move", "STUDENT001")
    own = application(ranked, 1)
    own.student, before = coordinator, own.student
    own.save(update_fields=["student"])
    assert said(coordinator_client.get(url, follow=True)) == [
        refusal_sentence("own_application", {})
    ]
    own.student = before
    own.save(update_fields=["student"])
    publish(ranked, coordinator)

    assert said(coordinator_client.get(url, follow=True)) == [
        "The results are published: nobody is moved by hand any more."
    ]


def test_own_row_stays_closed_until_the_results_are_out(ranked, coordinator, board):
    own = application(ranked, 1)
    own.student, before = coordinator, own.student
    own.save(update_fields=["student"])
    (row,) = (each for each in board(ranked)["rows"] if each.is_own)
    assert (row.is_sealed, row.seat, {cell.shown for cell in row.points}) == (True, None, {""})
    own.student = before
    own.save(update_fields=["student"])
    publish(ranked, coordinator)
    own.student = coordinator
    own.save(update_fields=["student"])
    (row,) = (each for each in board(ranked)["rows"] if each.is_own)
    assert (row.is_sealed, {cell.shown for cell in row.points} == {""}) == (False, False)


def test_who_left_since_is_no_more_moved_nor_a_target(ranked, coordinator_client, board):
    left = application(ranked, 1)
    selection.withdraw(left, by=left.student, now=timezone.now())

    assert [row.has_left for row in board(ranked)["rows"]] == [False, True, False]
    assert coordinator_client.get(page(ranked, "ranking_move", left.code)).status_code == 404
    codes = [
        code
        for code, _label in coordinator_client.get(page(ranked, "ranking_move", "STUDENT002"))
        .context["form"]
        .fields["to"]
        .choices
    ]
    assert codes == ["", "STUDENT000", "last"]


def test_office_reads_the_board_and_moves_nobody(ranked, office_client):
    shown = office_client.get(page(ranked, "ranking"))

    assert (shown.context["may_move"], shown.context["may_rank"]) == (False, False)
    assert office_client.get(page(ranked, "ranking_move", "STUDENT002")).status_code == 403


# -- the draw ------------------------------------------------------------------------------------


def test_the_draw_is_proved_once_the_results_are_out(
    ranked, coordinator, coordinator_client, board, django_assert_num_queries
):
    hidden = board(ranked)
    assert (hidden["draw"].secret, hidden["draw"].seed, hidden["draw_check"]) == ("", "", None)
    assert hidden["draw"].commitment == hashlib.sha256(ranked.lottery_secret.encode()).hexdigest()
    publish(ranked, coordinator)

    shown = board(ranked)
    with django_assert_num_queries(36):
        text = coordinator_client.get(page(ranked, "ranking")).content.decode()

    check = shown["draw_check"]
    assert (check.secret_fits, check.list_fits, check.numbers_fit) == (True, True, True)
    assert f"printf %s '{ranked.lottery_seed}:STUDENT001' | sha256sum" in text
    assert shown["draw"].number("STUDENT001") == shown["rows"][1].entry.lottery


def test_a_ranking_of_another_secret_is_called_out(ranked, coordinator, board):
    publish(ranked, coordinator)
    with pgtrigger.ignore("applications.Call:secret_stands"):
        type(ranked).objects.filter(pk=ranked.pk).update(lottery_secret="another")

    check = board(ranked)["draw_check"]

    assert (check.secret_fits, check.list_fits, check.numbers_fit) == (False, True, True)


# -- as many queries for one as for three --------------------------------------------------------


@pytest.mark.parametrize("moved", [1, 3])
def test_board_and_its_pages_need_the_same_queries(
    coordinator, coordinator_client, moved, django_assert_num_queries
):
    call = closed_call([[0]] * (moved + 1), seats=[1])
    score_all(call, coordinator, ["9", "7", "5", "3"][: moved + 1])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    for number in range(1, moved + 1):
        selection.move_application(
            application(call, number),
            ahead_of=application(call, 0),
            reason="Why",
            by=coordinator,
            now=timezone.now(),
            seen=number,
        )
    HostWeight.objects.create(
        host=call.hosts.get(), criterion=call.criteria.get(key="motivation"), weight=1
    )
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    moving = page(call, "ranking_move", "STUDENT000")

    for url, expected in (
        (page(call, "ranking"), 38),
        (page(call, "ranking_older", 1), 15),
        (page(call, "ranking_host", call.hosts.get().pk), 25),
        (moving, 11),
        (f"{moving}?to=STUDENT001", 45),
    ):
        with django_assert_num_queries(expected):
            assert coordinator_client.get(url).status_code == 200
