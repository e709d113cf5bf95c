"""Questions to the database that every page asks: put into SQL once in a process, not every time.

Building a queryset and turning it into SQL costs Django several times what PostgreSQL and the rows
cost. What changes from one time to the next is given as `Given`; all else of it stays as written,
so that a rule (`RoleGrant.objects.in_force`) is still written once, and read from there.
"""

from __future__ import annotations

import copy
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BigIntegerField, BooleanField, Expression, F, Func, Model, QuerySet
from psycopg.sql import Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Field
    from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)

# Ends a question of which the connection may keep the plan (exchange_portal.database).
KEPT_PLAN = " /* plan kept */"
_PLACE = re.compile(r"%(%|s)")


class Given(Expression):
    """A value that is known when the question is asked: a number, or of the type of `field`."""

    def __init__(self, name: str, field: Field[Any, Any] | None = None) -> None:
        super().__init__(output_field=field or BigIntegerField())
        self.name = name

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """Leave room for the value; it comes beside the SQL, as every other does."""
        del compiler, connection
        return "%s", (self,)


class IsOneOf(Func):
    """Whether a column has one of the values of a list: `__in`, of which the number is open."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, column: str, values: Given) -> None:
        super().__init__(F(column), values)


class Prepared(Generic[M]):
    """A queryset whose `Given` values come with each asking. Asking returns a list.

    `build` is called once, when it is asked for the first time. It must not depend on anything
    but the code: neither on the clock nor on the reader's language.
    """

    def __init__(self, build: Callable[[], QuerySet[M]]) -> None:
        self._build = build

    @cached_property
    def _question(self) -> tuple[QuerySet[M], SQLCompiler, str, list[Given]]:
        queryset = self._build()
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, given = self._with_what_is_known(*compiler.as_sql())
        columns = [column for column, *_more in compiler.select[: compiler.col_count]]
        converters = compiler.get_converters(columns)
        compiler.get_converters = lambda _columns: converters
        return queryset, compiler, sql, given

    def _with_what_is_known(self, sql: str, params: tuple[Any, ...]) -> tuple[str, list[Given]]:
        """Write what stays the same into the SQL: a kept plan knows it, such as for an index."""
        connection = connections[DEFAULT_DB_ALIAS]
        connection.ensure_connection()
        waiting = iter(params)
        given: list[Given] = []

        def place(at: re.Match[str]) -> str:
            if at[1] == "%":
                return "%%"
            value = next(waiting)
            if isinstance(value, Given):
                given.append(value)
                return "%s"
            return Literal(value).as_string(connection.connection).replace("%", "%%")

        return _PLACE.sub(place, sql) + KEPT_PLAN, given

    def __call__(self, **values: object) -> list[M]:
        """Ask; every value that was left open is given by its name."""
        queryset, compiler, sql, given = self._question
        asking = copy.copy(compiler)
        asking.connection = connections[DEFAULT_DB_ALIAS]
        answers: tuple[Any, ...] = tuple(values[one.name] for one in given)
        # Of this one object: what the compiler found out about the rows stays as it is.
        asking.as_sql = lambda *_args, **_more: (sql, answers)  # type: ignore[method-assign]  # of this copy
        asked = queryset.all()
        asked.query.get_compiler = lambda *_args, **_more: asking  # type: ignore[method-assign]  # of this copy
        return list(asked)


def keep_related(row: Model, name: str, rows: list[M], model: type[M]) -> None:
    """Let `row.<name>.all()` be these rows, as `prefetch_related` does, for a twentieth of it."""
    kept: Any = QuerySet(model)
    kept._result_cache = rows  # noqa: SLF001 - as Django's prefetching does
    kept._prefetch_done = True  # noqa: SLF001 - the same
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = kept
