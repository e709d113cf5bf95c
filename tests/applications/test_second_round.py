"""The second round: a call of its own for the seats that are left."""

from datetime import timedelta

import pytest
from django.utils import timezone

from applications import eligibility, lifecycle, selection
from applications.models import Call, HostWeight, OutgoingMail, Placement
from applications.selection.findings import Grounds, findings_on
from applications.states import State
from partners.models import SeatPool
from tests import factories
from tests.applications.desk import page, said
from tests.applications.rounds import application, publish, published_call, score_all
from tests.conftest import berlin

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(coordinator):
    """0 holds host 0, 1 waits for it; hosts 1 and 2 have a free seat, the one of 2 is too late."""
    call = published_call(
        [[0], [0], [1]], seats=[1, 2, 1], points=["9", "8", "7"], coordinator=coordinator
    )
    factories.NominationDeadlineFactory.create(
        host=host(call, 2).agreement.host,
        academic_year=call.academic_year,
        semester="W",
        deadline=timezone.localdate() - timedelta(days=1),
    )
    Call.objects.filter(pk=call.pk).update(semesters=["W"])
    call.refresh_from_db()
    return call


def host(call, number):
    return call.hosts.order_by("pk")[number]


def times(**changed):
    now = timezone.now()
    return {
        "opens_at": now - timedelta(hours=1),
        "deadline": now + timedelta(days=14),
        "answer_by": now + timedelta(days=42),
        **changed,
    }


def make(call, by):
    return selection.second_round(call, by=by, now=timezone.now(), **times())


def test_left_seats_count_places_and_offers_of_every_call(call):
    left = selection.left_seats(call, now=timezone.now())

    assert [(row.host, row.free, len(row.open), len(row.closed)) for row in left] == [
        (host(call, 1), 1, 1, 0),
        (host(call, 2), 1, 0, 1),
    ]
    other = factories.CallFactory.create(hosts=[host(call, 1).agreement], hosts__seats=0)
    factories.PlacementFactory.create(application__call=other, host=other.hosts.get())
    assert [row.host for row in selection.left_seats(call, now=timezone.now())] == [host(call, 2)]


def test_second_round_takes_over_rules_and_the_hosts_with_seats(call, coordinator):
    call.hosts.filter(pk=host(call, 1).pk).update(min_score=40)
    HostWeight.objects.create(
        host=host(call, 1), criterion=call.criteria.get(key="motivation"), weight=7
    )

    second = make(call, coordinator)

    assert (second.code, second.second_round_of, second.academic_year, second.semesters) == (
        f"{call.code}-2",
        call,
        call.academic_year,
        ["W"],
    )
    assert second.title_en == f"{call.title_en} (second round)"
    assert second.title_de == f"{call.title_de} (zweite Runde)"
    assert [(row.agreement, row.min_score) for row in second.hosts.all()] == [
        (host(call, 1).agreement, 40)
    ]
    fields = ("key", "kind", "weight", "scale_max", "anchors_de")
    assert list(second.criteria.values_list(*fields)) == list(call.criteria.values_list(*fields))
    assert [
        (row.host, row.criterion.call, row.weight)
        for row in HostWeight.objects.filter(host__call=second)
    ] == [(second.hosts.get(), second, 7)]
    for rule in ("programme_id", "tie_breakers", "readers_needed", "blind_reading"):
        assert getattr(second, rule) == getattr(call, rule)
    assert second.lottery_secret != call.lottery_secret


def test_those_without_a_place_are_told(call, coordinator):
    second = make(call, coordinator)

    mails = OutgoingMail.objects.filter(key__startswith=f"second_round:{second.pk}:")
    assert [mail.application.code for mail in mails] == ["STUDENT001"]
    assert second.title_en in mails[0].body


def test_second_round_is_refused_with_its_reason(call, coordinator, office):
    def refused(first, by=coordinator):
        with pytest.raises(selection.NoSecondRound) as problem:
            make(first, by)
        return problem.value.code

    early = factories.CallFactory.create(programme=call.programme, closed=True)
    assert (refused(early), refused(call, office)) == ("not_published", "not_allowed")
    pools = SeatPool.objects.filter(agreement=host(call, 1).agreement)
    pools.update(seats=1)
    assert refused(call) == "nothing_left"
    pools.update(seats=2)
    second = make(call, coordinator)
    assert (refused(call), refused(second)) == ("exists", "not_published")
    Call.objects.filter(pk=second.pk).update(
        opens_at=timezone.now() - timedelta(days=9),
        deadline=timezone.now() - timedelta(days=3),
        closed_at=timezone.now() - timedelta(days=2),
        published_at=timezone.now() - timedelta(days=1),
    )
    assert refused(second) == "is_second"
    assert Call.objects.filter(second_round_of__isnull=False).count() == 1


def test_page_shows_what_is_left_and_makes_it_on_the_yes(call, coordinator_client):
    shown = coordinator_client.get(page(call, "second_round"))
    assert [row.host for row in shown.context["left"]] == [host(call, 1)]
    assert [row.host for row in shown.context["too_late"]] == [host(call, 2)]
    assert shown.context["told"] == 1
    defaults = shown.context["form"].initial
    assert defaults["opens_at"] < defaults["deadline"] < defaults["answer_by"]

    answer = coordinator_client.post(
        page(call, "second_round"),
        {
            "opens_at": "2030-05-02T00:00",
            "deadline": "2030-05-16T00:00",
            "answer_by": "2030-06-13T00:00",
        },
        follow=True,
    )

    second = Call.objects.get(second_round_of=call)
    assert answer.redirect_chain == [(page(second, "round"), 302)]
    assert f"Second round of {call.title}" in answer.text
    assert (second.opens_at, second.deadline, second.answer_by) == (
        berlin("2030-05-02 00:00"),
        berlin("2030-05-16 00:00"),
        berlin("2030-06-13 00:00"),
    )
    assert "There is a second round" in coordinator_client.get(page(call, "second_round")).text
    answer = coordinator_client.post(
        page(call, "second_round"),
        {
            "opens_at": "2030-05-02T00:00",
            "deadline": "2030-05-16T00:00",
            "answer_by": "2030-06-13T00:00",
        },
    )
    assert said(answer) == ["There is a second round of this call already."]


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("deadline", "2020-01-01T00:00", "The deadline has to lie ahead."),
        ("deadline", "2030-05-02T00:00", "The deadline has to come after the opening."),
        ("answer_by", "2030-05-16T00:00", "This has to come after the deadline."),
        ("opens_at", "", "This field is required."),
    ],
)
def test_times_out_of_order_are_told_at_the_field(call, coordinator_client, field, typed, says):
    data = {
        "opens_at": "2030-05-02T00:00",
        "deadline": "2030-05-16T00:00",
        "answer_by": "2030-06-13T00:00",
        field: typed,
    }
    answer = coordinator_client.post(page(call, "second_round"), data)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [says]}
    assert not Call.objects.filter(second_round_of=call).exists()


def test_who_has_no_place_applies_and_an_accepted_semester_is_refused(call, coordinator):
    holder, waiting = application(call, 0), application(call, 1)
    selection.accept(holder, by=holder.student, now=timezone.now())
    second = make(call, coordinator)

    found = []
    for row in (holder, waiting):
        started = lifecycle.start_application(row.student, second, now=timezone.now())
        submission = factories.SubmissionFactory.create(
            application=started, preferences=[(second.hosts.get(), ["W"])]
        )
        grounds = Grounds.of(second)
        findings = findings_on(grounds.dossiers([submission.pk])[submission.pk], grounds)
        found.append([row["code"] for row in findings if row["code"].startswith("semester_")])
    assert found == [[eligibility.EligibilityCode.SEMESTER_TAKEN], []]


def test_seat_left_over_is_won_in_the_second_round_and_never_twice(call, coordinator):
    second = make(call, coordinator)
    waiting = application(call, 1)
    row = factories.ApplicationFactory.create(
        call=second, student=waiting.student, state=State.SUBMITTED, code="SECOND"
    )
    factories.SubmissionFactory.create(application=row, preferences=[(second.hosts.get(), ["W"])])
    deadline = timezone.now() - timedelta(minutes=1)
    Call.objects.filter(pk=second.pk).update(deadline=deadline)
    second.refresh_from_db()
    assert selection.close_call(second, now=timezone.now())
    score_all(second, coordinator, ["5"])
    publish(second, coordinator)

    assert Placement.objects.get(application=row, live=True).host == second.hosts.get()
    assert [left.host for left in selection.left_seats(call, now=timezone.now())] == [host(call, 2)]
