"""The forms of the catalogue: seats and levels, academic years, a host and its terms."""

import pytest

from applications.models import CallHost
from partners.models import SeatPool
from tests.factories import (
    AgreementFactory,
    CallFactory,
    HostUniversityFactory,
    PlacementFactory,
    SeatPoolFactory,
)
from tests.partners.catalogue import change, form_of, host_form, pool_row

pytestmark = pytest.mark.django_db
FAR_FROM_ITS_YEAR = (
    "These days are far from the academic year 2027/28: please check the days or the year."
)
SECOND_ONE = "There is an agreement of this kind, subject, faculty and host university already."

# -- seats and levels ------------------------------------------------------------------------------


def test_levels_of_an_agreement_are_boxes(agreement, office_client):
    data = form_of(agreement, levels=["bachelor", "master"])

    html = office_client.get(change(agreement)).content.decode()
    office_client.post(change(agreement), data)

    assert html.count('type="checkbox" name="levels"') == 4
    agreement.refresh_from_db()
    assert agreement.levels == ["bachelor", "master"]


def test_seats_are_for_the_levels_of_the_agreement_only(agreement, office_client):
    rows = [pool_row(level="master"), pool_row(level="bachelor"), pool_row(level="")]

    response = office_client.post(
        change(agreement), form_of(agreement, *rows, levels=["bachelor", "doctoral"])
    )

    (formset,) = (item.formset for item in response.context["inline_admin_formsets"])
    sentence = "The agreement is for Bachelor, Doctorate only."
    assert [form.errors for form in formset.initial_forms + formset.extra_forms] == [
        {"level": [sentence]},
        {},
        {},
    ]
    assert not SeatPool.objects.filter(agreement=agreement).exists()


def test_seats_of_an_agreement_without_levels_are_for_any(agreement, office_client):
    response = office_client.post(change(agreement), form_of(agreement, pool_row(level="master")))

    assert response.status_code == 302
    assert SeatPool.objects.get(agreement=agreement).level == "master"


def test_seats_of_the_years_to_come_stand_first(agreement, office_client, at):
    at("2026-11-21 12:00")
    agreement.valid_from = 2024
    agreement.save()
    for year in (2024, 2026, 2028, 2025, 2027):
        SeatPoolFactory.create(agreement=agreement, academic_year=year)

    response = office_client.get(change(agreement))

    (formset,) = (item.formset for item in response.context["inline_admin_formsets"])
    years = [form["academic_year"].value() for form in formset.initial_forms]
    assert years == ["2026/27", "2027/28", "2028/29", "2025/26", "2024/25"]


@pytest.mark.parametrize("typed", ["2027/28", "2027", "2027/2028"])
def test_academic_year_is_read_as_people_write_it(agreement, pool, office_client, typed):
    rows = [pool_row(id=pool.pk, seats=5, academic_year=typed)]

    office_client.post(change(agreement), form_of(agreement, *rows, valid_until="2029/30"))

    pool.refresh_from_db()
    agreement.refresh_from_db()
    assert (pool.academic_year, pool.seats, agreement.valid_until) == (2027, 5, 2029)


@pytest.mark.parametrize("typed", ["2027/29", "27/28", "2027/", "next"])
def test_academic_year_of_another_form_is_refused_at_its_field(agreement, office_client, typed):
    response = office_client.post(change(agreement), form_of(agreement, valid_until=typed))

    assert response.context["adminform"].form.errors == {
        "valid_until": ["Please give an academic year such as 2027/28."]
    }


# -- the form of a host ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        (
            {"erasmus_code": "D BOCHUM99"},
            "erasmus_code",
            "“D BOCHUM99” is no Erasmus code. Is “D  BOCHUM99” meant?",
        ),
        (
            {"erasmus_code": "E  TAKEN01"},
            "erasmus_code",
            "This Erasmus code is that of Taken University.",
        ),
        ({"pic": "12345"}, "pic", "“12345” is no PIC: nine digits."),
        ({"oid": "12345678"}, "oid", "“12345678” is no OID: E and eight digits."),
        (
            {"schac_id": "https://example.org"},
            "schac_id",
            "“https://example.org” is no SCHAC id: a domain such as example.org.",
        ),
        ({"time_zone": "Madrid"}, "time_zone", "“Madrid” is no time zone such as Europe/Berlin."),
        (
            {"latitude": "91"},
            "latitude",
            "“91” is not a number from -90 to 90, such as 51.48165.",
        ),
        (
            {"longitude": ""},
            "longitude",
            "Latitude and longitude belong together: please give both or none.",
        ),
    ],
)
def test_host_form_says_at_the_field_what_is_wrong(office_client, changes, field, sentence):
    HostUniversityFactory.create(name_en="Taken University", erasmus_code="E  TAKEN01")
    host = HostUniversityFactory.create()

    response = office_client.post(change(host), host_form(host, **changes))

    assert response.context["adminform"].form.errors == {field: [sentence]}


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        (
            {"website": "ftp://example.org"},
            {"website": ["“ftp://example.org” is no address such as https://www.example.org."]},
        ),
        (
            {"course_catalogue": "ftp://example.org"},
            {
                "course_catalogue": [
                    "“ftp://example.org” is no address such as https://www.example.org."
                ]
            },
        ),
        (
            {"notes": "x" * 30_001},
            {"notes": ["The text has 30001 characters; at most 30000 fit."]},
        ),
        ({"city": "\u200b"}, {"city": ["There is nothing to be seen in the cell."]}),
        (
            {"is_home": "on"},
            {"is_home": ["“Ruhr University Bochum” is the home university already."]},
        ),
    ],
)
def test_host_form_refuses_what_a_file_may_not_hold(office_client, changes, errors):
    host = HostUniversityFactory.create()

    response = office_client.post(change(host), host_form(host, **changes))

    assert response.context["adminform"].form.errors == errors


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        (
            {"valid_from": "2013/14"},
            {"valid_from": ["2013/14 lies outside 2014/15 to 2100/01."]},
        ),
        (
            {"valid_until": "2101/02"},
            {"valid_until": ["2101/02 lies outside 2014/15 to 2100/01."]},
        ),
        (
            {"valid_until": "2025/26"},
            {"valid_until": ["The last academic year lies before the first."]},
        ),
        (
            {"teaching_days_max": "367"},
            {"teaching_days_max": ["367 is too much: only 0 to 366 can stand here."]},
        ),
        (
            {"teaching_days_min": "5", "teaching_days_max": "2"},
            {"teaching_days_max": ["The most days are fewer than the fewest."]},
        ),
        (
            {"note_de": "x" * 30_001},
            {"note_de": ["The text has 30001 characters; at most 30000 fit."]},
        ),
        (
            {"isced_f": "0311"},
            {"isced_f": [SECOND_ONE]},
        ),
        ({"teaching_days_min": "2", "teaching_days_max": "5", "levels": ["master"]}, {}),
    ],
)
def test_agreement_form_says_at_the_field_what_would_be_refused_later(
    agreement, office_client, changes, errors
):
    AgreementFactory.create(
        host=agreement.host, faculty=agreement.faculty, kind=agreement.kind, isced_f="0311"
    )

    response = office_client.post(change(agreement), form_of(agreement, **changes))

    assert response.status_code == (200 if errors else 302)
    if errors:
        assert response.context["adminform"].form.errors == errors


def test_host_may_be_kept_without_coordinates(office_client):
    host = HostUniversityFactory.create()

    response = office_client.post(change(host), host_form(host, latitude="", longitude=""))

    assert response.status_code == 302
    host.refresh_from_db()
    assert (host.latitude, host.longitude) == (None, None)


@pytest.mark.parametrize(
    ("term", "errors"),
    [
        ({"starts": "2027-09-01", "ends": "2028-01-20", "exams_from": "2028-01-20"}, {}),
        ({"starts": "2026-12-01", "ends": "2027-04-01"}, {}),
        ({"starts": "2029-03-31", "ends": "2029-07-01"}, {}),
        (
            {"starts": "2027-09-01", "ends": "2027-09-01"},
            {"ends": ["The last day must be later than the first day."]},
        ),
        (
            {"starts": "2027-09-01", "ends": "2028-01-20", "exams_from": "2028-01-21"},
            {"exams_from": ["The exams must lie within the term."]},
        ),
        (
            {"starts": "2026-09-01", "ends": "2027-09-03"},
            {"ends": ["A term lasts no longer than a year."]},
        ),
        (
            {"starts": "2026-12-01", "ends": "2027-03-31"},
            {"starts": [FAR_FROM_ITS_YEAR]},
        ),
        (
            {"starts": "2029-04-01", "ends": "2029-07-01"},
            {"starts": [FAR_FROM_ITS_YEAR]},
        ),
    ],
)
def test_terms_are_in_order_and_near_their_year(office_client, term, errors):
    host = HostUniversityFactory.create()

    response = office_client.post(change(host), host_form(host, term))

    assert response.status_code == (200 if errors else 302)
    assert host.terms.count() == (0 if errors else 1)
    if errors:
        formset = response.context["inline_admin_formsets"][1].formset
        assert formset.errors == [errors]


# -- what calls and places build on ------------------------------------------------------------


@pytest.fixture
def placed(agreement, pool):
    """A place held on the seats of the agreement, in a call of its faculty."""
    call = CallFactory.create(programme__faculty=agreement.faculty)
    host = CallHost.objects.create(call=call, agreement=agreement)
    return PlacementFactory.create(host=host, pool=pool, application__call=host.call)


@pytest.mark.usefixtures("placed")
@pytest.mark.parametrize(
    ("typed", "field"),
    [({"academic_year": "2026/27"}, "academic_year"), ({"semester": "S"}, "semester")],
)
def test_seats_with_places_are_not_made_others(agreement, pool, office_client, typed, field):
    rows = [pool_row(id=pool.pk, **typed), pool_row(academic_year="2027/28", seats=1)]

    response = office_client.post(change(agreement), form_of(agreement, *rows))

    (formset,) = (item.formset for item in response.context["inline_admin_formsets"])
    assert formset.forms[0].errors == {
        field: ["Students hold places on these seats: add other seats instead."]
    }
    assert list(agreement.pools.values_list("academic_year", "semester")) == [(2027, "")]


@pytest.mark.usefixtures("placed")
def test_agreement_of_a_call_is_not_given_another_host(agreement, office_client):
    other = HostUniversityFactory.create()

    response = office_client.post(change(agreement), form_of(agreement, host=other.pk))

    assert response.context["adminform"].form.errors == {
        "host": ["A call gives away seats of this agreement: make a new one for this change."]
    }
    agreement.refresh_from_db()
    assert agreement.host != other
