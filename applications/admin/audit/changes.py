"""What a request changed, read from the history of every table by what joins its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pghistory.models import Event

from applications import access, texts
from applications.models.encrypted import EncryptedTextField

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from django.db.models import Field

    from applications.models import User

# So many of one table are shown of one request; a loaded file may have changed thousands.
MOST = 50
LONGEST = 300
KINDS = {"insert": _("added"), "update": _("changed"), "delete": _("removed")}


@dataclass(frozen=True, slots=True)
class Value:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One event of a row: of an added or removed one only the values it has."""

    table: str
    row: str
    kind: str
    values: tuple[Value, ...]


def changes_joined_by(context: UUID, reader: User) -> list[Change]:
    """Return what the events with this context changed, in the tables the reader may see."""
    found: list[Change] = []
    for events in _histories():
        if access.can_see_changes_of(reader, events.pgh_tracked_model):
            happened = list(events.objects.filter(pgh_context=context).order_by("pgh_id")[:MOST])
            found += _changes(events, happened) if happened else []
    return found


def _histories() -> Iterator[Any]:
    """Yield the models of events; pghistory makes them, so that types know nothing of them."""
    yield from (model for model in apps.get_models() if issubclass(model, Event))


def _changes(model: Any, happened: list[Any]) -> Iterator[Change]:  # noqa: ANN401 - made by pghistory
    before = _states_before(model, happened)
    tracked = model.pgh_tracked_model._meta
    shown = list(_shown(model))
    for event in happened:
        old = before.get(event.pgh_obj_id)
        added = event.pgh_label == "insert"
        removed = event.pgh_label == "delete"
        values = (
            Value(
                str(field.verbose_name),
                "" if added else _text(field, event if removed or old is None else old),
                "" if removed else _text(field, event),
            )
            for field in shown
        )
        yield Change(
            table=str(tracked.verbose_name),
            row=str(event.pgh_obj_id),
            kind=str(KINDS[event.pgh_label]),
            values=tuple(value for value in values if value.before != value.after),
        )
        before[event.pgh_obj_id] = event


def _states_before(model: Any, happened: list[Any]) -> dict[object, Any]:  # noqa: ANN401 - see above
    """Return the last event before these of each row they are about."""
    rows = {event.pgh_obj_id for event in happened}
    earlier = (
        model.objects.filter(pgh_obj__in=rows, pgh_id__lt=happened[0].pgh_id)
        .order_by("pgh_obj_id", "-pgh_id")
        .distinct("pgh_obj_id")
    )
    return {event.pgh_obj_id: event for event in earlier}


def _shown(model: Any) -> Iterator[Field[Any, Any]]:  # noqa: ANN401 - see above
    for field in model._meta.concrete_fields:
        is_kept = not field.name.startswith("pgh_") and not isinstance(field, EncryptedTextField)
        if is_kept and field.name != model.pgh_tracked_model._meta.pk.name:
            yield field


def _text(field: Field[Any, Any], event: Any) -> str:  # noqa: ANN401 - see above
    value = getattr(event, field.attname)
    if value is None or value == "":
        return gettext("empty")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return texts.instant(value)
    if isinstance(value, list):
        text = ", ".join(map(str, value))
    else:
        text = str(dict(field.flatchoices).get(value, value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
