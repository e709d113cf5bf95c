"""Testimonials: kept and released by the office, their files inspected and behind a door."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications import lifecycle
from applications.lifecycle.documents import ORPHAN_AGE
from partners import models
from tests import pdfs
from tests.factories import (
    PDF_BYTES,
    AgreementFactory,
    HostUniversityFactory,
    TestimonialFactory,
)

pytestmark = pytest.mark.django_db
LIST = reverse("admin:partners_testimonial_changelist")
ADD = reverse("admin:partners_testimonial_add")


def change(row):
    return reverse("admin:partners_testimonial_change", args=[row.pk])


def typed(host, **changes):
    return {
        "host": host.pk,
        "academic_year": "2025/26",
        "semester": "W",
        "language": "en",
        "text": "Small groups.",
        **changes,
    }


def upload(content, name="../my report.pdf"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def act(client, action, *rows):
    return client.post(LIST, {"action": action, "_selected_action": [row.pk for row in rows]})


def errors(response):
    assert response.status_code == 200
    return response.context["adminform"].form.errors


def kept(row):
    return lifecycle.stored_path(row.stored_name).exists()


def test_semester_that_has_not_begun_is_refused_at_its_field(office_client, at):
    host = HostUniversityFactory.create()

    def refused(day, year, semester):
        at(f"{day} 00:30")
        response = office_client.post(ADD, typed(host, academic_year=year, semester=semester))
        return response.status_code != 302 and errors(response)

    assert refused("2026-03-31", "2025/26", "S") == {
        "semester": ["This semester has not begun yet."]
    }
    assert refused("2026-09-30", "2026/27", "W") == {
        "academic_year": ["The academic year 2026/27 has not begun yet."]
    }
    assert refused("2026-04-01", "2025/26", "S") is False
    assert refused("2026-10-01", "2026/27", "W") is False


# -- keeping ---------------------------------------------------------------------------------------


def test_office_adds_one_that_nobody_sees_until_it_is_released(office_client, student_client):
    content = pdfs.letter(pages=2)

    response = office_client.post(
        ADD, typed(HostUniversityFactory.create(), file=upload(content), text="")
    )

    assert response.status_code == 302
    row = models.Testimonial.objects.get()
    assert (row.academic_year, row.original_name, row.pages, row.size, row.released_at) == (
        2025,
        "my report.pdf",
        2,
        len(content),
        None,
    )
    assert row.stored_name == f"{row.sha256}.pdf"
    assert lifecycle.stored_path(row.stored_name).read_bytes() == content
    address = reverse("applications:testimonial", args=[row.pk])
    assert student_client.get(address).status_code == 404
    act(office_client, "release", row)
    assert b"".join(student_client.get(address)) == content


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"text": ""}, "text", "Please give a text, a PDF file or both."),
        (
            {"author": "Kim"},
            "author",
            "A name is kept only if its bearer agreed: please tick that, or leave it empty.",
        ),
        ({"academic_year": "25"}, "academic_year", None),
        (
            {"academic_year": "2025/27"},
            "academic_year",
            "Please give an academic year such as 2027/28.",
        ),
        (
            {"file": upload(b"PK not a PDF")},
            "file",
            (
                "This is not a PDF file. Please save or print the document as PDF and choose that "
                "file."
            ),
        ),
        (
            {"file": upload(pdfs.of_size(1_048_577))},
            "file",
            (
                "The file has 1.1 MB; the limit is 1 MB. Export it again with “reduce file "
                "size”, or scan at 150 dpi in grey."
            ),
        ),
    ],
    ids=["nothing told", "name", "short year", "years apart", "no PDF", "too large"],
)
def test_bad_input_gets_one_sentence_at_its_field(office_client, changes, field, sentence):
    for value in changes.values():
        if hasattr(value, "seek"):
            value.seek(0)

    found = errors(office_client.post(ADD, typed(HostUniversityFactory.create(), **changes)))

    assert list(found) == [field]
    assert sentence is None or found[field] == [sentence]
    assert not models.Testimonial.objects.exists()


def test_name_is_kept_with_the_authors_word(office_client):
    office_client.post(ADD, typed(HostUniversityFactory.create(), author="Kim", author_agreed="on"))

    assert models.Testimonial.objects.get().author == "Kim"


def test_database_keeps_no_name_and_no_empty_row_either():
    for fault in ({"author": "Kim"}, {"text": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            TestimonialFactory.create(**fault)


def test_file_can_be_taken_away_but_not_the_last_word(office_client):
    row = TestimonialFactory.create(content=PDF_BYTES)

    alone = errors(office_client.post(change(row), typed(row.host, text="", without_file="on")))
    office_client.post(change(row), typed(row.host, without_file="on"))

    assert alone == {"text": ["Please give a text, a PDF file or both."]}
    row.refresh_from_db()
    assert (row.stored_name, row.original_name, row.sha256, row.size, row.pages) == (
        "",
        "",
        "",
        0,
        0,
    )


# -- releasing -------------------------------------------------------------------------------------


def test_release_and_take_back_say_how_many(office_client, at):
    instant = at("2026-11-21 12:00")
    held, released = TestimonialFactory.create(released_at=None), TestimonialFactory.create()
    before = released.released_at

    shown = act(office_client, "release", held, released)
    held.refresh_from_db()
    released.refresh_from_db()
    assert shown.status_code == 302
    assert (held.released_at, released.released_at) == (instant, before)
    html = office_client.get(LIST).content.decode()
    assert "1 testimonial was released." in html
    assert "released on 21 November 2026, 12:00 (Europe/Berlin)" in html

    act(office_client, "take_back", held, released)
    assert not models.Testimonial.objects.filter(released_at__isnull=False).exists()
    html = office_client.get(LIST).content.decode()
    assert "2 testimonials were taken back." in html
    assert html.count("not released") >= 2


@pytest.mark.parametrize("is_released", [True, False])
def test_saving_neither_releases_nor_takes_back(office_client, is_released):
    row = TestimonialFactory.create(released_at=timezone.now() if is_released else None)

    office_client.post(
        change(row), typed(row.host, text="Changed.", released_at_0="2026-01-01", released_at_1="1")
    )

    before = row.released_at
    row.refresh_from_db()
    assert (row.text, row.released_at) == ("Changed.", before)


def test_coordinator_reads_those_of_own_hosts_and_changes_nothing(
    coordinator_client, foreign_coordinator_client, faculty
):
    browser = coordinator_client
    host = AgreementFactory.create(faculty=faculty).host
    row = TestimonialFactory.create(host=host, released_at=None, content=PDF_BYTES)

    html = browser.get(change(row)).content.decode()
    posted = browser.post(change(row), typed(row.host, text="Changed."))
    act(browser, "release", row)

    assert foreign_coordinator_client.get(change(row)).status_code == 404
    assert row.text in html
    assert 'type="file"' not in html
    assert posted.status_code == 403
    assert browser.get(ADD).status_code == 403
    row.refresh_from_db()
    assert (row.text, row.released_at) == ("Small groups and a lot of reading.", None)


def test_list_is_searched_without_accents_and_keeps_its_queries(office_client):
    def queries(name):
        with CaptureQueriesContext(connection) as captured:
            found = office_client.get(LIST, {"q": name}).context["cl"].result_list
            return len(found), len(captured)

    TestimonialFactory.create(host__name_en="Göteborg University")
    for _count in range(3):
        TestimonialFactory.create(host__city="Malmö", content=PDF_BYTES)
    queries("Goteborg")

    assert queries("Goteborg") == (1, 10)
    assert queries("Malmo") == (3, 10)


# -- the file --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "released", "held"),
    [
        ("student_client", 200, 404),
        ("coordinator_client", 200, 200),
        ("foreign_coordinator_client", 200, 404),
        ("office_client", 200, 200),
        ("client", 302, 302),
    ],
)
def test_file_is_for_everybody_once_it_is_released(request, who, released, held, faculty):
    browser = request.getfixturevalue(who)
    host = AgreementFactory.create(faculty=faculty).host
    rows = [
        TestimonialFactory.create(content=PDF_BYTES),
        TestimonialFactory.create(host=host, content=PDF_BYTES, released_at=None),
    ]

    answers = [browser.get(reverse("applications:testimonial", args=[row.pk])) for row in rows]
    for answer in answers:
        answer.close()

    assert [answer.status_code for answer in answers] == [released, held]


def test_file_is_a_download_under_a_name_of_ours(student_client):
    row = TestimonialFactory.create(host__key="uniovi", content=PDF_BYTES, academic_year=2025)

    response = student_client.get(reverse("applications:testimonial", args=[row.pk]))

    assert b"".join(response) == PDF_BYTES
    assert {
        name: response[name]
        for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")
    } == {
        "Content-Type": "application/pdf",
        "Content-Disposition": 'attachment; filename="testimonial-uniovi-2025-26.pdf"',
        "X-Content-Type-Options": "nosniff",
    }


def test_testimonial_without_file_and_one_that_is_lost_are_not_found(student_client, error_records):
    text_only = TestimonialFactory.create()
    lost = TestimonialFactory.create(content=PDF_BYTES)
    lifecycle.stored_path(lost.stored_name).unlink()

    statuses = [
        student_client.get(reverse("applications:testimonial", args=[row.pk])).status_code
        for row in (text_only, lost)
    ]

    assert statuses == [404, 404]
    assert error_records.messages == [f"testimonial {lost.pk} has no file"]
    error_records.clear()


def test_purge_keeps_a_testimonials_file_until_no_row_names_it():
    first = TestimonialFactory.create(content=PDF_BYTES)
    second = TestimonialFactory.create(content=PDF_BYTES)
    later = timezone.now() + ORPHAN_AGE * 2

    first.delete()
    assert (lifecycle.purge_files(now=later), kept(second)) == (0, True)
    second.delete()
    assert (lifecycle.purge_files(now=later), kept(second)) == (1, False)
