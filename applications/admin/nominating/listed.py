"""The list of a call's nominations: counted as a whole, read a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.http import Http404

from applications.admin.nominating.data import TONES, WORDS, accepted_places
from applications.exports import checklist, sent
from applications.models import CallHost, Nomination, Placement
from partners.models import NominationDeadline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from django.core.paginator import Page
    from django.db.models import QuerySet

    from applications.exports.checklist import CheckList
    from applications.models import Call

# A check list is read from a dozen tables: fewer of them fit a page.
WAITING_A_PAGE = 25
NOMINATED_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """Students to be nominated to one host for one semester, who share a deadline."""

    first: CheckList
    checks: tuple[CheckList, ...]


@dataclass(frozen=True, slots=True)
class Nominated:
    """One nomination; `listed_at`: the last list sent with it, `is_changed`: not as it says now."""

    nomination: Nomination
    listed_at: datetime | None
    is_changed: bool

    @property
    def tone(self) -> str:
        return TONES[self.nomination.status]

    @property
    def word(self) -> str:
        return str(WORDS[self.nomination.status])

    @property
    def awaits_answer(self) -> bool:
        return self.nomination.status == Nomination.Status.PENDING


def nominations(
    call: Call,
    visible: QuerySet[Nomination],
    *,
    host: str,
    today: date,
    pages: tuple[str | None, str | None] = (None, None),
) -> dict[str, Any]:
    """Return who can be nominated and who is; `host` narrows to one by its key, "" to none.

    `pages`: which of the two is shown of each; what is no number is the first. Raises Http404 for a
    key that none of the call's hosts has.
    """
    host_name = _name_of(host, call)
    waits, late_count = _waiting(call, host, today, pages[0])
    made, counts = _made(call, visible, host, pages[1])
    lists = sent.last_lists([call.pk])
    changed = sent.changed_since([call.pk], lists)
    groups = _groups(list(waits), today)
    return {
        "groups": groups,
        "waiting_page": waits,
        "waiting_count": waits.paginator.count,
        # Whether somebody is ready only the check lists tell, and those are read of a page.
        "ready_count": sum(check.is_ready for group in groups for check in group.checks),
        "late_count": late_count,
        "nominated": [Nominated(row, lists.get(row.pk), row.pk in changed) for row in made],
        "nominated_page": made,
        **counts,
        "host_name": host_name,
        "host_key": host,
    }


def _name_of(host: str, call: Call) -> str:
    """Return the name of the one host the page is about; "" where it is about all."""
    if not host:
        return ""
    hosts = CallHost.objects.filter(call=call, agreement__host__key=host)
    found = hosts.select_related("agreement__host").first()
    if found is None:
        raise Http404
    return str(found)


def _waiting(call: Call, host: str, today: date, number: str | None) -> tuple[Page[int], int]:
    """Return a page of the places to be nominated to (pks), and how many of all are late.

    The soonest deadline comes first, unknown ones last.
    """
    wanted = NominationDeadline.objects.filter(
        host=OuterRef("host__agreement__host"),
        academic_year=OuterRef("host__call__academic_year"),
        semester=OuterRef("semester"),
    )
    places = accepted_places(call, host).annotate(last_day=Subquery(wanted.values("deadline")[:1]))
    counts = places.aggregate(all=Count("pk"), late=Count("pk", filter=Q(last_day__lt=today)))
    ordered = places.order_by(
        F("last_day").asc(nulls_last=True),
        "host__agreement__host__name_en",
        "host__agreement__host",
        "semester",
        "application__student__family_name",
        "application__student__given_names",
        "pk",
    )
    paginator = Paginator(ordered.values_list("pk", flat=True), WAITING_A_PAGE)
    paginator.count = counts["all"]
    return paginator.get_page(number), counts["late"]


def _made(
    call: Call, visible: QuerySet[Nomination], host: str, number: str | None
) -> tuple[Page[Nomination], dict[str, int]]:
    """Return a page of the nominations, by host and name, and how all of them stand."""
    at_host = Q(placement__host__agreement__host__key=host) if host else Q()
    rows = visible.filter(at_host, application__call=call)
    status = Nomination.Status
    counts = rows.aggregate(
        nominated_count=Count("pk"),
        pending_count=Count("pk", filter=Q(status=status.PENDING)),
        confirmed_count=Count("pk", filter=Q(status=status.APPROVED)),
    )
    ordered = (
        rows.select_related("application__student", "placement__host__agreement__host")
        .defer("application__draft", "application__draft_turns")
        .order_by(
            "placement__host__agreement__host__name_en",
            "placement__semester",
            "application__student__family_name",
            "application__student__given_names",
            "pk",
        )
    )
    paginator = Paginator(ordered, NOMINATED_A_PAGE)
    paginator.count = counts["nominated_count"]
    return paginator.get_page(number), counts


def _groups(places: Sequence[int], today: date) -> list[Waiting]:
    """Return the check lists of these places, in their order, by host and semester."""
    checks = {
        check.place.pk: check
        for check in checklist.check_lists(
            Placement.objects.filter(pk__in=places), today=today
        ).values()
    }
    grouped = (
        tuple(group)
        for _key, group in groupby(
            (checks[pk] for pk in places if pk in checks),
            key=lambda check: checklist.deadline_key(check.place),
        )
    )
    return [Waiting(group[0], group) for group in grouped]
