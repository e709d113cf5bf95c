"""How a request reaches a page of the desk: its person, its call, and the page's frame.

`admin_view` alone lets any staff in, so every page asks `access` for its call and its verb.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Model
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from applications import access, texts
from applications.admin import round_data
from applications.lifecycle import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import Call, User

    View = Callable[..., HttpResponseBase]
    Verb = Callable[[Any, Call], bool]

M = TypeVar("M", bound=Model)


def user_of(request: HttpRequest) -> User:
    """Return the signed-in person. Raises PermissionDenied for anybody else."""
    if not access.known(request.user):
        raise PermissionDenied
    return request.user


def row_of(rows: QuerySet[M], typed: str | None) -> M | None:
    """Return the row with the number that was sent, or None: what is sent may be anything."""
    number = typed or ""
    return rows.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None  # noqa: PLR2004 - digits of a bigint


def for_call(verb: Verb) -> Callable[[View], View]:
    """Hand the view its Call: 404 for strangers to the faculty, 403 without the verb's right."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
            call = access.managed_call_for(request.user, pk)
            if not verb(request.user, call):
                raise PermissionDenied
            return view(request, call, *args, **kwargs)

        return guarded

    return wrap


def posted(request: HttpRequest, name: str) -> str:
    """Return what was sent under this name, without blanks around; 400 for a NUL in it."""
    typed = request.POST.get(name, "").strip()
    if "\0" in typed:
        raise BadRequest("a NUL in the form")
    return typed


def for_application(verb: Verb, *, acts: bool = False) -> Callable[[View], View]:
    """Hand the view its Application: 404 for strangers to the faculty, 403 without the right.

    Nobody gets at the own application this way: it is for the colleagues. A view that `acts` is
    for POST alone; whoever comes by another way (a reload, another language) is led to the file.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, code: str, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
            application = access.application_for(request.user, code)
            if not access.can_see_round(request.user, application.call):
                raise PermissionDenied
            if not verb(request.user, application.call):
                raise PermissionDenied
            if application.student_id == request.user.pk:
                messages.error(request, texts.refusal_sentence(Refusal.OWN_APPLICATION, {}))
                return redirect("applications:application", application.code)
            if acts and request.method != "POST":
                return to_file(application.code, request.GET.urlencode())
            return view(request, application, **kwargs)

        return guarded

    return wrap


def to_file(code: str, query: str = "", at: str = "") -> HttpResponseRedirect:
    """Lead to an application's file, within the queue (`query`) it is read in."""
    url = reverse("admin:applications_application_file", args=[code])
    return HttpResponseRedirect(url + (f"?{query}" if query else "") + (f"#{at}" if at else ""))


def to_round(
    call: Call,
    page: str = "round",
    *args: Any,  # noqa: ANN401 - parts of an address
    query: str = "",
) -> HttpResponseRedirect:
    url = reverse(f"admin:applications_call_{page}", args=[call.pk, *args])
    return HttpResponseRedirect(f"{url}?{query}" if query else url)


def page(
    request: HttpRequest,
    template: str,
    call: Call,
    title: str,
    **context: Any,  # noqa: ANN401 - the template's own
) -> TemplateResponse:
    return TemplateResponse(
        request,
        f"admin/applications/{template}.html",
        {
            **admin.site.each_context(request),
            "title": title,
            "call": call,
            "phase": round_data.phase(call, timezone.now()),
            "page_name": template,
            "may_select": access.can_allocate(request.user, call),
            "may_nominate": access.can_nominate(request.user, call),
            **context,
        },
    )
