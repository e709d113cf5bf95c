"""Migrations spend most of their time on making classes of models; here on far fewer.

After each operation Django builds the changed model anew, with all it is related to: thousands of
classes for a new database, nine tenths of the time of `migrate`. Operations that stand together and
can't get in each other's way share one such building. The statements to the database, their order
and the classes a data migration gets stay what they are.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation
from pgtrigger.migrations import AddTrigger, RemoveTrigger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState

# Each of them works as well on a model that already has what the later ones add. Their subclasses
# (those working concurrently, for instance) are meant to stand alone.
ADDING = {
    operations.AddConstraint,
    operations.AddField,
    operations.AddIndex,
    operations.RemoveConstraint,
    operations.RemoveIndex,
    AddTrigger,
    RemoveTrigger,
}
# These only beside their own kind: what one makes, no other may have changed by then.
OF_ONE_KIND = {operations.CreateModel, operations.RemoveField}
CHANGING_FIELDS = (operations.AddField, operations.CreateModel, operations.RemoveField)


class Together(Operation):
    """Operations after which the models are built anew once, not after each."""

    def __init__(self, parts: list[Operation]) -> None:
        self.parts = parts

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        built = state.__dict__.pop("apps", None)  # without them a state builds nothing
        self.states = [state.clone()]
        for part in self.parts:
            part.state_forwards(app_label, state)
            self.states.append(state.clone())
        if built is not None:
            state.apps = built
            # Without changed fields the models that are further away may wait, as Django has it.
            delay = not any(isinstance(part, CHANGING_FIELDS) for part in self.parts)
            state.reload_models([(app_label, _model(part)) for part in self.parts], delay=delay)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for part, before, after in zip(self.parts, self.states, self.states[1:], strict=False):
            before.apps, after.apps = from_state.apps, to_state.apps
            part.database_forwards(app_label, schema_editor, before, after)


def _model(part: Any) -> str:  # noqa: ANN401 - each kind of operation has its own attribute
    name: str = part.name if isinstance(part, operations.CreateModel) else part.model_name
    return name.lower()


def together(given: Iterable[Operation]) -> list[Operation]:
    """Return the same operations, those that may share one building of the models as one."""
    found: list[Operation] = []
    for kind, run in groupby(given, _kind):
        parts = list(run)
        found += [Together(parts)] if kind and len(parts) > 1 else parts
    return found


def _kind(operation: Operation) -> object:
    if type(operation) in ADDING:
        return "adding"
    return type(operation) if type(operation) in OF_ONE_KIND else None


def speed_up(plan: list[tuple[Migration, bool]], **_signal: object) -> None:
    """Let the forward migrations of a plan run so; receives Django's `pre_migrate`."""
    for migration, backwards in plan:
        if migration.atomic and not backwards:
            # Its own operations stay as they are for whoever else looks at them.
            other = type("Migration", (Migration,), {"operations": together(migration.operations)})
            migration.apply = other(migration.name, migration.app_label).apply  # type: ignore[method-assign] # of this instance alone
