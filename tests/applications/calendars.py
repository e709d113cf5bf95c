"""A call with known dates, and calendars read back: for the tests of files and addresses."""

from __future__ import annotations

from django.urls import reverse
from icalendar import Calendar

from applications.models import CalendarFeed
from applications.states import State
from tests import factories
from tests.conftest import berlin


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


def offered(person, call, answer_by: str):
    application = factories.ApplicationFactory.create(
        call=call, student=person, state=State.OFFERED.value
    )
    return factories.PlacementFactory.create(
        application=application,
        offered_at=berlin("2027-03-01 00:00"),
        answer_by=berlin(answer_by),
    )
