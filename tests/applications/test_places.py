"""Who holds which place after the publication, and what follows if one comes free."""

from datetime import timedelta

import pytest
from django.utils import timezone

from applications import selection
from applications.admin.places import data
from applications.models import BetterOffer, Placement
from applications.states import State
from partners.models import SeatPool
from tests import factories
from tests.applications.desk import file_page, page, post, said
from tests.applications.rounds import application, places, published_call, states_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(coordinator):
    """0 holds host 0; 1 holds host 1 and wanted 0 more; 2 waits for 1, 3 for 0; nobody wants 2."""
    return published_call(
        [[0], [0, 1], [1], [0]],
        seats=[1, 1, 2],
        points=["9", "8", "7", "6"],
        coordinator=coordinator,
    )


def name(call, number):
    return str(application(call, number).student)


def host(call, number):
    return call.hosts.order_by("pk")[number]


def deadline(call, number, days):
    return factories.NominationDeadlineFactory.create(
        host=host(call, number).agreement.host,
        academic_year=call.academic_year,
        semester="W",
        deadline=timezone.localdate() + timedelta(days=days),
    )


def one_more_seat(call, number):
    pools = SeatPool.objects.filter(agreement=host(call, number).agreement)
    pools.update(seats=pools.get().seats + 1)


def test_places_name_holders_offers_and_who_waits_next(call, coordinator_client):
    deadline(call, 0, 6)
    deadline(call, 1, 0)
    row = application(call, 0)
    selection.decline(row, by=row.student, now=timezone.now())

    shown = coordinator_client.get(page(call, "places"))

    rows = {row.host: row for row in shown.context["hosts"]}
    first, second, third = (rows[host(call, number)] for number in range(3))
    (offered,), (kept,) = first.pools[0].holders, second.pools[0].holders
    assert (offered.name, offered.kept) == (name(call, 1), f"{second.host} · Winter semester")
    assert (kept.name, kept.better) == (name(call, 1), f"{first.host} · Winter semester")
    assert offered.answer_by == BetterOffer.objects.get().answer_by
    assert kept.answer_by == Placement.objects.get(live=True).answer_by
    assert [
        [(queue.names, queue.more, queue.nominable.days_left) for queue in row.queues]
        for row in (first, second, third)
    ] == [
        [([("STUDENT003", name(call, 3))], 0, 6)],
        [([("STUDENT002", name(call, 2))], 0, 0)],
        [],
    ]
    assert (shown.context["open_offers"], shown.context["free"]) == (1, 2)
    assert [row.host for row in shown.context["left_over"]] == [third.host]
    for words in ("6 days left", "today is the last day to nominate", "Nobody waits for a seat"):
        assert words in shown.text


def test_places_have_pages_and_figures_of_all(call, coordinator_client, monkeypatch):
    monkeypatch.setattr(data, "LINES_A_PAGE", 4)
    for number in (0, 2):
        namesake = application(call, number).student
        namesake.given_names, namesake.family_name = "Kim", "Ott"
        namesake.save()

    first, last = (coordinator_client.get(page(call, "places"), {"page": n}) for n in (1, 2))

    by_name = sorted(call.hosts.all(), key=lambda host: str(host).casefold())
    pages = [[row.host for row in shown.context["hosts"]] for shown in (first, last)]
    assert pages == [by_name[:2], by_name[2:]]
    for shown in (first, last):
        assert (shown.context["open_offers"], shown.context["free"]) == (2, 2)
        assert [row.host for row in shown.context["left_over"]] == [host(call, 2)]
    named = [
        holder.name
        for shown in (first, last)
        for row in shown.context["hosts"]
        for pool in row.pools
        for holder in pool.holders
    ]
    assert sorted(named) == sorted(["Kim Ott (STUDENT000)", name(call, 1)])
    assert f'href="?page=2#host-{by_name[2].pk}"' in first.text


def test_before_the_publication_there_are_no_places(coordinator_client, faculty):
    call = factories.CallFactory.create(programme__faculty=faculty, closed=True)
    shown = coordinator_client.get(page(call, "places"))
    assert "No places yet" in shown.text
    assert coordinator_client.get(page(call, "place", "NOTHING")).status_code == 404


def test_added_seat_is_given_on_by_the_button(call, coordinator_client):
    answer = post(coordinator_client, page(call, "give_on"))
    assert said(answer) == ["Nothing to give on: nobody who waits can have a seat that is free."]
    one_more_seat(call, 1)

    answer = post(coordinator_client, page(call, "give_on"))

    assert said(answer) == ["Free seats were given on by run 2; the mails go out at once."]
    assert places(call)["STUDENT002"] == (1, "W")


def test_who_competes_gives_nothing_on(call, coordinator, coordinator_client):
    factories.ApplicationFactory.create(call=call, student=coordinator, state=State.WAITLISTED)
    one_more_seat(call, 1)

    answer = post(coordinator_client, page(call, "give_on"))

    assert "STUDENT002" not in places(call)
    assert said(answer) != []


def test_office_sees_the_places_and_gives_nothing_on(call, office_client):
    shown = office_client.get(page(call, "places"))
    assert shown.status_code == 200
    assert "Give on free seats now" not in shown.text
    assert office_client.post(page(call, "give_on")).status_code == 403


def test_cascade_is_told_before_a_nomination_is_cancelled(call, coordinator_client):
    deadline(call, 0, 6)
    row = application(call, 0)
    selection.accept(row, by=row.student, now=timezone.now())
    place = Placement.objects.get(application=row, live=True)
    url = page(call, "place", row.code)
    assert "Let it come free" not in coordinator_client.get(url).text
    assert url in coordinator_client.get(file_page(row)).text
    nomination = factories.NominationFactory.create(application=row, placement=place)

    shown = coordinator_client.get(url)

    to_nomination = page(call, "nomination", nomination.pk)
    assert f'href="{to_nomination}#cancel-title"' in shown.text
    assert url in coordinator_client.get(to_nomination).text

    (first,), (second,) = shown.context["at_once"], shown.context["later"]
    assert (first.name, first.host, first.leaves, first.nominable.days_left) == (
        name(call, 1),
        str(host(call, 0)),
        f"{host(call, 1)} · Winter semester",
        6,
    )
    assert (second.name, second.host, second.leaves) == (name(call, 2), str(host(call, 1)), "")
    assert (
        f"{name(call, 1)} would be next for {host(call, 0)}, and could still be nominated:"
        " 6 days left."
    ) in shown.text
    assert states_of(call) == [
        State.ACCEPTED,
        State.OFFERED,
        State.WAITLISTED,
        State.WAITLISTED,
    ]


def test_seat_that_nobody_could_be_nominated_for_is_named(call, coordinator_client):
    row = deadline(call, 0, -1)
    shown = coordinator_client.get(page(call, "place", "STUDENT000"))
    assert shown.context["missed_here"].name == name(call, 1)
    assert "could not be nominated any more" in shown.text
    row.delete()
    shown = coordinator_client.get(page(call, "place", "STUDENT000"))
    assert "Until when the host takes nominations is not known." in shown.text


def test_page_of_a_place_is_for_others_places_that_are_held(call, coordinator, coordinator_client):
    assert coordinator_client.get(page(call, "place", "STUDENT002")).status_code == 404
    call.applications.filter(code="STUDENT000").update(student=coordinator)
    answer = coordinator_client.get(page(call, "place", "STUDENT000"), follow=True)
    assert answer.redirect_chain == [(page(call, "places"), 302)]
    links = [page(call, "place", f"STUDENT00{number}") for number in range(2)]
    assert [link in answer.text for link in links] == [False, True]
