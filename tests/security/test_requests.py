"""Forged fields, addresses, redirects and searches: refused or ignored, and never an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from applications import mails
from applications.models import Application, OutgoingMail, RoleGrant, User
from tests import factories
from tests.applications.filling_in import Window, complete_answers
from tests.security.test_every_address import body_of, signed_in
from tests.test_urls import ROLES, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://testserver@evil.example/",
    "/%0d%0aLocation:%20https://evil.example/",
)


@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize("way", ["language", "logout", "login", "admin"])
def test_next_leads_to_no_other_site(student_client, office_client, way, target):
    if way == "language":
        answer = student_client.post(
            reverse("set_language"), {"language": "de", "next": target}, headers={"referer": target}
        )
    elif way == "logout":
        answer = student_client.post(reverse("account_logout"), {"next": target})
    elif way == "login":
        answer = student_client.get(reverse("account_login"), {"next": target})
    else:
        answer = office_client.get(reverse("admin:login"), {"next": target})

    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "\r" not in location
    assert "\n" not in location


FORGED = {
    "state": "accepted",
    "student": "1",
    "student_id": "1",
    "call": "1",
    "code": "AAAAAAAAAAA",
    "score": "100",
    "points": "100",
    "submitted_at": "2020-01-01",
    "extended_until": "2099-01-01",
    "email": "somebody@example.org",
    "matriculation_number": "111111",
    "is_staff": "1",
    "is_superuser": "1",
    "role": "office",
    "anonymised_at": "2020-01-01",
}


@pytest.mark.parametrize("field", FORGED)
def test_field_nobody_asked_for_changes_nothing(student_client, student, field):
    application = factories.ApplicationFactory.create(student=student, call__hosts=2)
    factories.DegreeProgrammeFactory.create(faculty=application.call.programme.faculty)
    before = Application.objects.values("state", "student", "call", "code", "extended_until").get()
    answers = complete_answers(application)

    Window(student_client, application, "about").press(answers, **{field: FORGED[field]})

    after = Application.objects.values("state", "student", "call", "code", "extended_until").get()
    assert after == before
    stored = Application.objects.get().draft
    assert field not in stored
    assert stored["city"] == "Bochum"
    person = User.objects.get(pk=student.pk)
    assert (person.email, person.matriculation_number) == (
        student.email,
        student.matriculation_number,
    )
    assert not RoleGrant.objects.filter(login_id=student.username).exists()


QUERIES = (
    "' OR 1=1; DROP TABLE applications_application; --",
    "%_%\\",
    "*)(uid=*))(|(uid=*",
    "{{ settings.SECRET_KEY }}{% debug %}",
    "\udc80",  # half a character
    "student__password__startswith",
    "x" * 4000,
    "<script>alert(1)</script>",
    "9" * 40,  # no column takes it
    "../../etc/passwd",
)
PARAMETERS = ("q", "o", "p", "page", "state", "next", "application", "project", "call", "all")


@pytest.mark.parametrize("shift", [0, 5])
def test_hostile_query_is_only_a_question(people, round_of_two, shift, error_records):
    """At every list of the coordinator and the office: an answer, none of ours at fault.

    Each parameter gets another text on each page.
    """
    clients = {role: signed_in(people[role]) for role in ("coordinator", "office")}
    broken = []
    for place, (address, role) in enumerate(lists()):
        texts = (QUERIES[(place + shift + number) % 10] for number in range(10))
        query = {
            name: text.encode("utf-8", "surrogateescape")
            for name, text in zip(PARAMETERS, texts, strict=True)
        }
        answer = clients[role].get(address.format(**round_of_two), query)
        body = body_of(answer)
        if answer.status_code >= 500 or b"<script>alert(1)</script>" in body:
            broken.append((address, role, answer.status_code))

    assert broken == []
    assert error_records.messages == []


def lists() -> Iterator[tuple[str, str]]:
    """Yield each page the office or a coordinator reads, with who reads it."""
    for address, method, statuses in lines():
        for role in ("office", "coordinator"):
            if method == "GET" and "?" not in address and statuses[ROLES.index(role)] == 200:
                yield address, role
                break


@pytest.mark.parametrize("address", ["/messages/", "/partners/", "/admin/applications/call/"])
def test_nul_in_a_query_is_no_question(office_client, address):
    for name in PARAMETERS:
        assert office_client.get(address, {name: "a\x00b"}).status_code == 400


def test_lookup_through_a_filter_reads_nobodys_columns(office_client, error_records):
    """The administration's filters are those it names: no way to guess a value by letters."""
    factories.ApplicationFactory.create()
    for model, lookup in (
        ("applications_application", "student__email__startswith"),
        ("applications_user", "password__startswith"),
        ("applications_outgoingmail", "person__given_names__startswith"),
    ):
        answer = office_client.get(reverse(f"admin:{model}_changelist"), {lookup: "a"})
        assert answer.status_code in {302, 400, 403}
    error_records.clear()  # Django writes each of them down as suspicious


@pytest.mark.parametrize(
    ("name", "goes_out"),
    [("Ada\r\nBcc: all@example.org", False), ("Ada\nSubject: x", False), ("A\u2028B", True)],
)
def test_name_adds_no_line_to_a_mail(name, goes_out):
    """No login gives such a name; were it in a subject all the same, the mail would not go out."""
    person = factories.StudentFactory.create(given_names=name, family_name=name)
    row = OutgoingMail.objects.create(
        person=person,
        key="test",
        recipient=person.email,
        language="en",
        subject=f"Application of {name}",
        body=f"<script>{name}</script>",
    )

    mails.send_due(timezone.now)

    row.refresh_from_db()
    assert (row.sent_at is not None, len(mail.outbox)) == (goes_out, int(goes_out))
    assert bool(row.error) is not goes_out
    for message in mail.outbox:
        raw = message.message().as_bytes()
        head = raw.split(b"\n\n", 1)[0]
        assert b"\nBcc:" not in head
        assert head.count(b"\nSubject:") + head.startswith(b"Subject:") == 1
        # Plain text, whatever stands in it: nothing a mail program would run.
        assert message.message().get_content_type() == "text/plain"
        assert message.recipients() == [person.email]
