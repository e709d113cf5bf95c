"""A project copied for the next call year: the same figures, marked as not confirmed yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from grants import tables_changed
from grants.calculation.gaps import COPIED_FROM
from grants.models import GrantProject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from applications.models import User
    from grants.tables_changed import Row

# What the next project has of its own.
OWN = frozenset({"id", "code", "established", "budget_eur", "note"})
YEARS = ("academic_year_from", "academic_year_to")
MARK_END = ", to be confirmed: "


class NothingToCopyError(Exception):
    """The project has no figures of its own; nothing was copied."""


class CopyRefusedError(Exception):
    """The next project has figures already; nothing was copied."""

    def __init__(self, project: GrantProject) -> None:
        super().__init__(project.code)
        self.project = project


@dataclass(frozen=True, slots=True)
class ProjectCopy:
    """What would be written: the project, new or without figures so far, and its rows."""

    source: GrantProject
    project: GrantProject
    rows: tuple[Row, ...]

    @property
    def fills(self) -> bool:
        """Tell whether the project stands already and gets its figures only."""
        return self.project.pk is not None


def next_code(code: str) -> str:
    """Return the code of the next call year: "KA131-2025" -> "KA131-2026"."""
    kind, _dash, year = code.rpartition("-")
    return f"{kind}-{int(year) + 1}"


def copy_of(source: GrantProject) -> ProjectCopy:
    """Return what copying the project would write.

    A next project that stands already but has neither figures nor rows is filled. Raises
    CopyRefusedError when it has some, NothingToCopyError when the source has none.
    """
    if not any(_rows_of(source)):
        raise NothingToCopyError
    code = next_code(source.code)
    project = GrantProject.objects.filter(code=code).first()
    if project is None:
        project = GrantProject(code=code)
    elif project.established or any(_rows_of(project)):
        raise CopyRefusedError(project)
    for field in source._meta.concrete_fields:
        if field.name not in OWN:
            setattr(project, field.name, getattr(source, field.name))
    for name in YEARS:
        setattr(project, name, getattr(source, name) + 1)
    project.source = _marked(source.source, source.code)
    if source.first_instalment_source:
        project.first_instalment_source = _marked(source.first_instalment_source, source.code)
    return ProjectCopy(source, project, tuple(_rows_for(project, source)))


def copy_project(source: GrantProject, *, by: User) -> GrantProject:
    """Write the copy, its figures not established. Raises as `copy_of` does."""
    with transaction.atomic():
        # Two officers at once: the second one finds what the first one wrote.
        GrantProject.objects.select_for_update().get(pk=source.pk)
        copy = copy_of(source)
        tables_changed.write([copy.project], reason="", by=by)
        for row in copy.rows:
            row.project_id = copy.project.pk  # type: ignore[union-attr]  # rows, not projects
        tables_changed.write(copy.rows, reason="", by=by)
    return copy.project


def is_copied(row: Row) -> bool:
    return row.source.startswith(COPIED_FROM)


def confirmed(row: Row) -> Row:
    """Take the mark off the row's source; the row is not saved."""
    row.source = _plain(row.source)
    if isinstance(row, GrantProject):
        row.first_instalment_source = _plain(row.first_instalment_source)
    return row


def _rows_of(project: GrantProject) -> Iterable[bool]:
    return (table.objects.filter(project=project).exists() for table in tables_changed.TABLES)


def _rows_for(project: GrantProject, source: GrantProject) -> Iterable[Row]:
    for table in tables_changed.TABLES:
        columns = [field.name for field in table._meta.concrete_fields if not field.primary_key]
        for row in table.objects.filter(project=source):
            values = {name: getattr(row, name) for name in columns}
            marked = _marked(row.source, source.code)
            yield table(**{**values, "project": project, "source": marked})


def _marked(source: str, code: str) -> str:
    """Say where a figure was copied from; one that was copied before is marked once."""
    return f"{COPIED_FROM}{code}{MARK_END}{_plain(source)}"


def _plain(source: str) -> str:
    return source.partition(MARK_END)[2] if source.startswith(COPIED_FROM) else source
