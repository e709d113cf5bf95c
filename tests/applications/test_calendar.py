"""Calendar files and private addresses: which events, how written, and for whom."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from applications.models import CalendarFeed
from applications.states import State
from tests import factories
from tests.conftest import berlin

pytestmark = pytest.mark.django_db
NEW = reverse("applications:calendar_renew")
STOP = reverse("applications:calendar_stop")
TWO_DAYS, ONE_DAY = timedelta(days=-2), timedelta(days=-1)


def erasmus(**fields):
    """Make a call that ends on 10 January 2027 and whose offers end on 21 March."""
    given = {
        "code": "erasmus-2027",
        "title_en": "ERASMUS studies",
        "title_de": "ERASMUS-Studium",
        "opens_at": berlin("2026-11-01 00:00"),
        "deadline": berlin("2027-01-11 00:00"),
        "answer_by": berlin("2027-03-22 00:00"),
    }
    return factories.CallFactory.create(**given | fields)


def address(person) -> str:
    """Return the path of the person's calendar, which is made if there is none."""
    feed = CalendarFeed.objects.filter(user=person).first()
    feed = feed or factories.CalendarFeedFactory.create(user=person)
    return reverse("applications:calendar", args=[feed.token])


def of_call(call) -> str:
    return reverse("applications:call_calendar", args=[call.code])


def events(response) -> dict[str, tuple]:
    """Return start, end, summary and alarms of each event, by its UID without the domain."""
    assert response.status_code == 200, response
    found = Calendar.from_ical(response.content).walk("VEVENT")
    return {
        event["UID"].removesuffix("@ruhr-uni-bochum.de"): (
            event.decoded("DTSTART"),
            event.decoded("DTEND"),
            str(event["SUMMARY"]),
            [alarm.decoded("TRIGGER") for alarm in event.walk("VALARM")],
        )
        for event in found
    }


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


def offered(person, call, answer_by: str):
    application = factories.ApplicationFactory.create(
        call=call, student=person, state=State.OFFERED.value
    )
    return factories.PlacementFactory.create(
        application=application,
        offered_at=berlin("2027-03-01 00:00"),
        answer_by=berlin(answer_by),
    )


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


# -- who gets in ---------------------------------------------------------------------------------


def test_address_works_whoever_asks(client, student, other_student_client):
    erasmus()
    own = address(student)

    assert events(client.get(own)) == events(other_student_client.get(own))
    assert "Set-Cookie" not in client.get(own)


def refusal(path: str) -> tuple:
    """Return all a stranger sees of the answer, but for the own address and the form's token."""
    response = Client().get(path)
    headers = dict(response.headers)
    for name in ("Content-Length", "Content-Security-Policy"):  # of the address; in any order
        headers.pop(name, None)
    return response.status_code, headers, re.sub(r'value="[^"]*"', "", response.text)


def test_every_wrong_token_gets_the_same_answer(student, other_student):
    erasmus()
    mine = factories.CalendarFeedFactory.create(user=student)
    theirs = factories.CalendarFeedFactory.create(user=other_student)
    number, _, signature = mine.token.partition("-")
    swapped = signature.swapcase()
    wrong = [
        f"{other_student.pk}-{signature}",
        f"{number}-{theirs.token.partition('-')[2]}",
        f"{number}-{swapped}",
        f"0{mine.token}",
        f"{mine.token}A",
        mine.token[:-1],
        f"{mine.token}=",
        number,
        signature,
        f"-{signature}",
        f"{10**17}-{signature}",
        f"{10**40}-{signature}",
        "x" * 5000,
        quote("٣-" + signature),
        quote("ünfug-é"),
        quote("a\nb"),
        "%00",
        f"{number}-{'A' * 42}%0A",
    ]

    answers = {repr(refusal(f"/calendar/{token}.ics")) for token in wrong}

    assert len(answers) == 1
    assert refusal("/calendar/.ics")[0] == 404
    assert refusal(f"/calendar/{mine.token}.ics")[0] == 200


def deactivate(person):
    person.is_active = False


def take_affiliations(person):
    person.affiliations = ["alum"]


@pytest.mark.parametrize("change", [deactivate, take_affiliations])
def test_whoever_left_gets_what_a_wrong_token_gets(student, change):
    own = address(student)
    assert refusal(own)[0] == 200

    change(student)
    student.save()

    assert refusal(own) == refusal("/calendar/wrong.ics")
    assert refusal(own)[0] == 404


def test_role_keeps_an_address_alive_without_affiliation(client, coordinator):
    own = address(coordinator)
    coordinator.affiliations = []
    coordinator.save()

    assert client.get(own).status_code == 200


def test_token_depends_on_the_key_of_the_installation(client, student, settings):
    own = address(student)

    settings.SECRET_KEY = "another"

    assert client.get(own).status_code == 404


def test_new_address_ends_the_old_one(client, student, student_client, other_student):
    others = address(other_student)
    student_client.post(NEW)
    old = address(student)

    response = student_client.post(NEW, follow=True)

    new = address(student)
    assert "The old one stopped working." in response.text
    assert f"http://testserver{new}" in response.text
    assert {path: client.get(path).status_code for path in (old, new, others)} == {
        old: 404,
        new: 200,
        others: 200,
    }
    assert CalendarFeed.objects.filter(user=student).count() == 1


def test_stopped_address_stays_dead_when_a_new_one_is_made(client, student, student_client):
    old = address(student)

    assert "The calendar address stopped working." in student_client.post(STOP, follow=True).text
    assert client.get(old).status_code == 404
    assert not CalendarFeed.objects.exists()

    student_client.post(NEW)
    assert client.get(old).status_code == 404


def test_stopping_without_an_address_changes_nothing_of_others(student_client, other_student):
    feed = factories.CalendarFeedFactory.create(user=other_student)

    assert student_client.post(STOP).status_code == 302

    assert CalendarFeed.objects.get() == feed


@pytest.mark.parametrize("path", [NEW, STOP])
def test_address_is_changed_by_the_persons_own_form_only(signed_in, student, path):
    feed = factories.CalendarFeedFactory.create(user=student)

    response = signed_in(student, enforce_csrf_checks=True).post(path)

    assert response.status_code == 403
    assert CalendarFeed.objects.get().nonce == feed.nonce


def test_whoever_does_not_belong_here_makes_no_address(signed_in):
    client = signed_in(factories.UserFactory.create())

    assert client.post(NEW).status_code == 403
    assert not CalendarFeed.objects.exists()
    assert NEW not in client.get(reverse("applications:deadlines")).text


# -- how much it asks ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_address_keeps_its_number_of_queries(client, student, django_assert_num_queries, count):
    for number in range(count):
        call = erasmus(code=f"call-{number}")
        offered(student, call, "2027-03-15 12:00")
    path = address(student)

    # address with person; calls, their audit; role grants; own applications, their places and audit
    with django_assert_num_queries(7):
        client.get(path)


@pytest.mark.parametrize("count", [1, 3])
def test_download_keeps_its_number_of_queries(
    student_client, student, django_assert_num_queries, count
):
    for number in range(count):
        offered(student, erasmus(code=f"call-{number}"), "2027-03-15 12:00")

    # session, person, call, its audit; role grants; own application, its places and audit
    with django_assert_num_queries(8):
        student_client.get("/calls/call-0/calendar.ics")
