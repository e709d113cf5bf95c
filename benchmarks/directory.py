"""What the directory costs with 60 and with 5,000 hosts, side by side in one run.

Run `python3 portal.py bench directory`; benchmarks/README.md says how to read the figures.
"""

import time
from decimal import Decimal
from random import Random

import _measuring
import _portal
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications.models import User
from partners import academic_year
from partners.models import Agreement, Faculty, HostTerm, HostUniversity, SeatPool

REPEATS = 15
FEW, MANY = 60, 5000
COUNTRIES = "AT BE BG CH CY CZ DK EE ES FI FR GB GR HR HU IE IS IT LT LV NL NO PL PT RO SE SI SK TR"
PAGES = {
    "first page": "/partners/",
    "  by distance": "/partners/?sort=distance",
    "  by seats": "/partners/?sort=seats",
    "  by words": "/partners/?q=universitat+city",
    "  Master, summer semester": "/partners/?level=master&semester=S",
    "map": "/partners/map/",
}


def fill(count: int, year: int) -> None:
    """Leave exactly `count` hosts, each with two agreements, seats and the terms of the year."""
    random = Random(3)
    for model in (SeatPool, Agreement, HostTerm, HostUniversity):
        model.objects.all().delete()
    faculty, _made = Faculty.objects.get_or_create(key="bench", defaults={"name_en": "Faculty"})
    home = HostUniversity(
        key="home",
        name_en="Home",
        city="Bochum",
        country="DE",
        is_home=True,
        latitude=Decimal("51.48"),
        longitude=Decimal("7.22"),
    )
    hosts = [
        HostUniversity(
            key=f"bench-{number}",
            name_en=f"{random.choice(['University', 'School', 'Institute'])} {number}",
            name_native=f"Universität {random.choice(['Göttingen', 'Łódź', 'Århus'])} {number}",
            city=f"City {number % (count // 2)}",
            country=random.choice(COUNTRIES.split()),
            latitude=Decimal(f"{random.uniform(36, 68):.5f}"),
            longitude=Decimal(f"{random.uniform(-9, 30):.5f}"),
        )
        for number in range(count)
    ]
    hosts = HostUniversity.objects.bulk_create([home, *hosts])[1:]
    agreements = Agreement.objects.bulk_create(
        Agreement(
            host=host,
            faculty=faculty,
            kind=kind,
            isced_f=random.choice(["", "0410", "0311"]),
            valid_from=year - 3,
            valid_until=year + 3,
        )
        for host in hosts
        for kind in ("erasmus_studies", "erasmus_teaching")
    )
    SeatPool.objects.bulk_create(
        SeatPool(
            agreement=agreement,
            academic_year=year,
            seats=random.randint(1, 5),
            level="staff"
            if agreement.kind == "erasmus_teaching"
            else random.choice(["", "master"]),
        )
        for agreement in agreements
    )
    HostTerm.objects.bulk_create(
        HostTerm(
            host=host,
            academic_year=year,
            semester=semester,
            starts=days.start,
            ends=days.end,
        )
        for host in hosts
        for semester in "WS"
        for days in [academic_year.period(year, semester)]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(client: Client, address: str) -> tuple[float, int]:
    """Return milliseconds and the number of queries of one request."""
    with CaptureQueriesContext(connection) as captured:
        started = time.perf_counter()
        response = client.get(address)
        taken = time.perf_counter() - started
    if response.status_code != 200:  # noqa: PLR2004 - OK
        raise SystemExit(f"{address} answered {response.status_code}.")
    return 1000 * taken, len(captured)


def main() -> None:
    _measuring.introduce("The directory with 60 and with 5,000 hosts")
    year = academic_year.of_day(timezone.localdate()) + 1
    client = Client()
    reader, _made = User.objects.get_or_create(
        username="bench", defaults={"affiliations": ["student"]}
    )
    client.force_login(reader, backend="allauth.account.auth_backends.AuthenticationBackend")
    figures: dict[tuple[str, int], list[tuple[float, int]]] = {}
    # The tables can hold one size at a time: the sizes take turns, three rounds each.
    for _round in range(3):
        for count in (FEW, MANY):
            fill(count, year)
            for name, address in PAGES.items():
                measure(client, address)  # warm: caches of templates, names, plans
                rows = [measure(client, address) for _once in range(REPEATS // 3)]
                figures.setdefault((name, count), []).extend(rows)
    print(f"the directory with {MANY:,} hosts / with {FEW}, requests through the test client")
    for name in PAGES:
        few, many = figures[name, FEW], figures[name, MANY]
        ratios = [
            large / small
            for (large, _queries), (small, _same) in zip(sorted(many), sorted(few), strict=True)
        ]
        print(f"{name:<26} {_measuring.spread(ratios, 'x')}")
        for count, rows in ((FEW, few), (MANY, many)):
            queries = sorted({number for _taken, number in rows})
            taken = _measuring.spread([milliseconds for milliseconds, _number in rows], " ms")
            print(f"{'':<14} {count:>5} hosts  {taken}   queries {queries}")


if __name__ == "__main__":
    with _portal.for_the_test_client():
        main()
