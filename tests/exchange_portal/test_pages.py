"""The pages of the project itself: who may open them, what they carry, what they answer."""

from __future__ import annotations

import errno
import re

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from exchange_portal import views
from tests import factories

PUBLIC = ["imprint", "privacy", "accessibility", "account_login"]
PRIVATE = ["home", "help", "partners:hosts", "grants:estimate", "applications:calls"]
LEGAL_LINKS = ["/imprint/", "/privacy/", "/accessibility/"]
# An inline handler, style or script would be stopped by the Content-Security-Policy.
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE
)


def links_of(page) -> list[str]:
    return re.findall(r'href="([^"]*)"', page.content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("language", ["en", "de"])
def test_public_page_opens_without_login(name, language):
    page = Client(headers={"accept-language": language}).get(reverse(name))

    assert page.status_code == 200
    assert page.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", PRIVATE)
def test_every_other_page_asks_for_the_login(name):
    address = reverse(name)

    answer = Client().get(address)

    assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={address}")


@pytest.mark.django_db
def test_admin_asks_for_the_same_login():
    first = Client().get("/admin/", follow=True)

    assert first.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    assert 'type="password"' not in first.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "rest",
    [
        "signup/",
        "email/",
        "confirm-email/",
        "password/reset/",
        "password/change/",
        "password/set/",
        "login/code/",
        "reauthenticate/",
        "3rdparty/",
        "3rdparty/signup/",
        "social/signup/",
        "2fa/",
    ],
)
def test_passwords_and_sign_up_do_not_exist(rest, student_client):
    for client in (Client(), student_client):
        assert client.get(f"/accounts/{rest}").status_code == 404


@pytest.mark.parametrize("name", PRIVATE)
def test_page_opens_with_login(name, student_client):
    assert student_client.get(reverse(name)).status_code == 200


def test_legal_pages_are_linked_everywhere(student_client, office_client):
    pages = [Client().get(reverse(name)) for name in PUBLIC]
    pages += [student_client.get(reverse(name)) for name in PRIVATE]
    pages += [student_client.get("/no-such-page/"), office_client.get("/admin/")]

    for page in pages:
        assert [link for link in links_of(page) if link in LEGAL_LINKS] == LEGAL_LINKS


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "413", "429", "500"])
def test_legal_pages_are_linked_where_something_is_wrong(name):
    text = render_to_string(f"{name}.html")

    assert [link for link in re.findall(r'href="([^"]*)"', text) if link in LEGAL_LINKS] == (
        LEGAL_LINKS
    )


def test_no_page_leaves_the_legal_links_out():
    found = {"<html": set(), "block site_footer": set(), "block footer": set()}
    for place in ("templates", "exchange_portal/demo_idp/templates"):
        for file in (settings.BASE_DIR / place).rglob("*.html"):
            for sign, files in found.items():
                if sign in file.read_text():
                    files.add(file.relative_to(settings.BASE_DIR / place).as_posix())

    assert found == {
        "<html": {"base.html", "demo_idp/base.html"},
        "block site_footer": {"base.html"},
        "block footer": {"admin/base_site.html"},
    }


def test_pages_carry_nothing_inline_and_nothing_foreign(student_client, office_client):
    pages = [Client().get(reverse(name)) for name in PUBLIC]
    pages += [student_client.get(reverse(name)) for name in PRIVATE]
    pages += [student_client.get("/no-such-page/"), office_client.get("/admin/")]

    for page in pages:
        text = page.content.decode()
        assert INLINE.findall(text) == [], page.request["PATH_INFO"]
        assert re.findall(r'(?:src|action)="(?:https?:)?//[^"]*"', text) == []


@pytest.mark.parametrize("name", ["home", "imprint"])
def test_headers_keep_pages_private_and_scripts_ours(name, student_client):
    headers = student_client.get(reverse(name)).headers

    assert headers["Cache-Control"] == "no-store, private"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (policy["default-src"], policy["style-src"]) == ("'none'", "'self'")
    assert policy["script-src"].split(" ")[0] == "'self'"
    assert policy["frame-ancestors"] == "'none'"


def test_missing_page_is_private_too(student_client):
    assert student_client.get("/no-such-page/").headers["Cache-Control"] == "no-store, private"


# -- language --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_language_is_changed_and_leads_back():
    client = Client()

    answer = client.post("/language/", {"language": "de", "next": "/imprint/"})

    assert (answer.status_code, answer.url) == (302, "/imprint/")
    assert answer.cookies["portal_language"].value == "de"
    assert client.get("/imprint/").headers["Content-Language"] == "de"


def test_language_of_mails_follows_the_choice(student, student_client):
    student_client.post("/language/", {"language": "de", "next": "/"})

    student.refresh_from_db()
    assert student.language == "de"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "elsewhere",
    ["https://example.org/", "//example.org/x", "javascript:alert(1)", r"\\example.org"],
)
def test_language_switch_leads_nowhere_else(elsewhere):
    answer = Client().post("/language/", {"language": "de", "next": elsewhere})

    assert (answer.status_code, answer.url) == (302, "/")


@pytest.mark.parametrize("language", ["fr", "", "de; path=/"])
def test_language_we_do_not_speak_is_refused(language, student, student_client):
    answer = student_client.post("/language/", {"language": language, "next": "/"})

    assert answer.status_code == 400
    student.refresh_from_db()
    assert student.language == "en"


@pytest.mark.django_db
def test_language_is_not_changed_by_a_link():
    answer = Client().get("/language/", {"language": "de", "next": "/"})

    assert answer.status_code == 405
    assert "portal_language" not in answer.cookies


# -- when something is wrong -----------------------------------------------------------------------


def test_missing_page_says_so_in_words(student_client):
    page = student_client.get("/no-such-page/")

    assert page.status_code == 404
    assert "There is no such page here" in page.content.decode()


@pytest.mark.django_db
def test_form_without_its_token_is_refused_with_advice():
    page = Client(enforce_csrf_checks=True).post("/language/", {"language": "de", "next": "/"})

    assert page.status_code == 403
    assert "reload the page and send the form again" in page.content.decode()


@pytest.mark.django_db
def test_request_that_is_too_large_gets_its_own_words(settings, error_records):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2

    page = Client().post("/language/", {f"field{number}": "x" for number in range(4)})

    assert page.status_code == 413
    assert "more than the portal takes at once" in page.content.decode()
    assert len(error_records.messages) == 1
    error_records.clear()


def test_fault_of_ours_is_answered_without_database(rf):
    page = views.server_error(rf.get("/"))

    assert page.status_code == 500
    assert "Something went wrong on our side" in page.content.decode()
    assert [link for link in links_of(page) if link in LEGAL_LINKS] == LEGAL_LINKS


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 507),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 507),
        (OSError(errno.EIO, "Input/output error"), 500),
        (ValueError("a fault"), 500),
    ],
)
def test_full_disk_is_told_from_other_faults(rf, fault, status):
    try:
        raise fault
    except (OSError, ValueError):
        page = views.server_error(rf.get("/"))

    assert page.status_code == status
    assert ("Its disk is full." in page.text) == (status == 507)
    assert [link for link in links_of(page) if link in LEGAL_LINKS] == LEGAL_LINKS


def test_refusal_shows_its_reason_as_text(rf, student):
    request = rf.get("/")
    request.user = student

    page = views.permission_denied(request, PermissionError("Only <b>readers</b> score."))

    assert page.status_code == 403
    assert "Only &lt;b&gt;readers&lt;/b&gt; score." in page.content.decode()


# -- frame -----------------------------------------------------------------------------------------


def test_administration_is_offered_to_staff_only(student_client, coordinator_client):
    assert "/admin/" not in links_of(student_client.get("/"))
    assert "/admin/" in links_of(coordinator_client.get("/"))


def test_navigation_marks_where_one_is(student_client):
    text = student_client.get(reverse("help")).content.decode()

    assert re.findall(r'href="([^"]*)" aria-current="page"', text) == ["/help/"]


def test_frame_names_the_person_and_offers_to_sign_out(signed_in):
    person = factories.StudentFactory.create(given_names="<i>Kim", family_name="Novak")

    text = signed_in(person).get("/help/").content.decode()

    assert "&lt;i&gt;Kim Novak" in text
    assert '<form class="signed-in" method="post" action="/accounts/logout/">' in text


@pytest.mark.parametrize("demo", [True, False])
def test_demonstration_says_what_it_is(demo, settings, student_client):
    settings.PORTAL_DEMO = demo

    page = student_client.get("/help/").content.decode()

    assert ("people, applications and seats are made up" in page) is demo


def test_title_of_a_page_with_errors_starts_with_them(rf):
    template = Template('{% extends "base.html" %}{% block title %}Apply{% endblock %}')
    request = rf.get("/")
    context = {"request": request, "has_errors": True, "messages": get_messages(request)}

    def title(**more: object) -> str:
        page = template.render(Context({**context, **more}))
        return re.findall(r"<title>(.*)</title>", page)[0]

    assert title() == "Error: Apply · Exchange portal"
    assert title(has_errors=False) == "Apply · Exchange portal"


@pytest.mark.django_db
def test_sign_in_sends_a_form_to_the_provider(settings):
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "university",
                    "name": "RUB login ID",
                    "client_id": "portal",
                    "secret": "s",
                    "settings": {"server_url": "https://idp.example"},
                }
            ]
        }
    }

    text = Client().get("/accounts/login/?next=/help/").content.decode()

    (action,) = re.findall(r'<form method="post" action="([^"]*)"', text)
    assert action == "/accounts/oidc/university/login/?process=login&amp;next=%2Fhelp%2F"
    assert "Sign in with RUB login ID" in text


@pytest.mark.django_db
def test_sign_in_without_provider_says_so(settings):
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}

    assert "Signing in is not set up" in Client().get("/accounts/login/").content.decode()
