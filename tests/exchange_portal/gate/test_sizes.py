"""How much may be sent: what is more is refused before a byte of it is read."""

from __future__ import annotations

import pytest
from django.test.client import FakePayload
from django.urls import reverse

from exchange_portal.gate import rules
from tests import factories

pytestmark = pytest.mark.django_db


class Unread(FakePayload):
    """A body that must not be read."""

    def read(self, *args, **kwargs):
        raise AssertionError("it was read")

    readline = read


def announced(client, path, length, **extra):
    """Send a request that says it has `length` bytes, and none of them."""
    return client.generic(
        "POST",
        path,
        content_type="multipart/form-data; boundary=x",
        **{"wsgi.input": Unread(), "CONTENT_LENGTH": str(length), **extra},
    )


@pytest.fixture
def row(student):
    return factories.ApplicationFactory.create(call__hosts=1, student=student)


def page_of(row, name, *args):
    return reverse(f"applications:{name}", args=[row.code, *args])


def test_each_page_takes_what_its_files_need():
    most = {name: rules.size_of(name).most for name in ("applications:form_page", "home", "")}
    assert set(most.values()) == {1_048_576}
    assert rules.size_of("applications:slot").most == 8_388_608
    assert rules.size_of("admin:partners_catalogue_load").most == 8_388_608


def test_more_than_the_page_takes_is_refused_unread(student_client, row):
    answer = announced(student_client, page_of(row, "form_page", "about"), 1_048_577)
    assert answer.status_code == 413
    assert "It is more than the portal takes at once." in answer.text


def test_document_that_is_too_large_is_refused_with_the_limit_of_files(student_client, row):
    answer = announced(student_client, page_of(row, "slot", "cv"), 9_000_000)
    assert answer.status_code == 413
    assert "A file may have 1\xa0MB (at most 1,048,576\xa0bytes)." in answer.text


def test_catalogue_says_its_own_limit(office_client):
    answer = announced(office_client, reverse("admin:partners_catalogue_load"), 8_388_609)
    assert (answer.status_code, "A file may have 5\xa0MB" in answer.text) == (413, True)


def test_page_that_saves_by_itself_gets_the_sentence_alone(student_client, row):
    page = page_of(row, "form_page", "about")
    answer = announced(student_client, page, 50_000_000, HTTP_HX_REQUEST="true")
    assert (answer.status_code, "<html" in answer.text) == (413, False)
    assert "more than the portal takes" in answer.text


def test_nobody_signed_in_is_refused_alike(client, row):
    assert announced(client, page_of(row, "slot", "cv"), 9_000_000).status_code == 413


def test_body_that_does_not_say_its_length_is_refused(student_client, row):
    page = page_of(row, "slot", "cv")
    answer = announced(student_client, page, "", HTTP_TRANSFER_ENCODING="chunked")
    assert answer.status_code == 411


def test_length_that_is_no_number_is_nothing(student_client, row):
    """As Django has it, which then reads nothing either."""
    answer = announced(student_client, page_of(row, "form_page", "about"), "many")
    assert answer.status_code not in {413, 500}
