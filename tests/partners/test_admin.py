"""Partner data in the admin: who sees, who changes, and what is refused."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.models import Agreement, HostUniversity, NominationDeadline, SeatPool
from tests.factories import (
    AgreementFactory,
    HostTermFactory,
    HostUniversityFactory,
    NominationDeadlineFactory,
    SeatPoolFactory,
)
from tests.partners.catalogue import change, changelist, form_of, pool_row

pytestmark = pytest.mark.django_db

MODELS = ["faculty", "hostuniversity", "agreement", "nominationdeadline"]


@pytest.mark.parametrize("model", MODELS)
def test_lists_have_at_most_seven_columns_and_can_be_searched(model):
    model_admin = next(
        value for key, value in admin.site._registry.items() if key._meta.model_name == model
    )

    assert len(model_admin.list_display) <= 7
    assert model_admin.search_fields


@pytest.mark.parametrize("model", MODELS)
def test_office_opens_every_list_and_searches_it(office_client, model):
    assert office_client.get(changelist(model)).status_code == 200
    assert office_client.get(changelist(model), {"q": "Göteborg"}).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_students_reach_no_list(student_client, model):
    assert student_client.get(changelist(model)).status_code == 302


def test_office_sees_agreements_of_all_faculties_a_coordinator_only_the_own(
    agreement, office_client, coordinator_client, foreign_coordinator_client
):
    def seen(client):
        response = client.get(changelist("agreement"), {"q": agreement.host.name_en})
        return [row.pk for row in response.context["cl"].result_list]

    assert seen(office_client) == [agreement.pk]
    assert seen(coordinator_client) == [agreement.pk]
    assert seen(foreign_coordinator_client) == []


def test_coordinator_changes_seats_of_the_own_faculty(agreement, pool, coordinator_client):
    data = form_of(agreement, pool_row(id=pool.pk, seats=5))

    response = coordinator_client.post(change(agreement), data)

    assert response.status_code == 302
    pool.refresh_from_db()
    assert pool.seats == 5


def test_coordinator_of_another_faculty_neither_opens_nor_changes_it(
    agreement, pool, foreign_coordinator_client
):
    data = form_of(agreement, pool_row(id=pool.pk, seats=5))

    opened = foreign_coordinator_client.get(change(agreement), follow=True)
    foreign_coordinator_client.post(change(agreement), data)

    assert "doesn’t exist" in opened.content.decode()
    pool.refresh_from_db()
    assert pool.seats == 2


def test_coordinator_gives_no_agreement_to_another_faculty(agreement, coordinator_client):
    other = AgreementFactory.create(faculty__key="elsewhere").faculty

    response = coordinator_client.post(change(agreement), form_of(agreement, faculty=other.pk))

    assert response.status_code == 200
    assert "faculty" in response.context["adminform"].form.errors
    agreement.refresh_from_db()
    assert agreement.faculty_id != other.pk


def test_coordinator_reads_hosts_and_changes_none(agreement, coordinator_client, office_client):
    other = AgreementFactory.create(host=agreement.host, faculty__key="elsewhere")
    opened = coordinator_client.get(change(agreement.host))
    office_html = office_client.get(change(agreement.host)).content.decode()
    refused = coordinator_client.post(change(agreement.host), {"name_en": "Changed"})

    assert opened.status_code == 200
    assert change(agreement) in opened.content.decode()
    assert change(other) not in opened.content.decode()
    assert change(other) in office_html
    assert 'name="_save"' not in opened.content.decode()
    assert refused.status_code == 403
    assert HostUniversity.objects.filter(name_en="Changed").count() == 0


def test_office_changes_a_host_and_its_nomination_deadline(office_client):
    deadline = NominationDeadlineFactory.create(
        host__erasmus_code="E  NOWHERE01", academic_year=2027
    )
    host = deadline.host
    data = {
        "key": host.key,
        "name_en": "A new name",
        "city": host.city,
        "country": "ES",
        "erasmus_code": "E  NOWHERE02",
        "latitude": "1.5",
        "longitude": "2.5",
        "time_zone": "Europe/Madrid",
        "agreements-TOTAL_FORMS": 0,
        "agreements-INITIAL_FORMS": 0,
        "terms-TOTAL_FORMS": 0,
        "terms-INITIAL_FORMS": 0,
        "nomination_deadlines-TOTAL_FORMS": 1,
        "nomination_deadlines-INITIAL_FORMS": 1,
        "nomination_deadlines-0-id": deadline.pk,
        "nomination_deadlines-0-host": host.pk,
        "nomination_deadlines-0-academic_year": 2027,
        "nomination_deadlines-0-semester": "W",
        "nomination_deadlines-0-deadline": "2027-06-01",
        "nomination_deadlines-0-channel": "portal",
    }

    response = office_client.post(change(host), data)

    assert response.status_code == 302, response.context["errors"]
    host.refresh_from_db()
    deadline.refresh_from_db()
    assert (host.name_en, host.erasmus_code) == ("A new name", "E  NOWHERE02")
    assert (str(deadline.deadline), deadline.channel) == ("2027-06-01", "portal")


@pytest.mark.parametrize(
    ("changes", "rows", "message"),
    [
        ({"isced_f": "0418"}, [], "There is no such field of study (ISCED-F, four digits)."),
        (
            {},
            [pool_row(academic_year=2030)],
            "The agreement holds from 2026/27 to 2028/29 only.",
        ),
        (
            {},
            [pool_row(level="master", fallback="on"), pool_row(level="bachelor", semester="W")],
            (
                "Where others may use what is left, either all seats of the agreement name a "
                "semester or none."
            ),
        ),
        ({}, [pool_row(seats=-1)], "Ensure this value is greater than or equal to 0."),
        ({}, [pool_row(seats=501)], "Ensure this value is less than or equal to 500."),
    ],
)
def test_agreement_form_refuses_what_the_allocation_or_a_nomination_would(
    agreement, office_client, changes, rows, message
):
    response = office_client.post(change(agreement), form_of(agreement, *rows, **changes))

    assert response.status_code == 200
    assert message in response.content.decode()
    assert SeatPool.objects.filter(agreement=agreement).count() == 0
    assert Agreement.objects.get(pk=agreement.pk).isced_f == "0410"


def test_hosts_can_be_filtered_by_what_is_missing(office_client, at):
    at("2026-11-21 12:00")
    complete = HostUniversityFactory.create(
        name_en="AAA", erasmus_code="E  NOWHERE01", pic="123456789", schac_id="example.org"
    )
    NominationDeadlineFactory.create(host=complete, academic_year=2027)
    bare = HostUniversityFactory.create(name_en="AAA")
    NominationDeadlineFactory.create(host=bare, academic_year=2026)

    for missing in ("erasmus_code", "schac_id", "pic", "deadline"):
        response = office_client.get(changelist("hostuniversity"), {"missing": missing, "q": "AAA"})
        assert [host.pk for host in response.context["cl"].result_list] == [bare.pk], missing


def test_lists_can_be_filtered_by_the_countries_we_have_hosts_in(office_client, agreement):
    html = office_client.get(changelist("hostuniversity")).content.decode()
    of_country = office_client.get(
        changelist("agreement"), {"country": "ES", "q": agreement.host.name_en}
    )
    of_another = office_client.get(
        changelist("agreement"), {"country": "FI", "q": agreement.host.name_en}
    )

    assert ("?country=FI" in html, "?country=AF" in html) == (True, False)
    assert [row.pk for row in of_country.context["cl"].result_list] == [agreement.pk]
    assert list(of_another.context["cl"].result_list) == []


def test_host_list_keeps_the_spaces_of_the_erasmus_code(office_client):
    HostUniversityFactory.create(name_en="AAA", erasmus_code="E  NOWHERE01")

    html = office_client.get(changelist("hostuniversity"), {"q": "AAA"}).content.decode()

    assert '<span class="code">E  NOWHERE01</span>' in html


@pytest.mark.parametrize("text", ["123450000", "E19999999", "only-this.example"])
def test_hosts_are_found_by_their_ids(office_client, text):
    host = HostUniversityFactory.create(
        pic="123450000", oid="E19999999", schac_id="only-this.example"
    )

    found = office_client.get(changelist("hostuniversity"), {"q": text}).context["cl"].result_list

    assert list(found) == [host]


def test_agreements_of_a_host_lead_to_their_form_and_to_a_new_one(
    agreement, office_client, coordinator_client
):
    def inline(client):
        html = client.get(change(agreement.host)).content.decode()
        return html.partition('id="agreements-group"')[2].partition('id="terms-group"')[0]

    add = f"/admin/partners/agreement/add/?host={agreement.host_id}"
    for client in (office_client, coordinator_client):
        assert f'<a href="{change(agreement)}" class="inlinechangelink">Change' in inline(client)
        assert f'href="{add}">Add an agreement</a>' in inline(client)
    form = office_client.get(add).context["adminform"].form
    assert form["host"].value() == str(agreement.host_id)
    assert (
        "Add an agreement"
        not in office_client.get("/admin/partners/hostuniversity/add/").content.decode()
    )


def test_whoever_may_only_read_sees_both_years(agreement, coordinator_client, office_client):
    term = HostTermFactory.create(host=agreement.host, academic_year=2027)
    deadline = NominationDeadlineFactory.create(host=agreement.host, academic_year=2027)

    of_host = coordinator_client.get(change(agreement.host)).content.decode()
    own = coordinator_client.get(change(deadline)).content.decode()
    in_office = office_client.get(change(agreement.host)).content.decode()

    for prefix in ("terms", "nomination_deadlines"):
        rows = of_host.partition(f'id="{prefix}-group"')[2].partition("</fieldset>")[0]
        assert rows.count("<p>2027/28</p>") == 1, prefix
        assert "<p>2027</p>" not in rows, prefix
        assert rows.lower().count("academic year") >= 1, prefix
    assert '<div class="readonly">2027/28</div>' in own
    assert "<p>2027/28</p>" not in in_office
    assert f'value="{term.pk}"' in in_office


def test_agreement_list_counts_the_seats_of_next_year(office_client, at, agreement):
    at("2026-11-21 12:00")
    for level, year, seats in [("bachelor", 2027, 2), ("master", 2027, 3), ("master", 2026, 7)]:
        SeatPoolFactory.create(
            agreement=agreement, level=level, academic_year=year, seats=seats, made_up=True
        )
    query = {"q": agreement.host.name_en, "pools__made_up__exact": "1"}

    rows = office_client.get(changelist("agreement"), query).context["cl"].result_list

    assert [row.next_seats for row in rows] == [5]


@pytest.mark.parametrize("model", ["agreement", "hostuniversity", "nominationdeadline"])
def test_lists_need_the_same_queries_for_one_row_and_three(office_client, model):
    def queries(name):
        with CaptureQueriesContext(connection) as captured:
            response = office_client.get(changelist(model), {"q": name})
        return len(response.context["cl"].result_list), len(captured)

    for name, number in (("Once", 1), ("Thrice", 3)):
        for _count in range(number):
            agreement = AgreementFactory.create(host__name_en=f"{name} University")
            NominationDeadlineFactory.create(host=agreement.host)
    queries("Once")
    (one, few), (three, same) = queries("Once"), queries("Thrice")

    assert (one, three, few) == (1, 3, same)


def test_nomination_deadlines_are_read_only_for_coordinators(
    coordinator_client, foreign_coordinator_client, agreement
):
    deadline = NominationDeadlineFactory.create(host=agreement.host)

    assert coordinator_client.get(change(deadline)).status_code == 200
    assert coordinator_client.post(change(deadline), {}).status_code == 403
    assert foreign_coordinator_client.get(change(deadline)).status_code == 404
    assert NominationDeadline.objects.filter(pk=deadline.pk).exists()
