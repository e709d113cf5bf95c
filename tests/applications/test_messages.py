"""The mails of a person, read in the portal: their own, all of them, as they went out."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications import lifecycle, mails
from applications.models import OutgoingMail
from tests import factories
from tests.applications.rounds import published_call
from tests.conftest import berlin

pytestmark = pytest.mark.django_db

LIST = reverse("applications:messages")


@pytest.fixture
def own(student):
    return factories.ApplicationFactory.create(student=student)


def subjects(response) -> list[str]:
    return [message.mail.subject for message in response.context["messages_shown"]]


def address(mail) -> str:
    return reverse("applications:message", args=[mail.pk])


def test_list_holds_ones_own_mails_newest_first(student_client, own, coordinator):
    now = timezone.now()
    for subject, days in (("Middle", 2), ("Newest", 1), ("Oldest", 3)):
        factories.OutgoingMailFactory.create(
            application=own, subject=subject, created_at=now - timedelta(days=days)
        )
    factories.OutgoingMailFactory.create(subject="Somebody else's")
    factories.OutgoingMailFactory.create(application=own, person=coordinator, subject="To staff")

    assert subjects(student_client.get(LIST)) == ["Newest", "Middle", "Oldest"]


def test_staff_see_only_what_was_written_to_them(own, coordinator, coordinator_client):
    theirs = factories.OutgoingMailFactory.create(application=own)
    mine = factories.OutgoingMailFactory.create(application=own, person=coordinator)

    assert subjects(coordinator_client.get(LIST)) == [mine.subject]
    assert coordinator_client.get(address(mine)).status_code == 200
    assert coordinator_client.get(address(theirs)).status_code == 404


@pytest.mark.parametrize("who", ["other_student", "coordinator", "foreign_coordinator", "office"])
def test_mail_of_somebody_else_does_not_exist(request, own, who):
    mail = factories.OutgoingMailFactory.create(application=own)
    client = request.getfixturevalue(f"{who}_client")

    assert client.get(address(mail)).status_code == 404
    assert client.get(f"{LIST}?application={own.code}").status_code == 404


def test_list_of_an_application_holds_only_its_mails(student, student_client, own):
    another = factories.ApplicationFactory.create(student=student)
    factories.OutgoingMailFactory.create(application=another, subject="About another")
    factories.OutgoingMailFactory.create(application=own, subject="About this")

    assert subjects(student_client.get(f"{LIST}?application={own.code}")) == ["About this"]
    status = student_client.get(reverse("applications:application", args=[own.code]))
    assert f'href="{LIST}?application={own.code}"' in status.text


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"sent": True}, "Sent"),
        ({"sent": False}, "Waiting to be sent"),
        ({"sent": False, "attempts": mails.MOST_ATTEMPTS - 1, "error": "x"}, "Waiting to be sent"),
        ({"sent": False, "attempts": mails.MOST_ATTEMPTS, "error": "x"}, "Could not be sent"),
    ],
)
def test_state_of_a_mail_is_said_in_words(student_client, own, fields, state):
    mail = factories.OutgoingMailFactory.create(application=own, **fields)

    assert [row.state for row in student_client.get(LIST).context["messages_shown"]] == [state]
    assert student_client.get(address(mail)).context["message"].state == state


def test_mail_is_shown_as_it_went_out(student_client, own):
    mail = factories.OutgoingMailFactory.create(
        application=own,
        subject="Zugesagt: <Oulu>",
        body="Guten Tag,\n\nZeile <b>eins</b>\nZeile zwei\n",
        language="de",
        error="SMTPServerDisconnected: mail.internal",
        created_at=berlin("2027-01-10 23:59"),
    )

    text = student_client.get(address(mail)).text

    assert '<h1 lang="de">Zugesagt: &lt;Oulu&gt;</h1>' in text
    assert "<p>Zeile &lt;b&gt;eins&lt;/b&gt;<br>Zeile zwei</p>" in text
    assert "10 January 2027, 23:59 CET" in text
    assert "mail.internal" not in text


def test_mail_to_staff_is_about_no_application(coordinator, coordinator_client):
    call = factories.CallFactory.create()
    letter = mails.render(
        mails.Event.REVIEW_DONE, coordinator, call=call, reviewed=3, blocking=1, failed=0
    )
    letter.key = "review_done:1:1"
    letter.save()

    assert subjects(coordinator_client.get(LIST)) == [letter.subject]
    text = coordinator_client.get(address(letter)).text
    assert (letter.subject in text, "/applications/" in text) == (True, False)


def test_list_is_paged(student_client, own):
    made = factories.OutgoingMailFactory.create_batch(21, application=own)

    first, second = (student_client.get(f"{LIST}?page={page}") for page in (1, 2))

    assert subjects(first) == [mail.subject for mail in reversed(made[1:])]
    assert subjects(second) == [made[0].subject]
    assert "Page 1 of 2" in first.text


def test_list_without_mails_says_what_will_come(student_client):
    assert "No message yet" in student_client.get(LIST).text


def test_list_asks_the_database_as_often_for_three_as_for_one(student, student_client, own):
    def count(address) -> int:
        with CaptureQueriesContext(connection) as queries:
            student_client.get(address)
        return len(queries)

    mail = factories.OutgoingMailFactory.create(application=own)
    one = count(LIST)
    for _ in range(2):
        factories.OutgoingMailFactory.create(application__student=student)

    # session, person with roles, mails
    assert (one, count(LIST)) == (3, 3)
    # session, person, mail, roles
    assert count(address(mail)) == 3


# -- which application a mail is about -------------------------------------------------------------


def test_mails_know_their_application_also_those_written_before(coordinator):
    call = published_call([[0], [0]], seats=[1], points=["9", "5"], coordinator=coordinator)
    placed, waiting = call.applications.order_by("code")
    now = timezone.now()
    lifecycle.accept_offer(placed, by=placed.student, now=now)
    nomination = lifecycle.nominate(placed, by=coordinator, now=now, enrolment_confirmed=True)
    lifecycle.cancel_nomination(nomination, by=coordinator, now=now, reason="Too far.")
    lifecycle.withdraw(waiting, by=waiting.student, now=now)
    concession = factories.ConcessionFactory.create(application=waiting)
    factories.OutgoingMailFactory.create(application=waiting, key=f"concession:{concession.pk}")
    stray = factories.OutgoingMailFactory.create(application=waiting, key="offer:999999999")
    about = {mail.key: mail.application for mail in OutgoingMail.objects.exclude(pk=stray.pk)}
    assert {key.partition(":")[0] for key in about} == {
        "offer",
        "result",
        "accepted",
        "nominated",
        "cancelled",
        "withdrawn",
        "concession",
    }
    OutgoingMail.objects.update(application=None)

    migration = import_module("applications.migrations.0008_mail_of_an_application")
    with connection.cursor() as cursor:
        cursor.execute(migration.BY_CODE)
        for table, events in migration.ROWS.items():
            cursor.execute(migration.BY_ROW.format(table=table, events=events))

    assert {mail.key: mail.application for mail in OutgoingMail.objects.all()} == {
        **about,
        stray.key: None,
    }
