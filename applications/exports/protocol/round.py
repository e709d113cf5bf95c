"""What a protocol is read from: a published round, in a constant number of queries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from applications.models import (
    AllocationRun,
    CallHost,
    Directive,
    Placement,
    PreferenceOutcome,
    RankedApplication,
    pk_in,
)
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from applications.models import Call, Ranking


@dataclass(frozen=True)
class Round:
    """A published call with its runs, rankings and places."""

    call: Call

    @cached_property
    def runs(self) -> Sequence[AllocationRun]:
        """All runs, in the order they were made."""
        rows = self.call.allocation_runs.select_related(
            "ranking", "parent", "created_by", "published_by"
        ).defer("instance", "result")
        return list(rows.order_by("number"))

    @cached_property
    def first(self) -> AllocationRun:
        """The run the results were published by."""
        return self.call.allocation_runs.get(published_at__isnull=False, parent=None)

    @cached_property
    def hosts(self) -> Mapping[int, CallHost]:
        rows = self.call.hosts.select_related("agreement__host").prefetch_related(
            "own_weights__criterion"
        )
        return {host.pk: host for host in rows.order_by("agreement__host__name_en", "pk")}

    @cached_property
    def students(self) -> frozenset[int]:
        return frozenset(self.call.applications.values_list("student", flat=True))

    @cached_property
    def directives(self) -> Sequence[Directive]:
        rows = Directive.objects.filter(application__call=self.call)
        return list(
            rows.select_related("application", "host__agreement__host", "made_by").order_by("pk")
        )

    @cached_property
    def held(self) -> Mapping[int, Placement]:
        """The place each application holds today, by pk."""
        rows = Placement.objects.filter(application__call=self.call, live=True)
        return {row.application_id: row for row in rows}

    def rankings(self) -> Sequence[tuple[Ranking, AllocationRun]]:
        """Return each ranking places were given by, with the first run that did so."""
        found: dict[int, tuple[Ranking, AllocationRun]] = {}
        for run in self.runs:
            if run.published_at is not None:
                found.setdefault(run.ranking_id, (run.ranking, run))
        return list(found.values())

    def lines(self, ranking: Ranking) -> Sequence[RankedApplication]:
        rows = ranking.entries.select_related(
            "application", "move__made_by", "move__ahead_of"
        ).order_by("position")
        return list(rows)

    def outcomes(self, run: AllocationRun) -> Mapping[int, Sequence[PreferenceOutcome]]:
        """Return the result of each wish in a run, by pk of the application."""
        found: dict[int, list[PreferenceOutcome]] = {}
        for row in PreferenceOutcome.objects.filter(run=run).order_by("rank"):
            found.setdefault(row.application_id, []).append(row)
        return found

    def given(self, run: AllocationRun) -> Mapping[str, tuple[CallHost, str]]:
        """Return the host and semester a run gave, by code of the application."""
        assignment = json.loads(run.result)["assignment"]
        return {
            code: (self.hosts[pk_in(place["host"])], place["semester"])
            for code, place in assignment.items()
            if place is not None
        }

    def pools(self) -> Mapping[int, Sequence[Mapping[str, Any]]]:
        """Return the seats the results were published with, by pk of the CallHost."""
        instance = json.loads(self.first.instance)
        return {pk_in(host["id"]): host["pools"] for host in instance["hosts"]}


def place_in_words(host: CallHost, semester: str) -> str:
    return f"{host}, {Semester(semester).label}"
