"""Questions to the database that every page asks: put into SQL once in a process, not every time.

Building a queryset and turning it into SQL costs Django several times what PostgreSQL and the rows
cost. What changes from one time to the next is given as `Given`; all else of it stays as written,
so that a rule (`RoleGrant.objects.in_force`) is still written once, and read from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BigIntegerField, BooleanField, Expression, F, Func, Model, QuerySet
from django.db.models.query import ModelIterable, ValuesListIterable, get_related_populators
from psycopg.sql import Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Field
    from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)

# Begins a question of which the connection may keep the plan (exchange_portal.database).
KEPT_PLAN = "SELECT /* plan kept */ "
# Stands between several that are asked at once.
AND_ALSO = "; /* and also */ "
LARGEST = BigIntegerField.MAX_BIGINT
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
    but the code: neither on the clock nor on the reader's language. It gives rows, with what
    `select_related`, `annotate` and `defer` say of them, or tuples (`values_list`). A number that
    no column can hold, as in an address somebody made up, is that of no row.
    """

    def __init__(self, build: Callable[[], QuerySet[M]]) -> None:
        self._build = build

    def __call__(self, **values: object) -> list[M]:
        """Ask; every value that was left open is given by its name."""
        (found,) = together(self.asked(**values))
        return found

    def asked(self, **values: object) -> Asked[M]:
        """Return the question with its values, to be asked `together` with others."""
        question = self._question
        return Asked(question, [values[one.name] for one in question.given])

    @cached_property
    def _question(self) -> Question[M]:
        return Question(self._build())


class Question(Generic[M]):
    """What is known of a question before it is asked: its SQL, and how a row becomes an object.

    As `django.db.models.query.ModelIterable`, which finds it out anew each time.
    """

    def __init__(self, queryset: QuerySet[M]) -> None:
        compiler = self._compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        self.sql, self.given = _with_what_is_known(*compiler.as_sql())
        self._count = compiler.col_count
        columns = [column for column, *_more in compiler.select[: self._count]]
        self._converters = compiler.get_converters(columns)
        self._model: type[M] | None = None
        told_as = queryset._iterable_class  # noqa: SLF001 - Django has no other word for it
        if told_as is ValuesListIterable:
            return
        if told_as is not ModelIterable or vars(queryset)["_prefetch_related_lookups"]:
            raise TypeError("A prepared question gives rows, nothing prefetched, or tuples.")
        known = compiler.klass_info
        self._model = known["model"]
        fields = known["select_fields"]
        self._own = slice(fields[0], fields[-1] + 1)
        self._names = [column.target.attname for column, *_more in compiler.select[self._own]]
        self._related = get_related_populators(known, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # Django 6 asks for more
        self._annotations = compiler.annotation_col_map

    def made_of(self, rows: Iterable[Sequence[Any]]) -> list[M]:
        """Return the objects of these rows."""
        if self._converters:
            rows = self._compiler.apply_converters(rows, self._converters)
        if self._model is None:
            return [tuple(row[: self._count]) for row in rows]  # type: ignore[misc]  # what M stands for then
        return [self._object(row) for row in rows]

    def _object(self, row: Sequence[Any]) -> M:
        made = cast("type[M]", self._model).from_db(DEFAULT_DB_ALIAS, self._names, row[self._own])
        for related in self._related:
            related.populate(row, made)
        for name, place in self._annotations.items():
            setattr(made, name, row[place])
        return made


@dataclass(frozen=True, slots=True)
class Asked(Generic[M]):
    """A question with a value for each that was left open, in their order."""

    question: Question[M]
    values: list[Any]

    @property
    def is_answered(self) -> bool:
        """Whether no row can fit, so that the database need not be asked."""
        return any(isinstance(value, int) and abs(value) > LARGEST for value in self.values)


def together(*asked: Asked[Any]) -> tuple[list[Any], ...]:
    """Ask several questions at once, which is one way to the database; return the answer to each.

    None may depend on what another finds. They see what one statement after the other would see.
    """
    sent = [one for one in asked if not one.is_answered]
    sql = AND_ALSO.join(one.question.sql for one in sent)
    values = [value for one in sent for value in one.values]
    told = iter(rows_told(sql, values, len(sent)) if sent else [])
    return tuple([] if one.is_answered else one.question.made_of(next(told)) for one in asked)


def rows_told(sql: str, values: Sequence[Any], count: int) -> list[list[tuple[Any, ...]]]:
    """Ask the database `count` questions; return the rows of each."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(sql, tuple(values))
        if count == 1:
            return [cursor.fetchall()]
        # Of the last ones: wrappers of the cursor put statements of theirs in front.
        return [cursor.set_result(place).fetchall() for place in range(-count, 0)]


def _with_what_is_known(sql: str, params: Iterable[Any]) -> tuple[str, list[Given]]:
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

    return KEPT_PLAN + _PLACE.sub(place, sql).removeprefix("SELECT "), given


def keep_related(row: Model, name: str, rows: list[M], model: type[M]) -> None:
    """Let `row.<name>.all()` be these rows, as `prefetch_related` does, for a twentieth of it."""
    kept: Any = QuerySet(model)
    kept._result_cache = rows  # noqa: SLF001 - as Django's prefetching does
    kept._prefetch_done = True  # noqa: SLF001 - the same
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = kept
