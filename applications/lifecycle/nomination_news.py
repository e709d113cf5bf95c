"""What the International Office is told about nominations: one mail for each action."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import timezone

from applications import access, mails

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from applications.models import Call, Nomination, User


class News(StrEnum):
    """What happened to the nominations; each has its sentence in emails/nominations_news.txt."""

    NOMINATED = "nominated"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    CORRECTED = "corrected"


# Decided on for the faculty by somebody else: its coordinators have to know that a seat is free.
OF_THE_FACULTY = frozenset({News.REJECTED, News.CANCELLED})


def tell_staff(
    call: Call,
    news: News,
    nominations: Sequence[Nomination],
    *,
    by: User,
    now: datetime,
    reason: str = "",
    cause: object = "",
) -> None:
    """Queue one mail to everybody of the office but who acted.

    The coordinators get it too where the office ended a nomination. `cause` tells apart what may
    happen to one nomination several times.
    """
    if not nominations:
        return
    today = timezone.localdate(now)
    readers = {person.pk: person for person in access.office_people(today)}
    if news in OF_THE_FACULTY:
        coordinators = {person.pk: person for person in access.coordinators_of(call, today)}
        if by.pk not in coordinators:
            readers |= coordinators
    readers.pop(by.pk, None)
    about = f"{call.pk}:{news}:{nominations[0].pk}:{cause}"
    letters = []
    for person in readers.values():
        letter = mails.render(
            mails.Event.NOMINATIONS_NEWS,
            person,
            call=call,
            news=news.value,
            nominations=nominations,
            count=len(nominations),
            actor=by,
            reason=reason,
        )
        letter.key = f"{mails.Event.NOMINATIONS_NEWS}:{about}:{person.pk}"
        letters.append(letter)
    mails.queue_all(letters)
