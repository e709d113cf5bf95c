"""The pages of documents on the desk: pictures and texts, and what blind readers don't see."""

from __future__ import annotations

import pytest
from django.urls import reverse

from applications.admin.desk.file_data import words_to_hide
from applications.lifecycle import stored_path
from applications.models import PreferenceVerdict, Viewing
from applications.pdf_inspection import preview
from applications.states import State
from tests import factories, pdfs
from tests.applications.desk import download, file_page, page_of, paper, post, text_of
from tests.applications.rounds import application, closed_call

pytestmark = pytest.mark.django_db

PERSONAL = ("Özdemir-Klein", "Zeynep", "108019999", "zeynep.oezdemir@rub.de", "+49 171 5550000")


@pytest.fixture
def call(coordinator):  # noqa: ARG001 - the faculty must be there
    return closed_call([[0], [0, 1], [1]], seats=[1, 1])


@pytest.fixture
def row(call):
    return application(call, 0)


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
    clear = preview.page_picture(stored_path(blind.documents.get().stored_name), 1)

    assert one.startswith(b"\x89PNG")
    assert one != clear
