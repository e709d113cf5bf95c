"""Roles hang on a login id: who may give them, and that they go with the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from applications.access.tables import known
from applications.models import RoleGrant

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


def can_give_roles_to(user: AbstractBaseUser | AnonymousUser, login_id: str) -> bool:
    """Nobody gives, changes or lengthens a role of the own login id; asked besides `has_perm`."""
    return known(user) and login_id.strip().lower() != user.username


def take_roles_along(before: str, after: str) -> None:
    """Give the roles of a login id to the one the person has now: the old one may get an owner.

    What was given to the new login id already stands, and replaces the same role of the old one.
    """
    for grant in RoleGrant.objects.select_for_update().filter(login_id=before):
        same = RoleGrant.objects.filter(login_id=after, role=grant.role, faculty=grant.faculty)
        if same.exists():
            grant.delete()
        else:
            grant.login_id = after
            grant.save(update_fields=["login_id"])
