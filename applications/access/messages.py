"""The mails a person got: nobody reads another's, whatever their role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import DateTimeField, QuerySet
from django.http import Http404

from applications.access.tables import known
from applications.models import OutgoingMail
from partners.prepared import Given, Prepared

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from applications.models import User
    from partners.prepared import Asked

MESSAGES_A_PAGE = 20


def messages_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[OutgoingMail]:
    """All mails to this person, newest first; nobody reads another's, whatever their role."""
    if not known(user):
        return OutgoingMail.objects.none()
    return _mails_to(user)


def _mails_to(person: User | Given) -> QuerySet[OutgoingMail]:
    return OutgoingMail.objects.filter(person=person).order_by("-created_at", "-pk")


def first_messages_of(user: AbstractBaseUser | AnonymousUser) -> list[OutgoingMail]:
    """Return what these begin with, without their texts: one more than stands on a page."""
    return _FIRST_MESSAGES(person=user.pk) if known(user) else []


_FIRST_MESSAGES = Prepared(
    lambda: (
        _mails_to(Given("person"))
        .defer("body")
        .select_related("application__call")[: MESSAGES_A_PAGE + 1]
    )
)


def newest_messages_of(user: User, since: datetime) -> Asked[OutgoingMail]:
    """Ask for the newest of these, without their texts."""
    return _NEWEST_MESSAGES.asked(person=user.pk, since=since)


_NEWEST_MESSAGES = Prepared(
    lambda: (
        _mails_to(Given("person"))
        .filter(created_at__gte=Given("since", DateTimeField()))
        .defer("body")[:20]
    )
)


def message_for(user: AbstractBaseUser | AnonymousUser, pk: int) -> OutgoingMail:
    """Return one mail to this person. Raises Http404 for everybody else."""
    found = _MESSAGE(person=user.pk, pk=pk) if known(user) else []
    if not found:
        raise Http404
    return found[0]


_MESSAGE = Prepared(
    lambda: _mails_to(Given("person")).filter(pk=Given("pk")).select_related("application__call")
)
