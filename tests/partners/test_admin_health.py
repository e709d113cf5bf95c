"""The page "Data health": who sees what of it, where each finding leads, and what it costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.models import Agreement, SeatPool
from tests.factories import (
    AdministratorFactory,
    AgreementFactory,
    FacultyFactory,
    HostTermFactory,
    NominationDeadlineFactory,
    SeatPoolFactory,
)

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/partners/hostuniversity/health/"


@pytest.fixture(autouse=True)
def _autumn(at):
    at("2026-11-21 12:00")


@pytest.fixture(autouse=True)
def _nothing_else(db):  # noqa: ARG001 - asks for the database
    """Leave out the partners the migrations loaded."""
    SeatPool.objects.all().delete()
    Agreement.objects.all().delete()


def incomplete(faculty, name="Incomplete University"):
    """A host that lacks a SCHAC id and a subject; everything else is there."""
    agreement = AgreementFactory.create(
        faculty=faculty,
        host__name_en=name,
        host__pic="123456789",
        host__oid="E12345678",
        language_level="B2",
        valid_until=2029,
    )
    host = agreement.host
    host.erasmus_code = f"E  NOWHERE{host.pk % 900 + 100}"
    host.save()
    SeatPoolFactory.create(agreement=agreement, academic_year=2027)
    for semester in ("W", "S"):
        NominationDeadlineFactory.create(host=host, semester=semester, academic_year=2027)
        HostTermFactory.create(host=host, semester=semester, academic_year=2027)
    return agreement


def told(client, **query):
    """Return the findings by host as they are read, with the address each leads to."""
    response = client.get(ADDRESS, query)
    assert response.status_code == 200
    return {
        group["host"].name: [
            (entry.sentence, entry.address) for part in group["parts"] for entry in part.entries
        ]
        for group in response.context["groups"]
    }


SCHAC = "The SCHAC id is missing; partners and EWP know the institution by it."
SUBJECT = "The agreement names no subject (ISCED-F); within ERASMUS a nomination needs one."


def test_office_is_led_to_the_very_field(office_client, faculty):
    agreement = incomplete(faculty)
    host = reverse("admin:partners_hostuniversity_change", args=[agreement.host_id])
    own = reverse("admin:partners_agreement_change", args=[agreement.pk])

    assert told(office_client) == {
        "Incomplete University": [
            (SCHAC, f"{host}#id_schac_id"),
            (SUBJECT, f"{own}#id_isced_f"),
        ]
    }
    assert 'id="id_schac_id"' in office_client.get(host).content.decode()
    assert 'id="id_isced_f"' in office_client.get(own).content.decode()


def test_what_blocks_stands_first_under_one_badge_with_the_agreement_named(office_client, faculty):
    agreement = incomplete(faculty)
    agreement.host.terms.all().delete()
    Agreement.objects.update(language_level="")

    (group,) = office_client.get(ADDRESS).context["groups"]
    html = office_client.get(ADDRESS).content.decode()

    assert [
        (part.severity, part.tone, [(entry.about, entry.sentence) for entry in part.entries])
        for part in group["parts"]
    ] == [
        ("blocks nominations", "danger", [("", SCHAC), ("ERASMUS studies", SUBJECT)]),
        (
            "information",
            "info",
            [
                ("", "No term of 2027/28 is known; students can’t compare semester times."),
                (
                    "ERASMUS studies",
                    "No language level is named; students do not learn which one they need.",
                ),
            ],
        ),
    ]
    of_host = html.partition('class="health-host"')[2]
    assert of_host.count("badge badge--danger") == of_host.count("badge badge--info") == 1


def test_groups_of_rows_the_page_leads_to_are_on_the_forms(office_client, faculty):
    agreement = incomplete(faculty)
    host = office_client.get(
        reverse("admin:partners_hostuniversity_change", args=[agreement.host_id])
    ).content.decode()
    own = office_client.get(
        reverse("admin:partners_agreement_change", args=[agreement.pk])
    ).content.decode()

    assert 'id="terms-group"' in host
    assert 'id="nomination_deadlines-group"' in host
    assert 'id="pools-group"' in own
    for anchor in ("id_erasmus_code", "id_pic", "id_oid", "id_latitude"):
        assert f'id="{anchor}"' in host, anchor
    for anchor in ("id_valid_until", "id_language_level"):
        assert f'id="{anchor}"' in own, anchor


def test_coordinator_is_led_only_to_what_they_may_change(coordinator_client, faculty):
    agreement = incomplete(faculty)
    own = reverse("admin:partners_agreement_change", args=[agreement.pk])

    html = coordinator_client.get(ADDRESS).content.decode()

    assert told(coordinator_client) == {
        "Incomplete University": [(SCHAC, ""), (SUBJECT, f"{own}#id_isced_f")]
    }
    assert html.count("The office keeps this.") == 1


def test_coordinator_of_another_faculty_sees_none_of_it(
    foreign_coordinator_client, coordinator_client, faculty
):
    agreement = incomplete(faculty)
    of_others = AgreementFactory.create(
        host=agreement.host, faculty=FacultyFactory.create(), kind="worldwide"
    )

    assert told(foreign_coordinator_client) == {}
    html = coordinator_client.get(ADDRESS).content.decode()
    assert reverse("admin:partners_agreement_change", args=[of_others.pk]) not in html


def test_page_is_closed_to_administrators_and_students(signed_in, student_client):
    assert signed_in(AdministratorFactory.create()).get(ADDRESS).status_code == 403
    assert student_client.get(ADDRESS).status_code == 302


def test_findings_are_narrowed_by_kind_severity_year_and_name(office_client, faculty):
    agreement = incomplete(faculty, "Göteborg University")
    incomplete(faculty, "Other University")
    agreement.language_level = ""
    agreement.save()
    level = "No language level is named; students do not learn which one they need."

    def sentences(**query):
        return {
            host: [text for text, _address in entries]
            for host, entries in told(office_client, **query).items()
        }

    assert sentences(q="Goteborg") == {"Göteborg University": [SCHAC, SUBJECT, level]}
    assert sentences(q="Goteborg", severity="information") == {"Göteborg University": [level]}
    assert sentences(code="no_language_level") == {"Göteborg University": [level]}
    assert sentences(code="no_language_level", severity="blocks") == {}
    assert "There are no seats for 2026/27." in sentences(year="2026")["Other University"]
    assert sentences(code="nonsense", severity="?", year="1", q="Other") == {
        "Other University": [SCHAC, SUBJECT]
    }


def test_counts_stand_on_top_whatever_is_shown(office_client, faculty):
    incomplete(faculty)
    response = office_client.get(ADDRESS, {"code": "no_schac_id"})

    assert [count for count, _word in response.context["figures"]] == [2, 0]
    assert [(str(kind["name"]), kind["count"]) for kind in response.context["kinds"]] == [
        ("no SCHAC id", 1),
        ("agreement without subject", 1),
    ]
    assert (response.context["hosts"], response.context["sound"]) == (1, 0)


@pytest.mark.parametrize("number", [1, 3])
def test_page_needs_the_same_queries_for_one_host_and_three(office_client, faculty, number):
    for place in range(number):
        incomplete(faculty, f"University {place}")

    with CaptureQueriesContext(connection) as captured:
        response = office_client.get(ADDRESS)

    assert (len(response.context["groups"]), len(captured)) == (number, 10)


def test_many_hosts_are_shown_page_by_page_with_the_filter_kept(office_client, faculty):
    for place in range(27):
        incomplete(faculty, f"University {place:02d}")

    first = office_client.get(ADDRESS, {"code": "no_schac_id"})
    second = office_client.get(ADDRESS, {"code": "no_schac_id", "page": "2"})

    assert "?code=no_schac_id&amp;page=2" in first.content.decode()
    assert [len(page.context["groups"]) for page in (first, second)] == [25, 2]


def test_first_page_and_the_list_of_hosts_lead_to_it(office_client, coordinator_client):
    hosts = reverse("admin:partners_hostuniversity_changelist")

    for client in (office_client, coordinator_client):
        assert ADDRESS in client.get("/admin/").content.decode()
        assert ADDRESS in client.get(hosts).content.decode()
