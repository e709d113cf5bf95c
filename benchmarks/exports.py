"""What a list of 10,000 nominations costs beside bare openpyxl and csv, and the memory it takes.

Run `python3 portal.py bench exports`; benchmarks/README.md says how to read the figures.
"""

import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO

import _measuring
import _portal  # noqa: F401 - sets Django up
from django.utils import timezone
from openpyxl import Workbook

from applications import models
from applications.exports.columns import default_columns, table
from applications.exports.lists import listing, write
from applications.exports.rows import read
from partners.models import Agreement, Faculty, HostUniversity
from partners.spreadsheets import write_csv, write_workbook

MANY, HOSTS = 10_000, 60
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
MIB = 1024 * 1024


# -- a call of ten thousand ----------------------------------------------------------------------


def call_of(count: int) -> models.Call:
    """Return a call with so many nominations, to many hosts."""
    faculty, _made = Faculty.objects.get_or_create(key="bench", defaults={"name_en": "Faculty"})
    place = {"city": "City", "country": "ES", "latitude": Decimal(43), "longitude": Decimal(-5)}
    if not HostUniversity.objects.filter(is_home=True).exists():
        HostUniversity.objects.create(key="home", name_en="Home", is_home=True, **place)
    call = _call(faculty)
    hosts = []
    for number in range(HOSTS):
        host = HostUniversity.objects.create(
            key=f"bench-{number}", name_en=f"University of Benches {number}", **place
        )
        agreement = Agreement.objects.create(
            host=host, faculty=faculty, kind="erasmus_studies", isced_f="0311",
            valid_from=2024, valid_until=2030, language="en",
        )  # fmt: skip
        hosts.append(models.CallHost.objects.create(call=call, agreement=agreement))
    people = models.User.objects.bulk_create(
        models.User(
            username=f"bench-{number}",
            given_names=f"Zoë Änne {number}",
            family_name=f"Müller-Łukasz {number}",
            affiliations=["student"],
        )
        for number in range(count)
    )
    applications = models.Application.objects.bulk_create(
        models.Application(student=student, call=call, state="nominated") for student in people
    )
    _hand_in(applications)
    _nominate(call, applications, hosts, by=people[0])
    return call


def _call(faculty: Faculty) -> models.Call:
    programme = models.Programme.objects.create(
        key="bench", faculty=faculty, name_en="Bench", name_de="Bank", about_en="-", about_de="-",
        agreement_kind="erasmus_studies", levels=["bachelor", "master"],
    )  # fmt: skip
    deadline = timezone.now() - timedelta(days=90)
    return models.Call.objects.create(
        code="bench", programme=programme, title_en="Bench", title_de="Bank", academic_year=2027,
        semesters=["W", "S"], opens_at=deadline - timedelta(days=60), deadline=deadline,
        closed_at=deadline, tie_breakers=["grade"],
    )  # fmt: skip


def _hand_in(applications: list[models.Application]) -> None:
    degree = models.DegreeProgramme.objects.create(
        key="bench", name="Management and Economics", degree="B.Sc.", level="bachelor",
        faculty=Faculty.objects.get(key="bench"), isced_f=["0311"],
    )  # fmt: skip
    submissions = models.Submission.objects.bulk_create(
        models.Submission(
            application=row, number=1, submitted_at=timezone.now(),
            family_name=row.student.family_name, given_names=row.student.given_names,
            birth_date=date(2004, 1, 1), gender=9, nationality="DE",
            matriculation_number=f"{108020000000 + place}",
            esi=f"urn:schac:personalUniqueCode:int:esi:ruhr-uni-bochum.de:{108020000000 + place}",
            email=f"zoe.mueller-{place}@example.org", phone="1", street="1", postal_code="1",
            city="Bochum", country="DE", degree_programme=degree, level_now="bachelor",
            level_departure="bachelor", semester_now=3, ects_earned=60, average_grade=Decimal(2),
            isced_f="0311",
        )
        for place, row in enumerate(applications)
    )  # fmt: skip
    models.LanguageSkill.objects.bulk_create(
        models.LanguageSkill(submission=row, language="en", level="C1", proof="certificate")
        for row in submissions
    )


def _nominate(
    call: models.Call,
    applications: list[models.Application],
    hosts: list[models.CallHost],
    *,
    by: models.User,
) -> None:
    ranking = models.Ranking.objects.create(call=call, number=1, rule_version="1", seed="bench")
    run = models.AllocationRun.objects.create(
        call=call, number=1, ranking=ranking, engine_version="1", instance="{}", result="{}",
        instance_sha256="0" * 64, result_sha256="0" * 64, certificate={"ok": True},
    )  # fmt: skip
    now = timezone.now()
    places = models.Placement.objects.bulk_create(
        models.Placement(
            application=row, run=run, host=hosts[place % HOSTS], semester="WS"[place % 2],
            extra_seat=True, offered_at=now, answer_by=now + timedelta(days=7),
        )
        for place, row in enumerate(applications)
    )  # fmt: skip
    models.Nomination.objects.bulk_create(
        models.Nomination(
            application_id=row.application_id, placement=row, enrolment_confirmed=True,
            nominated_by=by, comment="Vegetarian; arrives early." if number % 5 == 0 else "",
        )
        for number, row in enumerate(places)
    )  # fmt: skip


# -- what is measured ----------------------------------------------------------------------------


def bare_xlsx(rows: list, file: IO[bytes]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("bench")
    for row in rows:
        sheet.append(row)
    book.save(file)


def bare_csv(rows: list, file: IO[bytes]) -> None:
    with open(file.name, "w", newline="", encoding="utf-8") as text:  # noqa: PTH123 - the barest
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
        for row in rows:
            writer.writerow(row)


KINDS = {
    "xlsx": (lambda rows, file: write_workbook(file, [("bench", rows)]), bare_xlsx),
    "csv": (lambda rows, file: write_csv(file, rows), bare_csv),
}


def processor_seconds(write_rows: Callable[[list, IO[bytes]], None], rows: list) -> float:
    with tempfile.NamedTemporaryFile() as file:
        started = time.process_time()
        write_rows(rows, file)
        file.flush()
        return time.process_time() - started


def most_memory() -> float:
    """Return the most this process ever held, in MiB; not what its parent held before it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def take(kind: str) -> None:
    """Make one list in this process alone; print seconds, bytes and the most memory it held."""
    imported = most_memory()
    started = time.process_time()
    asked = listing(models.Call.objects.get(code="bench"), models.Nomination.objects.all())
    with tempfile.TemporaryFile() as file:
        write(asked, kind, file, now=timezone.now())
        size = file.tell()
    print(f"{time.process_time() - started} {size} {most_memory()} {imported}")


def main() -> None:
    _measuring.introduce("A list of 10,000 nominations beside bare openpyxl and csv")
    call = call_of(MANY)
    asked = listing(call, models.Nomination.objects.all())
    rows = list(table(read(asked.entries), default_columns()))
    print(f"{len(asked.entries):,} nominations of {len(rows[0])} columns, {ROUNDS} rounds in turn")
    for kind, (ours, bare) in KINDS.items():
        pairs = [
            (processor_seconds(ours, rows), processor_seconds(bare, rows)) for _ in range(ROUNDS)
        ]
        ratios = [mine / theirs for mine, theirs in pairs]
        print(
            f"{kind:<5} written / bare   median {statistics.median(ratios):5.2f}x   "
            f"min {min(ratios):5.2f}x   max {max(ratios):5.2f}x   "
            f"({statistics.median(mine for mine, _bare in pairs):.2f} s)"
        )
    del rows
    for kind in KINDS:
        printed = subprocess.run(
            [sys.executable, Path(__file__).resolve(), kind],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        seconds, size, most, imported = (float(figure) for figure in printed[-4:])
        print(
            f"{kind:<5} from the database, in a process of its own   {seconds:5.2f} s of processor"
            f"   {size / MIB:5.2f} MiB   peak memory {most:.0f} MiB (before it {imported:.0f})"
        )


if __name__ == "__main__":
    if sys.argv[1:]:
        take(sys.argv[1])
    else:
        main()
