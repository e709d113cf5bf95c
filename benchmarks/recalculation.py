"""What calculating 10,000 awards again costs beside the pure function alone on the same requests.

Run `python3 portal.py bench recalculation`; benchmarks/README.md says how to read the figures.
"""

import os
import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import _measuring
import _portal  # noqa: F401 - sets Django up
from django.db import connection
from django.utils import timezone
from exports import call_of

from applications.models import Nomination, User
from applications.models.people import Role, RoleGrant
from grants import awards
from grants.awards.writing import result_columns
from grants.calculation import GrantTables, Interruption, TopUpCode, estimate
from grants.loading import tables_from_database
from grants.models import AwardVersion, GrantAward, GrantProject
from partners.models import HostUniversity

MANY = int(os.environ.get("BENCH_AWARDS", "10000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
PROJECT = "KA131-2025"
COUNTRIES = "AT BE CZ DK ES FI FR GR HU IE IT LT NL NO PL PT RO SE SI TR"
MIB = 1024 * 1024


# -- ten thousand drafts ---------------------------------------------------------------------------


def terms_of(random: Random) -> awards.Terms:
    """Return a stay as they are: one or two semesters, some with a reason, some interrupted."""
    start = date(2025, 9, 1) + timedelta(days=random.randrange(180))
    end = start + timedelta(days=random.randrange(100, 280))
    broken = start + timedelta(days=40)
    return awards.Terms(
        project=PROJECT,
        start=start,
        end=end,
        interruptions=(Interruption(broken, broken + timedelta(days=9)),)
        if random.random() < 0.1  # noqa: PLR2004 - one in ten
        else (),
        earlier_days=random.choice([0, 0, 0, 150]),
        social_reasons=(TopUpCode.SOCIAL_FIRST_GENERATION,)
        if random.random() < 0.25  # noqa: PLR2004 - one in four
        else (),
        green=random.random() < 0.3,  # noqa: PLR2004 - three in ten
    )


def fill(count: int, tables: GrantTables) -> User:
    """Make so many awards, each a draft, and return the officer who made them."""
    with connection.cursor() as cursor:
        # For the filling alone: see grants.awards.recalculating.
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{}', false)")
    call_of(count)
    hosts = HostUniversity.objects.filter(key__startswith="bench-")
    for number, host in enumerate(hosts):
        country = COUNTRIES.split()[number % len(COUNTRIES.split())]
        HostUniversity.objects.filter(pk=host.pk).update(country=country)
    office = User.objects.create(username="office", affiliations=["employee"])
    RoleGrant.objects.create(login_id=office.username, role=Role.OFFICE)
    project, random, now = GrantProject.objects.get(code=PROJECT), Random(8), timezone.now()
    nominations = Nomination.objects.select_related("placement__host__agreement__host")
    made = GrantAward.objects.bulk_create(
        (
            GrantAward(nomination=row, created_by=office, created_at=now)
            for row in nominations.filter(application__call__code="bench").order_by("pk")
        ),
        batch_size=2000,
    )
    distance = awards.distances_from_home()
    versions = []
    for award in made:
        host, terms = awards.host_of(award.nomination), terms_of(random)
        kilometres = distance(host.latitude, host.longitude)
        answer = estimate(terms.request(host.country.code, kilometres), tables)
        versions.append(
            AwardVersion(
                award=award,
                number=1,
                occasion="first",
                project=project,
                country=host.country.code,
                distance_km=kilometres,
                made_by=office,
                made_at=now,
                **terms.columns(),
                **result_columns(answer),
            )
        )
    AwardVersion.objects.bulk_create(versions, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE grants_grantaward a SET current_id = v.id"
            " FROM grants_awardversion v WHERE v.award_id = a.id"
        )
        cursor.execute("RESET pgtrigger.ignore")
        cursor.execute("VACUUM ANALYZE")
    return office


def raised(tables: GrantTables) -> GrantTables:
    """Return tables by which every award differs: each rate is a cent higher."""
    own = tables.projects[PROJECT]
    rates = {
        key: tuple(replace(rate, amount=rate.amount + Decimal("0.01") * 30) for rate in found)
        for key, found in own.rates.items()
    }
    return replace(tables, projects={**tables.projects, PROJECT: replace(own, rates=rates)})


# -- what is measured ------------------------------------------------------------------------------


def seconds(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def most_memory(step: Callable[[], object]) -> float:
    """Return the most a step held beyond what was there before, in MiB."""
    tracemalloc.start()
    step()
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / MIB


def main() -> None:
    _measuring.introduce("Awards calculated again beside the pure function")
    low = tables_from_database()
    office, high = fill(MANY, low), raised(low)
    every, now = GrantAward.objects.filter(created_by=office), timezone.now()
    requests = [each.request for each in awards.calculations(every)]
    # The newest versions were calculated by the first; with each writing they change places.
    by = [low, high]

    def alone() -> None:
        for request in requests:
            estimate(request, by[0])

    def again(tables: GrantTables, written: int) -> None:
        done = awards.recalculate(every, by=office, now=now, tables=tables)
        assert (done.count, done.written) == (MANY, written)  # noqa: S101 - or the figures mean nothing

    def every_differs() -> None:
        by.reverse()
        again(by[0], MANY)

    steps = {
        "compare": lambda: awards.compare(every, by[0]),
        "recalculate, nothing differs": lambda: again(by[0], 0),
        "recalculate, every award differs": every_differs,
    }
    print(f"{MANY:,} awards, {ROUNDS} rounds in turn; 'alone' is grants.calculation.estimate")
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for _round in range(ROUNDS):
        for name, step in steps.items():
            taken[name].append((seconds(step), seconds(alone)))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as the database does by itself in operation
    for name, pairs in taken.items():
        ratios = [ours / bare for ours, bare in pairs]
        print(
            f"{name:<34} / alone   median {statistics.median(ratios):5.2f}x   "
            f"min {min(ratios):5.2f}x   max {max(ratios):5.2f}x   "
            f"({statistics.median(ours for ours, _bare in pairs):.2f} s, "
            f"alone {statistics.median(bare for _ours, bare in pairs):.2f} s)"
        )
    for name, step in steps.items():
        print(f"{name:<34}   peak memory {most_memory(step):6.1f} MiB")


if __name__ == "__main__":
    main()
