"""One application at the coordinators' desk: decisions, wishes, pins, more time, scores."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from applications.models import Directive, OutgoingMail, PreferenceVerdict, ScoreSheet
from applications.states import State
from tests import factories
from tests.applications.desk import file_page, post, said
from tests.applications.rounds import application, closed_call, published_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(coordinator):  # noqa: ARG001 - the faculty must be there
    return closed_call([[0], [0, 1]], seats=[1, 1])


@pytest.fixture
def second_reader(faculty):
    return factories.CoordinatorFactory.create(faculty=faculty)


def test_no_needs_its_reason_and_the_student_reads_it(call, coordinator_client):
    row = application(call, 0)

    without = post(coordinator_client, file_page(row, "decide"), decision="ineligible", reason=" ")
    row.refresh_from_db()
    assert list(without.context["decision_form"].errors) == ["reason"]
    assert (row.state, OutgoingMail.objects.count()) == (State.UNDER_REVIEW, 0)
    post(coordinator_client, file_page(row, "decide"), decision="ineligible", reason="No B2.")
    row.refresh_from_db()
    assert row.state == State.INELIGIBLE
    assert "No B2." in OutgoingMail.objects.get().body


def test_wish_is_taken_out_with_a_reason_and_back(call, coordinator_client):
    row, host = application(call, 1), call.hosts.first()
    url = file_page(row, "exclude_host")

    post(coordinator_client, url, host=host.pk, reason="")
    assert PreferenceVerdict.objects.count() == 0
    post(coordinator_client, url, host=host.pk, reason="Needs B2.")
    assert list(PreferenceVerdict.objects.values_list("application", "host", "reason")) == [
        (row.pk, host.pk, "Needs B2.")
    ]
    post(coordinator_client, url, host=host.pk, allow="1")
    assert PreferenceVerdict.objects.count() == 0


@pytest.mark.parametrize("host", ["", "abc", "-1", "99999999999999999999", "1;drop"])
def test_host_that_is_no_number_is_refused_in_words(call, coordinator_client, host):
    answer = post(
        coordinator_client,
        file_page(application(call, 0), "exclude_host"),
        host=host,
        reason="Why not.",
    )

    assert len(said(answer)) == 1
    assert PreferenceVerdict.objects.count() == 0


def test_pin_is_kept_once_and_taken_back(call, coordinator_client):
    row, host = application(call, 0), call.hosts.first()
    pin = {"kind": "pin", "host": host.pk, "semester": "W", "reason": "Agreed with the partner."}
    url = file_page(row, "direct")

    post(coordinator_client, url, **pin)
    again = post(coordinator_client, url, **pin)

    assert "There is a pin already; take it back first." in again.content.decode()
    directive = Directive.objects.get()
    post(coordinator_client, url, remove="not-a-number")
    assert Directive.objects.count() == 1
    post(coordinator_client, url, remove=directive.pk)
    assert Directive.objects.count() == 0


def test_more_time_is_given_in_berlin_time_and_not_in_the_past(coordinator_client, faculty, at):
    at("2027-01-11 08:00")
    call = factories.CallFactory.create(programme__faculty=faculty)
    row = factories.ApplicationFactory.create(call=call)
    url = file_page(row, "concede")

    past = post(coordinator_client, url, until="2027-01-11T07:59", reason="Server down.")
    assert "Please give a time in the future." in past.content.decode()
    post(coordinator_client, url, until="2027-02-14T12:30", reason="Server down.")

    row.refresh_from_db()
    assert timezone.localtime(row.extended_until).isoformat() == "2027-02-14T12:30:00+01:00"
    assert row.concessions.count() == 1


# -- scores --------------------------------------------------------------------------------------


def sheet_page_shows(client, row) -> list[str]:
    table = client.get(file_page(row)).context["side_by_side"]
    return [] if table is None else [sheet.reader.username for sheet in table.sheets]


def total(client, row):
    (table,) = client.get(file_page(row)).context["points"]
    return table.total


def test_readers_score_alone_first(call, coordinator, second_reader, coordinator_client, signed_in):
    row = application(call, 0)
    other_client = signed_in(second_reader)
    post(other_client, file_page(row, "score"), points_motivation="9", version=0, complete="1")

    assert sheet_page_shows(coordinator_client, row) == []
    assert total(coordinator_client, row) is None
    post(coordinator_client, file_page(row, "score"), points_motivation="5", version=0)
    assert sheet_page_shows(coordinator_client, row) == []  # a draft opens none
    assert total(coordinator_client, row) is None
    post(
        coordinator_client, file_page(row, "score"), points_motivation="5", version=1, complete="1"
    )
    assert sheet_page_shows(coordinator_client, row) == [
        coordinator.username,
        second_reader.username,
    ]
    assert total(coordinator_client, row) == Decimal("68.67")


def test_sheet_of_an_older_version_is_refused_and_keeps_what_was_typed(call, coordinator_client):
    row = application(call, 0)
    url = file_page(row, "score")
    post(coordinator_client, url, points_motivation="5", version=0)

    late = post(coordinator_client, url, points_motivation="8", comment="My view.", version=0)

    assert len(said(late)) == 1
    assert "My view." in late.content.decode()
    sheet = ScoreSheet.objects.get()
    assert (sheet.version, sheet.comment, sheet.scores.get().points) == (1, "", Decimal(5))


@pytest.mark.parametrize("points", ["10.01", "-1", "1e3", "ten", "NaN"])
def test_points_off_the_scale_are_refused_at_their_field(call, coordinator_client, points):
    answer = post(
        coordinator_client,
        file_page(application(call, 0), "score"),
        points_motivation=points,
        version=0,
        complete="1",
    )

    assert list(answer.context["sheet_form"].errors) == ["points_motivation"]
    assert 'href="#sheet-points_motivation"' in answer.content.decode()
    assert ScoreSheet.objects.count() == 0


def test_scale_is_named_in_plain_figures(call, coordinator_client):
    text = coordinator_client.get(file_page(application(call, 0))).content.decode()

    assert "0 to 10 points." in text


def test_complete_sheet_lacks_no_points(call, coordinator_client):
    answer = post(
        coordinator_client,
        file_page(application(call, 0), "score"),
        points_motivation="",
        version=0,
        complete="1",
    )

    assert len(said(answer)) == 1
    assert ScoreSheet.objects.count() == 0


@pytest.mark.parametrize("wishes", [1, 3])
def test_result_is_read_on_the_file_as_the_student_reads_it(
    coordinator, coordinator_client, django_assert_num_queries, wishes
):
    call = published_call(
        [[0], [*range(wishes)]], seats=[1, 0, 0], points=["9", "5"], coordinator=coordinator
    )
    second = application(call, 1)
    coordinator_client.get(file_page(second))  # notes the viewing

    with django_assert_num_queries(37):
        shown = coordinator_client.get(file_page(second))

    told = [
        (row.rank, row.host, row.reason, row.waiting_position) for row in shown.context["results"]
    ]
    assert told[0] == (1, str(call.hosts.first()), "OUTRANKED", 1)
    assert len(told) == wishes
    assert "All seats you could use went to applicants ranked above you." in shown.text
    assert "You are number 1 on the waiting list." in shown.text
