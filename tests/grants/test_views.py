from decimal import Decimal

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grants.calculation import GrantRequest, MobilityType, PlannedStay, Reason
from grants.estimates import estimates_for
from grants.loading import tables_from_files
from grants.models import GrantAward
from tests.factories import HostUniversityFactory

pytestmark = pytest.mark.usefixtures("grant_tables")
URL = "/grants/"
FORM = {"year": "2026", "mobility": "SMS", "months": "5"}


@pytest.fixture(autouse=True)
def _in_autumn_2026(at):
    at("2026-11-21 12:00")


@pytest.fixture
def host(db):  # noqa: ARG001 - asks for the database
    return HostUniversityFactory.create(key="made-up", name_en="University of Oviedo")


def estimates(response):
    return [
        (shown.answer.project, shown.answer.total, shown.answer.reason)
        for shown in response.context["estimates"]
    ]


def test_estimator_has_its_address():
    assert reverse("grants:estimate") == URL


def test_estimator_is_behind_the_login():
    response = Client().get(URL)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("reader", ["student_client", "coordinator_client", "office_client"])
def test_estimator_is_open_to_everybody_signed_in(request, reader):
    response = request.getfixturevalue(reader).get(URL)
    assert (response.status_code, estimates(response)) == (200, [])


def test_estimator_offers_the_newest_known_year_to_the_next(student_client):
    form = student_client.get(URL).context["form"]
    assert form.fields["year"].choices == [
        ("2025", "2025/26"),
        ("2026", "2026/27"),
        ("2027", "2027/28"),
    ]


def test_estimator_starts_with_the_newest_year_that_has_a_project(student_client):
    form = student_client.get(URL).context["form"]
    assert form.fields["year"].initial == "2026"


def test_address_fills_in_host_and_year(student_client, host):
    page = student_client.get(f"{URL}?host={host.key}&year=2026").content.decode()
    assert '<option value="made-up" selected>' in page
    assert '<option value="2026" selected>' in page


def test_estimate_for_a_host_counts_its_distance(student_client, host):
    response = student_client.post(
        URL, {**FORM, "year": "2025", "host": host.key, "months": "", **DAYS, "green": "on"}
    )
    (shown,) = response.context["estimates"]
    assert [(str(line.label), line.quantity, line.amount) for line in shown.lines] == [
        ("Grant by the month, counted in days", 150, Decimal(2700)),
        ("Travel grant by distance, green travel", 1, Decimal(417)),
    ]
    page = response.content.decode()
    assert "3,117.00" in page
    assert "Spain, project KA131-2025" in page
    assert "https://www.haw-kiel.de/news/money-money-money" in page


DAYS = {"start": "01.09.2025", "end": "31.01.2026"}


def test_estimate_without_figures_of_its_own_is_marked_provisional(student_client):
    response = student_client.post(URL, {**FORM, "country": "FR"})
    assert estimates(response) == [("KA131-2026", Decimal(3000), None)]
    page = response.content.decode()
    assert "Provisional: the rates of project KA131-2026 are not established yet." in page


@pytest.mark.parametrize(
    ("fields", "reason", "text"),
    [
        ({"country": "CH"}, Reason.OTHER_FUND_SEMP, "the Swiss host does (SEMP)"),
        ({"country": "AU"}, Reason.OTHER_FUND_PROMOS, "PROMOS and other funds may."),
        ({"country": "FR", "months": "1"}, Reason.BELOW_MINIMUM_STAY, "shorter than the minimum"),
    ],
)
def test_stay_without_a_grant_says_why(student_client, fields, reason, text):
    response = student_client.post(URL, {**FORM, **fields})
    assert [shown[2] for shown in estimates(response)] == [reason]
    assert text in response.content.decode()


def test_year_without_a_project_is_said_and_not_guessed(student_client):
    response = student_client.post(URL, {**FORM, "year": "2027", "country": "FR"})
    assert estimates(response) == [(None, Decimal(0), Reason.ACADEMIC_YEAR_UNKNOWN)]
    assert "no project that pays it is known" in response.content.decode()


def test_social_top_up_needs_no_reason_and_nothing_is_stored(student_client):
    response = student_client.post(URL, {**FORM, "year": "2025", "country": "FR", "social": "on"})
    assert estimates(response) == [("KA131-2025", Decimal(4250), None)]
    assert GrantAward.objects.count() == 0
    assert "social" not in str(dict(student_client.session))


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({}, "host", "Please choose a host university or a country."),
        (
            {"country": "FR", "months": ""},
            "months",
            "Please give the days or the number of months.",
        ),
        ({"country": "FR", "start": "01.09.2026"}, "end", "Please give both days, or none."),
        ({"country": "FR", "end": "01.09.2026"}, "start", "Please give both days, or none."),
        (
            {"country": "FR", "start": "02.09.2026", "end": "01.09.2026"},
            "end",
            "The last day lies before the first day.",
        ),
        (
            {"country": "FR", "mobility": "short-term"},
            "start",
            "Please give the days of a short-term stay.",
        ),
    ],
)
def test_what_is_missing_is_said_at_the_field(student_client, fields, field, message):
    response = student_client.post(URL, {**FORM, **fields})
    assert response.context["form"].errors == {field: [message]}
    assert estimates(response) == []


def test_broken_fields_are_refused_each_once(student_client):
    response = student_client.post(
        URL, {"host": "nowhere", "year": "1999", "mobility": "STA", "start": "soon", "months": "13"}
    )
    assert set(response.context["form"].errors) == {"host", "year", "mobility", "start", "months"}


def test_page_takes_the_same_queries_for_any_number_of_hosts(student_client):
    student_client.get(URL)
    counts = []
    for _ in range(2):
        HostUniversityFactory.create_batch(2)
        with CaptureQueriesContext(connection) as queries:
            student_client.get(URL)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_two_projects_of_a_year_are_both_shown():
    def ask(project):
        return GrantRequest(project, MobilityType.STUDY, "BE", PlannedStay(150))

    found = estimates_for(2022, tables_from_files(), ask, "BE")
    assert [(shown.answer.project, shown.answer.total) for shown in found] == [
        ("KA131-2021", Decimal(1950)),
        ("KA131-2022", Decimal(2700)),
    ]


def beside(host, *, year=2026, times=1):
    template = Template("{% load grants %}" + "{% grant_estimate host year %}" * times)
    return " ".join(template.render(Context({"host": host, "year": year})).split())


def test_estimate_beside_a_preference_names_year_project_and_example(host):
    text = beside(host)
    assert "ERASMUS grant in 2026/27: 540.00 EUR a month (project KA131-2026)." in text
    assert "For example for 5 months: 2,700.00 EUR." in text
    assert "These are the figures of KA131-2025." in text
    assert f"{URL}?host=made-up&amp;year=2026" in text


def test_estimate_beside_a_preference_names_the_other_fund():
    host = HostUniversityFactory.create(country="CH")
    assert "ERASMUS does not pay for stays in Switzerland: the Swiss host does (SEMP)." in beside(
        host, year=2025
    )


def test_estimate_with_sources_takes_the_newest_known_year_and_says_so(host):
    template = Template("{% load grants %}{% grant_estimate host 2030 sources=True %}")
    text = " ".join(template.render(Context({"host": host})).split())

    assert "For 2030/31 nothing is known yet. These are the figures of 2026/27" in text
    assert "Country group of Spain: Group 2." in text
    assert "These are the figures of KA131-2025." in text
    assert f"{URL}?host=made-up&amp;year=2026" in text


def test_tables_are_read_once_for_all_preferences(host, django_assert_num_queries):
    with django_assert_num_queries(5):
        assert beside(host, times=3).count("For example") == 3
