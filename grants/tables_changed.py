"""The one door through which rows of the grant tables are written.

Once an approved grant was calculated by a project, a change of its tables needs a reason and
leaves a `TableChange`; the database refuses it otherwise. The approved grant keeps its figures:
they are stored with it.
"""

from __future__ import annotations

import logging
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from applications import access
from grants import awards
from grants.awards import Difference
from grants.calculation import ProjectTables, estimate
from grants.loading import tables_from_database
from grants.models import AwardVersion, GrantAward, GrantProject, TableChange
from grants.models.guards import REASON_SETTING
from grants.models.project import FREE_COLUMNS
from grants.table_rows import TABLES, Row, columns_of, key_columns, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet

    from applications.models import User
    from grants.calculation import GrantTables

__all__ = [
    "TABLES",
    "Effect",
    "ReasonNeededError",
    "Row",
    "Written",
    "effect",
    "key_columns",
    "needs_reason",
    "used_projects",
    "write",
]

ROW_LENGTH = TableChange._meta.get_field("row").max_length

logger = logging.getLogger(__name__)


class ReasonNeededError(Exception):
    """An approved grant was calculated by these projects: say why their tables change."""

    def __init__(self, projects: Sequence[str]) -> None:
        super().__init__(", ".join(projects))
        self.projects = tuple(projects)


@dataclass(frozen=True, slots=True)
class Written:
    """A row as it was written: its name and {column: [before, after]}, as `table_rows` says."""

    projects: frozenset[int]
    row: str
    changes: dict[str, list[str]]
    free: bool  # only columns no grant is calculated from


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would mean for the awards of the projects it touches.

    `differing` are those that would come out differently by the change itself.
    """

    written: tuple[Written, ...]
    used: tuple[str, ...]  # projects an approved grant was calculated by: they need a reason
    approved: int
    differing: tuple[Difference, ...]


def write(
    saved: Iterable[Row] = (),
    deleted: Iterable[Row] = (),
    *,
    reason: str,
    by: User | None,
) -> list[Written]:
    """Save and delete rows in one transaction. `by` is None for who operates the portal.

    Raises ReasonNeededError, nothing being written, when an approved grant was calculated by a
    project the change touches and no reason or nobody is given; PermissionDenied for people who
    do not keep the tables; IntegrityError when the database refuses a row.
    """
    if by is not None and not access.can_see_grants(by):
        raise PermissionDenied
    why = reason.strip() if by is not None else ""
    saved, deleted = list(saved), list(deleted)
    with transaction.atomic():
        # One after the other: two officers never write the log of one project at once.
        touched = _projects_of([*saved, *deleted])
        locked = GrantProject.objects.select_for_update(no_key=True).filter(pk__in=touched)
        codes = dict(locked.order_by("pk").values_list("pk", "code"))
        if why:
            _tell_the_database(why)
        try:
            with transaction.atomic():
                written = [_save(row) for row in saved] + [_delete(row) for row in deleted]
        except IntegrityError as refused:
            if "changed_with_reason" not in str(refused):
                raise
            needing = used_projects(touched)
            raise ReasonNeededError([codes[pk] for pk in codes if pk in needing]) from refused
        if why and by is not None:
            _log(written, why, by)
            _tell_the_database("")
    logger.info("%s rows of the grant tables written", len(written))
    return written


def effect(saved: Iterable[Row] = (), deleted: Iterable[Row] = (), *, by: User) -> Effect:
    """Try a change, compare what awards come to before and after it, and take it back."""
    with transaction.atomic():
        before = tables_from_database()
        written = write(map(copy, saved), map(copy, deleted), reason="tried", by=by)
        after = tables_from_database()
        touched = {pk for each in written if not each.free for pk in each.projects}
        used = used_projects(touched)
        ours = GrantAward.objects.filter(cancelled_at=None)
        approved = ours.filter(approved__project__in=touched).count()
        reached = _reached(touched, before, after)
        differing = _differing(ours.filter(current__project__in=reached), before, after)
        transaction.set_rollback(True)
    codes = GrantProject.objects.filter(pk__in=used).values_list("code", flat=True)
    return Effect(tuple(written), tuple(codes), approved, tuple(differing))


def _reached(touched: set[int], *seen: GrantTables) -> set[int]:
    """Return these projects and those that take their figures from them for now."""
    pks = dict(GrantProject.objects.values_list("code", "pk"))
    bases = [
        (code, tables.basis(code)) for tables in seen for code in tables.projects if code in pks
    ]
    return touched | {
        pks[code]
        for code, basis in bases
        if isinstance(basis, ProjectTables) and pks.get(basis.project.code) in touched
    }


def _differing(
    ours: QuerySet[GrantAward], before: GrantTables, after: GrantTables
) -> Iterator[Difference]:
    for each in awards.calculations(ours):
        old, new = estimate(each.request, before), estimate(each.request, after)
        if old != new:
            yield Difference(
                award=each.award,
                application=each.application,
                state=each.state,
                before=old.total,
                after=new.total,
                reason=new.reason or "",
            )


def used_projects(projects: Iterable[int]) -> set[int]:
    """Return those projects by which an approved grant was calculated, as the database looks."""
    return set(
        AwardVersion.objects.filter(project__in=list(projects), approved_at__isnull=False)
        .order_by()
        .values_list("project", flat=True)
        .distinct()
    )


def needs_reason(row: Row) -> list[str]:
    """Return the projects for which saving the row needs a reason."""
    before = _stored(row)
    if before is not None and _free(before, row):
        return []
    used = used_projects(_projects_of([row]))
    return list(GrantProject.objects.filter(pk__in=used).values_list("code", flat=True))


def _projects_of(rows: Iterable[Row]) -> set[int]:
    found: set[int | None] = set()
    for row in rows:
        if isinstance(row, GrantProject):
            found.add(row.pk)
            continue
        before = _stored(row)
        found.add(row.project_id)
        if before is not None and not isinstance(before, GrantProject):
            found.add(before.project_id)
    return {pk for pk in found if pk is not None}


def _stored(row: Row) -> Row | None:
    return type(row).objects.filter(pk=row.pk).first() if row.pk else None


def _save(row: Row) -> Written:
    before = _stored(row)
    row.save()
    return _written(before, _stored(row))


def _delete(row: Row) -> Written:
    before = _stored(row)
    row.delete()
    return _written(before, None)


def _written(before: Row | None, after: Row | None) -> Written:
    rows = [row for row in (before, after) if row is not None]
    old, new = columns_of(before) if before else {}, columns_of(after) if after else {}
    return Written(
        projects=frozenset(
            row.pk if isinstance(row, GrantProject) else row.project_id for row in rows
        ),
        row=name_of(rows[-1])[:ROW_LENGTH],
        changes={
            column: [old.get(column, ""), new.get(column, "")]
            for column in (new or old)
            if old.get(column, "") != new.get(column, "")
        },
        free=before is not None and after is not None and _free(before, after),
    )


def _free(before: Row, after: Row) -> bool:
    """Tell whether nothing changed that a grant is calculated from."""
    free = FREE_COLUMNS if isinstance(after, GrantProject) else ()
    return all(
        field.to_python(getattr(before, field.attname))
        == field.to_python(getattr(after, field.attname))
        for field in after._meta.concrete_fields
        if field.name not in free
    )


def _log(written: list[Written], reason: str, by: User) -> None:
    used = used_projects(pk for each in written for pk in each.projects)
    TableChange.objects.bulk_create(
        TableChange(project_id=pk, row=each.row, changes=each.changes, reason=reason, by=by)
        for each in written
        if each.changes and not each.free
        for pk in sorted(each.projects & used)
    )


def _tell_the_database(reason: str) -> None:
    """Set or clear the reason the trigger looks for, for the length of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [REASON_SETTING, reason])
