"""Who would be next if a place came free, and who after them: seen before it happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from applications.models import BetterOffer, CallHost, Placement, nomination_days, pk_in
from applications.selection.allocating import work_out
from applications.selection.filling import closed_to
from applications.selection.instances import HELD, Closed, build_instance
from applications.selection.ranking import latest_ranking, lines_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from applications.models import Application, Call

    # (CallHost pk, semester) by application code.
    Places = dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody who would be offered a place; `leaves` is the one they hold until they choose.

    `nominate_by` is the last day of that host's nominations and `days_left` counts to it; None
    where it is not known.
    """

    application: Application
    host: CallHost
    semester: str
    leaves: Placement | None
    nominate_by: date | None
    days_left: int | None


@dataclass(frozen=True, slots=True)
class Cascade:
    """What follows when a place comes free.

    `at_once`: offered in the same transaction. `later`: offered if everybody who may move up does.
    `too_late`: would be offered at once, were the host's nomination deadline not over.
    """

    at_once: tuple[Step, ...]
    later: tuple[Step, ...]
    too_late: tuple[Step, ...]


def if_freed(place: Placement, *, now: datetime) -> Cascade:
    """Return what would follow if this live place came free now; nothing is stored.

    Nothing follows while the call has no ranking, or when no run can be made.
    """
    call = place.application.call
    trial = _Trial(call, gone=place.application_id)
    closed = closed_to(call, now)
    at_once = trial.new_places(closed, beside=True)
    later = trial.new_places(closed, beside=False)
    any_day = trial.new_places(
        Closed(elsewhere=closed.elsewhere, missed=closed.missed), beside=True
    )
    steps = _Steps(call, now)
    return Cascade(
        at_once=steps.of(at_once),
        later=steps.of({code: later[code] for code in later if at_once.get(code) != later[code]}),
        too_late=steps.of(
            {code: any_day[code] for code in any_day if any_day[code] in closed.places}
        ),
    )


class _Trial:
    """Runs of a call as if one application had left."""

    def __init__(self, call: Call, *, gone: int) -> None:
        self._call = call
        self._gone = frozenset({gone})
        self._ranking = latest_ranking(call)
        self._held = {
            row.application.code: (row.host_id, row.semester)
            # Who may move up already is told of nothing new by the same offer.
            for rows in (
                Placement.objects.filter(live=True),
                BetterOffer.objects.filter(is_open=True),
            )
            for row in rows.filter(application__call=call).select_related("application")
        }

    def new_places(self, closed: Closed, *, beside: bool) -> Places:
        """Return the places of those who would have another one than they hold or may have."""
        if self._ranking is None:
            return {}
        lines = lines_of(self._ranking)
        instance = build_instance(self._call, lines, beside=beside, closed=closed, gone=self._gone)
        outcome = work_out(instance)
        if not outcome.is_sound:
            return {}
        found = {
            code: (pk_in(place["host"]), place["semester"])
            for code, place in outcome.result["assignment"].items()
            if place is not None and not code.endswith(HELD)
        }
        return {code: place for code, place in found.items() if self._held.get(code) != place}


class _Steps:
    """Puts places into words' reach: people, hosts, days."""

    def __init__(self, call: Call, now: datetime) -> None:
        self._today = timezone.localdate(now)
        self._days = nomination_days(call)
        self._hosts = {row.pk: row for row in call.hosts.select_related("agreement__host", "call")}
        self._applications = {row.code: row for row in call.applications.select_related("student")}
        self._places = {
            row.application_id: row
            for row in Placement.objects.filter(application__call=call, live=True).select_related(
                "host__agreement__host"
            )
        }

    def of(self, places: Places) -> tuple[Step, ...]:
        """Return a step for each, by host, semester and code."""
        rows = [self._step(code, *place) for code, place in sorted(places.items())]
        return tuple(sorted(rows, key=lambda row: (str(row.host), row.semester)))

    def _step(self, code: str, host: int, semester: str) -> Step:
        application = self._applications[code]
        day = self._days.get((host, semester))
        return Step(
            application=application,
            host=self._hosts[host],
            semester=semester,
            leaves=self._places.get(application.pk),
            nominate_by=day,
            days_left=None if day is None else (day - self._today).days,
        )
