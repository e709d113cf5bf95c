"""A person's own data as a ZIP (GDPR Articles 15 and 20): data.json, a readme, and all files.

Written row by row and file by file into a temporary file, so that memory stays flat however much
there is. What is in it, and what is not, stands in `own_data_tables`.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from io import TextIOWrapper
from typing import IO, TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils import timezone

from applications import lifecycle
from applications.exports.receipt import receipt_as_pdf
from applications.models import Submission, User
from exchange_portal.privacy.own_data_readme import readme
from exchange_portal.privacy.own_data_staff import Acting
from exchange_portal.privacy.own_data_tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import Model

    from exchange_portal.privacy.own_data_kinds import Table

logger = logging.getLogger(__name__)

FORMAT = "exchange-portal-own-data"
VERSION = 1
ROWS_AT_ONCE = 200


def own_data_of(person: User, *, now: datetime) -> IO[bytes]:
    """Return the ZIP as an open temporary file, at its beginning."""
    archive = tempfile.TemporaryFile()  # noqa: SIM115 - the answer that sends it closes it
    try:
        with ZipFile(archive, "w", ZIP_DEFLATED) as zipped:
            missing = list(_put_files(zipped, person))
            _put_receipts(zipped, person)
            with (
                zipped.open("data.json", "w", force_zip64=True) as entry,
                TextIOWrapper(entry, encoding="utf-8") as text,
            ):
                _write(text, person, now)
            zipped.writestr("readme.txt", readme(missing))
        archive.seek(0)
    except BaseException:
        archive.close()
        raise
    logger.info("person %s: own data put together", person.pk)
    return archive


# -- data.json -------------------------------------------------------------------------------------


def _write(text: TextIOWrapper, person: User, now: datetime) -> None:
    acting = Acting(person)
    head = {"format": FORMAT, "version": VERSION, "made_at": now, "time_zone": "UTC"}
    text.write(_as_json(head).removesuffix("}"))
    text.write(',\n"data": {')
    for number, table in enumerate(TABLES):
        rows = _rows(table, table.rows, table.person, table.fields, person, now)
        _write_list(text, table.section, acting.all_told(table, rows), first=not number)
    text.write('\n},\n"earlier_versions": {')
    for number, table in enumerate(table for table in TABLES if table.history):
        rows = _rows(table, table.events, *_of_events(table), person, now)
        _write_list(text, table.section, acting.all_told(table, rows), first=not number)
    text.write("\n}\n}\n")


def _write_list(
    text: TextIOWrapper, name: str, rows: Iterator[dict[str, Any]], *, first: bool
) -> None:
    text.write(f"{'' if first else ','}\n{json.dumps(name)}: [")
    text.writelines(
        f"{',' if number else ''}\n  {_as_json(row)}" for number, row in enumerate(rows)
    )
    text.write("]")


def _as_json(value: dict[str, Any]) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _rows(
    table: Table,
    model: type[Model],
    path: str,
    fields: list[str],
    person: User,
    now: datetime,
) -> Iterator[dict[str, Any]]:
    found: QuerySet[Model] = QuerySet(model).filter(**{path: table.key(person)}).order_by("pk")
    if table.after:
        found = found.filter(**{f"{table.after}__lte": now})
    for values in found.values_list(*fields).iterator(chunk_size=ROWS_AT_ONCE):
        yield dict(zip(fields, values, strict=True))


def _of_events(table: Table) -> tuple[str, list[str]]:
    """Return the way from an earlier version to its person, and which columns it has."""
    kept = {column.name for column in table.events._meta.concrete_fields}
    fields = [name for name in table.fields if name.partition("__")[0] in kept]
    path = "pgh_obj" if table.person == "pk" else table.person
    return path, ["pgh_created_at", "pgh_label", *fields]


# -- files -----------------------------------------------------------------------------------------


def _put_files(zipped: ZipFile, person: User) -> Iterator[str]:
    """Put every stored file in, and yield the names of those that are not there any more."""
    for stored_name, name in _files(person):
        try:
            with lifecycle.at_hand(stored_name) as path:
                file = path.open("rb")
        except FileNotFoundError:
            logger.exception("person %s: a file of the own data is missing", person.pk)
            yield name
            continue
        # PDFs are compressed already.
        with file, zipped.open(_stored(name), "w") as entry:
            shutil.copyfileobj(file, entry)


def _files(person: User) -> Iterator[tuple[str, str]]:
    for table in TABLES:
        if table.files:
            rows: QuerySet[Model] = QuerySet(table.rows)
            mine = rows.filter(**{table.person: table.key(person)}).order_by("pk")
            for row in mine.values("id", "stored_name", *table.files):
                yield row["stored_name"], table.file_of(row)


def _stored(name: str) -> ZipInfo:
    info = ZipInfo(name, timezone.localtime().timetuple()[:6])
    info.compress_type = ZIP_STORED
    return info


def _put_receipts(zipped: ZipFile, person: User) -> None:
    rows = Submission.objects.filter(application__student=person).select_related(
        "application__call"
    )
    for submission in rows.order_by("pk").iterator(chunk_size=ROWS_AT_ONCE):
        name = f"receipts/{submission.application.code}-{submission.number}.pdf"
        zipped.writestr(name, receipt_as_pdf(submission))
