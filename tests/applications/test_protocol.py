"""The protocol of a selection: rules, proof and result, without anybody's name or code."""

import hashlib
import io
import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from applications import selection
from applications.exports.protocol import NotPublished, protocol_pdf, protocol_xlsx
from applications.models import Application, Directive
from tests import factories
from tests.applications.rounds import application, closed_call, published_call, score_all

NOW = datetime(2027, 4, 1, 8, tzinfo=UTC)


def sheets(content):
    book = load_workbook(io.BytesIO(content))
    return {
        sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book
    }


def text(content):
    pages = PdfReader(io.BytesIO(content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


@pytest.fixture
def call(coordinator):
    """Three students for two seats: one is moved, one forbidden, and the first one declines."""
    call = closed_call([[0, 1], [0, 1], [0]], seats=[1, 1], readers_needed=1)
    score_all(call, coordinator, ["9", "8", "7"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    selection.move_application(
        application(call, 2),
        ahead_of=application(call, 1),
        reason="Was ill in the exams.",
        by=coordinator,
        now=timezone.now(),
        seen=1,
    )
    Directive.objects.create(
        application=application(call, 1),
        kind="forbid",
        host=call.hosts.order_by("pk")[0],
        reason="Has been there.",
        made_by=coordinator,
    )
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    selection.publish_allocation(run, by=coordinator, now=timezone.now())
    first = application(call, 0)
    selection.decline(first, by=first.student, now=timezone.now())
    call.refresh_from_db()
    return call


def test_protocol_says_who_got_what_by_number_alone(call, coordinator):
    book = sheets(protocol_xlsx(call, now=NOW))
    hosts = [str(host) for host in call.hosts.order_by("pk")]
    made = f"{timezone.localtime():%Y-%m-%d}"
    draws = [
        hashlib.sha256(f"{call.lottery_seed}:STUDENT{number:03d}".encode()).hexdigest()
        for number in (0, 2, 1)
    ]

    assert list(book) == [
        "Protocol",
        "Criteria and weights",
        "Hosts and seats",
        "Allocation runs",
        "Decided by hand",
        "Order of ranking 2",
    ]
    assert book["Order of ranking 2"] == [
        [
            "No.",
            "Points",
            "Counts with",
            "Ahead of the next by",
            "Draw",
            "Place given",
            "Wish",
            "Today",
        ],
        [
            1,
            80.67,
            None,
            "points",
            draws[0],
            f"{hosts[0]}, Winter semester",
            1,
            "Offer declined",
        ],
        [
            2,
            68.67,
            74.67,
            "moved by hand",
            draws[1],
            "waiting list",
            None,
            f"Place offered: {hosts[0]}, Winter semester",
        ],
        [3, 74.67, None, None, draws[2], f"{hosts[1]}, Winter semester", 2, "Place offered"],
    ]
    by_hand = [[*row[:3], row[3][:10], row[4]] for row in book["Decided by hand"][1:]]
    assert by_hand == [
        [
            3,
            f"must not go there: {hosts[0]}, either semester",
            str(coordinator),
            made,
            "Has been there.",
        ],
        [
            2,
            "Moved directly ahead of no. 3 in ranking 2",
            str(coordinator),
            made,
            "Was ill in the exams.",
        ],
    ]


def test_protocol_holds_the_rules_and_the_proof(call, coordinator):
    book = sheets(protocol_xlsx(call, now=NOW))
    hosts = [str(host) for host in call.hosts.order_by("pk")]
    first, later = call.allocation_runs.order_by("number")

    assert book["Criteria and weights"][1:] == [
        ["Motivation", 60, 10, "scored by readers"],
        ["Average grade", 40, 10, "computed from the average grade"],
    ]
    assert book["Hosts and seats"][1:] == [
        [hosts[0], 1, "any level", "either semester", "no", None],
        [hosts[1], 1, "any level", "either semester", "no", None],
    ]
    assert [[row[0], row[2], *row[3:7]] for row in book["Allocation runs"][1:]] == [
        [
            run.number,
            by,
            made_with,
            run.instance_sha256,
            run.result_sha256,
            "passed",
        ]
        for run, by, made_with in (
            (first, str(coordinator), f"{first.engine_version}\nranking 2"),
            (later, "the portal", f"{later.engine_version}\nranking 2\nafter run 1"),
        )
    ]
    said = {row[1]: row[2] for row in book["Protocol"][1:] if row[1]}
    assert said["Tie-breakers in their order"] == "better average grade, more ECTS earned"
    secret = said["Secret"]
    assert hashlib.sha256(secret.encode()).hexdigest() == call.lottery_commitment
    assert said["SHA-256 of the secret, shown from the start"] == call.lottery_commitment
    assert said["Seed"] == f"{secret}:{call.applications_sha256}"
    assert {
        key: said[key]
        for key in (
            "State of this protocol",
            "Applications submitted",
            "Found not eligible",
            "Ranked",
            "Places offered with the results",
        )
    } == {
        "State of this protocol": "1 April 2027, 10:00 (Europe/Berlin)",
        "Applications submitted": "3",
        "Found not eligible": "0",
        "Ranked": "3",
        "Places offered with the results": "2",
    }


def test_paper_says_the_same_and_is_the_same_each_time(call):
    content = protocol_pdf(call, now=NOW)
    paper = text(content).replace(" ", "")
    book = sheets(protocol_xlsx(call, now=NOW))
    for row in book["Order of ranking 2"][1:]:
        row[4] = f"{row[4][:12]}…"
    for rows in book.values():
        for value in (value for row in rows[1:] for value in row if isinstance(value, str)):
            assert re.sub(r"\s", "", value) in paper
    assert content == protocol_pdf(call, now=NOW)


def test_no_student_can_be_told_from_it(call):
    factories.AllocationRunFactory.create(
        ranking=call.rankings.first(), created_by=application(call, 0).student
    )
    said = text(protocol_pdf(call, now=NOW)) + str(sheets(protocol_xlsx(call, now=NOW)))
    assert "can be traced back to a person" in " ".join(said.split())
    for row in Application.objects.select_related("student"):
        student = row.student
        for telling in (row.code, student.family_name, student.email, student.matriculation_number):
            assert telling
            assert telling not in said


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries_does_not_grow(coordinator, django_assert_num_queries, count):
    call = published_call(
        [[0, 1, 2], [1, 2], [2]][-count:],
        seats=[1, 1, 1],
        points=["9", "8", "7"][-count:],
        coordinator=coordinator,
    )
    with django_assert_num_queries(20):
        protocol_xlsx(call, now=NOW)


@pytest.mark.django_db
def test_before_the_publication_there_is_no_protocol():
    call = closed_call([[0]], seats=[1])
    for protocol in (protocol_pdf, protocol_xlsx):
        with pytest.raises(NotPublished):
            protocol(call, now=NOW)
