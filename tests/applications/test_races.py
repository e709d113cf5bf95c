"""What happens when two do it at once: real threads, real connections, real row locks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import (
    Application,
    OutgoingMail,
    Placement,
    StateChange,
    Submission,
    SubmissionReview,
)
from applications.states import State
from tests import factories
from tests.applications.races import at_once, draft
from tests.applications.rounds import application, closed_call, published_call, score_all, states_of
from tests.applications.test_lifecycle import answers

pytestmark = pytest.mark.django_db(transaction=True)


def test_submit_twice_at_once_writes_one_submission():
    row = draft()
    answer = answers(row)
    now = timezone.now()
    results = at_once(
        *[lambda: lifecycle.submit(row, answer, by=row.student, now=now) for _ in range(4)]
    )
    assert {result.pk for result in results} == {Submission.objects.get().pk}
    assert (StateChange.objects.count(), OutgoingMail.objects.count()) == (1, 1)


def test_submit_while_the_call_closes_is_either_in_the_review_or_refused():
    row = draft()
    answer = answers(row)
    in_time = row.call.deadline - timedelta(microseconds=1)
    submitted, closed = at_once(
        lambda: lifecycle.submit(row, answer, by=row.student, now=in_time),
        lambda: selection.close_call(row.call, now=row.call.deadline),
    )
    row.refresh_from_db()
    assert closed is True
    if isinstance(submitted, Submission):
        assert row.state == State.UNDER_REVIEW
    else:
        assert isinstance(submitted, lifecycle.TransitionRefused | lifecycle.DeadlinePassed)
        assert (row.state, Submission.objects.count()) == (State.LAPSED, 0)


def test_close_call_by_four_workers_closes_once():
    call = factories.CallFactory.create()
    factories.ApplicationFactory.create(call=call)
    now = call.deadline
    results = at_once(*[lambda: selection.close_call(call, now=now) for _ in range(4)])
    assert sorted(results) == [False, False, False, True]
    assert (StateChange.objects.count(), OutgoingMail.objects.count()) == (1, 1)


def test_save_draft_from_two_tabs_keeps_the_first_and_tells_the_second():
    row = draft()
    now = timezone.now()
    seen = lifecycle.fingerprint({}, ["city"])
    here, there = (lifecycle.OpenCopy("about", name, 1, seen) for name in ("here", "there"))
    results = at_once(
        lambda: lifecycle.save_draft(row, {"city": "Bochum"}, copy=here, now=now),
        lambda: lifecycle.save_draft(row, {"city": "Essen"}, copy=there, now=now),
    )
    row.refresh_from_db()
    assert sorted(type(result).__name__ for result in results) == ["Application", "DraftConflict"]
    saved = next(result for result in results if isinstance(result, Application))
    assert (row.draft, row.draft_turns) == (saved.draft, saved.draft_turns)


def test_two_windows_with_two_pages_keep_the_answers_of_both():
    row = draft()
    now = timezone.now()
    for turn in range(1, 11):
        pages = [("about", "city"), ("studies", "semester_now"), ("languages", "language_1")]
        at_once(
            *[
                lambda page=page, name=name, turn=turn: lifecycle.save_draft(
                    row,
                    {name: str(turn)},
                    copy=lifecycle.OpenCopy(page, page, turn, lifecycle.fingerprint({}, [name])),
                    now=now,
                )
                for page, name in pages
            ]
        )
        row.refresh_from_db()
        assert row.draft == {name: str(turn) for _page, name in pages}


def test_review_by_four_workers_reviews_each_once():
    call = closed_call([[0]] * 9, seats=[1])
    run = selection.start_review(call, now=timezone.now())

    def work():
        written = 0
        while claimed := selection.claim_reviews(run, now=timezone.now(), most=2):
            written += sum(selection.review_submission(pk, now=timezone.now()) for pk in claimed)
        return written

    assert sum(at_once(work, work, work, work)) == 9
    assert set(SubmissionReview.objects.values_list("state", "attempts")) == {("done", 1)}


def test_last_seat_wanted_by_three_at_once_is_given_once():
    place = factories.PlacementFactory.create()
    host, pool, call = place.host, place.pool, place.application.call
    rows = [
        factories.ApplicationFactory.create(call=call, state=State.NOT_PLACED) for _ in range(3)
    ]

    def take(row):
        return lambda: lifecycle.offer_all(
            [
                lifecycle.Seat(
                    Application.objects.select_related("student", "call").get(pk=row.pk),
                    host=host,
                    semester="W",
                    pool=pool,
                    answer_by=timezone.now() + timedelta(days=7),
                )
            ],
            run=place.run,
            by=None,
            now=timezone.now(),
        )

    results = at_once(*[take(row) for row in rows])
    assert sum(isinstance(result, list) for result in results) == 1
    assert Placement.objects.filter(pool=pool, live=True).count() == pool.seats == 2


def test_accept_while_it_expires_has_one_outcome(coordinator):
    call = published_call([[0], [0]], seats=[1], points=["9", "8"], coordinator=coordinator)
    first = application(call, 0)
    place = Placement.objects.get(live=True)
    just_before = place.answer_by - timedelta(microseconds=1)
    accepted, expired = at_once(
        lambda: lifecycle.accept_offer(first, by=first.student, now=just_before),
        lambda: selection.expire_offers(now=place.answer_by),
    )
    if isinstance(accepted, Placement):
        assert (states_of(call), expired) == ([State.ACCEPTED, State.WAITLISTED], 0)
    else:
        assert isinstance(accepted, lifecycle.TransitionRefused)
        assert (states_of(call), expired) == ([State.EXPIRED, State.OFFERED], 1)
    assert Placement.objects.filter(live=True).count() == 1


def test_freed_seats_by_three_at_once_are_never_given_twice_nor_lost(coordinator):
    call = published_call(
        [[0]] * 7,
        seats=[3],
        points=["9", "8", "7", "6", "5", "4", "3"],
        coordinator=coordinator,
    )
    holders = [application(call, number) for number in range(3)]
    results = at_once(
        *[
            lambda row=row: selection.decline(row, by=row.student, now=timezone.now())
            for row in holders
        ]
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assert states_of(call) == [State.DECLINED] * 3 + [State.OFFERED] * 3 + [State.WAITLISTED]


def test_withdrawal_during_publication_has_one_outcome(coordinator):
    call = closed_call([[0], [0]], seats=[1])
    score_all(call, coordinator, ["9", "8"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    first = application(call, 0)
    published, _withdrawn = at_once(
        lambda: selection.publish_allocation(run, by=coordinator, now=timezone.now()),
        lambda: selection.withdraw(first, by=first.student, now=timezone.now()),
    )
    if published is None:
        assert states_of(call) == [State.WITHDRAWN, State.OFFERED]
    else:
        assert published.code == "out_of_date"
        assert states_of(call) == [State.WITHDRAWN, State.ELIGIBLE]


def test_publish_by_two_at_once_publishes_once(coordinator):
    call = closed_call([[0], [0]], seats=[1])
    score_all(call, coordinator, ["9", "8"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    results = at_once(
        *[
            lambda: selection.publish_allocation(
                type(run).objects.get(pk=run.pk), by=coordinator, now=timezone.now()
            )
            for _ in range(2)
        ]
    )
    assert sorted(str(result) for result in results) == ["None", "already_published"]
    assert Placement.objects.count() == 1


def test_score_sheet_saved_twice_keeps_the_first(coordinator):
    call = closed_call([[0]], seats=[1])
    row = application(call, 0)

    def save(points):
        return lambda: selection.save_score_sheet(
            row,
            {"motivation": points},
            comment="",
            completed=True,
            version=0,
            by=coordinator,
            now=timezone.now(),
        )

    results = at_once(save(3), save(4))
    assert sum(isinstance(result, selection.SheetConflict) for result in results) == 1
    assert row.score_sheets.get().version == 1


def test_two_calls_that_share_seats_publish_one_after_the_other(coordinator):
    """Each takes both seats, in opposite order: neither waits for the other for ever."""
    first = closed_call([[0], [1]], seats=[1, 1])
    score_all(first, coordinator, ["9", "8"])
    agreements = [host.agreement for host in first.hosts.order_by("-pk")]
    second = factories.CallFactory.create(
        programme=first.programme,
        criteria=True,
        hosts=agreements,
        hosts__seats=0,
        opens_at=timezone.now() - timedelta(days=9),
        deadline=timezone.now() - timedelta(days=1),
    )
    for number, host in enumerate(second.hosts.order_by("pk")):
        factories.SubmissionFactory.create(
            application__call=second,
            application__code=f"SECOND{number}",
            preferences=[(host, ["W"])],
        )
    assert selection.close_call(second, now=timezone.now())
    score_all(second, coordinator, ["9", "8"])
    runs = []
    for call in (first, second):
        selection.make_ranking(call, by=coordinator, now=timezone.now())
        runs.append(selection.propose_allocation(call, by=coordinator, now=timezone.now()))
    results = at_once(
        *[
            lambda run=run: selection.publish_allocation(run, by=coordinator, now=timezone.now())
            for run in runs
        ]
    )
    assert sorted(str(result) for result in results) == ["None", "out_of_date"]
    assert Placement.objects.filter(live=True).count() == 2


def test_start_while_the_call_closes_leaves_no_draft_behind():
    call = factories.CallFactory.create()
    student = factories.StudentFactory.create()
    just_before = call.deadline - timedelta(microseconds=1)
    started, closed = at_once(
        lambda: lifecycle.start_application(student, call, now=just_before),
        lambda: selection.close_call(type(call).objects.get(pk=call.pk), now=call.deadline),
    )
    assert closed is True
    if isinstance(started, Application):
        assert states_of(call) == [State.LAPSED]
    else:
        assert (isinstance(started, lifecycle.DeadlinePassed), states_of(call)) == (True, [])


@pytest.mark.parametrize("state", ["draft", "submitted"])
def test_reminding_by_four_workers_mails_once(state):
    row = factories.ApplicationFactory.create(call__hosts=1, state=state)
    if state == "submitted":
        factories.SubmissionFactory.create(application=row)
        Application.objects.filter(pk=row.pk).update(
            draft={"city": "Essen"}, draft_saved_at=timezone.now() + timedelta(minutes=1)
        )
    now = row.call.deadline - timedelta(days=1)

    def remind():
        lifecycle.remind_drafts(now=now)
        for due in lifecycle.unsent_to_remind(now=now):
            lifecycle.remind_unsent(due, lambda *_: ["City"], now=now)

    assert at_once(*[remind] * 4) == [None] * 4
    kind = {"draft": "reminder", "submitted": "unsent"}[state]
    assert [mail.key for mail in OutgoingMail.objects.all()] == [f"{kind}:{row.code}:1"]


def test_reminding_while_the_student_withdraws_comes_first_or_not_at_all():
    """A reminder that is written stands before the withdrawal's mail; afterwards there is none."""
    for _try in range(10):
        row = factories.ApplicationFactory.create(call__hosts=1)
        now = row.call.deadline - timedelta(days=1)
        results = at_once(
            lambda row=row, now=now: lifecycle.withdraw(row, by=row.student, now=now),
            lambda now=now: lifecycle.remind_drafts(now=now),
        )
        assert results[0] is None
        keys = list(
            OutgoingMail.objects.filter(application=row)
            .order_by("pk")
            .values_list("key", flat=True)
        )
        told = [f"reminder:{row.code}:1"] * results[1]
        assert keys == [*told, f"withdrawn:{row.code}"]
