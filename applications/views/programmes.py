"""The page of a programme: who may go, what it asks for, its calls, what to do without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from applications import access
from applications.forms.choices import degree_programmes_of
from applications.models.programme import HandledBy
from applications.views.standing import Entry, in_stages, slot_rows, standing_of
from partners.models import Level

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def programme(request: HttpRequest, key: str) -> HttpResponse:
    shown = access.programme_for(request.user, key)
    own = {
        application.call_id: application
        for application in access.own_applications_in(request.user, shown)
    }
    calls = access.calls_of(request.user, shown)
    stages = in_stages([Entry(call, own.get(call.pk)) for call in calls], timezone.now())
    return render(
        request,
        "applications/programme.html",
        {
            "programme": shown,
            "standing": standing_of(shown, stages),
            "steps": "" if stages.open or stages.upcoming else shown.steps,
            "calls": [
                (_("Open now"), stages.open),
                (_("Announced"), stages.upcoming),
                (_("Closed"), stages.past),
            ],
            "has_calls": bool(stages.open or stages.upcoming or stages.past),
            "levels": [Level(level).label for level in shown.levels],
            "degree_programmes": degree_programmes_of(shown),
            "slots": slot_rows(shown),
            "by_office": shown.handled_by == HandledBy.OFFICE,
            "office_mailbox": settings.INTERNATIONAL_OFFICE_MAILBOX,
            "trail": [(_("Calls"), reverse("applications:calls"))],
        },
    )
