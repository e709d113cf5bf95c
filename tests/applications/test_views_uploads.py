"""The documents page of the form: what is kept, what is refused and how, what stays as it was."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from applications import lifecycle
from applications.lifecycle import documents as stored_documents
from applications.models import Document
from tests import factories, pdfs
from tests.applications.filling_in import page_url
from tests.applications.uploads import NO_PDF, SCRIPT, errors, good_files, held, pdf, slot_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(student):
    return factories.ApplicationFactory.create(
        student=student, draft={"level_departure": "bachelor"}
    )


@pytest.fixture
def url(application):
    return reverse("applications:form_documents", args=[application.code])


@pytest.fixture
def writes(monkeypatch):
    """Return the names under which files were written since the test began."""
    written = []
    store = stored_documents.store

    def counted(data):
        written.append(store(data))
        return written[-1]

    monkeypatch.setattr(stored_documents, "store", counted)
    return written


# -- the page --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "slots"),
    [
        ("bachelor", ["cv", "letter", "transcript", "abitur", "language"]),
        ("master", ["cv", "letter", "transcript", "bachelor", "language"]),
        ("", ["cv", "letter", "transcript", "abitur", "bachelor", "language"]),
        ("made-up", ["cv", "letter", "transcript", "abitur", "bachelor", "language"]),
    ],
)
def test_slots_are_those_of_the_level_at_departure(student_client, application, url, level, slots):
    application.draft = {"level_departure": level}
    application.save()

    rows = student_client.get(url).context["rows"]

    assert [row.slot.key for row in rows] == slots
    assert {row.slot.key: row.levels for row in rows if row.levels} == {
        key: (label,)
        for key, label in (("abitur", "Bachelor"), ("bachelor", "Master"))
        if key in slots
    }


def test_level_comes_from_the_submission_where_the_draft_is_empty(student_client, student):
    submission = factories.SubmissionFactory.create(
        application__student=student, level_departure="master"
    )
    url = reverse("applications:form_documents", args=[submission.application.code])

    assert "bachelor" in [row.slot.key for row in student_client.get(url).context["rows"]]
    assert "abitur" not in [row.slot.key for row in student_client.get(url).context["rows"]]


def test_slot_shows_all_about_its_file(student_client, application, url, at):
    at("2026-12-01 14:05")
    document = factories.DocumentFactory.create(
        application=application, content=pdfs.cv(), original_name="cv.pdf", pages=2
    )

    text = " ".join(student_client.get(url).text.split())

    for said in (
        "<bdi>cv.pdf</bdi>",
        f"{round(document.size / 1000)} kB · 2 pages · ",
        "1 December 2026, 14:05 CET",
        document.sha256,
        reverse("applications:document", args=[application.code, document.pk]),
        reverse("applications:preview", args=[application.code, document.pk]),
        '<button class="button button--quiet slot__remove" type="submit" name="remove" value="cv">',
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("level", "missing"),
    [
        ("bachelor", ["letter", "transcript", "abitur"]),
        ("master", ["letter", "transcript", "bachelor"]),
        ("", ["letter", "transcript"]),
    ],
)
def test_page_that_was_checked_says_what_is_missing(
    student_client, application, url, level, missing
):
    application.draft = {"level_departure": level}
    application.save()
    factories.DocumentFactory.create(application=application, file=False)

    assert errors(student_client.get(url)) == {}
    response = student_client.get(url, {"check": ""})

    assert errors(response) == {
        key: (f"Please add the document: {key.capitalize()}.",) for key in missing
    }
    assert (response.context["problems"], response.status_code) == ([], 200)


@pytest.mark.parametrize("files", [1, 3])
def test_page_keeps_its_number_of_queries(
    student_client, application, url, django_assert_num_queries, files
):
    for slot in application.call.programme.slots.all()[:files]:
        factories.DocumentFactory.create(application=application, slot=slot, file=False)

    # session, person, application; degree programmes (2); slots and files
    with django_assert_num_queries(7):
        student_client.get(url)


@pytest.mark.parametrize("who", ["other_student", "coordinator", "foreign_coordinator", "office"])
def test_page_and_slot_are_the_students_alone(request, application, url, who):
    client = request.getfixturevalue(f"{who}_client")
    sent = {"document_cv": pdf(pdfs.cv()), "file": pdf(pdfs.cv())}

    assert client.get(url).status_code == 404
    assert client.post(url, sent).status_code == 404
    assert client.post(slot_url(application), sent, headers=SCRIPT).status_code == 404
    assert not Document.objects.exists()


# -- several files at once, without a script ------------------------------------------------------


def test_four_files_in_one_request_are_written_once_each(student_client, application, url, writes):
    response = student_client.post(url, {"action": "save", **good_files()}, follow=True)

    assert response.redirect_chain == [(url, 302)]
    assert "4 files were saved." in response.text
    assert held(application) == {
        "cv": "cv.pdf",
        "letter": "letter.pdf",
        "transcript": "transcript.pdf",
        "abitur": "abitur.pdf",
    }
    assert len(writes) == len(set(writes)) == 4
    assert {path.name for path in stored_files()} == set(writes)


def test_submitting_afterwards_writes_no_file(student_client, application, url, writes, student):
    student_client.post(url, {"action": "save", **good_files()})
    host = factories.CallHostFactory.create(call=application.call)
    before = {path: path.stat().st_mtime_ns for path in stored_files()}
    writes.clear()

    submission = lifecycle.submit(
        application, answers(student, host), by=student, now=timezone.now()
    )

    assert submission.documents.count() == 4
    assert writes == []
    assert {path: path.stat().st_mtime_ns for path in stored_files()} == before


def stored_files():
    return sorted(lifecycle.stored_path("00").parent.parent.glob("??/*"))


def answers(student, host):
    row = factories.SubmissionFactory.build(
        application=None,
        number=1,
        family_name="Brandt",
        given_names="Lea",
        email=student.email,
        matriculation_number=student.matriculation_number,
        degree_programme=factories.DegreeProgrammeFactory.create(),
    )
    names = (
        "family_name given_names birth_date gender nationality matriculation_number email phone "
        "street postal_code city country degree_programme level_now level_departure semester_now "
        "ects_earned average_grade isced_f"
    )
    return lifecycle.Answers(
        values={name: getattr(row, name) for name in names.split()},
        languages=(),
        preferences=(lifecycle.PreferenceAnswer(host.pk, ("W",)),),
    )


@pytest.mark.parametrize(
    ("pressed", "page"),
    [
        ({"action": "save"}, "documents"),
        ({}, "documents"),
        ({"action": "back"}, "preferences"),
        ({"action": "continue"}, "check"),
        ({"goto": "about"}, "about"),
        ({"goto": "//elsewhere.example"}, "documents"),
    ],
)
def test_every_button_keeps_what_was_chosen(student_client, application, url, pressed, page):
    response = student_client.post(url, {**pressed, "document_cv": pdf(pdfs.cv(), "cv.pdf")})

    assert (response.status_code, response.url) == (302, page_url(application, page))
    assert held(application) == {"cv": "cv.pdf"}


def test_removing_one_file_keeps_the_others_and_takes_what_was_chosen(
    student_client, application, url
):
    student_client.post(url, good_files())

    response = student_client.post(
        url, {"remove": "cv", "document_letter": pdf(pdfs.letter(pages=2), "new.pdf")}, follow=True
    )

    assert "The file was removed: Cv." in response.text
    assert held(application) == {
        "letter": "new.pdf",
        "transcript": "transcript.pdf",
        "abitur": "abitur.pdf",
    }


def test_removing_and_choosing_in_one_slot_takes_the_new_file(student_client, application, url):
    student_client.post(url, good_files())

    student_client.post(url, {"remove": "cv", "document_cv": pdf(pdfs.cv(seed=2), "new.pdf")})

    assert held(application)["cv"] == "new.pdf"


def test_saving_without_a_choice_says_so(student_client, url):
    response = student_client.post(url, {"action": "save"}, follow=True)

    assert "No file was chosen, so nothing was changed." in response.text


# -- one slot by itself ----------------------------------------------------------------------------


def test_script_gets_the_slot_anew(student_client, application, writes):
    response = student_client.post(
        slot_url(application), {"file": pdf(pdfs.cv(), "cv.pdf")}, headers=SCRIPT
    )

    assert response.status_code == 200
    assert response.text.count("<section") == 1
    assert 'data-said="Cv: cv.pdf is saved."' in response.text
    assert held(application) == {"cv": "cv.pdf"}
    assert len(writes) == 1


def test_script_removes_a_file(student_client, application, url):
    student_client.post(url, good_files())

    response = student_client.post(slot_url(application), {"action": "remove"}, headers=SCRIPT)

    assert response.status_code == 200
    assert 'data-said="Cv: the file is removed."' in response.text
    assert sorted(held(application)) == ["abitur", "letter", "transcript"]


def test_without_a_script_the_slot_leads_back_to_the_page(student_client, application, url):
    response = student_client.post(slot_url(application), {"file": pdf(pdfs.cv(), "cv.pdf")})

    assert (response.status_code, response.url) == (302, url)
    assert held(application) == {"cv": "cv.pdf"}

    refused = student_client.post(slot_url(application), {"file": pdf(b"no")})

    assert refused.status_code == 422
    assert errors(refused) == {"cv": (NO_PDF,)}
    assert "</html>" in refused.text


def test_slot_without_a_file_says_what_is_missing(student_client, application):
    response = student_client.post(slot_url(application), {}, headers=SCRIPT)

    assert response.status_code == 422
    assert "Choose a PDF file first; none was sent." in response.text


def test_slot_of_another_programme_is_not_found(student_client, application):
    factories.DocumentSlotFactory.create(key="elsewhere")

    response = student_client.post(
        slot_url(application, "elsewhere"), {"file": pdf(pdfs.cv())}, headers=SCRIPT
    )

    assert response.status_code == 404


@pytest.mark.parametrize("sent", ["file", "removal"])
def test_slot_keeps_its_number_of_queries(
    student_client, application, django_assert_num_queries, sent
):
    data = {"file": pdf(pdfs.cv())} if sent == "file" else {"action": "remove"}

    # session, person, application, slot; call and application locked, the former file
    # taken out (its history with three settings), documents. Keeping: name held, row written.
    with django_assert_num_queries({"file": 17, "removal": 15}[sent]):
        student_client.post(slot_url(application), data, headers=SCRIPT)


# -- after the deadline ----------------------------------------------------------------------------


@pytest.fixture
def late(application, at):
    """An application whose deadline passed a moment ago, with one file in its draft."""
    factories.DocumentFactory.create(application=application, original_name="before.pdf")
    at(application.call.deadline)
    return application


def test_deadline_is_the_first_instant_that_is_too_late(student_client, application, url, at):
    at(application.call.deadline - timedelta(microseconds=1))
    student_client.post(url, {"document_cv": pdf(pdfs.cv(), "in_time.pdf")})
    at(application.call.deadline)
    response = student_client.post(url, {"document_cv": pdf(pdfs.cv(seed=2), "late.pdf")})

    assert response.status_code == 409
    assert "The deadline has passed" in response.text
    assert held(application) == {"cv": "in_time.pdf"}


def test_late_removal_changes_nothing(student_client, late, url):
    response = student_client.post(url, {"remove": "cv"})

    assert response.status_code == 409
    assert "The deadline has passed" in response.text
    assert held(late) == {"cv": "before.pdf"}


@pytest.mark.parametrize("data", [{"action": "remove"}, {"file": None}])
def test_late_script_is_told_at_the_slot(student_client, late, data):
    sent = {"file": pdf(pdfs.cv())} if "file" in data else data

    response = student_client.post(slot_url(late), sent, headers=SCRIPT)

    assert response.status_code == 409
    assert response.text.lstrip().startswith("<section")
    assert "The deadline has passed" in response.text
    assert "before.pdf" in response.text
    assert held(late) == {"cv": "before.pdf"}


@pytest.mark.usefixtures("late")
def test_late_page_says_why_it_is_closed(student_client, url):
    response = student_client.get(url)

    assert response.status_code == 200
    assert "can't be changed any more" in response.text
    assert 'type="file"' not in response.text


def test_session_that_ended_leads_to_the_login_and_keeps_nothing(client, application, url):
    scripted = client.post(slot_url(application), {"file": pdf(pdfs.cv())}, headers=SCRIPT)
    response = client.post(slot_url(application), {"file": pdf(pdfs.cv())})

    login = f"{reverse('account_login')}?next={url}"
    assert (scripted.status_code, response.status_code, response.url) == (401, 302, login)
    assert held(application) == {}


# -- two windows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scripted", [True, False])
@pytest.mark.parametrize("removing", [True, False])
def test_older_window_changes_no_file_it_did_not_show(
    student_client, application, url, removing, scripted
):
    shown = student_client.get(url).context["rows"][0]
    assert (shown.slot.key, shown.current) == ("cv", None)
    student_client.post(slot_url(application), {"file": pdf(pdfs.cv(), "newer.pdf")})
    if removing:
        first = application.documents.get(current=True)
        student_client.post(slot_url(application), {"file": pdf(pdfs.cv(seed=5), "newer.pdf")})
        held_then = str(first.pk)
    else:
        held_then = ""

    if scripted:
        change = {"action": "remove"} if removing else {"file": pdf(pdfs.cv(seed=7), "older.pdf")}
        sent = {**change, "held": held_then}
        response = student_client.post(slot_url(application), sent, headers=SCRIPT)
    else:
        change = (
            {"remove": "cv"} if removing else {"document_cv": pdf(pdfs.cv(seed=7), "older.pdf")}
        )
        response = student_client.post(url, {**change, "held_cv": held_then})

    assert response.status_code == 422
    assert "Another window changed this file meanwhile" in response.text
    assert held(application) == {"cv": "newer.pdf"}


def test_upload_repeated_because_its_answer_was_lost_is_no_conflict(student_client, application):
    content = pdfs.cv()
    for _ in range(2):
        sent = {"file": pdf(content, "cv.pdf"), "held": ""}
        response = student_client.post(slot_url(application), sent, headers=SCRIPT)
        assert response.status_code == 200

    assert application.documents.count() == 1
