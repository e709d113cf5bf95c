"""The directory of host universities, as a student sees it."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.models import AgreementKind, HostUniversity, Level
from tests.factories import (
    AgreementFactory,
    HostTermFactory,
    HostUniversityFactory,
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
        ("Goteborg", ["goteborg"]),
        ("goteborg uni", ["goteborg"]),
        ("Goeteborg", ["goteborg"]),
        ("GÖTEBORG", ["goteborg"]),
        ("sweden uni gothenburg", ["goteborg"]),
        ("schweden gothenburg", ["goteborg"]),
        ("goteborg finland", []),
        ("lodz", ["lodz"]),
        ("eoviedo01", ["oviedo"]),
        ("100%", []),
        ("__", []),
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


@pytest.mark.parametrize(
    ("levels", "kind", "found"),
    [
        ([], "erasmus_studies", True),
        (["bachelor", "master"], "erasmus_studies", True),
        (["bachelor"], "erasmus_studies", False),
        ([], "erasmus_doctoral", False),
        ([], "erasmus_teaching", False),
    ],
)
def test_list_filters_by_the_levels_agreed(student_client, levels, kind, found):
    SeatPoolFactory.create(
        agreement__host__name_en="AAA", agreement__levels=levels, agreement__kind=kind
    )

    assert bool(listed(student_client, q="AAA", level="master")) is found


def test_list_finds_doctoral_exchange_agreed_without_numbers(student_client):
    agreement = AgreementFactory.create(host__name_en="AAA", kind="erasmus_doctoral")
    assert listed(student_client, q="AAA", level="doctoral") == [agreement.host.key]

    SeatPoolFactory.create(agreement=agreement, seats=0)
    assert listed(student_client, q="AAA", level="doctoral") == []


@pytest.mark.parametrize(
    ("pools", "winter", "summer"),
    [
        ([("", 1)], True, True),
        ([("W", 1)], True, False),
        ([("S", 1), ("W", 0)], False, True),
        ([], False, False),
    ],
)
def test_list_filters_by_seats_in_the_semester(student_client, pools, winter, summer):
    agreement = AgreementFactory.create(host__name_en="AAA")
    for semester, seats in pools:
        SeatPoolFactory.create(agreement=agreement, semester=semester, seats=seats)

    found = [bool(listed(student_client, q="AAA", semester=letter)) for letter in "WS"]

    assert found == [winter, summer]


def test_list_wants_level_and_semester_of_the_same_seats(student_client):
    agreement = AgreementFactory.create(host__name_en="AAA")
    SeatPoolFactory.create(agreement=agreement, level="master", semester="W")
    SeatPoolFactory.create(agreement=agreement, level="bachelor", semester="S")

    assert listed(student_client, q="AAA", level="master", semester="W") != []
    assert listed(student_client, q="AAA", level="master", semester="S") == []


@pytest.mark.parametrize(
    ("agreed", "found"), [("", True), ("0413", True), ("0410", True), ("0311", False)]
)
def test_list_filters_by_the_subject_of_the_degree(student_client, agreed, found):
    AgreementFactory.create(host__name_en="AAA", isced_f=agreed)

    assert bool(listed(student_client, q="AAA", subject="0413")) is found


def test_list_shows_only_what_fits_of_each_host(student_client):
    host = HostUniversityFactory.create(name_en="AAA")
    AgreementFactory.create(host=host, kind=AgreementKind.WORLDWIDE, language="es")
    AgreementFactory.create(host=host, kind=AgreementKind.ERASMUS_STUDIES, language="en")

    row = student_client.get(LIST, {"q": "AAA", "language": "es"}).content.decode()

    assert "Worldwide exchange, Spanish" in row.split("<tbody>")[1]
    assert "ERASMUS studies" not in row.split("<tbody>")[1]


def test_list_shows_the_term_of_the_semester_where_it_is_known(student_client):
    agreement = SeatPoolFactory.create(agreement__host__name_en="AAA").agreement
    HostTermFactory.create(host=agreement.host)
    HostTermFactory.create(
        host=agreement.host,
        semester="S",
        name_en="Spring term",
        starts=date(2028, 2, 1),
        ends=date(2028, 6, 30),
        months_only=True,
    )

    def terms(**query):
        html = student_client.get(LIST, {"q": "AAA", **query}).content.decode()
        found = re.findall(r'<p class="directory-term.*?</p>', html, re.DOTALL)
        return [" ".join(re.sub("<[^>]*>", "", text).split()) for text in found]

    winter = "Winter semester (winter semester 2027/28): 4 October 2027 to 11 February 2028"
    summer = (
        "Spring term (summer semester 2028): February 2028 to June 2028; overlaps with semesters"
        " here"
    )
    assert terms() == [winter, summer]
    assert terms(semester="W") == [winter]
    assert terms(semester="S") == [summer]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["a", "b", "c"]),
        ("country", ["b", "a", "c"]),  # Australia, Sweden, Switzerland
        ("city", ["c", "a", "b"]),
        ("distance", ["c", "a", "b"]),
        ("seats", ["a", "b", "c"]),  # six each: by name
        ("nonsense", ["a", "b", "c"]),
    ],
)
@pytest.mark.usefixtures("far_and_near")
def test_list_is_sorted_by_the_database(student_client, sort, expected):
    assert listed(student_client, q="Threefold", sort=sort) == expected


@pytest.mark.usefixtures("far_and_near")
def test_list_sorts_by_the_seats_that_fit(student_client):
    assert listed(student_client, q="Threefold", sort="seats", level="bachelor") == ["c", "a", "b"]


@pytest.mark.usefixtures("far_and_near")
def test_list_sorts_places_nobody_knows_last(student_client):
    HostUniversity.objects.filter(key="c").update(latitude=None, longitude=None)

    assert listed(student_client, q="Threefold", sort="distance") == ["a", "b", "c"]


@pytest.mark.usefixtures("far_and_near")
def test_list_says_how_far_it_is(student_client):
    html = " ".join(student_client.get(LIST, {"q": "Threefold"}).content.decode().split())

    assert re.findall(r"([\d,]+ km from \w+)", html) == [
        "886 km from Bochum",
        "16,464 km from Bochum",
        "457 km from Bochum",
    ]


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        ("47.4,8.0,58.2,14.7", ["a", "c"]),
        ("47.4,8.0,58.1,14.7", ["c"]),
        ("1,2,3", ["a", "b", "c"]),
        ("NaN,0,0,0", ["a", "b", "c"]),
        ("1e9999,0,0,0", ["a", "b", "c"]),
        ("a,b,c,d", ["a", "b", "c"]),
    ],
)
@pytest.mark.usefixtures("far_and_near")
def test_list_keeps_to_an_area_of_the_map(student_client, area, expected):
    response = student_client.get(LIST, {"q": "Threefold", "area": area})

    assert [host.key for host in response.context["page"]] == expected
    assert ("Only those at one spot" in response.content.decode()) is (len(expected) < 3)


def test_list_addresses_hold_what_was_asked_for_and_nothing_else(student_client):
    HostUniversityFactory.create_batch(51, city="Sameville")

    html = student_client.get(
        LIST, {"q": "Sameville", "country": "", "level": "wrong", "sort": "city", "x": "1"}
    ).content.decode()

    assert 'href="?q=Sameville&amp;sort=city&amp;page=2"' in html
    assert 'href="/partners/map/?q=Sameville&amp;sort=city"' in html


@pytest.mark.parametrize("query", [{"q": "x" * 101}, {"semester": "X"}, {"page": "-1"}])
def test_list_answers_whatever_is_asked(student_client, query):
    assert student_client.get(LIST, query).status_code == 200


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
    assert queries("Onlyhere") == queries("Threetimes") == 11
