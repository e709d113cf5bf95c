"""The command that gives the first roles."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from applications.models import RoleGrant
from applications.models.people import Role
from tests import factories

pytestmark = pytest.mark.django_db


def grants() -> list[tuple[object, ...]]:
    return list(
        RoleGrant.objects.values_list("login_id", "role", "faculty__key", "valid_until").order_by(
            "pk"
        )
    )


@pytest.mark.parametrize("role", [Role.OFFICE, Role.ADMINISTRATOR])
def test_grant_role_gives_a_role_before_the_first_login(capsys, role):
    call_command("grant_role", "KleinSop", role.value)
    assert grants() == [("kleinsop", role.value, None, None)]
    assert capsys.readouterr().out == f"kleinsop is now {role.value}, without end.\n"
    person = factories.UserFactory.create(username="kleinsop")
    assert person.roles == {role}


def test_grant_role_gives_a_coordinator_one_faculty(faculty):
    call_command("grant_role", "weberann", "coordinator", "--faculty", "economics")
    person = factories.UserFactory.create(username="weberann")
    assert person.faculty_ids == {faculty.pk}


def test_grant_role_said_twice_changes_the_last_day(capsys):
    until = timezone.localdate() + timedelta(days=30)
    call_command("grant_role", "kleinsop", "office")
    call_command("grant_role", "kleinsop", "office", "--until", until.isoformat())
    assert grants() == [("kleinsop", "office", None, until)]
    assert capsys.readouterr().out.splitlines()[1] == (
        f"kleinsop was already office, until {until}."
    )


def test_grant_role_until_today_still_counts_today():
    call_command("grant_role", "kleinsop", "office", until=timezone.localdate())
    assert factories.UserFactory.create(username="kleinsop").roles == {Role.OFFICE}


@pytest.mark.usefixtures("faculty")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["weberann", "coordinator"], "A coordinator needs a --faculty KEY."),
        (
            ["weberann", "coordinator", "--faculty", "law"],
            "No faculty 'law'. Known: economics, sowi, wiwi.",
        ),
        (["kleinsop", "office", "--faculty", "economics"], "Only a coordinator has a --faculty."),
        (["kleinsop", "office", "--until", "2020-01-01"], "--until 2020-01-01 lies in the past."),
        (
            ["kleinsop", "office", "--until", "soon"],
            "Error: argument --until: 'soon' is no date such as 2027-09-30.",
        ),
        (["klein sop", "office"], "Error: argument LOGIN_ID: 'klein sop' is no login ID."),
    ],
)
def test_grant_role_refuses_bad_input_and_writes_nothing(arguments, sentence):
    with pytest.raises(CommandError) as caught:
        call_command("grant_role", *arguments)
    assert str(caught.value) == sentence
    assert grants() == []
    if not sentence.startswith("Error:"):
        assert caught.value.returncode == 2


def test_grant_role_refuses_a_role_that_does_not_exist():
    with pytest.raises(CommandError, match="invalid choice: 'dean'"):
        call_command("grant_role", "kleinsop", "dean", until=date(2099, 1, 1))
    assert grants() == []
