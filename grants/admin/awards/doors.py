"""How a request reaches a page of the awards desk: its person, its award, and the page's frame.

`admin_view` alone lets any staff in: everybody but the International Office gets 403 whatever is
asked for. Nobody works on the own award: it is not there for them (404).
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from applications import access
from grants import awards
from grants.models import GrantAward
from grants.texts import refusal_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseRedirect
    from django.http.response import HttpResponseBase

    from applications.admin.doors import View
    from applications.models import Nomination, User
    from grants.errors import AwardRefused

# What a page or a list reads of an award beside it.
BESIDE = (
    "current__project",
    "current__made_by",
    "current__proposed_by",
    "approved__project",
    "nomination__application__student",
    "nomination__application__call__programme",
    "nomination__placement__host__agreement__host",
    "nomination__placement__host__call",
)


def awards_for(user: User) -> QuerySet[GrantAward]:
    """Return the awards this person works on: all but the own ones."""
    return GrantAward.objects.exclude(nomination__application__student=user)


def nominations_for(user: User) -> QuerySet[Nomination]:
    """Return the nominations without an award this person may award: all but the own ones."""
    return awards.nominations_to_award(user).exclude(application__student=user)


def for_office(view: View) -> View:
    """Let the International Office in, and hand the view its person."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
        user = request.user
        if not access.known(user) or not access.can_see_grants(user):
            raise PermissionDenied
        return view(request, user, *args, **kwargs)

    return guarded


def for_award(*, acts: bool = False) -> Callable[[View], View]:
    """Hand the view its person and its award.

    A view that `acts` is for POST alone; whoever comes by another way (a reload, another language)
    is led to the page of the award.
    """

    def wrap(view: View) -> View:
        @for_office
        @wraps(view)
        def guarded(request: HttpRequest, user: User, pk: int) -> HttpResponseBase:
            award = awards_for(user).select_related(*BESIDE).filter(pk=pk).first()
            if award is None:
                raise Http404
            if acts and request.method != "POST":
                return to_award(award)
            return view(request, user, award)

        return guarded

    return wrap


def for_nomination(view: View) -> View:
    """Hand the view its person and a nomination that has no award yet."""

    @for_office
    @wraps(view)
    def guarded(request: HttpRequest, user: User, nomination: UUID) -> HttpResponseBase:
        found = nominations_for(user).filter(pk=nomination).first()
        if found is not None:
            return view(request, user, found)
        award = awards_for(user).filter(nomination=nomination, cancelled_at=None).first()
        if award is None:
            raise Http404
        return to_award(award)

    return guarded


def to_award(award: GrantAward, at: str = "") -> HttpResponseRedirect:
    response = redirect("admin:grants_grantaward_award", award.pk)
    if at:
        response["Location"] += f"#{at}"
    return response


def sentence(refused: AwardRefused, nomination: Nomination) -> str:
    """Return why an award of this nomination was refused."""
    return refusal_text(refused, awards.host_of(nomination).country.name)


def page(
    request: HttpRequest,
    template: str,
    title: str,
    *,
    status: int = 200,
    **context: Any,  # noqa: ANN401 - the template's own
) -> TemplateResponse:
    return TemplateResponse(
        request,
        f"admin/grants/grantaward/{template}.html",
        {**admin.site.each_context(request), "title": title, "page_name": template, **context},
        status=status,
    )
