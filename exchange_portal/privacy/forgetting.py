"""A person is forgotten: the row stays where others point to it, and says nothing any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import ProtectedError

from applications.models import CalendarFeed, ErasureRequest, OutgoingMail, RoleGrant, User
from exchange_portal.privacy.anonymising import erased_name
from exchange_portal.privacy.door import forget_log, histories, rows_of

if TYPE_CHECKING:
    from datetime import datetime


def forget_person(person: User, *, now: datetime) -> None:
    """Blank a person's row and remove all that hangs on it; stand behind the guards for it.

    Applications are no part of it: they lose their person before.
    """
    roles = RoleGrant.objects.filter(login_id=person.username)
    forget_log(RoleGrant, list(roles.values_list("pk", flat=True)))
    rows_of(histories()[User]).filter(pgh_obj=person.pk).delete()
    rows_of(histories()[RoleGrant]).filter(login_id=person.username).delete()
    roles.delete()
    requests = ErasureRequest.objects.filter(student=person)
    forget_log(ErasureRequest, list(requests.values_list("pk", flat=True)))
    requests.update(note="")
    forget_log(User, [person.pk])
    CalendarFeed.objects.filter(user=person).delete()
    EmailAddress.objects.filter(user=person).delete()
    SocialAccount.objects.filter(user=person).delete()
    OutgoingMail.objects.filter(person=person).delete()
    User.objects.filter(pk=person.pk).update(
        username=erased_name(),
        password=make_password(None),
        given_names="",
        family_name="",
        email="",
        matriculation_number="",
        esi="",
        affiliations=[],
        is_active=False,
        last_login=None,
        date_joined=now,
        erased_at=now,
    )


def remove_if_unused(person: User) -> None:
    """Delete the row of a forgotten person, unless something still has to name somebody."""
    try:
        with transaction.atomic():
            User.objects.get(pk=person.pk).delete()
    except ProtectedError:
        return  # such as who approved a grant, or who looked at whose file
