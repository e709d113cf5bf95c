"""The next call of each programme, by the pattern of its deadlines (applications/data)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from applications.models import Call, CallHost, Criterion, Programme
from partners import academic_year
from partners.models import Agreement

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

DATA = Path(__file__).resolve().parent.parent / "data"
# Deadlines are days in Bochum, whatever the time zone of the reader (DOMAIN, Deadlines).
BERLIN = ZoneInfo("Europe/Berlin")
TEXTS = ("title_en", "title_de", "period_en", "period_de")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A line of call_patterns.csv, for the round whose day lies in `year`."""

    row: dict[str, str]
    year: int

    def __getitem__(self, column: str) -> str:
        """Return a column with its years filled in."""
        start = self.academic_year
        return self.row[column].format(
            year=self.year, next=self.year + 1, label=academic_year.label(start)
        )

    @property
    def day(self) -> date:
        return date(self.year, int(self.row["month"]), int(self.row["day"]))

    @property
    def academic_year(self) -> int:
        return self.year + int(self.row["academic_year"])

    @property
    def announced(self) -> bool:
        return self.row["announced"] == "yes"

    def listed(self, column: str) -> list[str]:
        return self.row[column].split("|") if self.row[column] else []


def plan_calls(today: date, *, programmes: Collection[str] | None = None) -> list[Call]:
    """Plan the next call of each programme and return those that were new.

    The next deadline is the first that is not over on `today`. A call that is there already
    (by its code) stays as the coordinators left it; only one without hosts is given those that
    have seats by now. `programmes` (keys) plans for those alone.
    """
    planned = []
    for row in _rows("call_patterns.csv"):
        if programmes is not None and row["programme"] not in programmes:
            continue
        pattern = _Pattern(row, today.year)
        if pattern.day < today:
            pattern = _Pattern(row, today.year + 1)
        with transaction.atomic():
            call, is_new = _call(pattern)
            if is_new:
                add_criteria(call)
                planned.append(call)
            if call.closed_at is None and not call.hosts.exists():
                _add_hosts(call, pattern.listed("hosts"))
    return planned


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def midnight(day: date) -> datetime:
    """Return the instant a day begins in Bochum."""
    return datetime.combine(day, time(), tzinfo=BERLIN)


def _call(pattern: _Pattern) -> tuple[Call, bool]:
    values = {
        "programme": Programme.objects.get(key=pattern["programme"]),
        "academic_year": pattern.academic_year,
        "semesters": pattern.listed("semesters"),
        "tie_breakers": pattern.listed("tie_breakers"),
        **{column: pattern[column] for column in TEXTS},
    }
    if pattern.announced:
        # The whole day counts: the first instant that is too late is the next midnight.
        after = pattern.day + timedelta(days=1)
        values |= {
            "opens_at": midnight(pattern.day - timedelta(weeks=int(pattern["opens_weeks"]))),
            "deadline": midnight(after),
            "answer_by": midnight(after + timedelta(weeks=int(pattern["answer_weeks"]))),
        }
    return Call.objects.get_or_create(code=pattern["code"], defaults=values)


# What a call's criterion takes over from its programme's.
CRITERION_FIELDS = (
    "key",
    "position",
    "name_en",
    "name_de",
    "about_en",
    "about_de",
    "anchors_en",
    "anchors_de",
    "kind",
    "language",
    "weight",
    "scale_max",
)


def add_criteria(call: Call) -> None:
    """Give a new call the criteria its programme's calls start with."""
    Criterion.objects.bulk_create(
        Criterion(call=call, **{field: getattr(row, field) for field in CRITERION_FIELDS})
        for row in call.programme.criteria.all()
    )


def _add_hosts(call: Call, keys: list[str]) -> None:
    agreements = agreements_with_seats(call)
    if keys:
        agreements = agreements.filter(host__key__in=keys)
    CallHost.objects.bulk_create(
        CallHost(call=call, agreement=agreement) for agreement in agreements
    )


def agreements_with_seats(call: Call) -> QuerySet[Agreement]:
    """Return the faculty's agreements of the programme's kind with seats in the call's year."""
    return (
        Agreement.objects.filter(
            faculty=call.programme.faculty_id,
            kind=call.programme.agreement_kind,
            valid_from__lte=call.academic_year,
            valid_until__gte=call.academic_year,
            pools__academic_year=call.academic_year,
            pools__seats__gt=0,
        )
        .distinct()
        .order_by("host__name_en", "pk")
    )
