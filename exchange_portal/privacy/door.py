"""The one way around the guards of the tables: for data whose time is over, for nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from pghistory.models import Event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from django.db.models import Model

# Guards of rows that are written once. Those that keep seats, calls and sums right stay in force.
GUARDS = (
    "applications.StateChange:append_only",
    "applications.Comment:append_only",
    "applications.Viewing:append_only",
    "applications.AuditEntry:append_only",
    "applications.NominationCorrection:never_changed",
    "applications.Submission:never_changed",
    "applications.LanguageSkill:never_changed",
    "applications.Preference:never_changed",
    "applications.SubmittedDocument:never_changed",
    "applications.PreferenceOutcome:never_changed",
    "applications.RankedApplication:never_changed",
    "applications.RankingMove:never_changed",
    "grants.AwardVersion:written_once",
    "grants.GrantAward:cancelled_never_changed",
    "grants.GrantPayment:listed_never_changed",
)
# They write each change of a row, and would keep what is being removed.
OF_HISTORIES = ("insert_insert", "update_update", "delete_delete")


def histories() -> dict[type[Model], type[Model]]:
    """Return the tables whose changes are kept, each with the table that keeps them."""
    events = [model for model in apps.get_models() if issubclass(model, Event)]
    # Told by pghistory; its own table of all events tracks none.
    tracked = {getattr(model, "pgh_tracked_model", None): model for model in events}
    return {model: history for model, history in tracked.items() if model is not None}


def rows_of(model: type[Model]) -> QuerySet[Any]:
    """Return all rows of any table, whatever its own manager would leave out."""
    return QuerySet(model)


@contextmanager
def behind_the_guards() -> Iterator[None]:
    """Let one transaction change what is written once, and write no history of that."""
    with pgtrigger.ignore(*GUARDS, *_of_histories()), transaction.atomic():
        yield


def _of_histories() -> list[str]:
    found = []
    for tracked, history in histories().items():
        found.append(f"{history._meta.label}:append_only")
        found += [f"{tracked._meta.label}:{name}" for name in OF_HISTORIES]
    return found


def forget_log(model: type[Model], pks: Collection[object]) -> None:
    """Remove the administration's own lines about these rows: they repeat names and titles."""
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id__in=[str(pk) for pk in pks],
    ).delete()
