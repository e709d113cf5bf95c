"""Mails as rows: written in the transaction that causes them, sent later by a task.

The text of each event stands in templates/emails/<event>.txt, its first line is the subject.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from enum import StrEnum
from itertools import islice
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from applications.models import Application, OutgoingMail, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from django.core.mail.backends.base import BaseEmailBackend
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

SUBJECT_LENGTH = 200
ERROR_LENGTH = 500
# As many letters are in memory at a time.
WRITTEN_AT_ONCE = 500
# One minute, two, four ...: after ten attempts (about 17 hours) a person has to look.
FIRST_WAIT = timedelta(minutes=1)
MOST_ATTEMPTS = 10


class Event(StrEnum):
    """What a mail can be about; the value names its template."""

    RECEIPT = "receipt"
    REMINDER = "reminder"
    UNSENT = "unsent"
    LAPSED = "lapsed"
    CONCESSION = "concession"
    INELIGIBLE = "ineligible"
    OFFER = "offer"
    BETTER_OFFER = "better_offer"
    BETTER_LAPSED = "better_lapsed"
    SECOND_ROUND = "second_round"
    RESULT = "result"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NOMINATED = "nominated"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    CORRECTED = "corrected"
    NOMINATIONS_NEWS = "nominations_news"
    REINSTATED = "reinstated"
    REVIEW_DONE = "review_done"
    OFFER_REMINDER = "offer_reminder"
    DIGEST = "digest"
    GRANT_APPROVED = "grant_approved"
    GRANT_CHANGED = "grant_changed"
    GRANT_CANCELLED = "grant_cancelled"
    GRANT_PAID = "grant_paid"
    ERASED = "erased"


def render(
    event: Event,
    person: User,
    *,
    application: Application | None = None,
    **params: Any,  # noqa: ANN401 - the template's own values
) -> OutgoingMail:
    """Return the unsaved mail in the person's language. `params` are the template's values.

    Mails to students are about an application, and listed with it; those to staff are about none.
    """
    values = {"person": person, "application": application, **params}
    with translation.override(person.language):
        text = render_to_string(f"emails/{event.value}.txt", values)
    subject, _separator, body = text.strip().partition("\n")
    return OutgoingMail(
        person=person,
        application=application,
        recipient=person.email,
        language=person.language,
        # One line whatever stands in it: a subject with a line break would be another header.
        subject=" ".join(subject.split())[:SUBJECT_LENGTH],
        body=body.strip() + "\n",
    )


def queue(
    event: Event,
    person: User,
    *,
    application: Application,
    key: str,
    **params: Any,  # noqa: ANN401 - as above
) -> None:
    """Write one mail to be sent. A second one for the same cause (`key`) is not written."""
    mail = render(event, person, application=application, **params)
    mail.key = key
    queue_all([mail])


def queue_all(mails: Iterable[OutgoingMail]) -> None:
    """Write many mails, 500 at a time; those whose cause has mailed before are left out."""
    rest = iter(mails)
    while letters := list(islice(rest, WRITTEN_AT_ONCE)):
        OutgoingMail.objects.bulk_create(letters, ignore_conflicts=True)


def send_due(clock: Callable[[], datetime], *, most: int = 500) -> int:
    """Send the mails that are due, one by one over one connection; return how many went out.

    Each is leased before it is sent, so that two senders never take the same one; one that fails
    (a refused or impossible address) keeps its error and waits longer before the next attempt.
    While the server can't be reached nothing is leased: no mail uses up its attempts by that.
    Should the process die between sending and writing that down, the mail goes out again with
    the same Message-ID.
    """
    sent = 0
    connection = get_connection()
    try:
        while sent < most and _due(clock()).exists():
            connection.open()
            mail = _lease_one(clock())
            if mail is None:
                break
            try:
                _send(mail, connection)
            except (OSError, SMTPException, ValueError) as error:
                logger.warning("mail %s was not sent: %s", mail.pk, type(error).__name__)
                mail.error = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
                mail.save(update_fields=["error"])
                # Whatever the conversation was in, the next mail begins a new one.
                connection.close()
            else:
                mail.sent_at, mail.error = clock(), ""
                mail.save(update_fields=["sent_at", "error"])
                sent += 1
    except OSError as error:
        logger.warning("the mail server can't be reached: %s", type(error).__name__)
    finally:
        connection.close()
    return sent


def waiting(now: datetime, *, longer_than: timedelta) -> QuerySet[OutgoingMail]:
    """Return the mails that should have gone out so long ago, and that nobody has tried since.

    One that a server refused is not among them: it waits for its next attempt.
    """
    return _due(now - longer_than)


def was_given_up(mail: OutgoingMail) -> bool:
    """Tell whether the mail has used up its attempts and stays until a person looks."""
    return mail.sent_at is None and mail.attempts >= MOST_ATTEMPTS


def unsent() -> QuerySet[OutgoingMail]:
    """Return the mails that are still to go out, due or not."""
    return OutgoingMail.objects.filter(sent_at=None, attempts__lt=MOST_ATTEMPTS)


def given_up() -> QuerySet[OutgoingMail]:
    """Return the mails a person has to look at: `was_given_up`."""
    return OutgoingMail.objects.filter(sent_at=None, attempts__gte=MOST_ATTEMPTS)


def _due(now: datetime) -> QuerySet[OutgoingMail]:
    return unsent().filter(due_at__lte=now)


def _lease_one(now: datetime) -> OutgoingMail | None:
    with transaction.atomic():
        mail = (
            _due(now)
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("person")
            .order_by("due_at", "pk")
            .first()
        )
        if mail is not None:
            mail.attempts += 1
            mail.due_at = now + FIRST_WAIT * 2 ** (mail.attempts - 1)
            mail.save(update_fields=["attempts", "due_at"])
        return mail


class NoAddressError(ValueError):
    """The person had no address when the mail was written and has none now."""


def _send(mail: OutgoingMail, connection: BaseEmailBackend) -> None:
    if not mail.recipient:
        # The login gave none then; it may have brought one since.
        mail.recipient = mail.person.email
        mail.save(update_fields=["recipient"])
    if not mail.recipient:
        raise NoAddressError("no address yet")
    _message(mail, connection).send()


def _message(mail: OutgoingMail, connection: BaseEmailBackend) -> EmailMessage:
    digest = hashlib.sha256(mail.key.encode()).hexdigest()[:32]
    domain = settings.DEFAULT_FROM_EMAIL.rstrip(">").rpartition("@")[2]
    return EmailMessage(
        subject=mail.subject,
        body=mail.body,
        to=[mail.recipient],
        connection=connection,
        headers={"Message-ID": f"<{digest}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
