"""Nobody gives themselves a role, nor more of one."""

from __future__ import annotations

import pytest
from django.urls import reverse

from applications.models import RoleGrant
from tests import factories

pytestmark = pytest.mark.django_db

ADD = reverse("admin:applications_rolegrant_add")
SENTENCE = "Nobody gives themselves a role"


def change(grant) -> str:
    return reverse("admin:applications_rolegrant_change", args=[grant.pk])


def typed(**other) -> dict[str, object]:
    return {"role": "office", "valid_from": "2026-11-01"} | other


def roles() -> set[tuple[object, ...]]:
    return set(RoleGrant.objects.values_list("login_id", "role", "faculty", "valid_until"))


@pytest.mark.parametrize("role", ["office", "administrator"])
def test_nobody_changes_the_own_roles_but_ends_them(signed_in, faculty, role):
    maker = {"office": factories.OfficeFactory, "administrator": factories.AdministratorFactory}
    person = maker[role].create()
    client = signed_in(person)
    own = RoleGrant.objects.get(login_id=person.username)
    others = factories.RoleGrantFactory.create(login_id="colleague", role="office")
    before = roles()

    for address, sent in (
        (ADD, typed(login_id=f" {person.username.upper()} ", role="office")),
        (ADD, typed(login_id=person.username, role="coordinator", faculty=faculty.pk)),
        (change(own), typed(login_id=person.username, role=role, valid_until="2030-01-31")),
        (change(own), typed(login_id="someone-else", role=role)),
        (change(others), typed(login_id=person.username)),
    ):
        answer = client.post(address, sent)
        assert (answer.status_code, SENTENCE in answer.content.decode()) == (200, True)
    assert roles() == before

    assert client.post(ADD, typed(login_id="newcomer")).status_code == 302
    assert client.post(change(others), typed(login_id="colleague", role="administrator"))
    deleted = reverse("admin:applications_rolegrant_delete", args=[own.pk])
    assert client.post(deleted, {"post": "yes"}).status_code == 302
    assert roles() == {
        ("newcomer", "office", None, None),
        ("colleague", "administrator", None, None),
    }
