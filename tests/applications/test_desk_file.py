"""One application on the desk: its papers, findings with their place, decisions, who saw what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications.models import Comment, OutgoingMail, Viewing
from applications.states import State
from tests import factories
from tests.applications.desk import download, file_page, page_of, paper, post, said, text_of
from tests.applications.rounds import application, closed_call

pytestmark = pytest.mark.django_db

PERSONAL = ("Özdemir-Klein", "Zeynep", "108019999", "zeynep.oezdemir@rub.de", "+49 171 5550000")


@pytest.fixture
def call(coordinator):  # noqa: ARG001 - the faculty must be there
    return closed_call([[0], [0, 1], [1]], seats=[1, 1])


@pytest.fixture
def row(call):
    return application(call, 0)


def finding(code, *, severity="information", slot="", preference=None, **params):
    return {
        "code": code,
        "severity": severity,
        "slot": slot,
        "preference": preference,
        "params": params,
    }


# -- findings --------------------------------------------------------------------------------------


def test_findings_lead_to_their_place_and_those_that_block_come_first(row, coordinator_client):
    paper(row)
    factories.SubmissionReviewFactory.create(
        submission=row.submissions.get(),
        findings=[
            finding("blank_pages", slot="letter", pages="2, 5", count=2),
            finding("letter_too_long", slot="letter", pages=3, limit=2),
            finding("document_missing", severity="blocking", slot="cv"),
            finding(
                "language_missing", severity="blocking", preference=1, language="en", needed="B2"
            ),
            finding("grade_not_passed", grade="4.3"),
        ],
    )

    shown = coordinator_client.get(file_page(row))

    host = row.submissions.get().preferences.get().host
    assert [(each.blocking, each.place, each.anchor) for each in shown.context["findings"]] == [
        (True, "cv", ""),
        (True, f"1. {host}", "wish-1"),
        (False, "Letter", "paper-letter-2"),
        (False, "Letter", "paper-letter"),
        (False, "Current average grade", "fact-average_grade"),
    ]
    text = shown.content.decode()
    for anchor in ("wish-1", "paper-letter", "fact-average_grade"):
        assert f'href="#{anchor}"' in text
        assert f'id="{anchor}"' in text


def test_what_was_not_reviewed_yet_is_not_called_faultless(row, coordinator_client):
    before = coordinator_client.get(file_page(row)).content.decode()
    factories.SubmissionReviewFactory.create(submission=row.submissions.get())
    after = coordinator_client.get(file_page(row)).content.decode()

    words = "The program has not looked at this submission yet."
    assert (words in before, words in after) == (True, False)


# -- decisions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "words"), [("de", "fehlt"), ("en", "is missing")])
def test_chosen_reason_reaches_the_student_in_the_students_language(
    row, coordinator_client, faculty, language, words
):
    row.student.language = language
    row.student.save(update_fields=["language"])
    template = factories.ReasonTemplateFactory.create(faculty=faculty)

    post(
        coordinator_client,
        file_page(row, "decide"),
        decision="ineligible",
        template=template.pk,
        reason="",
    )

    row.refresh_from_db()
    assert row.state == State.INELIGIBLE
    assert row.changes.last().reason == template.text_in(language)
    assert words in OutgoingMail.objects.get().body


def test_gap_in_a_template_has_to_be_filled_in(row, coordinator_client, faculty):
    template = factories.ReasonTemplateFactory.create(
        faculty=faculty, text_en="Missing: [which one].", text_de="Es fehlt: [welche]."
    )
    url = file_page(row, "decide")

    as_it_is = post(coordinator_client, url, decision="ineligible", template=template.pk)
    row.refresh_from_db()
    assert row.state == State.UNDER_REVIEW
    assert list(as_it_is.context["decision_form"].errors) == ["reason"]
    post(
        coordinator_client,
        url,
        decision="ineligible",
        template=template.pk,
        reason="Missing: the CV.",
    )
    row.refresh_from_db()
    assert (row.state, row.changes.last().reason) == (State.INELIGIBLE, "Missing: the CV.")


def test_reasons_of_another_faculty_are_not_to_choose_from(row, coordinator_client):
    foreign = factories.ReasonTemplateFactory.create()

    answer = post(
        coordinator_client, file_page(row, "decide"), decision="ineligible", template=foreign.pk
    )

    assert list(answer.context["decision_form"].errors) == ["template"]
    row.refresh_from_db()
    assert row.state == State.UNDER_REVIEW


def test_decision_leads_to_the_next_of_the_list_it_is_read_in(call, coordinator_client):
    first, second, third = (application(call, number) for number in range(3))
    level = first.submissions.get().level_departure
    query = f"?state=open&level={level}"

    to_second = coordinator_client.post(
        file_page(first, "decide") + query, {"decision": "eligible", "next": "1"}
    )
    assert to_second.url == file_page(second) + query
    stays = coordinator_client.post(file_page(second, "decide") + query, {"decision": "eligible"})
    assert stays.url == file_page(second) + query
    to_list = coordinator_client.post(
        file_page(third, "decide") + query, {"decision": "eligible", "next": "1"}
    )
    assert to_list.url == reverse("admin:applications_call_applicants", args=[call.pk]) + query


def test_document_is_asked_for_again_from_where_it_lies(row, coordinator_client):
    document = paper(row)

    shown = coordinator_client.get(file_page(row), {"ask": document.slot_id})

    assert f"?ask={document.slot_id}#time-title" in shown.content.decode()
    assert shown.context["concession_form"]["slot"].value() == document.slot_id
    until = (timezone.localtime() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    post(
        coordinator_client,
        file_page(row, "concede"),
        slot=document.slot_id,
        until=until,
        reason="Page 2 can't be read.",
    )
    assert row.concessions.get().slot == document.slot
    assert "Page 2 can't be read." in OutgoingMail.objects.get().body


def test_decision_on_what_changed_meanwhile_is_refused_and_keeps_the_reason(
    row, coordinator_client, faculty, signed_in
):
    url, seen = file_page(row, "decide"), coordinator_client.get(file_page(row))
    shown = seen.context["decision_form"]["seen"].value()
    other = signed_in(factories.CoordinatorFactory.create(faculty=faculty))
    post(other, url, decision="ineligible", reason="No B2.", seen=shown)

    late = post(coordinator_client, url, decision="eligible", reason="Fits well.", seen=shown)

    row.refresh_from_db()
    assert row.state == State.INELIGIBLE
    assert said(late)[0].startswith("Meanwhile somebody else decided")
    assert "Fits well." in late.content.decode()
    now = late.context["decision_form"]["seen"].value()
    assert (shown, now) == ("under_review 1", "ineligible 1")
    post(coordinator_client, url, decision="eligible", reason="Fits well.", seen=now)
    row.refresh_from_db()
    assert row.state == State.ELIGIBLE


def test_submission_newer_than_the_decision_is_said(row, coordinator_client):
    post(coordinator_client, file_page(row, "decide"), decision="eligible")
    before = coordinator_client.get(file_page(row)).content.decode()
    factories.SubmissionFactory.create(application=row, submitted_at=timezone.now())
    after = coordinator_client.get(file_page(row)).content.decode()

    words = "came after the decision of"
    assert (words in before, words in after) == (False, True)


@pytest.mark.parametrize(
    "name", ["score", "decide", "exclude_host", "direct", "concede", "comment"]
)
def test_way_back_from_a_form_leads_to_the_file_with_its_list(row, coordinator_client, name):
    answer = coordinator_client.get(file_page(row, name) + "?state=open")

    assert (answer.status_code, answer.url) == (302, file_page(row) + "?state=open")


def test_nul_in_a_reason_is_a_bad_request(row, coordinator_client):
    host = row.call.hosts.first()

    answer = coordinator_client.post(
        file_page(row, "exclude_host"), {"host": host.pk, "reason": "a\0b"}
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["file", "decide", "exclude_host", "direct", "concede", "comment"])
def test_own_application_is_for_the_colleagues(row, coordinator, coordinator_client, name):
    """Who both applies and coordinates reads neither comments nor readers, and changes nothing."""
    own = factories.ApplicationFactory.create(
        call=row.call, student=coordinator, state=State.UNDER_REVIEW
    )
    factories.SubmissionFactory.create(application=own)

    answer = (
        coordinator_client.get(file_page(own))
        if name == "file"
        else coordinator_client.post(file_page(own, name), {"text": "Excellent."})
    )

    assert answer.url == reverse("applications:application", args=[own.code])
    listed = coordinator_client.get(
        reverse("admin:applications_call_applicants", args=[row.call.pk])
    ).content.decode()
    assert (own.code in listed, row.code in listed) == (False, True)
    assert Viewing.objects.filter(application=own).count() == 0


def test_complete_sheet_stays_complete(row, coordinator_client):
    url = file_page(row, "score")
    post(coordinator_client, url, points_motivation="5", version=0, complete="1")

    post(coordinator_client, url, points_motivation="6", version=1)
    empty = post(coordinator_client, url, points_motivation="", version=2)

    sheet = row.score_sheets.get()
    assert (sheet.completed_at is not None, sheet.scores.get().points, sheet.version) == (
        True,
        6,
        2,
    )
    assert len(said(empty)) == 1


# -- comments --------------------------------------------------------------------------------------


def test_comment_stands_as_it_was_written_and_no_student_reads_it(
    row, coordinator, coordinator_client, signed_in
):
    post(coordinator_client, file_page(row, "comment"), text="<b>Ask</b> the chair.")

    assert [(each.author, each.text) for each in Comment.objects.all()] == [
        (coordinator, "<b>Ask</b> the chair.")
    ]
    assert (
        "&lt;b&gt;Ask&lt;/b&gt; the chair."
        in coordinator_client.get(file_page(row)).content.decode()
    )
    student = signed_in(row.student)
    status = student.get(reverse("applications:application", args=[row.code])).content.decode()
    assert "the chair" not in status


def test_empty_comment_is_refused_at_its_field(row, coordinator_client):
    answer = post(coordinator_client, file_page(row, "comment"), text="  ")

    assert list(answer.context["comment_form"].errors) == ["text"]
    assert Comment.objects.count() == 0


# -- who saw what ----------------------------------------------------------------------------------


def test_each_look_by_staff_is_written_down_once_an_hour(
    row, coordinator, coordinator_client, at, signed_in
):
    document = paper(row)
    start = timezone.now()
    at(start)
    for _time in range(2):
        coordinator_client.get(file_page(row))
        coordinator_client.get(page_of(row, document))
        coordinator_client.get(text_of(row, document))
        download(coordinator_client, row, document)
    at(start + timedelta(hours=2))
    coordinator_client.get(file_page(row))
    student = signed_in(row.student)
    download(student, row, document)

    seen = Viewing.objects.order_by("pk").values_list("person", "what", "document", "blind")
    assert list(seen) == [
        (coordinator.pk, "file", None, False),
        (coordinator.pk, "document", document.pk, False),
        (coordinator.pk, "download", document.pk, False),
        (coordinator.pk, "file", None, False),
    ]
    shown = coordinator_client.get(file_page(row)).context["seen_by"]
    assert [person["name"] for person in shown] == [str(coordinator)]


# -- cost ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_page_costs_the_same_queries_whatever_lies_on_it(call, coordinator_client, faculty, count):
    row = application(call, 1)
    for key in ("letter", "cv", "transcript")[:count]:
        paper(row, key=key)
    for _number in range(count):
        factories.CommentFactory.create(application=row)
        factories.AssignmentFactory.create(application=row)
        factories.ViewingFactory.create(application=row)
        factories.ReasonTemplateFactory.create(faculty=faculty)
    factories.SubmissionReviewFactory.create(
        submission=row.submissions.get(), findings=[finding("no_text", slot="letter")] * count
    )
    coordinator_client.get(file_page(row))  # notes the viewing

    with CaptureQueriesContext(connection) as queries:
        coordinator_client.get(file_page(row))

    assert len(queries) == 37
