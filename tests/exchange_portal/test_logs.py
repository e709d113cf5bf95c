"""What log lines say, and what they leave out."""

import json
import logging

import pytest
from django.urls import reverse

from exchange_portal import logs
from tests import factories

PLAIN = logs.PlainFormatter("%(levelname)s %(message)s")
JSON = logs.JsonFormatter()


def written(message: str, *args: object) -> str:
    record = logging.LogRecord("x", logging.WARNING, "", 0, message, args, None)
    plain = PLAIN.format(record)
    assert f"WARNING {json.loads(JSON.format(record))['event']}" == plain
    return plain


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
        "DETAIL:  Failing row contains (7, Line\n\nGeheimweg 5\nHINT: Bochum\nTraceback, null)."
    )
    assert written("%s", refused) == 'WARNING violates check constraint "x"\nDETAIL:...'
    assert written("%s", "no number\nLINE 1: SELECT 'Geheimweg'") == "WARNING no number\nLINE 1:..."


@pytest.mark.django_db
def test_refused_request_for_a_calendar_leaves_no_secret(client, caplog):
    token = factories.CalendarFeedFactory.create().token

    assert client.post(f"/calendar/{token}.ics").status_code == 405

    (record,) = (record for record in caplog.records if record.name == "django.request")
    assert token in record.getMessage()
    assert token not in written(record.getMessage())


# -- one line for each request -------------------------------------------------------------------


def lines(caplog):
    """Return what either form writes of each request."""
    return [
        json.loads(JSON.format(record))
        for record in caplog.records
        if record.name == "exchange_portal.requests"
    ]


@pytest.mark.django_db
def test_line_of_a_request_names_the_view_and_nobody(caplog, student, signed_in, coordinator):
    row = factories.ApplicationFactory.create(student=student)
    address = reverse("applications:application", args=[row.code])
    caplog.set_level(logging.INFO)
    signed_in(student).get(address, {"name": student.family_name})
    signed_in(coordinator).get(address)
    signed_in(student).get(f"/nowhere/{student.username}/")

    assert [
        {key: line[key] for key in ("level", "event", "view", "method", "status", "by")}
        for line in lines(caplog)
    ] == [
        {
            "level": "INFO",
            "event": "request",
            "view": view,
            "method": "GET",
            "status": status,
            "by": by,
        }
        for view, status, by in [
            ("applications:application", 200, "student"),
            ("applications:application", 404, "staff"),
            ("-", 404, "student"),
        ]
    ]
    assert all(isinstance(line["ms"], int) for line in lines(caplog))
    for record in caplog.records:
        for text in (PLAIN.format(record), JSON.format(record)):
            assert not [
                word
                for word in (row.code, student.family_name, student.username, student.email)
                if word in text
            ]


@pytest.mark.django_db
def test_refused_address_is_written_as_its_pattern(caplog, client, student_client):
    row = factories.ApplicationFactory.create()
    address = reverse("applications:application", args=[row.code])
    student_client.get(address)
    client.get("/no/such/Adresse")

    said = [PLAIN.format(record) for record in caplog.records if record.name == "django.request"]
    assert [text.partition(" id=")[0] for text in said if len(text.partition(" id=")[2]) == 32] == [
        "WARNING Not Found: /applications/<slug:code>/",
        "WARNING Not Found: /...",
    ]


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [("abcdef0123456789", True), ("short", False), ("x" * 65, False), ("a b\ncdefgh", False)],
)
def test_number_of_a_request_is_the_proxys_or_a_new_one(caplog, client, sent, is_kept):
    caplog.set_level(logging.INFO)
    answer = client.get("/imprint-that-is-not-there", headers={"X-Request-ID": sent})
    number = answer["X-Request-ID"]
    assert (number == sent) == is_kept
    assert len(number) >= 8
    assert logs.working_on.get() == ""


def test_lines_of_a_request_share_its_number():
    outside = logs.working_on.set("number-1")
    record = logging.LogRecord("x", logging.INFO, "", 0, "one %s", ("thing",), None)
    assert json.loads(JSON.format(record))["id"] == "number-1"
    assert PLAIN.format(record) == "INFO one thing id=number-1"
    logs.working_on.reset(outside)


@pytest.mark.parametrize("formatter", [PLAIN, JSON])
def test_traceback_is_written_without_the_refused_row(formatter):
    second = ValueError("second")
    second.__cause__ = LookupError("first\nDETAIL:  (7, Line\n\nGeheimweg 5\nTraceback\n\nBochum)")
    raised = (ValueError, second, None)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "it failed", (), raised)
    # As a handler before ours leaves it.
    logging.Formatter().format(record)
    text = formatter.format(record)
    if formatter is JSON:
        line = json.loads(text)
        assert set(line) == {"time", "level", "logger", "event", "traceback"}
        text = line["traceback"]
    assert "LookupError: first\nDETAIL:...\n\nThe above exception was" in text
    assert text.endswith("\nValueError: second")
    assert not [word for word in ("Geheimweg", "Bochum") if word in text]


def test_made_up_method_is_one_word(rf):
    assert logs.method_of(rf.generic("DROP", "/")) == "OTHER"
