"""What people decided by hand that went into a run: pins, forbids, moves; how many, and whose.

A run that follows a publication goes by the decisions published before. Nothing is said of it: its
forbids are also those of places that can't be given on any more.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import JSONField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext, ngettext

from applications import selection
from applications.models import AllocationRun, Directive, RankedApplication

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from applications.admin.runs.names import Names
    from applications.models import Call

# So many are named in a line; of more the rest is hinted at.
NAMED = 10


def in_runs(call: Call, names: Names) -> dict[int, list[str]]:
    """Return what went into the runs of a call, by pk, without reading the long inputs."""
    read = Cast("instance", JSONField())
    rows = (
        call.allocation_runs.filter(parent=None)
        .order_by()
        .values_list("pk", "ranking", KeyTransform("pins", read), KeyTransform("forbids", read))
    )
    moved: dict[int, list[str]] = defaultdict(list)
    for ranking, code in (
        _moves().filter(ranking__call=call).values_list("ranking", "application__code")
    ):
        moved[ranking].append(code)
    return {
        pk: _sentences({"pins": pins, "forbids": forbids}, moved[ranking], names)
        for pk, ranking, pins, forbids in rows
    }


def in_run(run: AllocationRun, instance: Mapping[str, Any], names: Names) -> list[str]:
    if run.parent_id is not None:
        return []
    moved = _moves().filter(ranking=run.ranking_id).values_list("application__code", flat=True)
    return _sentences(instance, moved, names)


def _moves() -> Any:  # noqa: ANN401 - a queryset, of whatever is asked of it
    return RankedApplication.objects.exclude(move=None).order_by("position")


def _sentences(instance: Mapping[str, Any], moved: Iterable[str], names: Names) -> list[str]:
    people: dict[str, list[str]] = defaultdict(list)
    for decision in selection.decisions_in(instance):
        people[decision.kind].append(decision.applicant)
    found = []
    if pinned := people[Directive.Kind.PIN.value]:
        sentence = ngettext("%(count)s pin: %(names)s", "%(count)s pins: %(names)s", len(pinned))
        found.append(sentence % _named(pinned, names))
    if forbidden := people[Directive.Kind.FORBID.value]:
        sentence = ngettext(
            "%(count)s forbid: %(names)s", "%(count)s forbids: %(names)s", len(forbidden)
        )
        found.append(sentence % _named(forbidden, names))
    if codes := list(moved):
        sentence = gettext("%(count)s moved by hand: %(names)s")
        found.append(sentence % _named(codes, names))
    return found


def _named(codes: list[str], names: Names) -> dict[str, Any]:
    called = list(dict.fromkeys(names.student(code) for code in codes))
    more = ["…"] if len(called) > NAMED else []
    return {"count": len(codes), "names": ", ".join([*called[:NAMED], *more])}
