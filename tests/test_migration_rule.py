"""A migration must not stop the version that still runs while it is applied, nor lock it out.

An update applies the migrations first and replaces the processes after that, one by one
(docs/operations.md): for a while the old version works on the new tables. So a column is first
added with a default the database knows, filled, and used; one that nobody uses any more is dropped
by the version after. Whatever is against this rule, or can't be judged here, stands in LOOKED_AT
with the reason why it is no harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection, models
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED
from pgtrigger.migrations import AddTrigger, RemoveTrigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

# The last ones from before the rule: no installation ran then.
BEFORE = {"applications": "0018", "grants": "0007", "partners": "0007"}
# (app, migration, what is done): why it neither breaks nor locks out the version before.
LOOKED_AT = {
    ("applications", "0020_privacy_data", "Raw Python operation"): (
        "It adds rows to tables that are new in this version, from the files beside it."
    ),
    ("applications", "0022_found_quickly", "Creates extension pg_trgm"): (
        "An extension that nothing in use calls: it adds functions and operators."
    ),
}

HARMLESS = (
    operations.CreateModel,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    # A moment's lock each; what the old version writes has to pass them anyway.
    AddTrigger,
    RemoveTrigger,
)


def against_the_rule(operation: Operation, state: ProjectState, made: set[str], app: str) -> bool:
    """Tell whether an operation needs a look; `made` are the tables made since BEFORE."""
    if isinstance(operation, HARMLESS):
        return False
    match operation:
        case operations.SeparateDatabaseAndState():
            return any(
                against_the_rule(each, state, made, app) for each in operation.database_operations
            )
        case operations.AddField():
            field = operation.field
            filled = field.null or field.many_to_many or field.db_default is not NOT_PROVIDED
            return operation.model_name_lower not in made and not filled
        case operations.AlterField():
            model = state.apps.get_model(app, operation.model_name)
            old = model._meta.get_field(operation.name)
            new = operation.field.clone()
            new.set_attributes_from_name(operation.name)
            new.model = model
            return operation.model_name_lower not in made and changes_the_table(old, new)
        case operations.AddIndex() | operations.AddConstraint():
            return operation.model_name_lower not in made
        case _:
            return True


def changes_the_table(old, new) -> bool:
    return connection.schema_editor()._field_should_be_altered(old, new)


def operations_since(app: str) -> Iterator[tuple[str, Operation, ProjectState]]:
    loader = MigrationLoader(None)
    for key in sorted(key for key in loader.disk_migrations if key[0] == app):
        if key[1][:4] <= BEFORE[app]:
            continue
        state = loader.project_state(loader.disk_migrations[key].dependencies)
        for operation in loader.disk_migrations[key].operations:
            yield key[1], operation, state
            operation.state_forwards(app, state)


def found(app: str) -> set[tuple[str, str, str]]:
    made: set[str] = set()
    wrong = set()
    for name, operation, state in operations_since(app):
        if isinstance(operation, operations.CreateModel):
            made.add(operation.name_lower)
        if against_the_rule(operation, state, made, app):
            wrong.add((app, name, operation.describe()))
    return wrong


@pytest.mark.parametrize("app", BEFORE)
def test_migrations_leave_the_running_version_alone(app):
    assert found(app) == {key for key in LOOKED_AT if key[0] == app}


def family_name(length: int, label: str) -> operations.AlterField:
    return operations.AlterField("user", "family_name", models.CharField(label, max_length=length))


INDEX = models.Index(fields=["family_name"], name="by_family_name")
JUDGED = {
    "column with a default only Django knows": (
        operations.AddField("user", "new", models.IntegerField(default=1)),
        True,
    ),
    "column with a default of the database": (
        operations.AddField("user", "new", models.IntegerField(db_default=1)),
        False,
    ),
    "column that may be empty": (
        operations.AddField("user", "new", models.IntegerField(null=True)),
        False,
    ),
    "column of a new table": (
        operations.AddField("fresh", "new", models.IntegerField(default=1)),
        False,
    ),
    "column dropped": (operations.RemoveField("user", "family_name"), True),
    "column renamed": (operations.RenameField("user", "family_name", "surname"), True),
    "column of another size": (family_name(7, "family name"), True),
    "another label": (family_name(200, "surname"), False),
    "table dropped": (operations.DeleteModel("user"), True),
    "index that locks": (operations.AddIndex("user", INDEX), True),
    "index beside the work": (AddIndexConcurrently("user", INDEX), False),
    "index of a new table": (operations.AddIndex("fresh", INDEX), False),
    "rows changed": (operations.RunPython(operations.RunPython.noop), True),
    "within a split operation": (
        operations.SeparateDatabaseAndState([operations.RemoveField("user", "family_name")]),
        True,
    ),
}


@pytest.mark.parametrize("case", JUDGED)
def test_rule(case):
    operation, expected = JUDGED[case]
    state = MigrationLoader(None).project_state(("applications", "0020_privacy_data"))
    assert against_the_rule(operation, state, {"fresh"}, "applications") == expected
