"""The page of a host university, as a student sees it."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.models import AgreementKind, HostUniversity
from tests.factories import (
    AgreementFactory,
    HostTermFactory,
    HostUniversityFactory,
    NominationDeadlineFactory,
    SeatPoolFactory,
    TestimonialFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _november_2026(at):
    """Students apply for 2027/28."""
    at("2026-11-21 12:00")


def page_of(host):
    return reverse("partners:host", args=[host.key])


def test_host_page_shows_codes_seats_and_language(student_client):
    pool = SeatPoolFactory.create(
        seats=2,
        agreement__isced_f="0410",
        agreement__language="es",
        agreement__language_level="B2",
        agreement__certificate_needed=True,
        agreement__host__erasmus_code="E  NOWHERE01",
        agreement__host__website="https://www.example.org",
    )

    html = student_client.get(page_of(pool.agreement.host)).content.decode()

    assert '<span class="code">E  NOWHERE01</span>' in html
    assert '<a href="https://www.example.org" rel="noopener external">' in html
    assert "Business and administration not further defined" in html
    assert "Spanish, at least B2, certificate needed" in " ".join(html.split())
    assert "2 seats" in html


def test_host_page_puts_studies_first_and_words_teaching_days(student_client):
    host = HostUniversityFactory.create()
    for kind, fewest, most in [("erasmus_teaching", 5, 5), ("erasmus_studies", None, None)]:
        AgreementFactory.create(
            host=host,
            kind=kind,
            teaching_days_min=fewest,
            teaching_days_max=most,
            teaching_hours_min=fewest and 8,
        )

    html = " ".join(student_client.get(page_of(host)).content.decode().split())

    assert html.index("ERASMUS studies") < html.index("ERASMUS teaching mobility")
    assert "5 days, at least 8 hours of teaching" in html


def test_host_page_speaks_german(student_client):
    agreement = AgreementFactory.create(
        isced_f="0311", note_en="Only autumn.", note_de="Nur Herbst."
    )
    student_client.cookies["portal_language"] = "de"

    html = student_client.get(page_of(agreement.host)).content.decode()

    assert "Volkswirtschaftslehre" in html
    assert "Nur Herbst." in html


def test_host_page_escapes_what_an_import_brought(student_client):
    host = HostUniversityFactory.create(name_en="<script>alert(1)</script>")

    html = student_client.get(page_of(host)).content.decode()

    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_host_page_keeps_nomination_deadlines_and_notes_from_students(
    student_client, office_client
):
    host = HostUniversityFactory.create(notes="internal remark")
    NominationDeadlineFactory.create(host=host, academic_year=2027, deadline=date(2027, 4, 15))
    student_html = student_client.get(page_of(host)).content.decode()
    office_html = office_client.get(page_of(host)).content.decode()

    assert ("15 April 2027" in student_html, "15 April 2027" in office_html) == (False, True)
    assert "internal remark" not in student_html + office_html


def test_host_page_of_nobody_is_not_found(student_client):
    assert student_client.get(reverse("partners:host", args=["nowhere"])).status_code == 404


def test_every_real_host_has_a_page(student_client):
    statuses = {
        student_client.get(page_of(host)).status_code for host in HostUniversity.objects.all()
    }

    assert statuses == {200}


def words(html):
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def test_host_page_shows_distance_and_course_catalogue(student_client):
    host = HostUniversityFactory.create(course_catalogue="https://courses.example.org/list")

    html = student_client.get(page_of(host)).content.decode()

    assert "1,331 km from Bochum, from city to city" in html
    assert '<a href="https://courses.example.org/list" rel="noopener external">' in html


def test_host_page_compares_terms_with_our_semesters(student_client):
    host = HostUniversity.objects.get(key="uow")

    text = words(student_client.get(page_of(host)).content.decode())

    assert "July 2027 to November 2027 only the months are known" in text
    assert "Winter semester 2027/28 1 October 2027 to 31 March 2028" in text
    assert (
        "Begins about 3 months before our winter semester 2027/28: lectures of the summer semester "
        "2027 may still be running, and its exams fall into the term." in text
    )


def test_host_page_knows_the_exams_of_the_home_university(student_client):
    term = HostTermFactory.create(semester="S", starts=date(2028, 2, 14), ends=date(2028, 6, 30))
    AgreementFactory.create(host=term.host)
    home = HostUniversity.objects.get(is_home=True)
    HostTermFactory.create(host=home, exams_from=date(2028, 2, 7), ends=date(2028, 2, 25))

    html = student_client.get(page_of(term.host)).content.decode()

    assert (
        "Begins 47 days before our summer semester 2028: exams of the winter semester 2027/28 "
        "(7 February 2028 to 25 February 2028) fall into the term." in html
    )
    assert html.count('class="timeline-chart__overlap"') == 2  # the bar and its key


def test_host_page_says_when_no_terms_are_known(student_client):
    agreement = AgreementFactory.create()
    HostTermFactory.create(host=agreement.host, academic_year=2026)

    html = student_client.get(page_of(agreement.host)).content.decode()

    assert "The term dates of this university in 2027/28 are not known to the portal." in html
    assert "<svg class=" + '"timeline-chart"' not in html


def test_host_page_names_the_country_group_with_year_rate_and_source(student_client):
    agreement = AgreementFactory.create(host__country="ES")

    text = words(student_client.get(page_of(agreement.host)).content.decode())

    assert "For 2027/28 nothing is known yet. These are the figures of 2026/27" in text
    assert "ERASMUS grant in 2026/27: 540.00 EUR a month (project KA131-2026)." in text
    assert "Country group of Spain: Group 2." in text
    assert "Where the rate stands: KA131-2025:" in text


def test_host_page_shows_released_testimonials_alone(student_client):
    told = TestimonialFactory.create(
        text="Erste Zeile.\n\nZweite <b>Zeile</b>.", language="de", stored_name="x.pdf"
    )
    TestimonialFactory.create(host=told.host, text="Not read by the office.", released_at=None)
    TestimonialFactory.create(text="Of another university.")

    html = student_client.get(page_of(told.host)).content.decode()

    assert "Winter semester 2025/26" in html
    assert (
        '<blockquote class="stack" lang="de"><p>Erste Zeile.</p>\n\n'
        "<p>Zweite &lt;b&gt;Zeile&lt;/b&gt;.</p></blockquote>" in html
    )
    assert "Not read by the office." not in html
    assert "Of another university." not in html


def test_host_page_needs_the_same_queries_for_little_and_much(student_client):
    def queries(host):
        with CaptureQueriesContext(connection) as captured:
            assert student_client.get(page_of(host)).status_code == 200
        return len(captured)

    one, three = HostUniversityFactory.create(), HostUniversityFactory.create()
    for host, kinds in [(one, AgreementKind.values[:1]), (three, AgreementKind.values[:3])]:
        for kind in kinds:
            SeatPoolFactory.create(agreement__host=host, agreement__kind=kind)
            TestimonialFactory.create(host=host)
        HostTermFactory.create(host=host)

    queries(one)
    assert queries(one) == queries(three) == 12
