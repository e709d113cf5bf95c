"""Turns every refusal into one page with one clear sentence."""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django.http import Http404
from django.shortcuts import render

from applications import access, texts
from applications.lifecycle import PortalRefusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from applications.models import Application

logger = logging.getLogger(__name__)
P = ParamSpec("P")

# The request was fine, the moment or the state is not.
CONFLICT = 409


def answers_refusals(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let a view raise any PortalRefusal; the reader gets its sentence, status 409."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except PortalRefusal as refusal:
            logger.info("%s refused: %s", view.__name__, refusal.code)
            return refused(request, refusal, _application(request, str(kwargs.get("code", ""))))

    return answered


def in_background(request: HttpRequest) -> bool:
    """Tell whether a page saves by itself and waits for a fragment."""
    return request.headers.get("HX-Request") == "true"


def refused(
    request: HttpRequest, refusal: PortalRefusal, application: Application | None = None
) -> HttpResponse:
    """Return the page that says why; with what was handed in, where that is the question.

    A page that saves by itself gets the sentences alone.
    """
    submission = application and application.submissions.order_by("-number").first()
    return render(
        request,
        "applications/refused_part.html" if in_background(request) else "applications/refused.html",
        {
            "sentence": texts.refusal_sentence(refusal.code, refusal.params),
            "application": application,
            "submission": submission,
            "has_errors": True,
        },
        status=CONFLICT,
    )


def _application(request: HttpRequest, code: str) -> Application | None:
    try:
        return access.application_for(request.user, code)
    except Http404:
        return None
