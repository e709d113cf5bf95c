"""Whoever may no longer be here is told so with the next request, and the session ends."""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from django.contrib.auth import SESSION_KEY, logout
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from applications import texts
from applications.models import RoleGrant, User
from exchange_portal.claims import Refusal
from exchange_portal.login.admitting import why_not_admitted
from exchange_portal.login.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from django.http import HttpRequest, HttpResponse, HttpResponseBase

logger = logging.getLogger(__name__)


class StillAdmitted:
    """Asks on every page behind the login what the login asked: active, and one of us.

    A withdrawn access, an affiliation lost at another login, a role that ended overnight: none
    of them waits for the session to end.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        if not getattr(view, "login_required", True):
            return None
        refusal = _refusal(request)
        if refusal is None:
            return None
        logger.info("session ended: %s", refusal.value)
        logout(request)
        return refused(request, refusal, was_signed_in=True)


def _refusal(request: HttpRequest) -> Refusal | None:
    user = request.user
    if not isinstance(user, User):
        # The backends give out nobody who is inactive; the session still says that it was one.
        return Refusal.INACTIVE if SESSION_KEY in request.session else None
    return None if user.belongs_to_university else why_not_admitted([user.username])


def staff_only(login: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let staff alone into the admin, by the university's login; say when a role has ended."""
    secured: Callable[..., HttpResponseBase] = secure_admin_login(login)

    @wraps(login)
    def admin_login(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - passed through
        user = request.user
        if isinstance(user, User) and not user.is_staff and (day := _last_day(user.username)):
            raise PermissionDenied(
                _("Your role in this portal has ended; its last day was %(day)s.")
                % {"day": texts.day(day)}
            )
        return secured(request, *args, **kwargs)

    return admin_login


def _last_day(login_id: str) -> date | None:
    ended = RoleGrant.objects.filter(login_id=login_id, valid_until__lt=timezone.localdate())
    return ended.order_by("-valid_until").values_list("valid_until", flat=True).first()
