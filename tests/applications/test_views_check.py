"""The last page of the form: everything at once, what is left to do, handing it in."""

from datetime import timedelta

import pytest
from django.urls import reverse

from applications import lifecycle, texts
from applications.models import Document, OutgoingMail, Submission
from tests import factories, pdfs
from tests.applications.filling_in import (
    Window,
    add_documents,
    keep_typed,
    page_url,
    submit,
)
from tests.applications.uploads import pdf, slot_url
from tests.conftest import berlin

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(application):
    return reverse("applications:form_check", args=[application.code])


@pytest.fixture
def complete(application, answers):
    """An application of which only the last button is left."""
    keep_typed(application, answers)
    add_documents(application)
    return application


def stored(application):
    application.refresh_from_db()
    return application


def receipt(application, number):
    return reverse("applications:receipt", args=[application.code, number])


# -- looking ---------------------------------------------------------------------------------------


def test_page_shows_every_answer_the_files_and_what_the_login_knows(
    student_client, complete, url, student
):
    text = student_client.get(url).text

    for said in ("17 May 2004", "Nowak", "+49 234 3228000", "62.5", "1.7", "English, B2, school"):
        assert said in text
    for said in (student.email, student.matriculation_number):
        assert said in text
    first, second, _third = complete.call.hosts.order_by("pk")
    assert text.index(str(first)) < text.index(str(second))
    for document in complete.documents.all():
        assert document.sha256 in text
    assert "left to do" not in text
    assert "ready to submit" in text


def test_everything_open_is_linked_to_its_place(student_client, application, url, answers):
    wrong = {**answers, "average_grade": "6", "birth_date": "", "language_1_level": ""}
    for page in ("about", "studies", "languages", "preferences"):
        Window(student_client, application, page).press(wrong, "", goto="check")

    response = student_client.get(url)

    def at(page, field):
        return f"{page_url(application, page)}?check=1#id_{field}"

    assert [(one.page, one.url) for one in response.context["to_do"]] == [
        ("About you", at("about", "birth_date")),
        ("Studies", at("studies", "average_grade")),
        ("Languages", at("languages", "language_1_level")),
        ("Documents", at("documents", "document_cv")),
        ("Documents", at("documents", "document_letter")),
        ("Documents", at("documents", "document_transcript")),
        ("Documents", at("documents", "document_abitur")),
    ]
    assert response.status_code == 200
    assert "7 things are left to do" in response.text
    for one in response.context["to_do"][:3]:
        target, _, anchor = one.url.partition("#")
        page = student_client.get(target)
        assert f'id="{anchor}"' in page.text
        assert f'id="{anchor}_error"' in page.text


def test_what_was_noticed_is_said_but_keeps_nobody_from_submitting(student_client, complete, url):
    host = complete.call.hosts.order_by("pk")[0]
    host.agreement.language, host.agreement.language_level = "es", "B2"
    host.agreement.save()
    student_client.post(slot_url(complete, "letter"), {"file": pdf(pdfs.letter(pages=4))})

    response = student_client.get(url)

    assert [(note.about, note.sentence) for note in response.context["notes"]] == [
        (
            f"Preference 1, {host.agreement.host.name_en}",
            "The host needs Spanish at level B2; the language is not listed.",
        ),
        (
            "Letter",
            "The letter has 4 pages; about one to two are asked for.",
        ),
    ]
    assert response.context["to_do"] == []
    assert submit(student_client, complete).status_code == 302


def test_months_abroad_are_noted_and_a_draft_from_before_the_question_is_complete(
    student_client, complete, url, answers
):
    complete.call.programme.months_per_cycle = 12
    complete.call.programme.save()
    assert student_client.get(url).context["notes"] == []
    assert submit(student_client, complete).status_code == 302
    assert Submission.objects.get().earlier_months is None

    Window(student_client, complete, "studies").press({**answers, "earlier_months": "8"})

    response = student_client.get(url)
    assert [(note.about, note.sentence) for note in response.context["notes"]] == [
        (
            "Months abroad with Erasmus+ so far",
            (
                "Months with Erasmus+ in this study cycle: 8 of 12 are taken already. It depends"
                " on the days of the stay whether it still fits."
            ),
        )
    ]
    assert [difference.label for difference in response.context["differences"]] == [
        "Months abroad with Erasmus+ so far"
    ]
    assert submit(student_client, complete).status_code == 302
    assert Submission.objects.latest("number").earlier_months == 8


def test_page_says_which_version_counts_and_what_differs(student_client, complete, url, answers):
    assert "Nothing is submitted yet." in student_client.get(url).text
    submit(student_client, complete)
    same = student_client.get(url).text
    assert "The draft is what you submitted." in same
    assert 'value="submit"' not in same

    Window(student_client, complete, "about").press({**answers, "city": "Essen"})
    letter = complete.documents.get(slot__key="letter")
    letter.current = False
    letter.save()

    response = student_client.get(url)
    assert [(row.label, row.first, row.second) for row in response.context["differences"]] == [
        ("City", "Bochum", "Essen"),
        (
            "Letter",
            f"{letter.original_name}, uploaded on {texts.instant(letter.uploaded_at)}",
            "",
        ),
    ]
    assert "Submission 1 of" in response.text
    assert Submission.objects.get().city == "Bochum"


@pytest.mark.parametrize("hosts", [1, 3])
def test_page_keeps_its_number_of_queries(
    student_client, student, django_assert_num_queries, hosts
):
    call = factories.CallFactory.create(hosts=hosts)
    factories.DegreeProgrammeFactory.create_batch(hosts, faculty=call.programme.faculty)
    application = factories.ApplicationFactory.create(call=call, student=student)
    for slot in call.programme.slots.all()[:hosts]:
        factories.DocumentFactory.create(application=application, slot=slot)

    with django_assert_num_queries(7):
        student_client.get(reverse("applications:form_check", args=[application.code]))


# -- handing in ------------------------------------------------------------------------------------


def test_submit_writes_submission_receipt_and_mail(student_client, complete, student, answers):
    response = submit(student_client, complete)

    assert (response.status_code, response.url) == (302, receipt(complete, 1))
    submission = Submission.objects.get()
    assert (submission.number, submission.email, submission.family_name) == (
        1,
        student.email,
        "Nowak",
    )
    assert stored(complete).state == "submitted"
    assert [wish.host_id for wish in submission.preferences.order_by("rank")] == [
        int(answers["preference_1"]),
        int(answers["preference_2"]),
    ]
    assert {row.document.slot.key for row in submission.documents.all()} == {
        "cv",
        "letter",
        "transcript",
        "abitur",
    }
    assert OutgoingMail.objects.filter(person=student).count() == 1


def test_nothing_of_the_request_but_the_button_counts(student_client, complete, student):
    submit(
        student_client,
        complete,
        email="x@example.org",
        state="accepted",
        number="77",
        submitted_at="2000-01-01",
        city="Nowhere",
    )

    submission = Submission.objects.get()
    assert (submission.number, submission.email, submission.city) == (1, student.email, "Bochum")
    assert submission.submitted_at.year > 2000


def test_submit_with_gaps_names_them_all_and_submits_nothing(student_client, application):
    response = submit(student_client, application)

    assert response.status_code == 422
    assert "<title>Error:" in response.text
    assert 'role="alert" data-error-summary' in response.text
    assert {one.page for one in response.context["to_do"]} == {
        "About you",
        "Studies",
        "Preferences",
        "Documents",
    }
    assert not Submission.objects.exists()
    assert stored(application).state == "draft"


def test_slots_of_one_level_are_not_missed_while_the_level_is_open(
    student_client, application, answers, url
):
    Window(student_client, application, "studies").press({**answers, "level_departure": ""})

    response = student_client.get(url)

    missed = [
        one.url.partition("#")[2] for one in response.context["to_do"] if one.page == "Documents"
    ]
    # Nobody knows yet which of the others is asked for; that there is one is said.
    assert missed == ["", "id_document_cv", "id_document_letter", "id_document_transcript"]


def test_submitting_again_makes_the_next_number_only_for_changes(
    student_client, complete, url, answers
):
    seen = student_client.get(url).context["seen"]
    first = student_client.post(url, {"action": "submit", "seen": seen})
    # The same request once more: double click, or a replayed form.
    again = student_client.post(url, {"action": "submit", "seen": seen})
    Window(student_client, complete, "about").press({**answers, "city": "Essen"})
    changed = submit(student_client, complete)

    assert [first.url, again.url, changed.url] == [
        receipt(complete, 1),
        receipt(complete, 1),
        receipt(complete, 2),
    ]
    assert list(Submission.objects.order_by("number").values_list("number", "city")) == [
        (1, "Bochum"),
        (2, "Essen"),
    ]


def test_what_another_window_changed_is_shown_before_it_is_submitted(
    student_client, complete, url, answers
):
    seen = student_client.get(url).context["seen"]
    Window(student_client, complete, "about").press({**answers, "city": "Essen"})

    response = student_client.post(url, {"action": "submit", "seen": seen})

    assert response.status_code == 409
    assert "Nothing was submitted: another window changed this application" in response.text
    assert "Essen" in response.text
    assert not Submission.objects.exists()
    assert submit(student_client, complete).status_code == 302


@pytest.mark.parametrize("sent", [{}, {"seen": ""}, {"seen": "0" * 16}])
@pytest.mark.usefixtures("complete")
def test_without_the_mark_of_what_was_seen_nothing_is_submitted(student_client, url, sent):
    assert student_client.post(url, {"action": "submit", **sent}).status_code == 409
    assert not Submission.objects.exists()


def test_replaced_file_is_a_change_too(student_client, complete, url):
    seen = student_client.get(url).context["seen"]
    letter = complete.documents.get(slot__key="letter")
    Document.objects.filter(pk=letter.pk).update(current=False)
    factories.DocumentFactory.create(application=complete, slot=letter.slot)

    assert student_client.post(url, {"seen": seen}).status_code == 409


@pytest.mark.parametrize("what", ["file", "answer"])
def test_what_changes_in_the_very_moment_is_not_handed_in_unseen(
    student_client, complete, url, answers, monkeypatch, what
):
    seen = student_client.get(url).context["seen"]
    letter = complete.documents.get(slot__key="letter")
    submit_now = lifecycle.submit

    def meanwhile(*args, **kwargs):
        if what == "file":
            letter.current = False
            letter.save()
            factories.DocumentFactory.create(application=complete, slot=letter.slot)
        else:
            Window(student_client, complete, "about").press({**answers, "city": "Essen"})
        monkeypatch.undo()
        return submit_now(*args, **kwargs)

    monkeypatch.setattr(lifecycle, "submit", meanwhile)

    assert student_client.post(url, {"seen": seen}).status_code == 409
    assert not Submission.objects.exists()


def test_same_file_again_is_no_change(student_client, complete, url):
    submit(student_client, complete)
    letter = complete.documents.get(slot__key="letter")
    content = lifecycle.stored_path(letter.stored_name).read_bytes()
    student_client.post(slot_url(complete, "letter"), {"file": pdf(content)})

    response = student_client.get(url)

    assert response.context["differences"] == []
    assert student_client.post(url, {"seen": response.context["seen"]}).url == receipt(complete, 1)


def test_file_that_the_new_level_does_not_ask_for_is_named_as_dropped(
    student_client, complete, url, answers
):
    submit(student_client, complete)
    complete.call.programme.levels = ["bachelor", "master"]
    complete.call.programme.save()
    Window(student_client, complete, "studies").press({**answers, "level_departure": "master"})

    labels = [row.label for row in student_client.get(url).context["differences"]]

    assert labels == ["Level at departure", "Abitur"]


def test_what_was_submitted_can_be_read_after_the_call_changed(student_client, complete, url):
    submit(student_client, complete)
    degree = complete.call.programme.faculty.degreeprogramme_set.get()
    degree.active = False
    degree.save()
    factories.DegreeProgrammeFactory.create(faculty=degree.faculty, name="Another one")

    shown = student_client.get(receipt(complete, 1)).text

    assert f"<dd>{degree}</dd>" in shown
    assert student_client.get(url).context["differences"] == []


# -- the deadline ----------------------------------------------------------------------------------


DEADLINES = ["2027-01-11 00:00", "2027-07-01 00:00", "2027-03-28 03:00", "2027-10-31 03:00"]


@pytest.mark.parametrize("deadline", DEADLINES)
@pytest.mark.parametrize(
    ("offset", "accepted"), [(-1, True), (0, False), (1, False)], ids=["before", "at", "after"]
)
def test_submit_is_judged_to_the_microsecond(
    student_client, complete, url, at, deadline, offset, accepted
):
    seen = student_client.get(url).context["seen"]
    end = berlin(deadline)
    complete.call.opens_at = end - timedelta(days=60)
    complete.call.deadline = end
    complete.call.save()
    at(end + timedelta(microseconds=offset))

    response = student_client.post(url, {"action": "submit", "seen": seen})

    assert response.status_code == (302 if accepted else 409)
    assert Submission.objects.exists() is accepted
    assert stored(complete).state == ("submitted" if accepted else "draft")


def test_late_request_is_refused_with_one_sentence_and_what_counts(
    student_client, complete, url, answers, at
):
    submit(student_client, complete)
    Window(student_client, complete, "about").press({**answers, "city": "Essen"})
    seen = student_client.get(url).context["seen"]
    at(complete.call.deadline)

    response = student_client.post(url, {"action": "submit", "seen": seen})

    assert response.status_code == 409
    assert "The deadline has passed" in response.text
    assert "What counts is submission 1" in response.text
    assert Submission.objects.get().city == "Bochum"


def test_time_is_read_once(student_client, complete, at):
    now = at(complete.call.deadline - timedelta(microseconds=5))

    submit(student_client, complete)

    assert Submission.objects.get().submitted_at == now
