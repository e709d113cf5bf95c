"""The map of the host universities and the list below it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.models import HostUniversity
from tests.factories import (
    HostUniversityFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _november_2026(at):
    """Students apply for 2027/28."""
    at("2026-11-21 12:00")


MAP = reverse("partners:map")


def marks_of(html):
    return re.findall(r'<a class="map__link" href="([^"]*)" aria-label="([^"]*)">', html)


@pytest.mark.usefixtures("far_and_near")
def test_map_leads_to_hosts_and_to_the_list_of_those_at_one_spot(student_client):
    HostUniversityFactory.create(
        key="d",
        name_en="d near",
        name_native="Threefold",
        city="Olten",
        latitude="47.35",
        longitude="7.9",
    )

    html = student_client.get(MAP, {"q": "Threefold", "kind": ""}).content.decode()

    area = "/partners/?q=Threefold&amp;area=47.35%2C7.9%2C47.4%2C8.0"
    assert marks_of(html) == [
        ("/partners/a/", "Á middle, Ödeshög"),
        (area, "2 universities in Aarau, Olten"),
        ("/partners/b/", "B far, Zürich"),
    ]
    listed = student_client.get(
        reverse("partners:hosts"), {"q": "Threefold", "area": "47.35,7.9,47.4,8.0"}
    )
    assert [host.key for host in listed.context["page"]] == ["c", "d"]


@pytest.mark.usefixtures("far_and_near")
def test_map_has_the_same_hosts_as_a_list_and_leads_back(student_client):
    HostUniversity.objects.filter(key="b").update(latitude=None, longitude=None)

    html = student_client.get(MAP, {"q": "Threefold", "sort": "city"}).content.decode()

    below = html.split('id="as-list"')[1]
    assert re.findall(r'<li><a href="/partners/(\w)/">', below) == ["b", "a", "c"]  # by country
    assert "(not on the map: its place is not known)" in below
    assert len(marks_of(html)) == 2
    assert 'href="/partners/?q=Threefold&amp;sort=city"' in html


def test_map_counts_by_country_what_is_too_much_to_read(student_client, monkeypatch):
    monkeypatch.setattr("partners.maps.host_map.MOST_LISTED", 54)

    below = student_client.get(MAP).content.decode().split('id="as-list"')[1]

    assert "<li>" not in below.split("</main>")[0]
    assert '<a href="/partners/?country=FI">Finland</a>' in below


def test_map_says_when_nothing_fits(student_client):
    html = student_client.get(MAP, {"q": "nowhere at all"}).content.decode()

    assert "No university fits." in html
    assert "<svg class=" + '"map"' not in html


def test_map_needs_the_same_queries_for_one_host_and_many(student_client):
    def queries(**query):
        with CaptureQueriesContext(connection) as captured:
            assert student_client.get(MAP, query).status_code == 200
        return len(captured)

    queries()
    assert queries(q="lappeenranta") == queries() == 6
