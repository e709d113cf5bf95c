"""The second round: a call of its own for the seats that are left."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from applications import eligibility, lifecycle, selection, tasks
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
    """0 holds host 0, 1 waits for it; hosts 1 and 2 have a free seat, the one of 2 is too late.

    Host 1 takes nominations until 20 June 2030.
    """
    call = published_call(
        [[0], [0], [1]], seats=[1, 2, 1], points=["9", "8", "7"], coordinator=coordinator
    )
    for number, day in ((1, date(2030, 6, 20)), (2, timezone.localdate() - timedelta(days=1))):
        factories.NominationDeadlineFactory.create(
            host=host(call, number).agreement.host,
            academic_year=call.academic_year,
            semester="W",
            deadline=day,
        )
    Call.objects.filter(pk=call.pk).update(semesters=["W"])
    call.refresh_from_db()
    return call


def host(call, number):
    return call.hosts.order_by("pk")[number]


def times():
    now = timezone.now()
    return selection.Times(
        opens_at=now - timedelta(hours=1),
        deadline=now + timedelta(days=14),
        feedback_weeks=3,
        answer_by=now + timedelta(days=42),
    )


def typed(**changed):
    """Return what is typed into the form: results are promised by 5 June 2030."""
    return {
        "opens_at": "2030-05-02T00:00",
        "deadline": "2030-05-16T00:00",
        "feedback_weeks": "3",
        "answer_by": "2030-06-13T00:00",
        **changed,
    }


def make(call, by):
    return selection.second_round(call, times(), by=by, now=timezone.now())


def told(second):
    mails = OutgoingMail.objects.filter(key__startswith=f"second_round:{second.pk}:")
    return sorted(mails.values_list("application__code", flat=True))


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


def test_those_still_without_a_place_are_told_once_when_it_opens(call, coordinator):
    second = make(call, coordinator)
    assert told(second) == []
    selection.announce_second_rounds(second.opens_at - timedelta(seconds=1))
    selection.announce_second_rounds(second.deadline)
    assert told(second) == []

    tasks.expire_offers()
    assert told(second) == ["STUDENT001"]
    assert second.title_en in OutgoingMail.objects.get(key__startswith="second_round:").body

    # Whoever loses a place while it is open is told then; whoever applies already is not.
    for number in (0, 2):
        holder = application(call, number)
        selection.decline(holder, by=holder.student, now=timezone.now())
    factories.ApplicationFactory.create(call=second, student=application(call, 2).student)
    for _twice in range(2):
        selection.announce_second_rounds(timezone.now())
    assert told(second) == ["STUDENT000", "STUDENT001"]


def test_whoever_got_a_place_before_it_opens_is_not_told(call, coordinator):
    second = make(call, coordinator)
    holder = application(call, 0)
    selection.decline(holder, by=holder.student, now=timezone.now())

    selection.announce_second_rounds(timezone.now())

    assert told(second) == ["STUDENT000"]


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
    promised = Call(deadline=defaults["deadline"], feedback_weeks=defaults["feedback_weeks"])
    assert defaults["opens_at"] < defaults["deadline"]
    assert timezone.localdate(defaults["answer_by"]) - promised.feedback_by == timedelta(days=8)

    answer = coordinator_client.post(page(call, "second_round"), typed(), follow=True)

    second = Call.objects.get(second_round_of=call)
    assert answer.redirect_chain == [(page(second, "round"), 302)]
    assert f"Second round of {call.title}" in answer.text
    assert (second.opens_at, second.deadline, second.feedback_by, second.answer_by) == (
        berlin("2030-05-02 00:00"),
        berlin("2030-05-16 00:00"),
        date(2030, 6, 5),
        berlin("2030-06-13 00:00"),
    )
    (sentence,) = said(answer)
    assert sentence.endswith("told by mail when it opens, on 2 May 2030, 00:00 (Europe/Berlin).")
    assert page(second, "round") in coordinator_client.get(page(call, "round")).text
    again = coordinator_client.get(page(call, "second_round"))
    assert "There is a second round" in again.text
    assert (again.context["left"], again.context["too_late"]) == ([], [])
    answer = coordinator_client.post(page(call, "second_round"), typed())
    assert said(answer) == ["There is a second round of this call already."]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("deadline", "2020-01-01T00:00", "The deadline has to lie ahead."),
        ("deadline", "2030-05-02T00:00", "The deadline has to come after the opening."),
        ("answer_by", "2030-05-16T00:00", "This has to come after the deadline."),
        ("opens_at", "", "This field is required."),
        (
            "answer_by",
            "2030-06-06T00:00",
            "Results are promised by 5 June 2030: the last day to answer has to come after it.",
        ),
    ],
)
def test_times_out_of_order_are_told_at_the_field(call, coordinator_client, field, value, says):
    answer = coordinator_client.post(page(call, "second_round"), typed(**{field: value}))
    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [says]}
    assert not Call.objects.filter(second_round_of=call).exists()


def test_hosts_whose_deadline_ends_before_the_last_answer_are_warned_of(call, coordinator_client):
    late = typed(answer_by="2030-06-21T00:00")
    url = page(call, "second_round")

    warned = coordinator_client.post(url, late)

    assert not Call.objects.filter(second_round_of=call).exists()
    assert [row.host for row in warned.context["shown"].useless_hosts] == [host(call, 1)]
    assert "At 1 host nominations for a semester end before the last minute" in warned.text
    assert "over before the last answer" in warned.text
    # The warning was of these times: others that are too late are warned of again.
    seen = {"warned": warned.context["shown"].warning}
    coordinator_client.post(url, late | seen | {"answer_by": "2030-06-22T00:00"})
    assert not Call.objects.filter(second_round_of=call).exists()
    coordinator_client.post(url, late | seen)
    assert Call.objects.get(second_round_of=call).answer_by == berlin("2030-06-21 00:00")


def test_call_that_is_not_published_lists_no_hosts(call, coordinator_client):
    Call.objects.filter(pk=call.pk).update(published_at=None)
    shown = coordinator_client.get(page(call, "second_round"))
    assert (shown.context["left"], shown.context["too_late"]) == ([], [])


def test_students_see_the_seats_the_first_round_left(
    call, coordinator, student_client, django_assert_num_queries
):
    second = make(call, coordinator)
    address = reverse("applications:call", args=[second.code])

    assert "1 of 2 seats" in student_client.get(address).text
    # Those it gives away itself stay: the page tells what there was to apply for.
    factories.PlacementFactory.create(application__call=second, host=second.hosts.get())
    with django_assert_num_queries(15):
        assert "1 of 2 seats" in student_client.get(address).text


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
