"""Migrations that build models less often do to the database what they did before."""

from __future__ import annotations

import pgtrigger
import pytest
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.signals import pre_migrate
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from exchange_portal import migrating

LIMIT = models.CheckConstraint(condition=models.Q(seats__gte=0), name="seats_from_none")
TRIGGER = pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)


def key() -> tuple[str, models.Field]:
    return "id", models.BigAutoField(primary_key=True)


def look(apps, _schema_editor) -> None:
    seen.append(
        {
            name: sorted(field.name for field in apps.get_model("trying", name)._meta.get_fields())
            for name in ("host", "wish")
        }
    )


seen: list[dict[str, list[str]]] = []


class Trying(Migration):
    operations = [
        operations.CreateModel("Host", [key(), ("name", models.TextField())]),
        operations.CreateModel("Wish", [key(), ("rank", models.IntegerField(null=True))]),
        operations.AddField("wish", "host", models.ForeignKey("trying.Host", models.CASCADE)),
        operations.AddField("host", "seats", models.IntegerField(db_default=1)),
        operations.AddField("host", "old", models.TextField(unique=True, null=True)),
        operations.AddConstraint("host", LIMIT),
        operations.AddConstraint(
            "wish", models.UniqueConstraint(fields=["host", "rank"], name="one_wish_a_rank")
        ),
        AddTrigger("wish", TRIGGER),
        operations.RunPython(look, operations.RunPython.noop),
        operations.RemoveField("host", "name"),
        operations.RemoveField("host", "old"),
        operations.AddIndex("wish", models.Index(fields=["rank"], name="wish_by_rank")),
        operations.RemoveConstraint("host", "seats_from_none"),
        operations.AddConstraint("host", LIMIT),
        operations.RemoveConstraint("host", "seats_from_none"),
        RemoveTrigger("wish", "kept"),
        operations.AlterField("wish", "rank", models.SmallIntegerField(db_default=1)),
    ]


@pytest.fixture
def built(monkeypatch) -> list[str]:
    names = []
    render = ModelState.render

    def noted(self, apps):
        names.append(self.name)
        return render(self, apps)

    monkeypatch.setattr(ModelState, "render", noted)
    return names


def applied(migration: Migration) -> tuple[list[str], ProjectState]:
    """Apply it to the tables of the test, and return what the database was told."""
    state = ProjectState()
    _ = state.apps
    told = []

    def note(execute, sql, params, many, context):
        if "SAVEPOINT" not in sql:
            told.append((str(sql), params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note), connection.schema_editor() as editor:
        migration.apply(state, editor)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE trying_wish, trying_host")
    return told, state


def shape(state: ProjectState) -> dict[str, object]:
    return {
        model._meta.label: (
            [
                (field.name, field.column)
                for field in model._meta.get_fields(include_hidden=True)
                if not field.is_relation or field.concrete
            ],
            sorted(relation.name for relation in model._meta.related_objects),
            [constraint.name for constraint in model._meta.constraints],
            [index.name for index in model._meta.indexes],
        )
        for model in state.apps.get_models()
    }


@pytest.mark.django_db
def test_database_is_told_the_same_by_fewer_models(built):
    seen.clear()
    one_by_one = applied(Trying("0001", "trying"))
    often = len(built)
    built.clear()
    migration = Trying("0001", "trying")
    migrating.speed_up([(migration, False)])
    together = applied(migration)
    assert together[0] == one_by_one[0]
    assert together[1] == one_by_one[1]
    assert shape(together[1]) == shape(one_by_one[1])
    assert (
        seen
        == [{"host": ["id", "name", "old", "seats", "wish"], "wish": ["host", "id", "rank"]}] * 2
    )
    assert len(built) * 2 < often
    assert migration.operations == Trying.operations


def test_what_may_share_a_building_does():
    sizes = [
        len(operation.parts) if isinstance(operation, migrating.Together) else 1
        for operation in migrating.together(Trying.operations)
    ]
    assert sizes == [2, 6, 1, 2, 5, 1]


def test_migrations_taken_back_or_without_transaction_stay_as_django_has_them():
    back, open_ended = Trying("0001", "trying"), Trying("0002", "trying")
    open_ended.atomic = False
    migrating.speed_up([(back, True), (open_ended, False)])
    assert [vars(migration).get("apply") for migration in (back, open_ended)] == [None, None]


@pytest.mark.django_db
def test_every_migrate_asks_for_it():
    plan = [(Trying("0001", "trying"), False)]
    pre_migrate.send(sender=MigrationExecutor, plan=plan, using="default")
    assert "apply" in vars(plan[0][0])
