"""Signing in: who gets in, as whom, and who does not any more."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from applications.models import RoleGrant, User
from applications.models.people import Role
from exchange_portal.claims import read_claims
from exchange_portal.login.admitting import admit
from tests import factories
from tests.exchange_portal.fake_provider import (
    LOGIN,
    STUDENT,
    refusal_on,
    signed_in_person,
)

pytestmark = pytest.mark.django_db


def facts(person: User) -> dict[str, object]:
    return {
        name: getattr(person, name)
        for name in (
            "username",
            "given_names",
            "family_name",
            "email",
            "affiliations",
            "matriculation_number",
            "esi",
            "language",
        )
    }


LEA = {
    "username": "brandlea",
    "given_names": "Lea Marie",
    "family_name": "Brandt",
    "email": "lea.brandt@ruhr-uni-bochum.de",
    "affiliations": ["member", "student"],
    "matriculation_number": "108020100001",
    "esi": "urn:schac:personalUniqueCode:int:esi:ruhr-uni-bochum.de:108020100001",
    "language": "en",
}


# -- who gets in, and as whom --------------------------------------------------------------------


def test_first_login_makes_the_person_the_claims_describe(client, provider):
    response = provider.sign_in(client)

    assert (response.status_code, response["Location"]) == (302, "/")
    person = User.objects.get()
    assert facts(person) == LEA
    assert person.is_student
    assert not person.has_usable_password()
    assert signed_in_person(client) == "brandlea"
    account = SocialAccount.objects.get()
    assert (account.provider, account.uid, account.user) == ("university", "subject-1", person)


def test_longest_subject_is_kept_whole(client, provider):
    provider.claims["sub"] = "x" * 191
    provider.sign_in(client)
    assert SocialAccount.objects.get().uid == "x" * 191


def test_login_keeps_no_copy_of_claims_or_tokens(client, provider):
    provider.sign_in(client)
    provider.sign_in(client)
    assert SocialAccount.objects.get().extra_data == {}
    assert SocialToken.objects.count() == 0


def test_first_login_remembers_the_language_of_the_browser(provider):
    provider.sign_in(Client(headers={"accept-language": "de"}))
    assert User.objects.get().language == "de"


def test_each_login_reads_the_claims_anew(client, provider):
    provider.sign_in(client)
    provider.claims |= {
        "preferred_username": "kellelea",
        "family_name": "Keller",
        "email": "lea.keller@rub.de",
        "eduperson_scoped_affiliation": ["employee@ruhr-uni-bochum.de"],
        "schac_personal_unique_code": [],
    }
    provider.sign_in(client)

    person = User.objects.get()
    assert facts(person) == LEA | {
        "username": "kellelea",
        "family_name": "Keller",
        "email": "lea.keller@rub.de",
        "affiliations": ["employee"],
        "matriculation_number": "",
        "esi": "",
    }
    assert not person.is_student


def test_person_who_left_loses_the_student_status_and_is_refused(client, provider):
    provider.sign_in(client)
    provider.claims["eduperson_scoped_affiliation"] = ["alum@ruhr-uni-bochum.de"]
    newcomer = Client()

    assert refusal_on(provider.sign_in(newcomer)) == "no_affiliation"
    assert User.objects.get().affiliations == ["alum"]
    assert signed_in_person(newcomer) is None


@pytest.mark.parametrize(
    ("days_from", "days_until", "gets_in"),
    [(-1, None, True), (-9, 0, True), (-9, -1, False), (1, None, False)],
)
def test_person_without_affiliation_needs_a_role_in_force(
    client, provider, days_from, days_until, gets_in
):
    provider.claims["eduperson_scoped_affiliation"] = []
    today = timezone.localdate()
    factories.RoleGrantFactory.create(
        login_id="brandlea",
        valid_from=today + timedelta(days=days_from),
        valid_until=None if days_until is None else today + timedelta(days=days_until),
    )
    provider.sign_in(client)
    assert signed_in_person(client) == ("brandlea" if gets_in else None)
    assert User.objects.count() == int(gets_in)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"eduperson_scoped_affiliation": []}, "no_affiliation"),
        ({"eduperson_scoped_affiliation": ["student@tu-dortmund.de"]}, "no_affiliation"),
        ({"email": "lea@gmail.com"}, "foreign_address"),
        ({"email": None}, "no_address"),
        ({"email_verified": False}, "no_address"),
        ({"preferred_username": None}, "no_login_id"),
    ],
)
def test_refused_person_leaves_nothing_behind(client, provider, caplog, changes, reason):
    provider.claims |= changes
    response = provider.sign_in(client)

    assert (response.status_code, refusal_on(response)) == (403, reason)
    assert (User.objects.count(), SocialAccount.objects.count()) == (0, 0)
    assert signed_in_person(client) is None
    assert "brand" not in caplog.text.lower()


def test_page_for_a_foreign_address_names_the_accepted_ones(client, provider):
    provider.claims["email"] = "lea@gmail.com"
    page = provider.sign_in(client).content.decode()
    assert "@ruhr-uni-bochum.de" in page
    assert "@rub.de" in page
    assert "gmail" not in page


def test_roles_told_by_the_provider_are_ignored(client, provider):
    provider.claims |= {
        "roles": ["administrator", "office"],
        "role": "office",
        "groups": ["coordinator"],
        "is_staff": True,
        "is_superuser": True,
        "eduperson_entitlement": ["urn:office"],
        "eduperson_scoped_affiliation": ["office@ruhr-uni-bochum.de", "student@ruhr-uni-bochum.de"],
    }
    provider.sign_in(client)

    person = User.objects.get()
    assert person.affiliations == ["student"]
    assert (person.roles, person.is_staff, person.is_superuser) == (frozenset(), False, False)
    assert RoleGrant.objects.count() == 0


def test_role_given_before_the_first_login_counts_at_once_and_ends_at_once(client, provider):
    grant = factories.RoleGrantFactory.create(login_id="brandlea", role=Role.OFFICE)
    provider.sign_in(client)
    assert User.objects.get().roles == {Role.OFFICE}
    grant.delete()
    assert User.objects.get().roles == frozenset()


def test_roles_go_along_with_a_changed_login_id_and_leave_none_behind(client, provider, faculty):
    provider.claims["eduperson_scoped_affiliation"] = []
    give = factories.RoleGrantFactory.create
    give(login_id="brandlea", role=Role.OFFICE)
    give(login_id="brandlea", role=Role.COORDINATOR, faculty=faculty, valid_until="2026-01-31")
    provider.sign_in(client)
    give(login_id="kleinlea", role=Role.OFFICE, valid_until="2030-01-31")

    provider.claims["preferred_username"] = "kleinlea"
    provider.sign_in(Client())

    columns = ("login_id", "role", "faculty", "valid_until")
    assert set(RoleGrant.objects.values_list(*columns)) == {
        ("kleinlea", "office", None, date(2030, 1, 31)),
        ("kleinlea", "coordinator", faculty.pk, date(2026, 1, 31)),
    }
    assert User.objects.get().roles == {"office"}


def test_only_role_counts_for_the_login_that_changes_the_login_id(client, provider):
    provider.claims["eduperson_scoped_affiliation"] = []
    factories.RoleGrantFactory.create(login_id="brandlea", role=Role.OFFICE)
    provider.sign_in(client)

    provider.claims["preferred_username"] = "kleinlea"
    second = Client()
    provider.sign_in(second)

    assert signed_in_person(second) == "kleinlea"


# -- one person, one identity --------------------------------------------------------------------


def test_row_made_beforehand_is_taken_over_once(client, provider):
    made = factories.UserFactory.create(username="brandlea", given_names="?", email="")
    provider.sign_in(client)
    assert facts(User.objects.get()) == LEA | {"language": made.language}

    provider.claims |= {"sub": "subject-2", "given_name": "Someone", "family_name": "Else"}
    second = Client()
    assert refusal_on(provider.sign_in(second)) == "login_id_taken"
    assert signed_in_person(second) is None
    assert facts(User.objects.get()) == LEA | {"language": made.language}
    assert SocialAccount.objects.count() == 1


def test_login_id_of_another_person_is_not_taken_over_by_renaming(client, provider):
    provider.sign_in(client)
    factories.UserFactory.create(username="kellelea")
    provider.claims["preferred_username"] = "kellelea"
    assert refusal_on(provider.sign_in(Client())) == "login_id_taken"
    assert sorted(User.objects.values_list("username", flat=True)) == ["brandlea", "kellelea"]


def test_same_address_links_nobody(client, provider):
    other = factories.StudentFactory.create(email="lea.brandt@ruhr-uni-bochum.de")
    provider.sign_in(client)
    assert User.objects.filter(email="lea.brandt@ruhr-uni-bochum.de").count() == 2
    assert SocialAccount.objects.filter(user=other).count() == 0
    assert signed_in_person(client) == "brandlea"


def test_second_account_is_not_connected_to_a_signed_in_person(client, provider):
    provider.sign_in(client)
    provider.claims |= {"sub": "subject-2", "preferred_username": "someone"}
    response = provider.sign_in(client, f"{LOGIN}?process=connect")
    assert refusal_on(response) == "answer_invalid"
    assert SocialAccount.objects.count() == 1


def test_account_is_not_disconnected(client, provider):
    provider.sign_in(client)
    account = SocialAccount.objects.get()
    with pytest.raises(ValidationError):
        get_adapter().validate_disconnect(account, [account])


def test_provider_in_the_database_is_not_offered(client, provider):
    SocialApp.objects.create(
        provider="openid_connect",
        provider_id="rogue",
        name="Rogue",
        client_id="x",
        settings={"server_url": provider.url},
    )
    assert client.post("/accounts/oidc/rogue/login/").status_code == 404
    assert [app.provider_id for app in get_adapter().list_apps(None)] == ["university"]


@pytest.mark.django_db(transaction=True)
def test_two_first_logins_at_once_make_one_person():
    domain = "ruhr-uni-bochum.de"
    claims = read_claims(STUDENT, subject="subject-1", scope=domain, mail_domains=[domain])
    together = threading.Barrier(4)
    made: list[int] = []

    def log_in() -> None:
        connection.ensure_connection()
        together.wait()
        try:
            made.append(admit("university", claims).user_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=log_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    person = User.objects.get()
    assert made == [person.pk] * 4
    assert SocialAccount.objects.count() == 1


# -- withdrawn access ----------------------------------------------------------------------------


def test_deprovisioned_person_is_refused(provider):
    provider.sign_in(Client())
    User.objects.update(is_active=False)
    client = Client()
    response = provider.sign_in(client)
    assert (response.status_code, refusal_on(response)) == (403, "inactive")
    assert signed_in_person(client) is None


def test_session_of_a_deprovisioned_person_ends(client, provider):
    provider.sign_in(client)
    assert client.get("/accounts/logout/").wsgi_request.user.is_authenticated
    User.objects.update(is_active=False)
    assert not client.get("/accounts/logout/").wsgi_request.user.is_authenticated
