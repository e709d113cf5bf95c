"""Networks of the university as the office keeps them."""

import pytest
from django.urls import reverse

from partners.models import Network

pytestmark = pytest.mark.django_db


def test_office_edits_both_languages_and_the_page_shows_it(office_client, student_client):
    network = Network.objects.get(key="wun")
    page = reverse("admin:partners_network_change", args=[network.pk])
    ways = reverse("ways_abroad")
    data = {
        "key": "wun",
        "position": 5,
        "shown": "on",
        "website": "wun.example",
        "members": "Bochum\nLeeds",
        "name_en": "WUN",
        "name_de": "WUN",
        "about_en": "Now **24** members.",
        "about_de": "Jetzt **24** Mitglieder.",
    }

    assert f'href="{ways}#network-wun"' in office_client.get(page).text
    assert office_client.post(page, data).status_code == 302

    english = student_client.get(ways).text
    assert "<p>Now <strong>24</strong> members.</p>" in english
    assert '<a href="https://wun.example">' in english
    assert "<li>Leeds</li>" in english
    german = student_client.get(ways, headers={"accept-language": "de"}).text
    assert "<p>Jetzt <strong>24</strong> Mitglieder.</p>" in german


def test_network_that_is_not_shown_stays_in_the_list(office_client):
    Network.objects.filter(key="wun").update(shown=False)

    rows = office_client.get(reverse("admin:partners_network_changelist")).context["cl"].result_list

    assert len(rows) == 8
