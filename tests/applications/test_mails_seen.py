"""A mail tells of people in its text: its own page is a look at them, a list of subjects is not."""

from __future__ import annotations

import pytest
from django.urls import reverse

from applications.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db


def test_own_mails_are_a_look_at_nobody_until_one_is_read(office_client, office):
    named = factories.ApplicationFactory.create()
    mail = factories.OutgoingMailFactory.create(
        application=None, person=office, recipient=office.email, body=f"About {named.code}.\n"
    )

    office_client.get(reverse("home"))
    office_client.get(reverse("applications:messages"))
    assert not AuditEntry.objects.filter(students__len__gt=0).exists()
    office_client.get(reverse("applications:message", args=[mail.pk]))

    (entry,) = AuditEntry.objects.filter(place="applications:message")
    assert entry.students == [named.student_id]


def test_list_of_mails_names_those_they_went_to(office_client, office):
    named = factories.ApplicationFactory.create()
    mail = factories.OutgoingMailFactory.create()
    factories.OutgoingMailFactory.create(
        application=None, person=office, recipient=office.email, body=f"About {named.code}.\n"
    )

    answer = office_client.get(reverse("admin:applications_outgoingmail_changelist"))

    assert mail.subject in answer.content.decode()
    assert AuditEntry.objects.get().students == [mail.person_id]
