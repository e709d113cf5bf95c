"""From entries to records: every cell parsed, rows of one partner or agreement brought together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from partners import erasmus_code
from partners.importing import cells
from partners.importing.layout import STORED_AS
from partners.importing.stored import AgreementKey, PoolKey, SeveralFit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from partners.importing.cells import Value
    from partners.importing.layout import Entry, Layout, Part
    from partners.importing.stored import Stored
    from partners.importing.table import Problem

# Whose agreements they are when the file does not say: the faculty this portal was made for.
DEFAULT_FACULTY = "wiwi"

# Columns that are checked, but not stored.
_NOT_STORED = frozenset({"unic"})
# An empty cell leaves these alone: they always have a value.
_NEVER_CLEARED = frozenset({"role", "time_zone", "valid_from", "valid_until", "language"})


@dataclass(slots=True)
class Record:
    """Values to store, by field, and the part of the file they come from."""

    part: Part
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Records:
    partners: dict[str, Record] = field(default_factory=dict)
    agreements: dict[AgreementKey, Record] = field(default_factory=dict)
    pools: dict[PoolKey, Record] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def collect(layout: Layout, stored: Stored) -> Records:
    """Parse every cell; what can't be parsed becomes a problem and is left out.

    `stored` tells which agreement and seats a row means where the file lacks a column.
    """
    records = Records(problems=list(layout.problems), notices=list(layout.notices))
    for entry in layout.entries:
        key = _parse_one(cells.key, entry.partner, entry.key, "key", records.problems)
        if not entry.partner.is_filled and not entry.seats:
            message = _("The row says nothing about the partner and gives no seats.")
            records.problems.append(entry.partner.problem("", message))
        if entry.partner.is_filled:
            _add_partner(records, key, entry)
        for part in entry.seats:
            _add_seats(records, key, part, stored)
    return records


def _add_partner(records: Records, key: str | None, entry: Entry) -> None:
    part = entry.partner
    values = _parse(cells.PARTNER, part, records.problems)
    _check_coordinates(part, records.problems)
    if key is None:
        return
    earlier = records.partners.get(key)
    if earlier is None:
        _note_foreign_code(part, values, records.notices)
        stored = {
            STORED_AS.get(column, column): value
            for column, value in values.items()
            if column not in _NOT_STORED
        }
        records.partners[key] = Record(part, stored)
    elif dict(earlier.part.cells) != dict(part.cells) or "kind" not in _columns(entry):
        # A spreadsheet may repeat the partner beside each of its seats, but only unchanged.
        message = _("“%(key)s” is described on line %(line)d already.")
        records.problems.append(
            part.problem("key", message % {"key": key, "line": earlier.part.line})
        )


def _columns(entry: Entry) -> set[str]:
    return {column for part in entry.seats for column, text in part.cells.items() if text}


def _add_seats(records: Records, partner: str | None, part: Part, stored: Stored) -> None:
    problems = records.problems
    identity = {
        column: _parse_one(parser, part, part.cells.get(column, ""), column, problems)
        for column, parser in (
            ("faculty", cells.faculty),
            ("kind", cells.kind),
            ("isced_f", cells.isced_f),
        )
    }
    values = _parse(cells.AGREEMENT, part, problems)
    has_pool = any(part.cells.get(column) for column in cells.POOL)
    pool = _parse(cells.POOL, part, problems) if has_pool else {}
    if has_pool and not part.cells.get("academic_year"):
        problems.append(part.problem("academic_year", _("The academic year is missing.")))
    if partner is None or None in identity.values():
        return
    year = pool.get("academic_year")
    assert year is None or isinstance(year, int)  # noqa: S101 - parsed above
    agreement = AgreementKey(
        partner,
        str(identity["faculty"]) or DEFAULT_FACULTY,
        str(identity["kind"]),
        str(identity["isced_f"]),
    )
    try:
        if "isced_f" in part.absent:
            if part.cells.get("academic_year") and year is None:
                return  # its problem stands there already
            agreement = stored.agreement_meant(agreement, year, values)
        _add_agreement(records, agreement, part, values)
        if year is not None and "seats" in pool:
            key = PoolKey(
                agreement, year, str(pool.get("level") or ""), str(pool.get("semester") or "")
            )
            _add_pool(records, stored.pool_meant(key, part.absent), part, pool)
    except SeveralFit as several:
        problems.append(part.problem(several.column, str(several)))


def _add_agreement(
    records: Records, key: AgreementKey, part: Part, values: Mapping[str, Value]
) -> None:
    earlier = records.agreements.setdefault(key, Record(part, {}))
    for column, value in values.items():
        field_name = STORED_AS.get(column, column)
        if not part.cells[column] and field_name in earlier.values:
            continue  # said on an earlier row, left out here
        said = earlier.values.get(field_name)
        was_said = bool(said) or bool(earlier.part.cells.get(column))
        if earlier.part is not part and was_said and said != value:
            message = _("Line %(line)d says “%(value)s” for the same agreement.")
            shown = earlier.part.cells.get(column, said)
            records.problems.append(
                part.problem(column, message % {"line": earlier.part.line, "value": shown})
            )
        else:
            earlier.values[field_name] = value


def _add_pool(records: Records, key: PoolKey, part: Part, pool: Mapping[str, Value]) -> None:
    earlier = records.pools.get(key)
    if earlier is not None:
        message = _("These seats stand on line %(line)d already.")
        records.problems.append(part.problem("seats", message % {"line": earlier.part.line}))
        return
    # Seats that come without the mark are real: an import replaces what was made up.
    values = {**pool, "made_up": pool.get("made_up", False)}
    stored_fields = ("seats", "fallback", "made_up")
    records.pools[key] = Record(
        part, {field: values[field] for field in stored_fields if field in values}
    )


def _parse(
    parsers: Mapping[str, Callable[[str], Value]], part: Part, problems: list[Problem]
) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for column, parser in parsers.items():
        if part.cells.get(column) or (column in part.cells and column not in _NEVER_CLEARED):
            try:
                values[column] = parser(part.cells[column])
            except ValueError as error:
                problems.append(part.problem(column, str(error)))
    return values


def _parse_one(
    parser: Callable[[str], Value], part: Part, text: str, column: str, problems: list[Problem]
) -> str | None:
    try:
        return str(parser(text))
    except ValueError as error:
        problems.append(part.problem(column, str(error)))
        return None


def _check_coordinates(part: Part, problems: list[Problem]) -> None:
    pair = [column for column in ("latitude", "longitude") if part.cells.get(column)]
    if len(pair) == 1:
        message = _("Latitude and longitude only come together.")
        problems.append(part.problem(pair[0], message))


def _note_foreign_code(part: Part, values: Mapping[str, Value], notices: list[str]) -> None:
    code, country = str(values.get("erasmus_code", "")), values.get("country")
    expected = erasmus_code.country(code)
    if expected is not None and country is not None and expected != country:
        message = _(
            "Line %(line)d: the Erasmus code “%(code)s” is one of %(expected)s, "
            "but the country is %(country)s."
        )
        notices.append(
            message % {"line": part.line, "code": code, "expected": expected, "country": country}
        )
