"""Who a session belongs to, found by one question that every page asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.auth_backends import AuthenticationBackend

from applications.models.people import signed_in

if TYPE_CHECKING:
    from applications.models import User


class SignedIn(AuthenticationBackend):  # type: ignore[misc]  # allauth is not typed
    """allauth's backend; the person comes with whether they have a role."""

    def get_user(self, user_id: int) -> User | None:
        """Return the person; None for whoever is inactive or gone."""
        person = signed_in(user_id)
        return person if person is not None and self.user_can_authenticate(person) else None
