"""What lists cost with 100, 10,000 and 100,000 applications of ten years, side by side.

Run `python3 portal.py bench lists`; benchmarks/README.md says how to read the figures. Each size
has a database of its own, so that requests take turns. `BENCH_SIZES=100,10000` and `BENCH_ROUNDS=3`
make it shorter.
"""

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import _copies
import _measuring
import _portal
import _rounds
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications import models, selection
from applications.admin import paging
from applications.models.people import Role
from partners import academic_year

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "100,10000,100000").split(",")]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
ASKED_A_ROUND = 3
YEARS = 10
PARTNERS = 60
# However few there are, this year's calls fill the first page of every list.
FEWEST_RANKED, FEWEST_OVER = 56, 26
A_FACULTY = 500
LOOKS_EACH = 3
AIM = 2.0
OK = 200
ROWS_OF_ADMIN = 100
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
APPLICATIONS = "/admin/applications/application/"
ROUND = "/admin/applications/call/{ranked}/round/"
COORDINATOR = {
    "applications of all rounds": APPLICATIONS,
    "– in one state": APPLICATIONS + "?state__exact=eligible",
    "– a code": APPLICATIONS + "?q={code}",
    "– a name": APPLICATIONS + "?q={name}",
    "calls": "/admin/applications/call/",
    "round": ROUND,
    "desk": ROUND + "applications/",
    "– its last page": ROUND + "applications/?page=last",
    "– mine, not read by me": ROUND + "applications/?reader=mine&read=not_by_me",
    "ranking board": ROUND + "ranking/",
    "places": "/admin/applications/call/{over}/round/places/",
    "nominations": "/admin/applications/call/{over}/round/nominations/",
    "radar": "/admin/applications/radar/",
    "directory": "/partners/",
}
OFFICE = {
    "applications of all rounds": APPLICATIONS,
    "– the last page": APPLICATIONS + "?p={last}",
    "radar": "/admin/applications/radar/",
    "mails": "/admin/applications/outgoingmail/",
    "people": "/admin/applications/user/",
    "audit log": "/admin/applications/auditentry/",
}
PAGES = [
    *(("coordinator", title, address) for title, address in COORDINATOR.items()),
    *(("office", title, address) for title, address in OFFICE.items()),
]
# Milliseconds and queries by who asks, address and size.
Figures = dict[tuple[str, str, int], list[tuple[float, int]]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many applications there are: of each faculty's two calls this year, and of before."""

    size: int
    faculties: int
    ranked: int
    over: int

    @property
    def past(self) -> int:
        return self.size - self.faculties * (self.ranked + self.over)


# For itself: one faculty to which all 10,000 of a year apply, in two calls.
GIANT = Plan(size=10_090, faculties=1, ranked=6_000, over=4_000)


def plan_of(size: int) -> Plan:
    """Spread them over ten years, and over faculties with two calls of 500 together a year."""
    faculties = max(1, size // (YEARS * A_FACULTY))
    a_year = size // YEARS // faculties
    ranked = max(FEWEST_RANKED, a_year * 6 // 10)
    return Plan(size, faculties, ranked, max(FEWEST_OVER, a_year - ranked))


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled database: who asks, and what stands in the addresses."""

    name: str
    clients: Mapping[str, Client]
    words: Mapping[str, object]


@contextmanager
def database(name: str) -> Iterator[None]:
    """Ask another database for a while."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    _forget()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        _forget()


def _forget() -> None:
    cache.clear()
    ContentType.objects.clear_cache()


def made(name: str, plan: Plan) -> Filled:
    """Make a database beside the one the launcher made, and fill it."""
    template = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "postgres"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connection.close()
    connection.settings_dict["NAME"] = template
    began = time.perf_counter()
    with database(name):
        filled = _fill(name, plan)
    print(
        f"{plan.size:,} applications, faculties: {plan.faculties}, {plan.ranked} and {plan.over}"
        f" in this year's calls, made in {time.perf_counter() - began:.0f} s  ",
        flush=True,
    )
    return filled


def _fill(name: str, plan: Plan) -> Filled:
    house = _rounds.house(partners=PARTNERS)
    now = timezone.now()
    this_year = academic_year.of_day(timezone.localdate(now))
    over = _rounds.scored_call(house, plan.over, code="over", academic_year=this_year, over=True)
    ranked = _rounds.scored_call(house, plan.ranked, code="ranked", academic_year=this_year + 1)
    selection.make_ranking(ranked, by=house.coordinator, now=now)
    copies = _Copies()
    for number in range(1, plan.faculties):
        programme = _rounds.house(key=f"bench-{number}", partners=0).programme
        copies.make(over, years_back=0, programme=programme)
        copies.make(ranked, years_back=0, programme=programme)
    _past(house, plan, this_year, now, copies)
    found = models.Application.objects.count()
    if found != plan.size:
        raise SystemExit(f"There are {found} applications instead of {plan.size}.")
    office = models.User.objects.create(username="bench_office", affiliations=["employee"])
    models.RoleGrant.objects.create(login_id=office.username, role=Role.OFFICE)
    _looks(house)
    _rounds.analyze()
    someone = ranked.applications.select_related("student").order_by("pk")[plan.ranked // 2]
    return Filled(
        name=name,
        clients={"coordinator": _client(house.coordinator), "office": _client(office)},
        words={
            "ranked": ranked.pk,
            "over": over.pk,
            "last": -(-min(plan.size, paging.MOST_COUNTED) // ROWS_OF_ADMIN),
            "code": someone.code,
            "name": someone.student.family_name,
        },
    )


class _Copies:
    """Numbers the copies: each has its own keys."""

    def __init__(self) -> None:
        self._made = 0

    def make(self, call: models.Call, *, years_back: int, programme: models.Programme) -> None:
        self._made += 1
        _copies.copy_of(call, self._made, years_back=years_back, programme=programme)


def _past(house: _rounds.House, plan: Plan, this_year: int, now: datetime, copies: _Copies) -> None:
    """Make the calls of the nine years before, of every faculty: copies of the last year's."""
    programmes = list(models.Programme.objects.filter(key__startswith="bench").order_by("pk"))
    of_a_year, more = divmod(plan.past, YEARS - 1)
    each, rest = divmod(of_a_year, plan.faculties)
    last_year = {"academic_year": this_year - 1, "deadline": now - timedelta(days=365)}
    call = _rounds.scored_call(house, each, code="past", over=True, **last_year)
    for back in range(YEARS - 1):
        for programme in programmes:
            if back or programme.pk != house.programme.pk:
                copies.make(call, years_back=back, programme=programme)
    left = more + rest * (YEARS - 1)
    if left:
        _rounds.scored_call(house, left, code="rest", over=True, **last_year)


def _client(person: models.User) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def _looks(house: _rounds.House) -> None:
    """Write what the audit log would have written while all this was read."""
    rows = models.Application.objects.values_list("pk", "code", "student_id", "created_at")
    with _rounds.without_triggers():
        models.AuditEntry.objects.bulk_create(
            (
                models.AuditEntry(
                    at=created + timedelta(days=10, minutes=look),
                    person=house.coordinator,
                    action="looked",
                    place="admin:applications_application_file",
                    target=f"code={code}",
                    status=OK,
                    students=[student],
                )
                for _pk, code, student, created in rows.iterator(_rounds.BATCH)
                for look in range(LOOKS_EACH)
            ),
            batch_size=_rounds.BATCH,
        )


def measured(client: Client, address: str) -> tuple[float, int]:
    """Return the milliseconds and the queries of one request."""
    reset_queries()
    with CaptureQueriesContext(connection) as captured:
        began = time.perf_counter()
        response = client.get(address)
        taken = time.perf_counter() - began
    if response.status_code != OK:
        raise SystemExit(f"{address} answered {response.status_code}.")
    return 1000 * taken, len(captured)


def main() -> None:
    _measuring.introduce("Lists: 100, 10,000 and 100,000 applications over ten years")
    filled = {size: made(f"bench_{size}", plan_of(size)) for size in SIZES}
    print(f"the largest has {_rows(filled[SIZES[-1]]):,} rows in all tables\n")
    figures: Figures = defaultdict(list)
    for _round in range(ROUNDS):
        for size, one in filled.items():
            with database(one.name):
                for who, _title, address in PAGES:
                    asked = address.format(**one.words)
                    measured(one.clients[who], asked)  # plans, templates and pages are warm
                    figures[who, address, size] += [
                        measured(one.clients[who], asked) for _once in range(ASKED_A_ROUND)
                    ]
    _report(figures)
    _giant()


def _giant() -> None:
    print("### One faculty with all of a year\n")
    giant = made("bench_giant", GIANT)
    rows = []
    with database(giant.name):
        for who, title, address in PAGES:
            if "{ranked}" in address or "{over}" in address or "radar" in address:
                first, *again = (
                    measured(giant.clients[who], address.format(**giant.words))
                    for _once in range(1 + ASKED_A_ROUND)
                )
                taken = _measuring.spread([each for each, _queries in again], " ms", 0)
                rows.append([f"{title} ({who})", f"{first[0]:,.0f} ms", taken, f"{again[0][1]}"])
    print()
    _measuring.table(["page", "first time", "again", "queries"], rows)


def _rows(filled: Filled) -> int:
    with database(filled.name), connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_live_tup) FROM pg_stat_user_tables")
        return int(cursor.fetchone()[0])


def _report(figures: Figures) -> None:
    few, *more = SIZES
    rows = []
    too_slow = []
    for who, title, address in PAGES:
        line = [f"{title} ({who})"]
        base = sorted(taken for taken, _queries in figures[who, address, few])
        line.append(_measuring.spread(base, " ms", 1))
        for size in more:
            taken = sorted(each for each, _queries in figures[who, address, size])
            ratio = _measuring.ratios(taken, base)
            line.append(f"{_measuring.spread(taken, ' ms', 1)}: {_measuring.spread(ratio, 'x')}")
            if statistics.median(ratio) > AIM:
                too_slow.append(f"{title} ({who}) with {size:,}: {statistics.median(ratio):.2f}x")
        queries = [max(number for _taken, number in figures[who, address, n]) for n in SIZES]
        line.append(" / ".join(map(str, queries)))
        rows.append(line)
    head = ["page", f"{few:,}", *(f"{size:,}: times that with {few:,}" for size in more), "queries"]
    _measuring.table(head, rows)
    print(f"peak memory of this process {_measuring.peak_mebibytes():.0f} MiB; aim {AIM}x  ")
    print("above it: " + ("; ".join(too_slow) if too_slow else "none"))


if __name__ == "__main__":
    with _portal.for_the_test_client():
        main()
