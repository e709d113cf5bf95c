from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from grants.calculation import DatedStay, GrantRequest, MobilityType, PlannedStay, Reason
from grants.estimates import estimates_for
from grants.loading import tables_from_files
from grants.models import GrantAward, GrantProject
from tests.factories import HostTermFactory, HostUniversityFactory

pytestmark = pytest.mark.usefixtures("grant_tables")
URL = "/grants/"
FORM = {"year": "2026", "mobility": "SMS", "span": "months", "months": "5"}
DAYS = {"span": "days", "start": "01.09.2025", "end": "31.01.2026"}
AUTUMN = {"academic_year": 2025, "starts": date(2025, 9, 1), "ends": date(2026, 1, 20)}
WINTER = {"year": "2025", "span": "semester", "semester": "W", "mobility": "SMS"}


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
    assert "<strong>3,009.00 EUR</strong> in all" in page
    for other in ("host=nowhere&year=2026", "year=2026", f"host={host.key}&year=1999"):
        response = student_client.get(f"{URL}?{other}")
        assert (estimates(response), response.context["form"].errors) == ([], {})


def test_short_stay_is_counted_by_the_calendar_and_a_shared_budget_is_named(student_client):
    days = {"start": "01.09.2025", "end": "20.09.2025", "mobility": "short-term"}
    assert "20, by the calendar" in words(
        student_client.post(URL, {**FORM, "year": "2025", "country": "FR", **days})
    )
    assert "Group 1, paid from the international share" in words(
        student_client.post(URL, {**FORM, "year": "2025", "country": "GB"})
    )


def test_country_beside_a_host_is_said_not_to_count(student_client, host):
    response = student_client.post(URL, {**FORM, "host": host.key, "country": "FR"})
    assert estimates(response) == [("KA131-2026", Decimal(3009), None)]
    told = "The country of University of Oviedo counts, not France, which you chose beside it."
    assert told in words(response)
    response = student_client.post(URL, {**FORM, "host": host.key, "country": "ES"})
    assert "which you chose beside it" not in words(response)


def test_estimate_for_a_host_counts_its_distance(student_client, host):
    response = student_client.post(
        URL, {**FORM, "year": "2025", "host": host.key, **DAYS, "green": "on"}
    )
    (shown,) = response.context["estimates"]
    assert [(str(line.label), line.rules, line.amount) for line in shown.lines] == [
        (
            "Grant by the month, counted in days",
            ("150 days × 540.00 EUR a month / 30 days, rounded half up to the cent",),
            Decimal(2700),
        ),
        (
            "Travel grant by distance, green travel",
            (
                (
                    "1,330.7 km from city to city as the crow flies: the band from 500 to under "
                    "2,000 km pays 417.00 EUR for the way there and back"
                ),
            ),
            Decimal(417),
        ),
    ]
    page = response.content.decode()
    assert "<strong>3,117.00 EUR</strong> in all" in page
    assert "Spain, project KA131-2025" in page
    source = "https://www.haw-kiel.de/news/money-money-money"
    assert f'<a href="{source}' in page
    assert ">haw-kiel.de</a>" in page


def words(response):
    return " ".join(strip_tags(response.content.decode()).split())


def test_semester_takes_the_days_of_the_host(student_client, host):
    HostTermFactory.create(host=host, **AUTUMN, made_up=True)
    response = student_client.post(URL, {**WINTER, "host": host.key})
    assert estimates(response) == [("KA131-2025", Decimal("2829.00"), None)]
    assert (
        "The days of University of Oviedo are counted: Winter semester, 1 September 2025 to "
        "20 January 2026 made up."
    ) in words(response)


def test_semester_of_which_the_days_are_not_known_has_the_usual_length(student_client, host):
    HostTermFactory.create(host=host, academic_year=2026)
    response = student_client.post(URL, {**WINTER, "host": host.key})
    assert response.context["estimates"][0].answer.days == 150
    assert (
        "The semester days of University of Oviedo are not known for this year. Counted is the "
        "usual length of 5 months."
    ) in words(response)
    response = student_client.post(URL, {**WINTER, "country": "ES"})
    assert "Without a university the usual length of 5 months is counted." in words(response)


def test_two_semesters_last_from_the_first_day_to_the_last(student_client, host):
    year = {**WINTER, "host": host.key, "semester": "WS"}
    HostTermFactory.create(host=host, **AUTUMN)
    assert student_client.post(URL, year).context["estimates"][0].answer.days == 300
    HostTermFactory.create(
        host=host,
        academic_year=2025,
        semester="S",
        starts=date(2026, 2, 1),
        ends=date(2026, 6, 30),
    )
    response = student_client.post(URL, year)
    assert response.context["asked"].semester.stay == DatedStay(date(2025, 9, 1), date(2026, 6, 30))


def test_script_gets_the_answer_alone(student_client):
    alone = {**FORM, "part": "answer"}
    response = student_client.post(URL, {**alone, "country": "FR"})
    page = response.content.decode()
    assert "<html" not in page
    assert 'data-line="3,000.00 EUR in all, provisional (project KA131-2026)"' in page
    assert "no-store" in response["Cache-Control"]
    missing = student_client.post(URL, {**alone, "months": "13"}).content.decode()
    for field, sentence in (
        ("host", "Please choose a host university or a country."),
        ("months", "Please give a whole number of months from 1 to 12."),
    ):
        assert f'<li data-field="id_{field}">' in missing
        assert f'id="id_{field}_error"' in missing
        assert missing.count(sentence) == 1


def test_reasons_for_the_top_up_have_no_name_to_be_sent_by(student_client):
    page = student_client.get(URL).content.decode()
    reasons = page[
        page.index("data-reasons") : page.index("</fieldset>", page.index("data-reasons"))
    ]
    assert reasons.count("<input") == 5
    assert "name=" not in reasons
    named = {field.name for field in student_client.get(URL).context["form"]}
    assert {name for name in named if "social" in name} == {"social"}


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
        (
            {"country": "AU"},
            Reason.OTHER_FUND_PROMOS,
            "What to do: ask the International Office about PROMOS",
        ),
        (
            {"country": "FR", "months": "1"},
            Reason.BELOW_MINIMUM_STAY,
            "The stay counts 30 days and is shorter than the minimum that can be funded.",
        ),
    ],
)
def test_stay_without_a_grant_says_why(student_client, fields, reason, text):
    response = student_client.post(URL, {**FORM, **fields})
    assert [shown[2] for shown in estimates(response)] == [reason]
    assert text in response.content.decode()


def before_the_first(client):
    GrantProject.objects.update(academic_year_from=2028, academic_year_to=2028)
    return client.post(URL, {**FORM, "year": "2027", "country": "FR"})


def test_year_without_a_project_is_answered_by_the_newest_before_it_and_said_so(student_client):
    response = student_client.post(URL, {**FORM, "year": "2027", "country": "FR"})
    assert estimates(response) == [("KA131-2026", Decimal(3000), None)]
    told = "For 2027/28 nothing is known yet. These are the figures of 2026/27; they may change."
    assert told in words(response)
    assert "no project that pays it is known" in words(before_the_first(student_client))


def test_social_top_up_needs_no_reason_and_nothing_is_stored(student_client):
    response = student_client.post(URL, {**FORM, "year": "2025", "country": "FR", "social": "on"})
    assert estimates(response) == [("KA131-2025", Decimal(4250), None)]
    assert GrantAward.objects.count() == 0
    assert "social" not in str(dict(student_client.session))


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({}, "host", "Please choose a host university or a country."),
        ({"country": "FR", "months": ""}, "months", "Please give the number of months."),
        (
            {"country": "FR", "span": "semester", "semester": ""},
            "semester",
            "Please choose the semester.",
        ),
        ({"country": "FR", **DAYS, "end": ""}, "end", "Please give both days."),
        ({"country": "FR", **DAYS, "start": ""}, "start", "Please give both days."),
        (
            {"country": "FR", **DAYS, "end": "31.08.2025"},
            "end",
            "The last day lies before the first day.",
        ),
        (
            {"country": "FR", "mobility": "short-term"},
            "start",
            "A short-term stay counts by days: please give its first and last day.",
        ),
    ],
)
def test_what_is_missing_is_said_at_the_field(student_client, fields, field, message):
    response = student_client.post(URL, {**FORM, **fields})
    assert response.context["form"].errors == {field: [message]}
    assert estimates(response) == []


def test_broken_fields_are_refused_each_once(student_client):
    broken = {"host": "nowhere", "year": "1999", "mobility": "STA", "start": "soon", "months": "13"}

    def wrong(span):
        response = student_client.post(URL, {**broken, "span": span})
        return set(response.context["form"].errors) - {"host", "year", "mobility"}

    assert wrong("months") == {"months"}
    assert wrong("days") == {"start"}
    assert wrong("weeks") == {"span", "start", "months"}


def test_what_is_typed_beside_the_chosen_way_does_not_count(student_client):
    beside = {"start": "soon", "end": "31.01.2026", "semester": "X"}
    response = student_client.post(URL, {**FORM, "country": "FR", **beside})
    assert estimates(response) == [("KA131-2026", Decimal(3000), None)]


def test_page_takes_the_same_queries_for_any_number_of_hosts(student_client):
    student_client.get(URL)
    counts = []
    for _ in range(2):
        HostUniversityFactory.create_batch(2)
        with CaptureQueriesContext(connection) as queries:
            student_client.get(URL)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_two_projects_of_a_year_are_both_shown_and_said_to_be_so(student_client):
    GrantProject.objects.filter(code="KA131-2024").update(academic_year_to=2025)
    response = student_client.post(URL, {**WINTER, "country": "PL"})
    assert [shown[0] for shown in estimates(response)] == ["KA131-2024", "KA131-2025"]
    assert "More than one project can pay stays of this year." in words(response)


def test_estimates_for_a_past_year_come_from_both_of_its_projects():
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
    assert (
        "For example for 5 months: 3,009.00 EUR, 309.00 EUR of it for the way there and back."
    ) in text
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
    assert f"{URL}?host=made-up&amp;year=2030" in text


def test_tables_are_read_once_for_all_preferences(host, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert beside(host, times=3).count("For example") == 3
