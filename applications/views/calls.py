"""The calls: which are open, who may apply until when, and by which rules they are decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from applications import access, lifecycle, selection, texts
from applications.forms.choices import degree_programmes_of, hosts_of
from applications.models.call import TieBreaker
from applications.models.criterion import CriterionKind
from applications.views.refusals import answers_refusals
from applications.views.standing import Entry, in_stages, slot_rows, standing_of
from partners.models import Level, Semester

if TYPE_CHECKING:
    from decimal import Decimal

    from django.http import HttpRequest, HttpResponse

    from applications.models import Call, Criterion
    from applications.selection import PoolSeats


@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """List the calls by what they mean for a reader, then programmes without one to wait for."""
    now = timezone.now()
    own = {
        application.call_id: application
        for application in access.applications_visible_to(request.user).filter(
            student=request.user.pk
        )
    }
    stages = in_stages(
        [Entry(call, own.get(call.pk)) for call in access.calls_visible_to(request.user)], now
    )
    awaited = {entry.call.programme_id for entry in (*stages.open, *stages.upcoming)}
    return render(
        request,
        "applications/calls.html",
        {
            "open": stages.open,
            "upcoming": stages.upcoming,
            "past": stages.past,
            "other_ways": [
                {"programme": programme, "standing": standing_of(programme, in_stages([], now))}
                for programme in access.programmes_visible_to(request.user)
                if programme.pk not in awaited
            ],
        },
    )


@dataclass(frozen=True, slots=True)
class Weighted:
    """A criterion with its share of the common order in percent, and how its points come about."""

    criterion: Criterion
    percent: Decimal
    formula: str


@require_safe
def call(request: HttpRequest, code: str) -> HttpResponse:
    """Show one call with all its rules, published before anybody applies."""
    shown = access.call_for(request.user, code)
    now = timezone.now()
    draw = selection.draw_of(shown)
    application = (
        access.applications_visible_to(request.user)
        .filter(call=shown, student=request.user.pk)
        .first()
    )
    hosts, criteria = list(hosts_of(shown)), list(shown.criteria.all())
    weights = selection.own_weights_of(host.pk for host in hosts)
    orders = selection.own_shares(hosts, criteria, weights)
    shared = _shared_seats(shown) if shown.second_round_of_id else {}
    return render(
        request,
        "applications/call.html",
        {
            "call": shown,
            "application": application,
            "is_open": shown.is_open(now),
            "can_start": application is None and access.can_apply(request.user, shown, now),
            "can_edit": application is not None
            and access.can_edit_draft(request.user, application, now),
            "levels": [Level(level).label for level in shown.programme.levels],
            "semesters": [Semester(semester).label for semester in shown.semesters],
            "degree_programmes": degree_programmes_of(shown.programme),
            "slots": slot_rows(shown.programme),
            "hosts": [(host, shared.get(host.pk, [])) for host in hosts],
            "shares_seats": shown.second_round_of_id is not None,
            "criteria": [
                Weighted(
                    share.criterion,
                    share.percent,
                    texts.formula_in_general(share.criterion.kind, share.language),
                )
                for share in selection.common_shares(criteria)
            ],
            "own_orders": [(host, orders[host.pk]) for host in hosts if host.pk in orders],
            "is_read": any(row.kind == CriterionKind.MANUAL for row in criteria),
            "tie_breakers": [TieBreaker(key).label for key in shown.tie_breakers],
            "draw": draw,
            "draw_number": draw.number(application.code) if application is not None else "",
            "mail_domains": settings.UNIVERSITY_MAIL_DOMAINS,
        },
    )


def _shared_seats(call: Call) -> dict[int, list[PoolSeats]]:
    """Return the seats of each host (CallHost pk) of a second round, as the first left them."""
    found: dict[int, list[PoolSeats]] = {}
    for row in selection.seats_of(call):
        if row.semesters(call):
            found.setdefault(row.host.pk, []).append(row)
    return found


@require_POST
@answers_refusals
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Start the reader's application, or go on with the one there is."""
    shown = access.call_for(request.user, code)
    if not access.known(request.user):
        return redirect("account_login")
    application = lifecycle.start_application(request.user, shown, now=timezone.now())
    return redirect("applications:form", code=application.code)
