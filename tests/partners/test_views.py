"""The directory of host universities, as a student sees it."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.models import AgreementKind, HostUniversity, Level
from tests.factories import (
    AgreementFactory,
    HostUniversityFactory,
    NominationDeadlineFactory,
    SeatPoolFactory,
)

pytestmark = pytest.mark.django_db

LIST = reverse("partners:hosts")


@pytest.fixture(autouse=True)
def _november_2026(at):
    """Students apply for 2027/28."""
    at("2026-11-21 12:00")


def page_of(host):
    return reverse("partners:host", args=[host.key])


def listed(client, **query):
    response = client.get(LIST, query)
    assert response.status_code == 200
    return [host.key for host in response.context["page"]]


def test_list_is_for_those_signed_in(client):
    response = client.get(LIST)

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_list_shows_every_partner_page_by_page(student_client):
    first = student_client.get(LIST)
    second = student_client.get(LIST, {"page": 2})

    assert first.context["page"].paginator.count == 55  # 54 partners, and the home summer school
    assert (len(first.context["page"]), len(second.context["page"])) == (50, 5)
    assert 'href="?page=2"' in first.content.decode()


def test_list_shows_seats_of_next_year_and_says_which_are_made_up(student_client):
    pool = SeatPoolFactory.create(
        academic_year=2027,
        seats=3,
        level=Level.MASTER,
        made_up=True,
        agreement__host__name_en="AAA",
    )
    SeatPoolFactory.create(agreement=pool.agreement, academic_year=2026, seats=7, made_up=False)

    html = student_client.get(LIST, {"q": "AAA"}).content.decode()

    assert "3 seats (Master)" in html
    assert "made up" in html
    assert "7 seats" not in html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lappeenranta", ["lut"]),
        ("Göteborgs", ["goteborg"]),
        ("E  OVIEDO01", ["oviedo"]),
        ("finland", ["lut", "oulu"]),
        ("no such place", []),
    ],
)
def test_list_finds_by_name_city_code_and_country(student_client, text, expected):
    assert listed(student_client, q=text) == expected


def test_list_finds_the_country_in_the_reader_s_language(student_client):
    student_client.cookies["portal_language"] = "de"

    assert listed(student_client, q="finnland") == ["lut", "oulu"]


def test_list_filters_by_country_kind_language_and_level(student_client):
    assert listed(student_client, country="FI") == ["lut", "oulu"]
    assert listed(student_client, kind=AgreementKind.WORLDWIDE) == ["phbs", "tongji", "uow"]
    assert listed(student_client, kind=AgreementKind.WORLDWIDE, level="bachelor") == ["uow"]
    assert listed(student_client, kind=AgreementKind.SUMMER_SCHOOL, language="de") == ["tongji"]
    assert listed(student_client, country="FI", kind=AgreementKind.WORLDWIDE) == []
    assert listed(student_client, kind=AgreementKind.SUMMER_SCHOOL) == ["rub", "tongji"]


@pytest.mark.parametrize(
    ("level", "seats", "fallback", "found"),
    [
        ("master", 1, False, True),
        ("", 1, False, True),
        ("bachelor", 1, False, False),
        ("bachelor", 1, True, True),
        ("master", 0, False, False),
        ("staff", 1, True, False),
    ],
)
def test_list_filters_by_seats_the_level_may_have(student_client, level, seats, fallback, found):
    SeatPoolFactory.create(
        agreement__host__name_en="AAA", level=level, seats=seats, fallback=fallback
    )

    assert bool(listed(student_client, q="AAA", level="master")) is found


def test_list_conditions_must_hold_for_one_and_the_same_agreement(student_client):
    host = HostUniversityFactory.create(name_en="AAA")
    AgreementFactory.create(host=host, kind=AgreementKind.WORLDWIDE, language="es")
    AgreementFactory.create(host=host, kind=AgreementKind.ERASMUS_STUDIES, language="en")

    assert listed(student_client, q="AAA", kind="worldwide", language="es") == [host.key]
    assert listed(student_client, q="AAA", kind="worldwide", language="en") == []


def test_list_leaves_out_agreements_that_have_ended(student_client):
    agreement = AgreementFactory.create(host__name_en="AAA", valid_from=2024, valid_until=2026)

    html = student_client.get(LIST, {"q": "AAA"}).content.decode()

    assert agreement.get_kind_display() not in html.split("<tbody>")[1]
    assert "no exchange agreed for this year" in html
    assert listed(student_client, q="AAA", kind=agreement.kind) == []


def test_list_answers_a_wrong_filter_or_page_with_a_page(student_client):
    response = student_client.get(LIST, {"country": "XX", "page": "nine"})

    assert response.status_code == 200
    assert "Select a valid choice" in response.content.decode()
    assert response.context["page"].paginator.count == 55


def test_list_says_when_nothing_fits(student_client):
    html = student_client.get(LIST, {"q": "nowhere at all"}).content.decode()

    assert "No university fits." in html
    assert "<table" not in html


def test_list_keeps_the_filter_from_page_to_page(student_client):
    HostUniversityFactory.create_batch(51, city="Sameville")

    html = student_client.get(LIST, {"q": "Sameville"}).content.decode()

    assert 'href="?q=Sameville&amp;page=2"' in html


def test_list_needs_the_same_queries_for_one_host_and_many(student_client):
    def queries(city):
        with CaptureQueriesContext(connection) as captured:
            assert student_client.get(LIST, {"q": city}).status_code == 200
        return len(captured)

    SeatPoolFactory.create(agreement__host__city="Onlyhere")
    for _number in range(3):
        SeatPoolFactory.create(agreement__host__city="Threetimes")

    queries("Onlyhere")
    assert queries("Onlyhere") == queries("Threetimes") == 8


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
