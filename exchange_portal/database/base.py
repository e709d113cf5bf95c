"""Plans that PostgreSQL keeps, and a look at a connection that costs no question.

Django binds values into the text of every query, so PostgreSQL plans each of them anew; for the
small questions of a page that is more work than answering them. Those that `partners.prepared`
marks are prepared by name on each connection, and executed by that name from then on.
"""

from __future__ import annotations

import re
import select
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import psycopg
from django.db.backends.postgresql import base, operations
from django.db.backends.postgresql.base import CursorMixin

from partners.prepared import AND_ALSO, KEPT_PLAN

if TYPE_CHECKING:
    from typing import Self

# On a connection that asks it only once a plan is not worth its keeping.
ASKED_BEFORE = 1
_PLACE = re.compile(r"%(%|s)")


class Plans:
    """The questions one connection has been asked, and how those it keeps a plan of are asked."""

    def __init__(self) -> None:
        self._asked: dict[str, int] = {}
        self._named: dict[str, str] = {}

    def prepared(self, sql: str) -> str | None:
        """Return how to execute it by its name, if it has one on this connection."""
        return self._named.get(sql)

    def to_prepare(self, sql: str) -> str | None:
        """Return how to give it a name, once it has been asked often enough."""
        asked = self._asked[sql] = self._asked.get(sql, 0) + 1
        if asked <= ASKED_BEFORE:
            return None
        places = count(1)
        named = _PLACE.sub(lambda at: "%" if at[1] == "%" else f"${next(places)}", sql)
        return f"PREPARE kept_{len(self._named)} AS {named}"

    def keep(self, sql: str) -> str:
        """Note that it has been given its name; return how to execute it."""
        values = ", ".join("%s" for at in _PLACE.finditer(sql) if at[1] == "s")
        self._named[sql] = f"EXECUTE kept_{len(self._named)}" + (f"({values})" if values else "")
        return self._named[sql]


_PLANS: WeakKeyDictionary[psycopg.Connection[Any], Plans] = WeakKeyDictionary()


class PlanKeepingCursor(CursorMixin, psycopg.ClientCursor[Any]):
    """Django's cursor, which executes marked questions by the name of their plan."""

    def execute(
        self,
        query: Any,  # noqa: ANN401 - as psycopg's, which has two signatures
        params: Any = None,  # noqa: ANN401 - the same
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """Execute a statement. The same, to all who ask, as if it was sent as it stands."""
        if isinstance(query, str) and query.startswith(KEPT_PLAN):
            query = AND_ALSO.join(map(self._by_name, query.split(AND_ALSO)))
        return super().execute(query, params, prepare=prepare, binary=binary)

    def _by_name(self, sql: str) -> str:
        plans = _PLANS.setdefault(self.connection, Plans())
        if named := plans.prepared(sql):
            return named
        if not (preparing := plans.to_prepare(sql)):
            return sql
        super().execute(preparing)
        return plans.keep(sql)


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, which tells a question asked by its name as what it asks."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:  # noqa: ANN401 - as Django's
        """Return what was executed, with its values: for logs and tests."""
        if sql.startswith(KEPT_PLAN):
            with self.connection.connection.cursor() as written:
                return str(written.mogrify(sql, params))
        return str(super().last_executed_query(cursor, sql, params))


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection. OPTIONS: `keep_plans`, False behind a pool that shares connections."""

    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg connects with."""
        params: dict[str, Any] = super().get_connection_params()
        if params.pop("keep_plans", True):
            params["cursor_factory"] = PlanKeepingCursor
        return params

    def is_usable(self) -> bool:
        """Tell whether a connection that lay idle still stands.

        Nobody sends anything on it unasked but its end: only what has something to read is asked.
        """
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or bool(super().is_usable())
