"""Dates for calendar programs: one call as a file, all of them at a private address."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from applications import access, lifecycle
from applications.exports.calendar import calendar_of_call, calendar_of_offer, calendar_of_person
from applications.models import CalendarFeed

if TYPE_CHECKING:
    from django.http import HttpRequest

    from applications.exports.calendar import AddressOf
    from applications.models import User


@require_safe
def of_call(request: HttpRequest, code: str) -> HttpResponse:
    """Give the dates of one call as a file. Without a deadline there is none to give: 404."""
    call = access.call_for(request.user, code)
    if call.deadline is None or not access.known(request.user):
        raise Http404
    answer = _calendar(calendar_of_call(call, request.user, _addresses(request)))
    answer["Content-Disposition"] = f'attachment; filename="{call.code}.ics"'
    return answer


@require_safe
def of_offer(request: HttpRequest, code: str) -> HttpResponse:
    """Give the date until which an offer can be answered. Without an open offer: 404."""
    application = access.own_application_for(request.user, code)
    if lifecycle.offer_to(application) is None:
        raise Http404
    call = application.call
    answer = _calendar(calendar_of_offer(call, application.student, _addresses(request)))
    answer["Content-Disposition"] = f'attachment; filename="{call.code}-answer.ics"'
    return answer


@login_not_required
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Give all dates to whoever has the address, in the language of the person it was made for."""
    person = access.person_of_calendar(token)
    with translation.override(person.language):
        calls = access.calls_visible_to(person)
        return _calendar(calendar_of_person(person, calls, _addresses(request)))


def _addresses(request: HttpRequest) -> AddressOf:
    return lambda call: request.build_absolute_uri(reverse("applications:call", args=[call.code]))


def _calendar(written: bytes) -> HttpResponse:
    answer = HttpResponse(written, content_type="text/calendar; charset=utf-8")
    answer["Content-Language"] = get_language() or "en"
    return answer


@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """Make the person's calendar address; one there was before stops working."""
    person = _subscriber(request)
    _feed, is_first = CalendarFeed.objects.update_or_create(
        user=person, defaults={"nonce": secrets.token_hex(16), "created_at": timezone.now()}
    )
    if is_first:
        messages.success(request, gettext("Your calendar address is made."))
    else:
        messages.success(
            request, gettext("You have a new calendar address. The old one stopped working.")
        )
    return _to_address()


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Take the person's calendar address out of service."""
    CalendarFeed.objects.filter(user=_subscriber(request)).delete()
    messages.success(request, gettext("The calendar address stopped working."))
    return _to_address()


def _subscriber(request: HttpRequest) -> User:
    if not access.known(request.user) or not access.can_subscribe(request.user):
        raise PermissionDenied(gettext("Calendar addresses are for members of the university."))
    return request.user


def _to_address() -> HttpResponse:
    return redirect(reverse("applications:deadlines") + "#calendar")
