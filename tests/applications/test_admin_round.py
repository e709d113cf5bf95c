"""A round at the coordinators' desk, step by step through the admin's own pages."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from applications import lifecycle, selection
from applications.models import (
    AllocationRun,
    Call,
    ExportLog,
    Nomination,
    OutgoingMail,
    Placement,
    Ranking,
    ScoreSheet,
    StateChange,
)
from applications.states import State
from tests import factories
from tests.applications.desk import confirm, file_page, page, post, said
from tests.applications.rounds import (
    application,
    closed_call,
    published_call,
    review_all,
    score_all,
    states_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(coordinator):  # noqa: ARG001 - the faculty must be there
    return closed_call([[0], [0, 1]], seats=[1, 1])


# -- the whole round -----------------------------------------------------------------------------


def test_round_goes_from_the_deadline_to_the_list_of_nominations(
    coordinator_client, student, faculty
):
    client = coordinator_client
    call = factories.CallFactory.create(criteria=True, programme__faculty=faculty)
    host = factories.CallHostFactory.create(call=call, seats=1)
    winner = factories.ApplicationFactory.create(call=call, student=student, state=State.SUBMITTED)
    other = factories.ApplicationFactory.create(call=call, state=State.SUBMITTED)
    for row in (winner, other):
        factories.SubmissionFactory.create(application=row, preferences=[(host, ["W"])])
    deadline = timezone.now() - timedelta(minutes=1)
    Call.objects.filter(pk=call.pk).update(deadline=deadline)

    assert said(post(client, page(call, "close"))) == [
        "The call is closed. The worker reviews it now."
    ]
    call.refresh_from_db()
    assert "The review is about to start." in client.get(page(call, "round")).content.decode()
    review_all(call)
    assert "2 of 2 reviewed" in client.get(page(call, "progress")).content.decode()

    assert said(confirm(client, call, winner.code, other.code)) == [
        "2 applications confirmed as eligible."
    ]
    for row, points in ((winner, "9"), (other, "4,5")):
        scored = post(
            client, file_page(row, "score"), points_motivation=points, version=0, complete="1"
        )
        assert said(scored) == ["Your score sheet is saved."]

    assert said(post(client, page(call, "rank"))) == ["Ranking 1 was made."]
    assert list(call.rankings.get().entries.values_list("application__code", flat=True)) == [
        winner.code,
        other.code,
    ]
    run_page = post(client, page(call, "allocate"), note="first")
    assert run_page.redirect_chain == [(page(call, "run", 1), 302)]
    asked = client.get(page(call, "publish", 1))
    assert [len(asked.context[name]) for name in ("offers", "waiting", "without")] == [1, 1, 0]
    assert states_of(call) == ["eligible", "eligible"]  # nothing is told before the second yes
    seen = asked.context["run"].result_sha256
    assert said(post(client, page(call, "publish", 1), seen=seen)) == [
        "The results are published. The mails go out with the next minute."
    ]
    winner.refresh_from_db()
    other.refresh_from_db()
    assert (winner.state, other.state) == (State.OFFERED, State.WAITLISTED)

    lifecycle.accept_offer(winner, by=student, now=timezone.now())
    assert said(post(client, page(call, "enrolment"), application=[winner.code])) == [
        "Enrolment of 1 student confirmed."
    ]
    assert said(post(client, page(call, "nominate"), application=[winner.code])) == [
        "1 student nominated."
    ]
    nomination = Nomination.objects.get()
    today = timezone.localdate()
    answered = post(
        client, page(call, "host_confirmed"), nomination=[nomination.pk], answered_on=today
    )
    assert said(answered) == ["1 confirmation recorded."]
    winner.refresh_from_db()
    assert winner.state == State.CONFIRMED
    lists = [client.post(page(call, "export"), {"format": form}) for form in ("xlsx", "csv")]
    assert [response.status_code for response in lists] == [200, 200]
    assert list(
        ExportLog.objects.order_by("at").values_list("format", "nominations", "by__username")
    ) == [(form, [nomination.pk], nomination.nominated_by.username) for form in ("xlsx", "csv")]
    cells = [
        cell.value for row in load_workbook(io.BytesIO(lists[0].content)).active for cell in row
    ]
    assert student.family_name in cells
    rows = list(csv.reader(io.StringIO(lists[1].content.decode("utf-8-sig")), delimiter=";"))
    assert student.family_name in rows[1]
    cancelled = post(client, page(call, "cancel", nomination.pk), reason="Ill.")
    winner.refresh_from_db()
    other.refresh_from_db()
    freed = other.placements.get(live=True)
    assert said(cancelled) == [
        f"The nomination is cancelled. Now offered a place: {other.student} ({freed.host})."
    ]
    assert (winner.state, other.state) == (State.CANCELLED, State.OFFERED)  # the seat moves on


# -- closing and deciding ------------------------------------------------------------------------


def test_call_is_not_closed_before_its_deadline(coordinator_client, faculty):
    call = factories.CallFactory.create(programme__faculty=faculty)

    answer = post(coordinator_client, page(call, "close"))

    assert said(answer) == ["Nothing to close: the deadline has not passed, or it is closed."]
    call.refresh_from_db()
    assert call.closed_at is None


# -- ranking, allocation, publication ------------------------------------------------------------


def test_ranking_names_who_lacks_scores(call, coordinator, coordinator_client):
    for number in (0, 1):
        lifecycle.confirm_eligible(application(call, number), by=coordinator, now=timezone.now())

    answer = post(coordinator_client, page(call, "rank"))

    assert said(answer) == [
        "2 applications lack scores: STUDENT000, STUDENT001. Missing is never zero."
    ]
    assert Ranking.objects.count() == 0


def test_allocation_needs_a_ranking(call, coordinator_client):
    answer = post(coordinator_client, page(call, "allocate"))

    assert said(answer) == ["Make a ranking first that holds every eligible application."]
    assert AllocationRun.objects.count() == 0


@pytest.fixture
def run(call, coordinator):
    score_all(call, coordinator, ["9", "5"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    return selection.propose_allocation(call, by=coordinator, now=timezone.now())


def test_outdated_run_can_not_be_published_and_says_why(call, run, coordinator_client):
    lifecycle.withdraw(application(call, 0), by=application(call, 0).student, now=timezone.now())

    asked = coordinator_client.get(page(call, "publish", run.number))
    answer = post(coordinator_client, page(call, "publish", run.number), seen=run.result_sha256)

    assert asked.context["problem"]
    assert "Publish run 1 now" not in asked.content.decode()
    assert said(answer) == [asked.context["problem"]]
    assert Placement.objects.count() == 0
    call.refresh_from_db()
    assert call.published_at is None


def test_run_is_published_once(call, run, coordinator_client):
    seen = run.result_sha256
    post(coordinator_client, page(call, "publish", run.number), seen=seen)
    mails = OutgoingMail.objects.count()

    again = post(coordinator_client, page(call, "publish", run.number), seen=seen)

    assert len(said(again)) == 1
    assert OutgoingMail.objects.count() == mails
    assert Placement.objects.count() == 2


def test_files_of_a_run_are_what_is_stored_the_input_only_with_the_results(
    call, run, coordinator_client
):
    early = [
        coordinator_client.get(page(call, part, run.number)) for part in ("instance", "result")
    ]
    post(coordinator_client, page(call, "publish", run.number), seen=run.result_sha256)

    given = [
        coordinator_client.get(page(call, part, run.number)) for part in ("instance", "result")
    ]

    assert [response.status_code for response in early] == [409, 200]
    assert [run.ranking.seed in response.text for response in (*early, *given)] == [
        False,
        False,
        True,
        False,
    ]
    assert [response.content.decode() for response in given] == [run.instance, run.result]
    assert json.loads(given[1].content)["status"] == "ok"
    assert given[0]["Content-Disposition"] == f'attachment; filename="{call.code}-1-instance.json"'


# -- nomination ----------------------------------------------------------------------------------


@pytest.fixture
def accepted(coordinator):
    call = published_call([[0], [0]], seats=[1], points=["9", "5"], coordinator=coordinator)
    row = application(call, 0)
    lifecycle.accept_offer(row, by=row.student, now=timezone.now())
    return row


def test_list_is_not_written_for_nobody_nor_in_an_unknown_form(accepted, coordinator_client):
    nobody = post(coordinator_client, page(accepted.call, "export"), format="xlsx")
    unknown = post(coordinator_client, page(accepted.call, "export"), format="exe")

    assert said(nobody) == ["Nobody is nominated yet."]
    assert said(unknown) == ["Please choose one of the formats shown."]
    assert ExportLog.objects.count() == 0


# -- the office ----------------------------------------------------------------------------------


def test_office_follows_nominates_and_exports_but_does_not_select(accepted, office, office_client):
    call = accepted.call

    lifecycle.confirm_enrolment(accepted, by=office, now=timezone.now())
    assert said(post(office_client, page(call, "nominate"), application=[accepted.code])) == [
        "1 student nominated."
    ]
    assert office_client.post(page(call, "export"), {"format": "csv"}).status_code == 200
    assert ExportLog.objects.get().by == office
    text = office_client.get(file_page(accepted)).content.decode()
    assert "My score sheet" not in text
    assert "Settings of the call" not in text


@pytest.mark.parametrize("name", ["score", "decide", "exclude_host", "direct", "concede"])
def test_office_decides_on_no_application(call, office_client, name):
    row = application(call, 0)

    answer = office_client.post(
        file_page(row, name),
        {"decision": "eligible", "points_motivation": "9", "complete": "1", "version": 0},
    )

    assert answer.status_code == 403
    assert states_of(call) == ["under_review", "under_review"]
    assert ScoreSheet.objects.count() == 0


@pytest.mark.parametrize("name", ["confirm", "rank", "allocate"])
def test_office_selects_nothing(call, office_client, name):
    changes = StateChange.objects.count()

    assert office_client.post(page(call, name), {"application": "STUDENT000"}).status_code == 403
    assert StateChange.objects.count() == changes
    assert (Ranking.objects.count(), AllocationRun.objects.count()) == (0, 0)
