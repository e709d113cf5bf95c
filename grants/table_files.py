"""The shipped data files against the tables the office keeps: what is new, changed, kept."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from grants import tables_changed
from grants.calculation.gaps import Gap, Surroundings, findings
from grants.health_texts import sentence
from grants.loading import tables_from_database
from grants.models import CountryStatus, GrantProject, GrantRate, TopUp, TravelBand

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.db.models import Field

    from applications.models import User
    from grants.calculation.gaps import Finding
    from grants.tables_changed import Row

    Cells = dict[str, str]

# Projects first: the others name them.
FILES: dict[str, type[Row]] = {
    "projects.csv": GrantProject,
    "grant_rates.csv": GrantRate,
    "country_groups.csv": CountryStatus,
    "top_ups.csv": TopUp,
    "travel_bands.csv": TravelBand,
}
FIRST, LAST = "project_from", "project_to"
FOR_READERS = frozenset({"name"})  # the country's name, beside its code
KEPT_BY_HAND = frozenset({"id", "budget_eur"})  # of no file
OVERLAPS = frozenset({Gap.RATE_OVERLAP, Gap.TOP_UP_OVERLAP, Gap.BAND_OVERLAP})
SWITCH = {"yes": True, "no": False}


class UnreadableError(Exception):
    """A file is missing or is no table in UTF-8; its text is the name of the file."""


class OverlapsError(Exception):
    """Rows of the files stand for the same days or kilometres; `sentences` say which."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class Step(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    KEPT = "kept"  # differs, but the office has changed the row in the portal
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class FileRow:
    """What a line says about one row. `changes` is {column: (before, after)}."""

    file: str
    line: int
    row: Row
    step: Step
    changes: dict[str, tuple[str, str]]


@dataclass(slots=True)
class FileReport:
    """What loading the files does; with a problem nothing is written."""

    rows: list[FileRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def count(self, file: str) -> Counter[Step]:
        return Counter(row.step for row in self.rows if row.file == file)

    @property
    def to_write(self) -> list[Row]:
        return [row.row for row in self.rows if row.step in {Step.NEW, Step.CHANGED}]


def read(folder: Path, *, overwrite: bool) -> FileReport:
    """Compare the files of a folder with the tables. Raises UnreadableError."""
    report = FileReport()
    projects = {project.code: project for project in GrantProject.objects.all()}
    order: list[str] = []
    for file, model in FILES.items():
        stored = {_key(row): row for row in model.objects.select_related(*_relations(model))}
        office = set() if overwrite else _changed_by_the_office(model)
        seen: dict[tuple[object, ...], int] = {}
        for line, cells in _lines(folder, file, model, order, report.problems):
            row = _row(file, line, model, cells, projects, report.problems)
            if row is None:
                continue
            if (first := seen.setdefault(_key(row), line)) != line:
                message = _("%(file)s, line %(line)d: the same row as line %(first)d.")
                report.problems.append(message % {"file": file, "line": line, "first": first})
                continue
            if isinstance(row, GrantProject):
                order.append(row.code)
                projects.setdefault(row.code, row)
            report.rows.append(
                _compared(file, line, row, stored.get(_key(row)), set(cells), office)
            )
    return report


def load(report: FileReport, *, reason: str, by: User | None) -> None:
    """Write what is new and changed, all or nothing. Raises as `tables_changed.write` does.

    Raises OverlapsError when something would be paid twice then that was not before.
    """
    given = report.to_write
    with transaction.atomic():
        before = _overlaps()
        projects = [row for row in given if isinstance(row, GrantProject)]
        tables_changed.write(projects, reason=reason, by=by)
        rows = [row for row in given if not isinstance(row, GrantProject)]
        for row in rows:
            row.project_id = row.project.pk  # a new project has its number only now
        tables_changed.write(rows, reason=reason, by=by)
        more = [finding for finding in _overlaps() if finding not in before]
        if more:
            raise OverlapsError([f"{each.project}: {sentence(each)}" for each in more])


def _overlaps() -> list[Finding]:
    found = findings(tables_from_database(), Surroundings())
    return [finding for finding in found if finding.code in OVERLAPS]


def _lines(
    folder: Path, file: str, model: type[Row], codes: list[str], problems: list[str]
) -> Iterator[tuple[int, Cells]]:
    """Yield the rows of a file with their lines, once for each project they stand for."""
    try:
        yield from _read_lines(folder, file, model, codes, problems)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError(folder / file) from error


def _read_lines(
    folder: Path, file: str, model: type[Row], codes: list[str], problems: list[str]
) -> Iterator[tuple[int, Cells]]:
    # Spreadsheets put a mark in front of UTF-8, which is no part of the first column's name.
    with (folder / file).open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened)
        columns = set(reader.fieldnames or ())
        wanted = {each.name for each in model._meta.concrete_fields} - KEPT_BY_HAND
        spans = FIRST in columns
        expected = (wanted - {"project"} | {FIRST, LAST}) if spans else wanted
        wrong = (expected ^ columns) - FOR_READERS
        if wrong:
            message = _("%(file)s: missing or unknown columns: %(columns)s.")
            problems.append(message % {"file": file, "columns": ", ".join(sorted(wrong))})
            return
        for cells in reader:
            given = {name: cells[name] or "" for name in columns - FOR_READERS}
            if not spans:
                yield reader.line_num, given
                continue
            first, last = given.pop(FIRST), given.pop(LAST)
            if first not in codes or last not in codes or codes.index(first) > codes.index(last):
                message = _("%(file)s, line %(line)d: no projects from %(first)s to %(last)s.")
                words = {"file": file, "line": reader.line_num, "first": first, "last": last}
                problems.append(message % words)
                continue
            for code in codes[codes.index(first) : codes.index(last) + 1]:
                yield reader.line_num, {**given, "project": code}


def _row(
    file: str,
    line: int,
    model: type[Row],
    cells: Cells,
    projects: dict[str, GrantProject],
    problems: list[str],
) -> Row | None:
    """Return the row a line says, or None with its problems told."""
    values: dict[str, Any] = {}
    wrong = len(problems)
    for column in model._meta.concrete_fields:
        if column.name not in cells:
            continue
        text = cells[column.name]
        try:
            values[column.name] = _value(column, text, projects)
        except (ValidationError, KeyError) as error:
            reason = "; ".join(getattr(error, "messages", [_("unknown")]))
            message = _("%(file)s, line %(line)d, %(column)s “%(text)s”: %(reason)s")
            words = {"file": file, "line": line, "column": column.name, "text": text}
            problems.append(message % {**words, "reason": reason})
    return model(**values) if len(problems) == wrong else None


def _value(column: Field[Any, Any], text: str, projects: dict[str, GrantProject]) -> object:
    if column.name == "project":
        return projects[text]
    if column.get_internal_type() == "BooleanField":
        return SWITCH[text]
    if not text and column.null:
        return None
    return column.clean(text, None)


def _compared(
    file: str, line: int, row: Row, before: Row | None, columns: set[str], office: set[int]
) -> FileRow:
    if before is None:
        return FileRow(file, line, row, Step.NEW, {})
    changes: dict[str, tuple[str, str]] = {}
    for column in sorted(columns - {"project"}):
        old, new = getattr(before, column), getattr(row, column)
        if old != new:
            changes[column] = (_text(old), _text(new))
            if before.pk not in office:
                setattr(before, column, new)
    if not changes:
        return FileRow(file, line, before, Step.UNCHANGED, {})
    step = Step.KEPT if before.pk in office else Step.CHANGED
    return FileRow(file, line, before, step, changes)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _key(row: Row) -> tuple[object, ...]:
    return tuple(str(getattr(row, name)) for name in tables_changed.key_columns(type(row)))


def _relations(model: type[Row]) -> list[str]:
    return [] if model is GrantProject else ["project"]


def _changed_by_the_office(model: type[Row]) -> set[int]:
    """Return the rows some person added or changed in the portal."""
    events = apps.get_model("grants", f"{model.__name__}Event")
    contexts = events.objects.filter(pgh_context__isnull=False).values_list(
        "pgh_obj_id", "pgh_context__metadata"
    )
    return {pk for pk, metadata in contexts if metadata.get("user")}
