"""Mails as rows: written in the transaction that causes them, sent later by a task.

The text of each event stands in templates/emails/<event>.txt, its first line is the subject.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils import translation

from applications.models import OutgoingMail, User

if TYPE_CHECKING:
    from collections.abc import Iterable

SUBJECT_LENGTH = 200


class Event(StrEnum):
    """What a mail can be about; the value names its template."""

    RECEIPT = "receipt"
    REMINDER = "reminder"
    LAPSED = "lapsed"
    CONCESSION = "concession"
    INELIGIBLE = "ineligible"
    OFFER = "offer"
    RESULT = "result"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NOMINATED = "nominated"


def render(event: Event, person: User, **params: Any) -> OutgoingMail:  # noqa: ANN401 - the template's own values
    """Return the unsaved mail in the person's language. `params` are the template's values."""
    with translation.override(person.language):
        text = render_to_string(f"emails/{event.value}.txt", {"person": person, **params})
    subject, _separator, body = text.strip().partition("\n")
    return OutgoingMail(
        person=person,
        recipient=person.email,
        language=person.language,
        # One line whatever stands in it: a subject with a line break would be another header.
        subject=" ".join(subject.split())[:SUBJECT_LENGTH],
        body=body.strip() + "\n",
    )


def queue(event: Event, person: User, *, key: str, **params: Any) -> None:  # noqa: ANN401 - as above
    """Write one mail to be sent. A second one for the same cause (`key`) is not written."""
    mail = render(event, person, **params)
    mail.key = key
    queue_all([mail])


def queue_all(mails: Iterable[OutgoingMail]) -> None:
    """Write many mails at once; those whose cause has mailed before are left out."""
    OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True, batch_size=500)
