"""Calendar files: which events stand in them and how they are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from icalendar import Calendar

from applications.states import State
from tests import factories
from tests.applications.calendars import address, erasmus, events, of_call, offered
from tests.conftest import berlin

pytestmark = pytest.mark.django_db
TWO_DAYS, ONE_DAY = timedelta(days=-2), timedelta(days=-1)


DEADLINE = (
    datetime(2027, 1, 10, 22, 59, tzinfo=UTC),
    datetime(2027, 1, 10, 23, 0, tzinfo=UTC),
    "Deadline: ERASMUS studies",
)
# Eight weeks after the last day.
FEEDBACK = (
    date(2027, 3, 7),
    date(2027, 3, 8),
    "Results promised by today: ERASMUS studies",
    [],
)
ANSWER_BY = (
    datetime(2027, 3, 21, 22, 59, tzinfo=UTC),
    datetime(2027, 3, 21, 23, 0, tzinfo=UTC),
    "Offers end: ERASMUS studies",
    [],
)


# -- which events --------------------------------------------------------------------------------


def test_download_of_a_call_holds_its_three_dates_without_alarms(student_client):
    call = erasmus()
    factories.CallFactory.create()

    response = student_client.get(of_call(call))

    assert events(response) == {
        "erasmus-2027-deadline": (*DEADLINE, []),
        "erasmus-2027-feedback": FEEDBACK,
        "erasmus-2027-answer-by": ANSWER_BY,
    }
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="erasmus-2027.ics"'


def test_address_holds_all_calls_with_alarms_before_deadlines(client, student):
    erasmus()
    erasmus(code="undated", deadline=None, answer_by=None, title_en="Later")
    erasmus(
        code="tongji",
        title_en="Tongji",
        deadline=berlin("2027-07-01 00:00"),
        answer_by=None,
        feedback_weeks=2,
    )

    response = client.get(address(student))

    assert events(response) == {
        "erasmus-2027-deadline": (*DEADLINE, [TWO_DAYS, ONE_DAY]),
        "erasmus-2027-feedback": FEEDBACK,
        "erasmus-2027-answer-by": ANSWER_BY,
        "tongji-deadline": (
            datetime(2027, 6, 30, 21, 59, tzinfo=UTC),
            datetime(2027, 6, 30, 22, 0, tzinfo=UTC),
            "Deadline: Tongji",
            [TWO_DAYS, ONE_DAY],
        ),
        "tongji-feedback": (
            date(2027, 7, 14),
            date(2027, 7, 15),
            "Results promised by today: Tongji",
            [],
        ),
    }
    assert response["Content-Type"] == "text/calendar; charset=utf-8"


def test_call_without_deadline_has_no_file_and_no_link(student_client):
    call = erasmus(deadline=None, answer_by=None)

    assert student_client.get(of_call(call)).status_code == 404
    page = student_client.get(reverse("applications:call", args=[call.code])).text
    assert of_call(call) not in page


@pytest.mark.parametrize(
    ("deadline", "last_minute"),
    [
        # The night before the clocks go forward, the night they do, and the same in autumn.
        ("2027-03-28 00:00", datetime(2027, 3, 27, 22, 59, tzinfo=UTC)),
        ("2027-03-29 00:00", datetime(2027, 3, 28, 21, 59, tzinfo=UTC)),
        ("2027-10-31 00:00", datetime(2027, 10, 30, 21, 59, tzinfo=UTC)),
        ("2027-11-01 00:00", datetime(2027, 10, 31, 22, 59, tzinfo=UTC)),
    ],
)
def test_last_minute_is_one_minute_to_midnight_in_any_season(student_client, deadline, last_minute):
    call = erasmus(deadline=berlin(deadline), answer_by=None)

    (found,) = (
        event
        for uid, event in events(student_client.get(of_call(call))).items()
        if uid == "erasmus-2027-deadline"
    )

    assert found[:2] == (last_minute, last_minute + timedelta(minutes=1))
    assert found[0].astimezone(berlin(deadline).tzinfo) == berlin(deadline) - timedelta(minutes=1)


def test_calendars_of_two_people_differ_by_their_own_offers_only(client, student, other_student):
    call = erasmus()
    erasmus(code="other", title_en="Other")
    place = offered(student, call, "2027-03-15 12:00")

    own, others = events(client.get(address(student))), events(client.get(address(other_student)))

    assert own.keys() ^ others.keys() == {"erasmus-2027-offer", "erasmus-2027-answer-by"}
    assert own["erasmus-2027-offer"] == (
        datetime(2027, 3, 15, 10, 59, tzinfo=UTC),
        datetime(2027, 3, 15, 11, 0, tzinfo=UTC),
        "Answer your offer: ERASMUS studies",
        [TWO_DAYS, ONE_DAY],
    )
    assert {uid: own[uid] for uid in own.keys() & others.keys()} == {
        uid: others[uid] for uid in own.keys() & others.keys()
    }
    written = client.get(address(student)).text
    host = place.host.agreement.host
    for secret in (host.name_en, host.city, student.family_name, student.username):
        assert secret not in written
    assert place.application.code not in written


def test_file_beside_an_offer_holds_its_own_date(student_client, student):
    call = erasmus()
    offered(student, call, "2027-03-15 12:00")

    found = events(student_client.get(of_call(call)))

    assert list(found) == [
        "erasmus-2027-deadline",
        "erasmus-2027-feedback",
        "erasmus-2027-offer",
    ]
    assert found["erasmus-2027-offer"][3] == []


@pytest.mark.parametrize("state", [State.ACCEPTED, State.DECLINED, State.EXPIRED])
def test_answered_offer_leaves_the_calendar(client, student, state):
    place = offered(student, erasmus(), "2027-03-15 12:00")
    place.application.state = state.value
    type(place.application).objects.filter(pk=place.application_id).update(state=state.value)

    assert "erasmus-2027-offer" not in events(client.get(address(student)))


@pytest.mark.parametrize(
    ("until", "shown"),
    [
        ("2027-01-14 00:00", {"erasmus-2027-own-deadline"}),
        # An extension never shortens.
        ("2027-01-05 00:00", set()),
    ],
)
def test_own_extension_is_in_the_own_calendar_only(client, student, other_student, until, shown):
    call = erasmus()
    factories.ApplicationFactory.create(call=call, student=student, extended_until=berlin(until))

    own, others = events(client.get(address(student))), events(client.get(address(other_student)))

    assert own.keys() - others.keys() == shown
    for uid in shown:
        assert own[uid] == (
            datetime(2027, 1, 13, 22, 59, tzinfo=UTC),
            datetime(2027, 1, 13, 23, 0, tzinfo=UTC),
            "Your own deadline: ERASMUS studies",
            [TWO_DAYS, ONE_DAY],
        )


# -- how they are written ------------------------------------------------------------------------


def test_texts_with_signs_of_the_format_survive(student_client):
    title = "Köln, Aachen; \\ „Brücken“\nüber die Ruhr: " + "Größenwahnübungsplätze " * 6
    call = erasmus(title_en=title[:200])

    response = student_client.get(of_call(call))

    (first, *_others) = Calendar.from_ical(response.content).walk("VEVENT")
    unfolded = response.text.replace("\r\n ", "")
    assert "\r\nNAME:Köln\\, Aachen\\; \\\\ „Brücken“\\nüber die Ruhr: " in unfolded
    assert str(first["SUMMARY"]) == f"Deadline: {title[:200]}"
    assert str(first["DESCRIPTION"]) == (
        "Last minute that counts: 10 January 2027, 23:59 (Europe/Berlin).\n"
        "http://testserver/calls/erasmus-2027/"
    )
    assert max(len(line) for line in response.content.split(b"\r\n")) <= 75
    assert b"\n" not in response.content.replace(b"\r\n", b"")


def test_event_leads_to_the_page_of_its_call(student_client):
    call = erasmus()

    found = Calendar.from_ical(student_client.get(of_call(call)).content).walk("VEVENT")

    assert {str(event["URL"]) for event in found} == {"http://testserver/calls/erasmus-2027/"}


def test_calendar_speaks_the_language_of_its_person(client):
    person = factories.StudentFactory.create(language="de")
    erasmus()

    response = client.get(address(person), headers={"accept-language": "en"})

    assert response["Content-Language"] == "de"
    assert "ERASMUS-Studium" in events(response)["erasmus-2027-deadline"][2]


def test_same_rows_give_the_same_bytes_and_a_change_shows(client, student, at):
    at("2026-12-01 12:00")
    call = erasmus()
    first = client.get(address(student)).content

    at("2026-12-09 08:15")
    assert client.get(address(student)).content == first

    call.title_en = "ERASMUS studies in Europe"
    call.save()
    second = client.get(address(student)).content

    def revisions(written):
        found = Calendar.from_ical(written).walk("VEVENT")
        return {int(event["SEQUENCE"]) for event in found}

    assert (revisions(first), revisions(second)) == ({0}, {1})
    stamps = {
        (event.decoded("DTSTAMP"), event.decoded("LAST-MODIFIED"))
        for event in Calendar.from_ical(second).walk("VEVENT")
    }
    changed = call.events.latest("pgh_id").pgh_created_at.replace(microsecond=0)
    assert stamps == {(changed, changed)}


def test_calendar_answers_head_and_stays_out_of_caches(client, student):
    erasmus()

    response = client.head(address(student))

    assert (response.status_code, response.content) == (200, b"")
    assert "private" in response["Cache-Control"]


# -- how much it asks ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_address_keeps_its_number_of_queries(client, student, django_assert_num_queries, count):
    for number in range(count):
        call = erasmus(code=f"call-{number}")
        offered(student, call, "2027-03-15 12:00")
    path = address(student)

    # address with person; calls, their audit; role grants; own applications, their places and audit
    with django_assert_num_queries(8):
        client.get(path)


@pytest.mark.parametrize("count", [1, 3])
def test_download_keeps_its_number_of_queries(
    student_client, student, django_assert_num_queries, count
):
    for number in range(count):
        offered(student, erasmus(code=f"call-{number}"), "2027-03-15 12:00")

    # session, person, call, its audit; own application, its places and audit
    with django_assert_num_queries(8):
        student_client.get("/calls/call-0/calendar.ics")


def test_date_to_answer_by_is_given_alone(student_client, student):
    call = erasmus()
    place = offered(student, call, "2027-03-21 00:00")
    url = reverse("applications:answer_calendar", args=[place.application.code])

    alone = events(student_client.get(url))

    (uid,) = alone
    assert alone[uid] == events(student_client.get(of_call(call)))[uid]
    assert uid == f"{call.code}-offer"


def test_without_an_offer_there_is_no_date_to_answer_by(student_client, student):
    application = factories.ApplicationFactory.create(call=erasmus(), student=student)
    url = reverse("applications:answer_calendar", args=[application.code])

    assert student_client.get(url).status_code == 404
