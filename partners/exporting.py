"""The catalogue as a table in the columns the import reads: a spreadsheet can go round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from partners.importing.cells import AGREEMENT, PARTNER, POOL, as_text
from partners.importing.layout import COLUMNS, STORED_AS
from partners.models import HostUniversity
from partners.spreadsheets import csv_file, marked, xlsx

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import Model, QuerySet

    from partners.models import Agreement

FORMATS: Final = ("xlsx", "csv")
CONTENT_TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
# What is read and checked, but not stored, can't be given out.
EXPORTED: Final = tuple(column for column in COLUMNS if column != "unic")


def catalogue_file(
    agreements: QuerySet[Agreement], file_format: str, *, with_notes: bool = True
) -> bytes:
    """Return all host universities, with these agreements and their seats, as a file.

    The internal notes are left out with their column, which a file loaded again then leaves alone.

    Raises ValueError for a format that is not in FORMATS.
    """
    if file_format not in FORMATS:
        raise ValueError(f"{file_format!r} is not a format: {', '.join(FORMATS)}.")
    rows = catalogue(agreements)
    if not with_notes:
        notes = EXPORTED.index("notes")
        rows = [[*row[:notes], *row[notes + 1 :]] for row in rows]
    return xlsx(rows, title="catalogue") if file_format == "xlsx" else csv_file(rows)


def catalogue(agreements: QuerySet[Agreement]) -> list[list[str]]:
    """Return the header and the rows, by key of the host.

    A host has a row of its own, then one for each pool of seats. What an agreement says stands
    beside its first pool only: it is changed in one place.
    """
    of_host: dict[int, list[Agreement]] = {}
    ordered = agreements.order_by("kind", "faculty__key", "isced_f").select_related("faculty")
    for agreement in ordered.prefetch_related("pools"):
        of_host.setdefault(agreement.host_id, []).append(agreement)
    rows = [list(EXPORTED)]
    for host in HostUniversity.objects.order_by("key"):
        rows.append(_row({"key": host.key, **_cells(host, PARTNER)}))
        for agreement in of_host.get(host.pk, ()):
            rows += _rows_of(host, agreement)
    return rows


def _rows_of(host: HostUniversity, agreement: Agreement) -> Iterable[list[str]]:
    identity = {
        "key": host.key,
        "faculty": agreement.faculty.key,
        "kind": agreement.kind,
        "isced_f": agreement.isced_f,
    }
    said = _cells(agreement, AGREEMENT)
    pools = sorted(
        agreement.pools.all(), key=lambda pool: (pool.academic_year, pool.level, pool.semester)
    )
    if not pools:
        yield _row({**identity, **said})
    for pool in pools:
        yield _row({**identity, **said, **_cells(pool, POOL)})
        said = {}


def _cells(row: Model, columns: Iterable[str]) -> dict[str, str]:
    return {
        column: marked(as_text(column, getattr(row, STORED_AS.get(column, column))))
        for column in columns
        if column in EXPORTED
    }


def _row(cells: Mapping[str, str]) -> list[str]:
    return [cells.get(column, "") for column in EXPORTED]
