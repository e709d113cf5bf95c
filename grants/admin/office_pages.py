"""How a request reaches a page of the office's work with money, and the page's frame."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse

from applications import access

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    View = Callable[..., HttpResponseBase]


def for_the_office(view: View) -> View:
    """Keep a page of the admin to the International Office: `admin_view` lets any staff in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
        if not access.can_see_grants(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def page(
    request: HttpRequest,
    name: str,
    title: str,
    *,
    status: int = 200,
    **context: Any,  # noqa: ANN401 - the template's own
) -> TemplateResponse:
    return TemplateResponse(
        request,
        f"admin/grants/paymentlist/{name}.html",
        {
            **admin.site.each_context(request),
            "title": title,
            **context,
        },
        status=status,
    )
