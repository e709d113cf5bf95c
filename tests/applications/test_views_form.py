"""The application form over HTTP: saving, files, submitting, two tabs, the deadline."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from applications.models import Document, OutgoingMail, Submission
from tests import factories, pdfs
from tests.conftest import berlin

pytestmark = pytest.mark.django_db
LIMIT = 1_048_576


@pytest.fixture
def application(student):
    call = factories.CallFactory.create(hosts=3)
    factories.DegreeProgrammeFactory.create(faculty=call.programme.faculty)
    return factories.ApplicationFactory.create(call=call, student=student)


@pytest.fixture
def url(application):
    return reverse("applications:form", args=[application.code])


@pytest.fixture
def typed(application):
    """What a browser sends for a complete application, without files."""
    first, second, _third = application.call.hosts.order_by("pk")
    degree = application.call.programme.faculty.degreeprogramme_set.get()
    return {
        "draft_version": str(application.draft_version),
        "family_name": "Nowak",
        "given_names": "Ada",
        "birth_date": "17.05.2004",
        "gender": "2",
        "nationality": "PL",
        "phone": "+49 234 3228000",
        "street": "Universitätsstraße 150",
        "postal_code": "44801",
        "city": "Bochum",
        "country": "DE",
        "degree_programme": str(degree.pk),
        "level_now": "bachelor",
        "level_departure": "bachelor",
        "semester_now": "3",
        "ects_earned": "62,5",
        "average_grade": "1,7",
        "isced_f": "0410",
        "language_1": "en",
        "language_1_level": "B2",
        "language_1_proof": "school",
        "preference_1": str(first.pk),
        "preference_1_semesters": ["W", "S"],
        "preference_2": str(second.pk),
        "preference_2_semesters": ["W"],
        "remarks": "",
        "end_of_text": "1",
    }


def pdf(content, name="file.pdf"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def good_files():
    return {
        "document_cv": pdf(pdfs.cv(), "cv.pdf"),
        "document_letter": pdf(pdfs.letter(), "letter.pdf"),
        "document_transcript": pdf(pdfs.transcript(), "transcript.pdf"),
        "document_abitur": pdf(pdfs.certificate(), "abitur.pdf"),
    }


@pytest.fixture
def with_files(application):
    """An application whose draft holds all required files already."""
    for slot in application.call.programme.slots.filter(required=True):
        if slot.applies_to("bachelor"):
            factories.DocumentFactory.create(application=application, slot=slot)
    return application


def stored(application):
    application.refresh_from_db()
    return application


# -- saving ----------------------------------------------------------------------------------------


def test_saving_keeps_everything_typed_valid_or_not(student_client, application, url, at):
    now = at("2027-01-03 12:00")
    application.call.deadline = now + timedelta(days=3)
    application.call.opens_at = now - timedelta(days=3)
    application.call.save()
    nonsense = {
        "draft_version": "0",
        "action": "save",
        "birth_date": "31.02.",
        "average_grade": "very good",
        "remarks": "<script>alert('x')</script> 🙂",
        "preference_3": "999",
        "preference_3_semesters": ["W", "X"],
    }

    response = student_client.post(url, nonsense)

    assert (response.status_code, response.url) == (302, url)
    saved = stored(application)
    expected = {
        name: nonsense[name] for name in nonsense if name not in {"draft_version", "action"}
    }
    assert {name: saved.draft[name] for name in expected} == expected
    assert (saved.draft_version, saved.draft_saved_at, saved.state) == (1, now, "draft")
    shown = student_client.get(url)
    assert shown.status_code == 200
    assert 'value="31.02."' in shown.text
    assert 'value="very good"' in shown.text
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; 🙂" in shown.text
    assert "<script>alert" not in shown.text


def test_enter_saves_for_the_save_button_comes_first(student_client, url):
    text = student_client.get(url).text
    form = text[text.index("data-guard") :]

    assert form.index('name="action" value="save"') < form.index('name="action" value="submit"')
    assert 'type="submit"' not in form[: form.index('name="action" value="save"') - 60]


@pytest.mark.usefixtures("application")
def test_page_shows_what_the_login_knows_and_does_not_ask_for_it(student_client, student, url):
    text = student_client.get(url).text

    assert student.email in text
    assert student.matriculation_number in text
    for name in ("email", "matriculation_number", "esi"):
        assert f'name="{name}"' not in text


def test_forged_fields_change_nothing(student_client, with_files, typed, url, student):
    response = student_client.post(
        url,
        {
            **typed,
            "action": "submit",
            "email": "x@example.org",
            "matriculation_number": "111111",
            "state": "accepted",
            "student": "1",
            "number": "77",
            "submitted_at": "2000-01-01",
            "extended_until": "2099-01-01",
        },
    )

    assert response.status_code == 302
    submission = Submission.objects.get()
    assert (submission.number, submission.email, submission.matriculation_number) == (
        1,
        student.email,
        student.matriculation_number,
    )
    assert (stored(with_files).state, with_files.extended_until) == ("submitted", None)


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("application")
def test_saving_with_good_files_keeps_each_once(student_client, typed, url):
    response = student_client.post(url, {**typed, "action": "save", **good_files()})

    assert response.status_code == 302
    assert list(
        Document.objects.order_by("slot__position").values_list(
            "slot__key", "original_name", "current"
        )
    ) == [
        ("cv", "cv.pdf", True),
        ("letter", "letter.pdf", True),
        ("transcript", "transcript.pdf", True),
        ("abitur", "abitur.pdf", True),
    ]
    shown = student_client.get(url).text
    assert "letter.pdf" in shown
    assert not Submission.objects.exists()


REFUSED = {
    "too large": (lambda: pdfs.of_size(LIMIT + 1), "the limit is 1 MB"),
    "empty": (lambda: b"", "The file is empty"),
    "not a pdf": (lambda: b"PK\x03\x04 word", "This is not a PDF file"),
    "encrypted": (pdfs.encrypted, "password"),
    "damaged": (pdfs.truncated, "damaged"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_file_leaves_text_and_other_files_untouched(
    student_client, application, typed, url, kind
):
    make, sentence = REFUSED[kind]
    files = {**good_files(), "document_cv": pdf(make(), "x.pdf")}

    response = student_client.post(url, {**typed, "action": "save", **files})

    assert response.status_code == 422
    form = response.context["form"]
    assert list(form.errors) == ["document_cv"]
    assert sentence in form.errors["document_cv"][0]
    assert 'href="#id_document_cv"' in response.text
    assert stored(application).draft["family_name"] == "Nowak"
    assert list(
        Document.objects.order_by("slot__position").values_list("slot__key", flat=True)
    ) == ["letter", "transcript", "abitur"]
    assert 'value="Universitätsstraße 150"' in response.text


@pytest.mark.usefixtures("application")
def test_file_too_large_is_named_with_its_size(student_client, typed, url):
    files = {"document_cv": pdf(b"%PDF-1.7" + b"x" * 1_300_000, "cv.pdf")}

    response = student_client.post(url, {**typed, "action": "save", **files})

    assert "1.4 MB; the limit is 1 MB" in response.context["form"].errors["document_cv"][0]


def test_refused_replacement_leaves_the_file_before(student_client, with_files, typed, url):
    before = with_files.documents.get(slot__key="cv")

    student_client.post(url, {**typed, "action": "save", "document_cv": pdf(b"no")})

    assert with_files.documents.get(slot__key="cv", current=True) == before


def test_file_can_be_replaced_and_removed(student_client, with_files, typed, url):
    student_client.post(
        url,
        {
            **typed,
            "action": "save",
            "document_cv": pdf(pdfs.cv(seed=3), "new.pdf"),
            "remove_letter": "on",
        },
    )

    held = with_files.documents.filter(current=True).order_by("slot__position")
    assert list(held.values_list("slot__key", "original_name")) == [
        ("cv", "new.pdf"),
        ("transcript", "transcript.pdf"),
        ("abitur", "abitur.pdf"),
    ]


@pytest.mark.usefixtures("application")
def test_soft_finding_is_advice_not_refusal(student_client, typed, url):
    files = {"document_letter": pdf(pdfs.letter(pages=4), "long.pdf")}

    assert student_client.post(url, {**typed, "action": "save", **files}).status_code == 302
    assert "about one to two are asked for" in student_client.get(url).text


def test_body_beyond_the_total_is_cut_off_and_the_text_kept(
    student_client, application, typed, url, monkeypatch
):
    monkeypatch.setattr("partners.upload_handlers.MAX_BODY", 3_000)
    files = {"document_cv": pdf(b"%PDF" + b"x" * 5_000)}

    response = student_client.post(url, {**typed, "action": "save", **files})

    assert response.status_code == 413
    assert "none of them was read" in response.text
    assert stored(application).draft["city"] == "Bochum"
    assert not Document.objects.exists()


def test_text_that_did_not_arrive_whole_is_not_saved(
    student_client, application, typed, url, monkeypatch
):
    monkeypatch.setattr("partners.upload_handlers.MAX_BODY", 3_000)
    typed.pop("end_of_text")

    response = student_client.post(
        url, {"action": "save", "document_cv": pdf(b"x" * 5_000), **typed}
    )

    assert response.status_code == 413
    assert (stored(application).draft, application.draft_version) == ({}, 0)


# -- submitting ------------------------------------------------------------------------------------


def test_submit_writes_submission_and_receipt_and_mail(
    student_client, application, typed, url, student
):
    response = student_client.post(url, {**typed, "action": "submit", **good_files()})

    assert (response.status_code, response.url) == (
        302,
        reverse("applications:receipt", args=[application.code, 1]),
    )
    submission = Submission.objects.get()
    assert stored(application).state == "submitted"
    assert [wish.host_id for wish in submission.preferences.order_by("rank")] == [
        int(typed["preference_1"]),
        int(typed["preference_2"]),
    ]
    assert {row.document.slot.key for row in submission.documents.all()} == {
        "cv",
        "letter",
        "transcript",
        "abitur",
    }
    assert OutgoingMail.objects.filter(person=student).count() == 1


def test_submit_collects_all_problems_in_one_summary(student_client, application, typed, url):
    response = student_client.post(
        url,
        {
            **typed,
            "action": "submit",
            "average_grade": "6",
            "city": "",
            "preference_2": typed["preference_1"],
            "document_cv": pdf(b"not a pdf"),
            "document_letter": pdf(pdfs.letter()),
        },
    )

    assert response.status_code == 422
    assert {name: len(errors) for name, errors in response.context["form"].errors.items()} == {
        "average_grade": 1,
        "city": 1,
        "preference_2": 1,
        "document_cv": 1,
        "document_transcript": 1,
        "document_abitur": 1,
    }
    for anchor in (
        "id_average_grade",
        "id_city",
        "id_preference_2",
        "id_document_cv",
        "id_document_transcript",
        "id_document_abitur",
    ):
        assert f'href="#{anchor}"' in response.text
        assert f'id="{anchor}"' in response.text
        assert f'id="{anchor}_error"' in response.text
    assert "<title>Error:" in response.text
    assert not Submission.objects.exists()
    assert stored(application).state == "draft"
    assert application.draft["average_grade"] == "6"
    assert "letter.pdf" in response.text or "file.pdf" in response.text


@pytest.mark.usefixtures("application")
def test_slots_of_one_level_are_not_missed_while_the_level_is_open(student_client, typed, url):
    response = student_client.post(url, {**typed, "action": "submit", "level_departure": ""})

    missed = {name for name in response.context["form"].errors if name.startswith("document_")}
    assert missed == {"document_cv", "document_letter", "document_transcript"}


def test_submitting_again_makes_the_next_number_only_for_changes(
    student_client, with_files, typed, url
):
    first = student_client.post(url, {**typed, "action": "submit"})
    # The same request once more: double click, or a replayed form.
    again = student_client.post(url, {**typed, "action": "submit"})
    version = str(stored(with_files).draft_version)
    changed = student_client.post(
        url, {**typed, "draft_version": version, "action": "submit", "city": "Essen"}
    )

    receipt = [reverse("applications:receipt", args=[with_files.code, number]) for number in (1, 2)]
    assert [first.url, again.url, changed.url] == [receipt[0], receipt[0], receipt[1]]
    assert list(Submission.objects.order_by("number").values_list("number", "city")) == [
        (1, "Bochum"),
        (2, "Essen"),
    ]


def test_editing_after_submitting_never_risks_what_counts(student_client, with_files, typed, url):
    student_client.post(url, {**typed, "action": "submit"})
    version = str(stored(with_files).draft_version)

    student_client.post(
        url,
        {**typed, "draft_version": version, "action": "save", "city": "", "remove_cv": "on"},
    )

    submission = Submission.objects.get()
    assert (submission.city, stored(with_files).state) == ("Bochum", "submitted")
    assert submission.documents.filter(document__slot__key="cv").exists()
    page = student_client.get(url).text
    assert "Submission 1 of" in page


# -- two tabs --------------------------------------------------------------------------------------


def test_older_tab_is_told_and_nothing_is_overwritten(student_client, application, typed, url):
    student_client.post(url, {**typed, "action": "save", "city": "Essen"})

    response = student_client.post(
        url, {**typed, "action": "submit", "city": "Hagen", "document_cv": pdf(pdfs.cv())}
    )

    assert response.status_code == 409
    assert [(row.label, row.first, row.second) for row in response.context["conflict"]] == [
        ("City", "Essen", "Hagen")
    ]
    assert stored(application).draft["city"] == "Essen"
    assert not Document.objects.exists()
    assert not Submission.objects.exists()
    # The page holds what was typed and the newer version: saving it now is a decision.
    assert 'value="Hagen"' in response.text
    assert 'name="draft_version" value="1"' in response.text
    decided = student_client.post(
        url, {**typed, "draft_version": "1", "action": "save", "city": "Hagen"}
    )
    assert decided.status_code == 302
    assert (stored(application).draft["city"], application.draft_version) == ("Hagen", 2)


def test_same_text_from_two_tabs_is_no_conflict(student_client, application, typed, url):
    first = student_client.post(url, {**typed, "action": "save"})
    second = student_client.post(url, {**typed, "action": "save"})

    assert [first.status_code, second.status_code] == [302, 302]
    assert stored(application).draft_version == 1


@pytest.mark.parametrize("version", ["", "x", "-1", "99", "²"])
def test_unreadable_version_overwrites_nothing(student_client, application, typed, url, version):
    student_client.post(url, {**typed, "action": "save", "city": "Essen"})

    response = student_client.post(url, {**typed, "draft_version": version, "action": "save"})

    assert response.status_code == 409
    assert stored(application).draft["city"] == "Essen"


# -- the deadline ----------------------------------------------------------------------------------


DEADLINES = ["2027-01-11 00:00", "2027-07-01 00:00", "2027-03-28 03:00", "2027-10-31 03:00"]


@pytest.mark.parametrize("deadline", DEADLINES)
@pytest.mark.parametrize(
    ("offset", "accepted"), [(-1, True), (0, False), (1, False)], ids=["before", "at", "after"]
)
def test_submit_is_judged_to_the_microsecond(
    student_client, with_files, typed, url, at, deadline, offset, accepted
):
    end = berlin(deadline)
    with_files.call.opens_at = end - timedelta(days=60)
    with_files.call.deadline = end
    with_files.call.save()
    at(end + timedelta(microseconds=offset))

    response = student_client.post(url, {**typed, "action": "submit"})

    assert response.status_code == (302 if accepted else 409)
    assert Submission.objects.exists() is accepted
    assert stored(with_files).state == ("submitted" if accepted else "draft")


@pytest.fixture
def late(with_files, student_client, typed, url, at):
    """A submitted application whose deadline has just passed."""
    student_client.post(url, {**typed, "action": "submit"})
    with_files.refresh_from_db()
    at(with_files.call.deadline)
    return with_files


def test_late_request_is_refused_with_one_sentence_and_what_counts(
    student_client, late, typed, url
):
    response = student_client.post(
        url,
        {
            **typed,
            "draft_version": str(late.draft_version),
            "action": "submit",
            "city": "Essen",
            "document_cv": pdf(pdfs.cv(seed=9)),
        },
    )

    assert response.status_code == 409
    assert "The deadline has passed" in response.text
    assert "What counts is submission 1" in response.text
    assert (stored(late).draft["city"], Submission.objects.count()) == ("Bochum", 1)
    assert Document.objects.filter(slot__key="cv").count() == 1


@pytest.mark.usefixtures("late")
def test_form_after_the_deadline_says_why_it_is_closed(student_client, url):
    response = student_client.get(url)

    assert response.status_code == 200
    assert "can't be changed any more" in response.text
    assert "What counts is submission 1" in response.text
    assert "<textarea" not in response.text


def test_own_extension_keeps_the_form_open(student_client, late, url):
    late.extended_until = late.call.deadline + timedelta(days=2)
    late.save()

    response = student_client.get(url)

    assert 'name="action" value="submit"' in response.text


def test_withdrawn_application_can_not_be_changed(student_client, application, typed, url):
    application.state = "withdrawn"
    application.save()

    assert "can't be changed any more" in student_client.get(url).text
    assert student_client.post(url, {**typed, "action": "save"}).status_code == 409
    assert stored(application).draft == {}


# -- whose it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["other_student", "coordinator", "foreign_coordinator", "office"])
def test_form_of_somebody_else_does_not_exist(request, application, typed, url, who):
    client = request.getfixturevalue(f"{who}_client")

    assert client.get(url).status_code == 404
    assert client.post(url, {**typed, "action": "save"}).status_code == 404
    assert stored(application).draft == {}


@pytest.mark.usefixtures("application")
def test_form_needs_a_login(client, url):
    response = client.get(url)

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("hosts", [1, 3])
def test_form_keeps_its_number_of_queries(
    student_client, student, django_assert_num_queries, hosts
):
    call = factories.CallFactory.create(hosts=hosts)
    factories.DegreeProgrammeFactory.create_batch(hosts, faculty=call.programme.faculty)
    application = factories.ApplicationFactory.create(call=call, student=student)
    for slot in call.programme.slots.all()[:hosts]:
        factories.DocumentFactory.create(application=application, slot=slot)

    # session, person, application, submission to start from, degree programmes (2), hosts (2),
    # slots, documents, submission that counts, role grants
    with django_assert_num_queries(12):
        student_client.get(reverse("applications:form", args=[application.code]))


def test_time_is_read_once(student_client, with_files, typed, url):
    before = timezone.now()
    student_client.post(url, {**typed, "action": "submit"})

    assert stored(with_files).draft_saved_at == Submission.objects.get().submitted_at > before
