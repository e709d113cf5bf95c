"""Access taken away: by the command, from a list, and by the office in the admin."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from applications.models import Application, CalendarFeed, RoleGrant, User
from applications.models.people import Role
from tests import factories
from tests.exchange_portal.fake_provider import refusal_on, signed_in_person

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/applications/user/"


def last_days() -> list[date | None]:
    return list(RoleGrant.objects.order_by("pk").values_list("valid_until", flat=True))


def test_withdrawn_person_is_out_everywhere_and_others_are_not(signed_in, at, capsys):
    today = at("2026-11-26 12:00").date()
    gone, other = factories.CoordinatorFactory.create(), factories.CoordinatorFactory.create()
    factories.RoleGrantFactory.create(
        login_id=gone.username, role=Role.OFFICE, valid_from=today + timedelta(days=9)
    )
    factories.RoleGrantFactory.create(
        login_id=gone.username, role=Role.ADMINISTRATOR, valid_until=date(2025, 1, 1)
    )
    for person in (gone, other):
        factories.CalendarFeedFactory.create(user=person)
    clients = [signed_in(person) for person in (gone, gone, other)]

    call_command("withdraw_access", gone.username.upper())

    assert capsys.readouterr().out == (
        "Access withdrawn: 1 people, 2 roles, 2 sessions; not known here: 0.\n"
    )
    assert [signed_in_person(client) for client in clients] == [None, None, other.username]
    assert last_days() == [today - timedelta(days=1), None, date(2025, 1, 1)]
    assert list(CalendarFeed.objects.values_list("user", flat=True)) == [other.pk]
    assert list(User.objects.filter(is_active=False)) == [gone]

    call_command("withdraw_access", gone.username)
    assert capsys.readouterr().out == (
        "Access withdrawn: 0 people, 0 roles, 0 sessions; not known here: 0.\n"
    )


def test_withdrawn_person_can_sign_in_again_after_it_was_given_back(client, provider, capsys):
    provider.sign_in(client)
    call_command("withdraw_access", "brandlea")
    assert refusal_on(provider.sign_in(client)) == "inactive"

    call_command("withdraw_access", "brandlea", "--give-back")
    assert capsys.readouterr().out.splitlines()[1] == "Access given back to 1 people."
    provider.sign_in(client)
    assert signed_in_person(client) == "brandlea"


def test_erased_person_gets_nothing_back():
    person = factories.UserFactory.create(is_active=False, erased_at=timezone.now())
    call_command("withdraw_access", person.username, "--give-back")
    assert not User.objects.get().is_active


def test_list_of_leavers_passes_over_whom_the_portal_does_not_know(tmp_path, capsys):
    student = factories.StudentFactory.create()
    factories.RoleGrantFactory.create(login_id="neverhere")
    leavers = tmp_path / "leavers.txt"
    leavers.write_text(f"\ufeff{student.username}\r\n\r\nneverhere\nsomebodyelse\n")

    call_command("withdraw_access", "--file", str(leavers))

    assert capsys.readouterr().out == (
        "Access withdrawn: 1 people, 1 roles, 0 sessions; not known here: 1.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "listed", "sentence"),
    [
        ([], None, "Name login IDs, or a --file of them."),
        (["nobodyhere", "student1"], None, "Not known here: nobodyhere."),
        (["student1", "two words"], None, "'two words' is no login ID."),
        (["student1", "--file", "leavers"], "student1\na;b\n", "Line 2 of leavers is no login ID."),
        (["--file", "missing"], None, "missing can't be read as text."),
    ],
)
def test_wrong_list_changes_nothing(tmp_path, monkeypatch, arguments, listed, sentence):
    factories.StudentFactory.create(username="student1")
    monkeypatch.chdir(tmp_path)
    if listed is not None:
        (tmp_path / "leavers").write_text(listed)
    with pytest.raises(CommandError, match=rf"^{sentence}$") as caught:
        call_command("withdraw_access", *arguments)
    assert caught.value.returncode == 2
    assert User.objects.get().is_active


# -- in the admin --------------------------------------------------------------------------------


def chosen(*people: User, **more: str) -> dict[str, object]:
    return {"action": "withdraw_access", "_selected_action": [one.pk for one in people], **more}


@pytest.mark.parametrize("role", [factories.OfficeFactory, factories.AdministratorFactory])
def test_office_and_administrator_withdraw_access_on_the_second_yes(signed_in, student, role):
    client = signed_in(role.create())
    application = factories.ApplicationFactory.create(student=student)
    signed_in(student)

    page = client.post(PEOPLE, chosen(student))
    assert page.status_code == 200
    assert "This person loses the access to the portal at once:" in page.content.decode()
    assert User.objects.get(pk=student.pk).is_active

    page = client.post(PEOPLE, chosen(student, confirmed="yes"), follow=True)
    assert "1 person has no access any more." in page.content.decode()
    assert not User.objects.get(pk=student.pk).is_active
    assert Session.objects.count() == 1
    assert Application.objects.get() == application

    page = client.post(PEOPLE, chosen(student) | {"action": "give_access_back"}, follow=True)
    assert "1 person can sign in again." in page.content.decode()
    assert User.objects.get(pk=student.pk).is_active


def test_nobody_withdraws_the_own_access(office_client, office, student):
    page = office_client.post(PEOPLE, chosen(office, student, confirmed="yes"), follow=True)
    assert "You can&#x27;t withdraw your own access." in page.content.decode()
    assert User.objects.filter(is_active=False).count() == 0


def test_coordinator_withdraws_nobodys_access(coordinator_client, student):
    assert coordinator_client.post(PEOPLE, chosen(student, confirmed="yes")).status_code == 403
    assert User.objects.get(pk=student.pk).is_active
