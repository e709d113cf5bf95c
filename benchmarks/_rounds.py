"""Calls of any size, made in bulk: closed and scored, or over, with offers and nominations.

What the rows say is made up and seeded; how they hang together is as the portal writes them. The
history by triggers is left out where PostgreSQL lets us: it is never read by what is measured.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count as numbers
from random import Random

import _portal  # noqa: F401 - sets Django up
from _round_results import BATCH, ENDS, results
from django.db import connection, transaction
from django.utils import timezone

from applications import models
from applications.models.people import Role
from applications.models.submission import LanguageProof
from partners.models import Agreement, Faculty, HostUniversity, SeatPool

COUNTRIES = ("ES", "FR", "IT", "PL", "PT", "SE", "FI", "NO", "CZ", "GR", "NL", "DK")
FAMILY = ("Berg", "Yıldırım", "Kowalski", "Brandt", "Nguyen", "Öztürk", "Novák", "García")
GIVEN = ("Lea", "Jonas", "Mira", "Ali", "Sofia", "Paul", "Nur", "Marek", "Ana", "Tim", "Élodie")
WISHES = 5
SLOTS = ("letter", "transcript")
LARGEST_POOL = 400
_serial = numbers()


@dataclass(frozen=True, slots=True)
class House:
    """One faculty with its programme, partners and readers."""

    faculty: Faculty
    programme: models.Programme
    degree: models.DegreeProgramme
    coordinator: models.User
    second: models.User
    agreements: tuple[Agreement, ...]


def house(*, key: str = "bench", partners: int = 60) -> House:
    """Make a faculty with so many partners, or add to those it has."""
    faculty, _made = Faculty.objects.get_or_create(key=key, defaults={"name_en": "Faculty"})
    staff = []
    for name in (f"{key}_reader", f"{key}_other"):
        person, _made = models.User.objects.get_or_create(
            username=name,
            defaults={
                "affiliations": ["employee"],
                "family_name": name,
                "email": f"{name}@rub.de",
            },
        )
        models.RoleGrant.objects.get_or_create(
            login_id=name, role=Role.COORDINATOR, faculty=faculty
        )
        staff.append(person)
    programme, made = models.Programme.objects.get_or_create(
        key=key,
        defaults={
            "faculty": faculty,
            "name_en": "Bench",
            "name_de": "Bank",
            "about_en": "-",
            "about_de": "-",
            "agreement_kind": "erasmus_studies",
            "levels": ["bachelor", "master"],
        },
    )
    if made:
        for number, slot in enumerate(SLOTS):
            models.DocumentSlot.objects.create(
                programme=programme,
                key=slot,
                position=number,
                title_en=slot,
                title_de=slot,
                kind="other",
            )
    degree, _made = models.DegreeProgramme.objects.get_or_create(
        key=key,
        defaults={
            "name": "Economics",
            "degree": "B.Sc.",
            "level": "bachelor",
            "faculty": faculty,
            "isced_f": ["0311"],
        },
    )
    return House(faculty, programme, degree, staff[0], staff[1], _agreements(faculty, partners))


def _agreements(faculty: Faculty, wanted: int) -> tuple[Agreement, ...]:
    known = Agreement.objects.filter(faculty=faculty).count()
    hosts = HostUniversity.objects.bulk_create(
        HostUniversity(
            key=f"{faculty.key}-{number}",
            name_en=f"University {number:04}",
            city=f"City {number}",
            country=COUNTRIES[number % len(COUNTRIES)],
            latitude=Decimal(36 + number % 30),
            longitude=Decimal(-8 + number % 35),
        )
        for number in range(known, wanted)
    )
    Agreement.objects.bulk_create(
        Agreement(
            host=host, faculty=faculty, kind="erasmus_studies", valid_from=2010, valid_until=2040
        )
        for host in hosts
    )
    rows = Agreement.objects.filter(faculty=faculty).select_related("host").order_by("pk")
    return tuple(rows[:wanted])


@contextmanager
def without_triggers() -> Iterator[None]:
    """Write in one transaction without triggers and foreign keys, where PostgreSQL allows it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')")
        if cursor.fetchone()[0] == "on":
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield


def scored_call(
    at: House,
    size: int,
    *,
    code: str,
    academic_year: int,
    deadline: datetime | None = None,
    over: bool = False,
) -> models.Call:
    """Make a closed call of `size` applications, each read and scored by two.

    One seat for two applicants, in one pool or one for each level. With `over` everybody has an
    answer and those placed are nominated.
    """
    random = Random(code)
    deadline = deadline or timezone.now() - timedelta(days=10)
    with without_triggers():
        call = _call(at, size, code=code, academic_year=academic_year, deadline=deadline)
        hosts = list(call.hosts.select_related("agreement").order_by("pk"))
        applications = _applications(call, size, over=over, random=random)
        submissions = _submissions(at, applications, random)
        _wishes(submissions, hosts, random)
        _papers(at, applications, submissions)
        _reviews(call, submissions, random)
        _readings(at, call, applications, random)
        if over:
            results(at.coordinator, call, applications, submissions, random)
    return call


def analyze() -> None:
    """Give the planner figures of what was made, as autovacuum does in operation."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _call(
    at: House, size: int, *, code: str, academic_year: int, deadline: datetime
) -> models.Call:
    call = models.Call.objects.create(
        code=code,
        programme=at.programme,
        title_en=f"Bench {code}",
        title_de=f"Bank {code}",
        academic_year=academic_year,
        semesters=["W", "S"],
        opens_at=deadline - timedelta(days=60),
        deadline=deadline,
        closed_at=deadline,
        answer_by=deadline + timedelta(days=90),
        applications_sha256="0" * 64,
        tie_breakers=["grade"],
        readers_needed=2,
    )
    models.CallHost.objects.bulk_create(
        models.CallHost(call=call, agreement=agreement) for agreement in at.agreements
    )
    models.Criterion.objects.bulk_create(
        models.Criterion(
            call=call, key=key, position=place, name_en=key, name_de=key, kind=kind, weight=weight
        )
        for place, (key, kind, weight) in enumerate(
            (
                ("motivation", "manual", Decimal(50)),
                ("fit", "manual", Decimal(20)),
                ("grade", "grade", Decimal(30)),
            ),
            start=1,
        )
    )
    each = min(LARGEST_POOL, max(1, size // 2 // len(at.agreements)))
    pools = []
    for number, agreement in enumerate(at.agreements):
        levels = ("bachelor", "master") if number % 4 == 0 and each > 1 else ("",)
        pools += [
            SeatPool(
                agreement=agreement,
                academic_year=academic_year,
                level=level,
                seats=max(1, each // len(levels)),
            )
            for level in levels
        ]
    SeatPool.objects.bulk_create(pools, batch_size=BATCH, ignore_conflicts=True)
    return call


def _applications(
    call: models.Call, size: int, *, over: bool, random: Random
) -> list[models.Application]:
    first = next(_serial)
    students = models.User.objects.bulk_create(
        (
            models.User(
                username=f"s{call.pk:05}x{number:06}",
                given_names=random.choice(GIVEN),
                family_name=f"{random.choice(FAMILY)}-{first}-{number}",
                email=f"s{call.pk:05}x{number:06}@ruhr-uni-bochum.de",
                matriculation_number=f"1080{call.pk:03}{number:06}",
                affiliations=["student"],
                language=("en", "de")[number % 2],
            )
            for number in range(size)
        ),
        batch_size=BATCH,
    )
    ends, weights = zip(*ENDS, strict=True)
    created = call.deadline - timedelta(days=5)
    return models.Application.objects.bulk_create(
        (
            models.Application(
                student=student,
                call=call,
                state=random.choices(ends, weights)[0] if over else "eligible",
                created_at=created,
            )
            for student in students
        ),
        batch_size=BATCH,
    )


def _submissions(
    at: House, applications: Sequence[models.Application], random: Random
) -> list[models.Submission]:
    rows = models.Submission.objects.bulk_create(
        (
            models.Submission(
                application=row,
                number=1,
                submitted_at=row.created_at + timedelta(seconds=random.randrange(400_000)),
                family_name=row.student.family_name,
                given_names=row.student.given_names,
                birth_date=date(2003, 1, 1) + timedelta(days=random.randrange(900)),
                gender=random.choice([1, 2, 9]),
                nationality="DE",
                matriculation_number=row.student.matriculation_number,
                esi=f"urn:schac:personalUniqueCode:int:esi:ruhr-uni-bochum.de:{row.pk}",
                email=row.student.email,
                phone="+49 234 1",
                street="Street 1",
                postal_code="44801",
                city="Bochum",
                country="DE",
                degree_programme=at.degree,
                level_now="bachelor",
                level_departure=random.choice(["bachelor", "master"]),
                semester_now=3,
                ects_earned=Decimal(random.randint(30, 120)),
                average_grade=Decimal(random.randint(10, 40)) / 10,
                isced_f="0311",
            )
            for row in applications
        ),
        batch_size=BATCH,
    )
    models.LanguageSkill.objects.bulk_create(
        (
            models.LanguageSkill(
                submission=row,
                language="en",
                level=random.choice(["B1", "B2", "C1"]),
                proof=LanguageProof.CERTIFICATE,
            )
            for row in rows
        ),
        batch_size=BATCH,
    )
    return rows


def _wishes(
    submissions: Sequence[models.Submission], hosts: Sequence[models.CallHost], random: Random
) -> None:
    models.Preference.objects.bulk_create(
        (
            models.Preference(
                submission=row,
                rank=rank,
                host=host,
                semesters=random.choice([["W"], ["S"], ["W", "S"]]),
            )
            for row in submissions
            for rank, host in enumerate(random.sample(hosts, WISHES), start=1)
        ),
        batch_size=BATCH,
    )


def _papers(
    at: House,
    applications: Sequence[models.Application],
    submissions: Sequence[models.Submission],
) -> None:
    slots = list(at.programme.slots.order_by("pk"))
    documents = models.Document.objects.bulk_create(
        (
            models.Document(
                application=row,
                slot=slot,
                stored_name=f"{row.pk:032x}{slot.pk:032x}.pdf",
                original_name=f"{slot.key}.pdf",
                sha256=f"{row.pk:064x}",
                size=1,
                pages=1,
                inspection={"text_sha256": f"{row.pk:064x}"},
            )
            for row in applications
            for slot in slots
        ),
        batch_size=BATCH,
    )
    of = {row.application_id: row for row in submissions}
    models.SubmittedDocument.objects.bulk_create(
        (
            models.SubmittedDocument(submission=of[row.application_id], document=row)
            for row in documents
        ),
        batch_size=BATCH,
    )


def _reviews(call: models.Call, submissions: Sequence[models.Submission], random: Random) -> None:
    done = call.deadline + timedelta(hours=1)
    run = models.ReviewRun.objects.create(
        call=call, state="done", started_at=call.deadline, finished_at=done
    )
    kinds = {"no_picture": "information", "level_changes": "information"}
    rows = []
    for row in submissions:
        found = sorted(random.sample(sorted(kinds), random.choice([0, 0, 1, 2])))
        rows.append(
            models.SubmissionReview(
                run=run,
                submission=row,
                state="done",
                reviewed_at=done,
                attempts=1,
                codes=found,
                findings=[
                    {
                        "code": code,
                        "severity": kinds[code],
                        "slot": "letter",
                        "preference": None,
                        "params": {},
                    }
                    for code in found
                ],
            )
        )
    models.SubmissionReview.objects.bulk_create(rows, batch_size=BATCH)


def _readings(
    at: House, call: models.Call, applications: Sequence[models.Application], random: Random
) -> None:
    """Let two readers open, score and comment, and let a person confirm who is eligible."""
    read = call.deadline + timedelta(days=2)
    manual = list(call.criteria.filter(kind="manual"))
    staff = (at.coordinator, at.second)
    models.Assignment.objects.bulk_create(
        (
            models.Assignment(application=row, reader=reader, assigned_by=at.second)
            for row in applications
            for reader in staff
        ),
        batch_size=BATCH,
    )
    models.Viewing.objects.bulk_create(
        (
            models.Viewing(application=row, person=reader, what="file", at=read)
            for row in applications
            for reader in staff
        ),
        batch_size=BATCH,
    )
    sheets = models.ScoreSheet.objects.bulk_create(
        (
            models.ScoreSheet(application=row, reader=reader, completed_at=read)
            for row in applications
            for reader in staff
        ),
        batch_size=BATCH,
    )
    models.Score.objects.bulk_create(
        (
            models.Score(
                sheet=sheet, criterion=criterion, points=Decimal(random.randint(8, 40)) / 4
            )
            for sheet in sheets
            for criterion in manual
        ),
        batch_size=BATCH,
    )
    models.Comment.objects.bulk_create(
        (
            models.Comment(application=row, author=at.second, text="Looks fine.", at=read)
            for row in applications[::10]
        ),
        batch_size=BATCH,
    )
    ways = (
        ("draft", "submitted", call.deadline - timedelta(days=1), None),
        ("submitted", "under_review", call.deadline, None),
        ("under_review", "eligible", read, at.coordinator),
    )
    models.StateChange.objects.bulk_create(
        (
            models.StateChange(application=row, before=before, after=after, at=moment, by=by)
            for row in applications
            for before, after, moment, by in ways
        ),
        batch_size=BATCH,
    )
