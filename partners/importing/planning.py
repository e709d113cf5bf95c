"""Comparing records with the database: what is new, what changes, what can't be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from partners import academic_year
from partners.agreement_rules import level_fits, promises_nothing, year_fits
from partners.importing.cells import as_text
from partners.importing.layout import STORED_AS
from partners.importing.seats_left import notices_of
from partners.importing.stored import AgreementKey, PoolKey
from partners.models import Agreement, Faculty, HostUniversity, SeatPool

if TYPE_CHECKING:
    from partners.importing.layout import Part
    from partners.importing.records import Record, Records
    from partners.importing.stored import Stored
    from partners.importing.table import Problem

_Key = TypeVar("_Key", str, AgreementKey, PoolKey)
_Row = TypeVar("_Row", HostUniversity, Agreement, SeatPool)
_COLUMNS = {field: column for column, field in STORED_AS.items()}


@dataclass(frozen=True, slots=True)
class Change:
    """One row that is new or changed.

    `name` is made of codes, as the file has them; `host` is the university's name, and `about`
    are the columns that tell its rows apart. `fields` are column, before and after: what differs
    or, of a new row, everything that is set.
    """

    kind: str  # "partner", "agreement" or "seats"
    name: str
    is_new: bool
    line: int
    host: str
    about: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a kind the file is about."""

    new: int
    changed: int
    unchanged: int


class _Table(dict[_Key, _Row], Generic[_Key, _Row]):
    """Rows by their natural key, with what is to be written."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.new: list[_Row] = []
        self.changed: list[_Row] = []
        self.changed_fields: set[str] = set()
        self.touched = 0
        self.changes: list[Change] = []

    def put(self, key: _Key, row: _Row, record: Record, **about: str) -> None:
        """Add a new row, or set the values that differ on a stored one.

        `about` are the columns that tell the rows of its host apart.
        """
        self.touched += 1
        is_new = key not in self
        fields = []
        for field, value in record.values.items():
            # Compared as a file says them: no spreadsheet keeps a line end or a space around.
            column = _COLUMNS.get(field, field)
            before = "" if is_new else as_text(column, getattr(row, field))
            after = as_text(column, value)
            is_said = bool(after) and value is not False if is_new else before != after
            if is_new or is_said:
                setattr(row, field, value)
            if is_said:
                fields.append((column, before, after))
                self.changed_fields.update(() if is_new else (field,))
        if is_new:
            self[key] = row
            self.new.append(row)
        elif fields:
            self.changed.append(row)
        else:
            return
        host = _host_of(row)
        said: tuple[tuple[str, str], ...] = tuple(
            (column, text) for column, text in about.items() if text
        )
        self.changes.append(
            Change(
                self.kind,
                " ".join((host.key, *(text for _column, text in said))),
                is_new=is_new,
                line=record.part.line,
                host=host.name_en,
                about=said,
                fields=tuple(fields),
            )
        )

    @property
    def count(self) -> Count:
        new, changed = len(self.new), len(self.changed)
        return Count(new, changed, self.touched - new - changed)


def _host_of(row: HostUniversity | Agreement | SeatPool) -> HostUniversity:
    if isinstance(row, HostUniversity):
        return row
    return row.host if isinstance(row, Agreement) else row.agreement.host


class Plan:
    """What an import would do to what is stored: it sets values there, and writes when told."""

    def __init__(self, records: Records, stored: Stored) -> None:
        self.problems: list[Problem] = []
        self._records = records
        self._faulty_lines = {problem.line for problem in records.problems}
        self._faculties = {faculty.key: faculty for faculty in Faculty.objects.all()}
        self.partners: _Table[str, HostUniversity] = _Table("partner")
        self.agreements: _Table[AgreementKey, Agreement] = _Table("agreement")
        self.pools: _Table[PoolKey, SeatPool] = _Table("seats")
        self.partners.update(stored.partners)
        self.agreements.update(stored.agreements)
        self.pools.update(stored.pools)
        self._stored = stored
        self._stored_codes = {
            host.erasmus_code: host.pk for host in stored.partners.values() if host.erasmus_code
        }
        self._plan_partners()
        self._plan_agreements()
        self._plan_pools()
        self._check_within_agreements()
        self._check_codes()
        self._check_soft_pools()

    @property
    def changes(self) -> tuple[Change, ...]:
        return (*self.partners.changes, *self.agreements.changes, *self.pools.changes)

    def write(self) -> None:
        """Write what is new or changed, in as many statements for 5,000 partners as for one."""
        codes = {host.erasmus_code: host.pk for host in self.partners.values()}
        moving = [pk for code, pk in self._stored_codes.items() if codes.get(code, pk) != pk]
        if moving:
            # Two partners may swap their codes, but never have the same one for a moment.
            HostUniversity.objects.filter(pk__in=moving).update(erasmus_code="")
        HostUniversity.objects.bulk_create(self.partners.new)
        Agreement.objects.bulk_create(self.agreements.new)
        if self.partners.changed:
            HostUniversity.objects.bulk_update(
                self.partners.changed, sorted(self.partners.changed_fields)
            )
        if self.agreements.changed:
            Agreement.objects.bulk_update(
                self.agreements.changed, sorted(self.agreements.changed_fields)
            )
        # After their agreements: the database refuses seats outside the years of theirs.
        SeatPool.objects.bulk_create(self.pools.new)
        if self.pools.changed:
            SeatPool.objects.bulk_update(self.pools.changed, sorted(self.pools.changed_fields))

    def refused_seats(self) -> tuple[Problem, ...]:
        """Return the seats the database lets nobody cut, once it has refused to write the plan.

        Partners know nothing of the students who hold places: each cut is tried and taken back.
        """
        refused = []
        for key, record in self._records.pools.items():
            pool = self.pools[key]
            if key not in self._stored.pools or "seats" not in record.values:
                continue
            try:
                with transaction.atomic():
                    SeatPool.objects.filter(pk=pool.pk).update(seats=pool.seats)
                    transaction.set_rollback(True)
            except IntegrityError:
                message = _("More of these seats are taken: students hold places on them.")
                refused.append(record.part.problem("seats", message))
        return tuple(sorted(refused))

    def notices(self) -> tuple[str, ...]:
        """Return what is worth reading, but stops nothing."""
        return notices_of(self._records.pools, self._stored)

    def _plan_partners(self) -> None:
        for key, record in self._records.partners.items():
            row = self.partners.get(key) or HostUniversity(key=key)
            self.partners.put(key, row, record)

    def _plan_agreements(self) -> None:
        years = defaultdict(list)
        for pool_key in self._records.pools:
            years[pool_key.agreement].append(pool_key.academic_year)
        for key, record in self._records.agreements.items():
            host, faculty = self.partners.get(key.partner), self._faculties.get(key.faculty)
            if host is None:
                message = _("There is no partner “%(key)s”, neither in the file nor in the portal.")
                self._refuse(record.part, "key", message % {"key": key.partner})
            if faculty is None:
                message = _("There is no faculty “%(key)s”.")
                self._refuse(record.part, "faculty", message % {"key": key.faculty})
            if host is None or faculty is None:
                continue
            row = self.agreements.get(key) or Agreement(
                host=host, faculty=faculty, kind=key.kind, isced_f=key.isced_f
            )
            if key not in self.agreements:
                own_years = years[key] or ([record.part.year] if record.part.year else [])
                if own_years:
                    record.values.setdefault("valid_from", min(own_years))
                    record.values.setdefault("valid_until", max(own_years))
            self.agreements.put(key, row, record, kind=key.kind, isced_f=key.isced_f)
            self._check_agreement(record.part, row)

    def _check_agreement(self, part: Part, row: Agreement) -> None:
        if row.valid_from is None or row.valid_until is None:
            if part.line in self._faulty_lines:
                return  # perhaps only because its years could not be read
            message = _("The new agreement says neither its years nor those of any seats.")
            self._refuse(part, "valid_from", message)
        elif row.valid_until < row.valid_from:
            self._refuse(part, "valid_until", _("The last academic year lies before the first."))
        fewest, most = row.teaching_days_min, row.teaching_days_max
        if fewest is not None and most is not None and fewest > most:
            self._refuse(part, "teaching_days_max", _("The most days are fewer than the fewest."))

    def _plan_pools(self) -> None:
        for key, record in self._records.pools.items():
            agreement = self.agreements.get(key.agreement)
            if agreement is None:
                continue  # refused above
            row = self.pools.get(key) or SeatPool(
                agreement=agreement,
                academic_year=key.academic_year,
                level=key.level,
                semester=key.semester,
            )
            self.pools.put(
                key,
                row,
                record,
                kind=key.agreement.kind,
                isced_f=key.agreement.isced_f,
                academic_year=academic_year.label(key.academic_year),
                level=key.level,
                semester=key.semester,
            )

    def _check_within_agreements(self) -> None:
        """Refuse seats outside their agreement, those the file does not name as well."""
        for key, pool in self.pools.items():
            agreement = self.agreements.get(key.agreement)
            if agreement is not None:
                self._check_year(key, agreement)
                self._check_level(key, pool, agreement)

    def _check_year(self, key: PoolKey, agreement: Agreement) -> None:
        first, last = agreement.valid_from, agreement.valid_until
        if first is None or last is None or year_fits(key.academic_year, first, last):
            return
        seats = self._records.pools.get(key)
        said = self._records.agreements.get(key.agreement)
        column = "valid_from" if key.academic_year < first else "valid_until"
        if seats is not None:
            message = _("The agreement holds from %(first)s to %(last)s only.")
            years = {"first": academic_year.label(first), "last": academic_year.label(last)}
            self._refuse(seats.part, "academic_year", message % years)
        elif said is not None and column in said.values:
            message = _("There are seats in %(year)s, when the agreement would not hold.")
            words = {"year": academic_year.label(key.academic_year)}
            self._refuse(said.part, column, message % words)

    def _check_level(self, key: PoolKey, pool: SeatPool, agreement: Agreement) -> None:
        """Name the seats if the file does, or else what it says of their agreement."""
        if level_fits(pool.level, agreement.levels):
            return
        words = {
            "levels": as_text("agreement_levels", agreement.levels),
            "level": pool.level,
            "year": academic_year.label(key.academic_year),
        }
        seats = self._records.pools.get(key)
        said = self._records.agreements.get(key.agreement)
        if seats is not None:
            message = _("The agreement is for %(levels)s only.")
            self._refuse(seats.part, "level", message % words)
        elif said is not None and "levels" in said.values:
            message = _("There are seats for %(level)s in %(year)s, which is not among these.")
            self._refuse(said.part, "agreement_levels", message % words)

    def _check_codes(self) -> None:
        """Refuse what two partners can't both have once the file is applied."""
        by_code = defaultdict(list)
        for key, host in self.partners.items():
            if host.erasmus_code:
                by_code[host.erasmus_code].append(key)
            if host.is_home:
                by_code["home"].append(key)
        for code, keys in by_code.items():
            for key in keys[1:]:
                # The later one is to blame, or else the earlier one that the file changed.
                blamed = key if key in self._records.partners else keys[0]
                other = keys[0] if blamed == key else key
                record = self._records.partners.get(blamed)
                if record is None:
                    continue
                if code == "home":
                    message = _("“%(other)s” is the home university already.")
                    self._refuse(record.part, "role", message % {"other": other})
                else:
                    message = _("The Erasmus code “%(code)s” belongs to “%(other)s” already.")
                    self._refuse(
                        record.part, "erasmus_code", message % {"code": code, "other": other}
                    )

    def _check_soft_pools(self) -> None:
        """Refuse what the allocation can't promise anything for (its rule R4)."""
        groups = defaultdict(list)
        for key, pool in self.pools.items():
            groups[key.agreement, key.academic_year].append((key, pool))
        for pools in groups.values():
            of_file = [key for key, _pool in pools if key in self._records.pools]
            rows = [(key.semester, pool.fallback) for key, pool in pools]
            if of_file and promises_nothing(rows):
                message = _(
                    "Where others may use what is left, either all seats of the agreement name a "
                    "semester or none."
                )
                self._refuse(self._records.pools[of_file[-1]].part, "semester", message)

    def _refuse(self, part: Part, column: str, message: str) -> None:
        self.problems.append(part.problem(column, message))
