"""What a request changed, read from the history of every table by what joins its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _
from pghistory.models import Event

from applications import access
from applications.admin.audit.wording import Names, value_of
from applications.models import RoleGrant, User
from applications.models.encrypted import EncryptedTextField

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from django.db.models import Field

    from applications.admin.audit.wording import Value

# So many of one table are shown of one request; a loaded file may have changed thousands.
MOST = 50
KINDS = {"insert": _("added"), "update": _("changed"), "delete": _("removed")}


@dataclass(frozen=True, slots=True)
class Change:
    """One event of a row: of an added or removed one only the values it has.

    `login_id` is whose access or role it is, where the row is one.
    """

    table: str
    row: str
    kind: str
    values: tuple[Value, ...]
    login_id: str = ""


def changes_joined_by(context: UUID, reader: User) -> list[Change]:
    """Return what the events with this context changed, in the tables the reader may see."""
    names = Names(reader)
    found: list[Change] = []
    for events in _histories():
        if access.can_see_changes_of(reader, events.pgh_tracked_model):
            happened = list(events.objects.filter(pgh_context=context).order_by("pgh_id")[:MOST])
            found += _changes(events, happened, names) if happened else []
    return found


def concerned_by(changes: Iterable[Change]) -> list[User]:
    """Return the persons whose access or roles these changes are about."""
    login_ids = {change.login_id for change in changes} - {""}
    return list(User.objects.filter(username__in=login_ids).order_by("pk")) if login_ids else []


def _histories() -> Iterator[Any]:
    """Yield the models of events; pghistory makes them, so that types know nothing of them."""
    yield from (model for model in apps.get_models() if issubclass(model, Event))


def _changes(
    model: Any,  # noqa: ANN401 - made by pghistory
    happened: list[Any],
    names: Names,
) -> Iterator[Change]:
    before = _states_before(model, happened)
    tracked = model.pgh_tracked_model
    shown = list(_shown(model))
    names.learn(tracked, {event.pgh_obj_id for event in happened})
    for field in shown:
        if field.many_to_one and field.related_model is not None:
            rows = {getattr(event, field.attname) for event in [*happened, *before.values()]}
            names.learn(field.related_model, rows)
    for event in happened:
        old = None if event.pgh_label == "insert" else before.get(event.pgh_obj_id, event)
        new = None if event.pgh_label == "delete" else event
        values = (value_of(field, old, new, names) for field in shown)
        yield Change(
            table=str(tracked._meta.verbose_name),
            row=names.of(tracked, event.pgh_obj_id),
            kind=str(KINDS[event.pgh_label]),
            values=tuple(value for value in values if value is not None),
            login_id=_login_id(tracked, event),
        )
        before[event.pgh_obj_id] = event


def _login_id(tracked: type[Any], event: Any) -> str:  # noqa: ANN401 - see above
    if tracked is RoleGrant:
        return str(event.login_id)
    return str(event.username) if tracked is User else ""


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
