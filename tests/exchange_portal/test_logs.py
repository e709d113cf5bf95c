"""What log lines leave out."""

import logging

import pytest
from django.conf import settings

from tests import factories


def written(message: str, *args: object) -> str:
    formatter = settings.LOGGING["formatters"]["plain"]["()"]
    module, _, name = formatter.rpartition(".")
    made = getattr(__import__(module, fromlist=[name]), name)("%(levelname)s %(message)s")
    return made.format(logging.LogRecord("x", logging.WARNING, "", 0, message, args, None))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Not Found: /calendar/7-abc_D-1.ics", "Not Found: /calendar/..."),
        ("(POST): /calendar/7-abc.ics and more", "(POST): /calendar/... and more"),
        ("http://x/calendar/7-abc.ics?a=1", "http://x/calendar/...?a=1"),
        ("/deadlines/calendar/new/", "/deadlines/calendar/new/"),
        ("/calls/erasmus-2027/calendar.ics", "/calls/erasmus-2027/calendar.ics"),
    ],
)
def test_calendar_addresses_are_written_without_their_secret(line, shown):
    assert written("%s", line) == f"WARNING {shown}"


def test_row_the_database_refused_is_not_repeated():
    refused = (
        'violates check constraint "x"\n'
        "DETAIL:  Failing row contains (7, DE89370400440532013000,\nlong illness, null).\n"
        "\nThe above exception was the cause"
    )
    assert written("%s", refused) == (
        'WARNING violates check constraint "x"\nDETAIL:...\n\nThe above exception was the cause'
    )


@pytest.mark.django_db
def test_refused_request_for_a_calendar_leaves_no_secret(client, caplog):
    token = factories.CalendarFeedFactory.create().token

    assert client.post(f"/calendar/{token}.ics").status_code == 405

    (record,) = (record for record in caplog.records if record.name == "django.request")
    assert token in record.getMessage()
    assert token not in written(record.getMessage())
