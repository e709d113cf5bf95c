"""A small call driven through its round, as far as a test needs it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from applications import lifecycle, selection
from applications.models import Application, Call, Placement, Score, ScoreSheet
from applications.states import State
from tests import factories


def closed_call(wishes: list[list], *, seats: list[int], **call_fields) -> Call:
    """Return a closed call: student i wishes for the hosts numbered in `wishes[i]`, in order.

    A wish is the number of a host (in the winter), or (number, [semesters]).
    """
    call = factories.CallFactory.create(criteria=True, **call_fields)
    hosts = [factories.CallHostFactory.create(call=call, seats=count) for count in seats]
    for number, wish in enumerate(wishes):
        application = factories.ApplicationFactory.create(
            call=call, state=State.SUBMITTED, code=f"STUDENT{number:03d}"
        )
        factories.SubmissionFactory.create(
            application=application,
            preferences=[
                (hosts[one[0]], one[1]) if isinstance(one, tuple) else (hosts[one], ["W"])
                for one in wish
            ],
        )
    deadline = timezone.now() - timedelta(days=1)
    Call.objects.filter(pk=call.pk).update(
        opens_at=deadline - timedelta(days=30), deadline=deadline
    )
    call.refresh_from_db()
    assert selection.close_call(call, now=timezone.now())
    return call


def review_all(call: Call) -> None:
    run = selection.start_review(call, now=timezone.now())
    while claimed := selection.claim_reviews(run, now=timezone.now()):
        for pk in claimed:
            selection.review_submission(pk, now=timezone.now())
    selection.finish_review(run, now=timezone.now())


def score_all(call: Call, reader, points: list[str]) -> None:
    """Confirm everybody as eligible and give student i `points[i]` for the motivation."""
    criterion = call.criteria.get(key="motivation")
    for application, value in zip(
        Application.objects.filter(call=call, state=State.UNDER_REVIEW).order_by("code"),
        points,
        strict=True,
    ):
        lifecycle.confirm_eligible(application, by=reader, now=timezone.now())
        sheet = ScoreSheet.objects.create(
            application=application, reader=reader, completed_at=timezone.now()
        )
        Score.objects.create(sheet=sheet, criterion=criterion, points=Decimal(value))


def published_call(wishes: list[list], *, seats: list[int], points: list[str], coordinator) -> Call:
    """Return a call whose results are out; the coordinator's faculty must be "economics"."""
    call = closed_call(wishes, seats=seats)
    score_all(call, coordinator, points)
    publish(call, coordinator)
    return call


def publish(call: Call, coordinator) -> None:
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    selection.publish_allocation(run, by=coordinator, now=timezone.now())
    call.refresh_from_db()


def places(call: Call) -> dict[str, tuple[int, str]]:
    """Return {code: (number of the host, semester)} of the live places."""
    hosts = list(call.hosts.order_by("pk").values_list("pk", flat=True))
    rows = Placement.objects.filter(application__call=call, live=True)
    return {
        code: (hosts.index(host), semester)
        for code, host, semester in rows.values_list("application__code", "host", "semester")
    }


def states_of(call: Call) -> list[str]:
    return list(call.applications.order_by("code").values_list("state", flat=True))


def application(call: Call, number: int) -> Application:
    return call.applications.get(code=f"STUDENT{number:03d}")
