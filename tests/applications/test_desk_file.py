"""One application on the desk: its papers, findings with their place, decisions, who saw what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications.admin.desk.file_data import words_to_hide
from applications.models import Comment, OutgoingMail, PreferenceVerdict, Viewing
from applications.pdf_inspection import preview
from applications.states import State
from tests import factories, pdfs
from tests.applications.desk import file_page, post, said
from tests.applications.rounds import application, closed_call

pytestmark = pytest.mark.django_db

PERSONAL = ("Özdemir-Klein", "Zeynep", "108019999", "zeynep.oezdemir@rub.de", "+49 171 5550000")


@pytest.fixture
def call(coordinator):  # noqa: ARG001 - the faculty must be there
    return closed_call([[0], [0, 1], [1]], seats=[1, 1])


@pytest.fixture
def row(call):
    return application(call, 0)


def paper(row, *, key: str = "letter", content: bytes | None = None):
    """Give the newest submission a document, as if it had been handed in with it."""
    slot = row.call.programme.slots.get(key=key)
    document = factories.DocumentFactory.create(
        application=row, slot=slot, content=content or pdfs.letter(name="Zeynep Özdemir-Klein")
    )
    row.submissions.get().documents.create(document=document)
    return document


def page_of(row, document, number: int = 1) -> str:
    return reverse(
        "admin:applications_application_paper_page", args=[row.code, document.pk, number]
    )


def text_of(row, document) -> str:
    return reverse("admin:applications_application_paper_text", args=[row.code, document.pk])


def download(client, row, document) -> int:
    answer = client.get(reverse("applications:document", args=[row.code, document.pk]))
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


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


# -- papers ----------------------------------------------------------------------------------------


def test_pages_come_as_pictures_and_the_file_only_as_a_download(row, coordinator_client):
    document = paper(row)

    drawn = coordinator_client.get(page_of(row, document))

    assert (drawn.status_code, drawn["Content-Type"]) == (200, "image/png")
    assert drawn["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in drawn["Cache-Control"]
    assert coordinator_client.get(page_of(row, document, 99)).status_code == 404
    shown = coordinator_client.get(file_page(row)).content.decode()
    assert page_of(row, document) in shown
    assert "<iframe" not in shown
    assert "<embed" not in shown


@pytest.mark.parametrize(
    ("trouble", "status", "words"),
    [
        (preview.TooBusy, 429, "Many pages are being drawn"),
        (preview.NoPreview, 200, "This page can"),
        (preview.Withheld, 200, "Hidden in blind reading"),
    ],
)
def test_page_that_is_not_drawn_says_so_in_a_picture(
    row, coordinator_client, monkeypatch, trouble, status, words
):
    def fails(*_args, **_named):
        raise trouble

    document = paper(row)
    monkeypatch.setattr("applications.admin.desk.papers.page_picture", fails)

    answer = coordinator_client.get(page_of(row, document))

    assert (answer.status_code, answer["Content-Type"]) == (status, "image/svg+xml; charset=utf-8")
    assert words in answer.content.decode()


def test_papers_of_another_application_are_not_found_under_this_one(call, coordinator_client):
    document = paper(application(call, 0))
    other = application(call, 1)

    assert coordinator_client.get(page_of(other, document)).status_code == 404
    assert coordinator_client.get(text_of(other, document)).status_code == 404


def test_file_that_no_submission_holds_is_not_on_the_desk(row, coordinator_client):
    draft = factories.DocumentFactory.create(
        application=row, slot=row.call.programme.slots.get(key="letter")
    )

    assert coordinator_client.get(page_of(row, draft)).status_code == 404


# -- blind reading ---------------------------------------------------------------------------------


@pytest.fixture
def blind(coordinator, faculty):  # noqa: ARG001 - the coordinator is the one who reads
    """An application read blind, whose every answer and paper names the student."""
    call = factories.CallFactory.create(
        closed=True, criteria=True, blind_reading=True, programme__faculty=faculty
    )
    student = factories.StudentFactory.create(
        given_names="Zeynep",
        family_name="Özdemir-Klein",
        username="oezdezey",
        email="zeynep.oezdemir@rub.de",
        matriculation_number="108019999",
    )
    row = factories.ApplicationFactory.create(call=call, student=student, state=State.UNDER_REVIEW)
    factories.SubmissionFactory.create(
        application=row,
        given_names="Zeynep",
        family_name="Özdemir-Klein",
        matriculation_number="108019999",
        email="zeynep.oezdemir@rub.de",
        phone="+49 171 5550000",
        nationality="TR",
        gender=2,
        remarks="Yours, Zeynep Özdemir-Klein",
    )
    return row


def test_blind_reader_finds_nothing_that_tells_who_it_is(blind, coordinator_client):
    letter, cv = paper(blind), paper(blind, key="cv", content=pdfs.cv(name="Zeynep Özdemir-Klein"))

    shown = coordinator_client.get(file_page(blind)).content.decode()
    written = coordinator_client.get(text_of(blind, letter)).content.decode()

    hidden = [*PERSONAL, "Turkey", "Türkiye", "Özdemir", "female"]
    assert [word for word in hidden if word in shown or word in written] == []
    assert "█" in written
    assert reverse("applications:document", args=[blind.code, letter.pk]) not in shown
    assert download(coordinator_client, blind, letter) == 404
    photo = coordinator_client.get(page_of(blind, cv))
    assert photo["Content-Type"].startswith("image/svg+xml")
    assert Viewing.objects.filter(blind=False).count() == 0


def test_free_text_about_a_blind_application_names_nobody(blind, coordinator, coordinator_client):
    factories.CommentFactory.create(application=blind, text="I know Zeynep well.")
    factories.ConcessionFactory.create(
        application=blind,
        slot=blind.call.programme.slots.get(key="letter"),
        reason="Ms Özdemir-Klein wrote that it was cut.",
    )
    host = factories.CallHostFactory.create(call=blind.call)
    PreferenceVerdict.objects.create(
        application=blind, host=host, reason="Zeynep has been there.", decided_by=coordinator
    )

    shown = coordinator_client.get(file_page(blind)).content.decode()
    listed = coordinator_client.get(reverse("admin:applications_preferenceverdict_changelist"))

    assert [word for word in PERSONAL if word in shown] == []
    assert "I know █████ well." in shown
    assert blind.code not in listed.content.decode()


def test_country_is_hidden_in_both_languages(blind):
    words = words_to_hide(blind.submissions.get())

    assert {"Türkiye", "Türkei"} <= set(words)


def test_name_shows_once_the_own_sheet_is_complete(blind, coordinator_client):
    letter = paper(blind)
    post(
        coordinator_client,
        file_page(blind, "score"),
        points_motivation="5",
        version=0,
        complete="1",
    )

    shown = coordinator_client.get(file_page(blind)).content.decode()

    assert [word for word in PERSONAL if word not in shown] == []
    assert download(coordinator_client, blind, letter) == 200


def test_picture_for_a_blind_reader_does_not_depend_on_the_name(blind, coordinator_client):
    """Two letters that differ by the name alone look the same, when the name is as long."""
    one = coordinator_client.get(page_of(blind, paper(blind))).content
    clear = preview.page_picture(_path(blind.documents.get()), 1)

    assert one.startswith(b"\x89PNG")
    assert one != clear


def _path(document):
    from applications.lifecycle import stored_path  # noqa: PLC0415 - only here

    return stored_path(document.stored_name)


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

    assert len(queries) == 35
