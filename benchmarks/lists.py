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
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications import models, selection
from applications.models.people import Role
from partners import academic_year

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "100,10000,100000").split(",")]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
ASKED_A_ROUND = 3
YEARS = 10
PARTNERS = 60
# However few there are, this year's calls fill the first page of every list.
FEWEST_RANKED, FEWEST_OVER = 56, 26
# Of one call of the years before; there are as many calls as it takes.
LARGEST_PAST = 1_000
LOOKS_EACH = 3
AIM = 2.0
OK = 200
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
APPLICATIONS = "/admin/applications/application/"
ROUND = "/admin/applications/call/{ranked}/round/"
COORDINATOR = {
    "applications of all rounds": APPLICATIONS,
    "– the last page": APPLICATIONS + "?p={last}",
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
    "radar": "/admin/applications/radar/",
    "mails": "/admin/applications/outgoingmail/",
    "people": "/admin/applications/user/",
    "audit log": "/admin/applications/auditentry/",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A database of one size: who asks, and what stands in the addresses."""

    name: str
    size: int
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


def made(size: int) -> Filled:
    """Make a database of this size beside the one the launcher made, and fill it."""
    template, name = connection.settings_dict["NAME"], f"bench_{size}"
    connection.close()
    connection.settings_dict["NAME"] = "postgres"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connection.close()
    connection.settings_dict["NAME"] = template
    began = time.perf_counter()
    with database(name):
        filled = _fill(name, size)
    print(f"{size:,} applications made in {time.perf_counter() - began:.0f} s  ", flush=True)
    return filled


def _fill(name: str, size: int) -> Filled:
    house = _rounds.house(partners=PARTNERS)
    now = timezone.now()
    this_year = academic_year.of_day(timezone.localdate(now))
    a_year = size // YEARS
    ranked_size = max(FEWEST_RANKED, a_year * 6 // 10)
    over_size = max(FEWEST_OVER, a_year - ranked_size)
    _past(house, size - ranked_size - over_size, this_year, now)
    over = _rounds.scored_call(house, over_size, code="over", academic_year=this_year, over=True)
    ranked = _rounds.scored_call(house, ranked_size, code="ranked", academic_year=this_year + 1)
    if models.Application.objects.count() != size:
        raise SystemExit(f"There are {models.Application.objects.count()} instead of {size}.")
    selection.make_ranking(ranked, by=house.coordinator, now=now)
    office = models.User.objects.create(username="bench_office", affiliations=["employee"])
    models.RoleGrant.objects.create(login_id=office.username, role=Role.OFFICE)
    _looks(house)
    _rounds.analyze()
    someone = ranked.applications.select_related("student").order_by("pk")[ranked_size // 2]
    return Filled(
        name=name,
        size=size,
        clients={"coordinator": _client(house.coordinator), "office": _client(office)},
        words={
            "ranked": ranked.pk,
            "over": over.pk,
            "code": someone.code,
            "name": someone.student.family_name,
            "last": (size + 99) // 100,
        },
    )


def _past(house: _rounds.House, size: int, this_year: int, now: datetime) -> None:
    """Make the calls of the nine years before: the last year's are copied to the others."""
    of_a_year = -(-size // (YEARS - 1))
    left, number = size, 0
    while left:
        count = min(left, of_a_year, LARGEST_PAST)
        call = _rounds.scored_call(
            house,
            count,
            code=f"past-{number}",
            academic_year=this_year - 1,
            deadline=now - timedelta(days=365),
            over=True,
        )
        left -= count
        for _copy in range(left // count):
            number += 1
            _copies.copy_of(call, number, years_back=number % (YEARS - 1))
            left -= count
        number += 1


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
    with CaptureQueriesContext(connection) as captured:
        began = time.perf_counter()
        response = client.get(address)
        taken = time.perf_counter() - began
    if response.status_code != OK:
        raise SystemExit(f"{address} answered {response.status_code}.")
    return 1000 * taken, len(captured)


def main() -> None:
    _measuring.introduce("Lists: 100, 10,000 and 100,000 applications over ten years")
    filled = [made(size) for size in SIZES]
    print(f"the largest has {_rows(filled[-1]):,} rows in all tables\n")
    pages = [("coordinator", *page) for page in COORDINATOR.items()]
    pages += [("office", *page) for page in OFFICE.items()]
    figures: dict[tuple[str, str, int], list[tuple[float, int]]] = defaultdict(list)
    for _round in range(ROUNDS):
        for one in filled:
            with database(one.name):
                for who, _title, address in pages:
                    asked = address.format(**one.words)
                    measured(one.clients[who], asked)  # plans, templates and pages are warm
                    figures[who, address, one.size] += [
                        measured(one.clients[who], asked) for _once in range(ASKED_A_ROUND)
                    ]
    _report(pages, figures)


def _rows(filled: Filled) -> int:
    with database(filled.name), connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_live_tup) FROM pg_stat_user_tables")
        return int(cursor.fetchone()[0])


def _report(
    pages: list[tuple[str, str, str]],
    figures: Mapping[tuple[str, str, int], list[tuple[float, int]]],
) -> None:
    few, *more = SIZES
    rows = []
    too_slow = []
    for who, title, address in pages:
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
