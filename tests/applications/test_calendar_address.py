"""Private calendar addresses: who gets in, and how an address ends."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from applications.models import CalendarFeed
from tests import factories
from tests.applications.calendars import address, erasmus, events

pytestmark = pytest.mark.django_db
NEW = reverse("applications:calendar_renew")
STOP = reverse("applications:calendar_stop")


def test_address_works_whoever_asks(client, student, other_student_client):
    erasmus()
    own = address(student)

    assert events(client.get(own)) == events(other_student_client.get(own))
    assert "Set-Cookie" not in client.get(own)


def refusal(path: str) -> tuple:
    """Return all a stranger sees of the answer, but for the own address and the form's token."""
    response = Client().get(path)
    headers = dict(response.headers)
    # Of the address; in any order; of the request.
    for name in ("Content-Length", "Content-Security-Policy", "X-Request-ID"):
        headers.pop(name, None)
    return response.status_code, headers, re.sub(r'value="[^"]*"', "", response.text)


def test_every_wrong_token_gets_the_same_answer(student, other_student):
    erasmus()
    mine = factories.CalendarFeedFactory.create(user=student)
    theirs = factories.CalendarFeedFactory.create(user=other_student)
    number, _, signature = mine.token.partition("-")
    swapped = signature.swapcase()
    wrong = [
        f"{other_student.pk}-{signature}",
        f"{number}-{theirs.token.partition('-')[2]}",
        f"{number}-{swapped}",
        f"0{mine.token}",
        f"{mine.token}A",
        mine.token[:-1],
        f"{mine.token}=",
        number,
        signature,
        f"-{signature}",
        f"{10**17}-{signature}",
        f"{10**40}-{signature}",
        "x" * 5000,
        quote("٣-" + signature),
        quote("ünfug-é"),
        quote("a\nb"),
        "%00",
        f"{number}-{'A' * 42}%0A",
    ]

    answers = {repr(refusal(f"/calendar/{token}.ics")) for token in wrong}

    assert len(answers) == 1
    assert refusal("/calendar/.ics")[0] == 404
    assert refusal(f"/calendar/{mine.token}.ics")[0] == 200


def deactivate(person):
    person.is_active = False


def take_affiliations(person):
    person.affiliations = ["alum"]


@pytest.mark.parametrize("change", [deactivate, take_affiliations])
def test_whoever_left_gets_what_a_wrong_token_gets(student, change):
    own = address(student)
    assert refusal(own)[0] == 200

    change(student)
    student.save()

    assert refusal(own) == refusal("/calendar/wrong.ics")
    assert refusal(own)[0] == 404


def test_role_keeps_an_address_alive_without_affiliation(client, coordinator):
    own = address(coordinator)
    coordinator.affiliations = []
    coordinator.save()

    assert client.get(own).status_code == 200


def test_token_depends_on_the_key_of_the_installation(client, student, settings):
    own = address(student)

    settings.SECRET_KEY = "another"

    assert client.get(own).status_code == 404


def test_new_address_ends_the_old_one(client, student, student_client, other_student):
    others = address(other_student)
    student_client.post(NEW)
    old = address(student)

    response = student_client.post(NEW, follow=True)

    new = address(student)
    assert "The old one stopped working." in response.text
    assert f"http://testserver{new}" in response.text
    assert {path: client.get(path).status_code for path in (old, new, others)} == {
        old: 404,
        new: 200,
        others: 200,
    }
    assert CalendarFeed.objects.filter(user=student).count() == 1


def test_stopped_address_stays_dead_when_a_new_one_is_made(client, student, student_client):
    old = address(student)

    assert "The calendar address stopped working." in student_client.post(STOP, follow=True).text
    assert client.get(old).status_code == 404
    assert not CalendarFeed.objects.exists()

    student_client.post(NEW)
    assert client.get(old).status_code == 404


def test_stopping_without_an_address_changes_nothing_of_others(student_client, other_student):
    feed = factories.CalendarFeedFactory.create(user=other_student)

    assert student_client.post(STOP).status_code == 302

    assert CalendarFeed.objects.get() == feed


@pytest.mark.parametrize("path", [NEW, STOP])
def test_address_is_changed_by_the_persons_own_form_only(signed_in, student, path):
    feed = factories.CalendarFeedFactory.create(user=student)

    response = signed_in(student, enforce_csrf_checks=True).post(path)

    assert response.status_code == 403
    assert CalendarFeed.objects.get().nonce == feed.nonce


def test_whoever_does_not_belong_here_makes_no_address(signed_in):
    client = signed_in(factories.UserFactory.create())

    assert client.post(NEW).status_code == 403
    assert not CalendarFeed.objects.exists()
    assert NEW not in client.get(reverse("applications:deadlines")).text
