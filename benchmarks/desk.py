"""What the queue of the review desk costs with 100 and with 10,000 applications, side by side.

Run `python3 portal.py bench desk`; benchmarks/README.md says how to read the figures.
"""

import time
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import _measuring
import _portal
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications import models
from applications.admin.desk.queue import Queue
from applications.models.people import Role
from partners.models import Agreement, Faculty, HostUniversity

REPEATS = 15
FEW, MANY = 100, 10_000
HOSTS = 60
NEIGHBOURS = "neighbours of one file"
PAGES = {
    "first page": "",
    "last page": "page=last",
    "  to decide": "state=open",
    "  with one finding": "finding=subject_differs",
    "  without findings": "finding=none",
    "  one host": "host={host}",
    "  mine, not read by me": "reader=mine&read=not_by_me",
}
FOUND = {
    "document_missing": "blocking",
    "no_picture": "information",
    "level_changes": "information",
    "subject_differs": "blocking",
    "language_too_low": "blocking",
    "more_pages_than_asked": "information",
}


def call_of(count: int, reader: models.User) -> models.Call:
    """Leave one closed call with exactly `count` applications as they stand after its review."""
    random = Random(5)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE applications_application CASCADE")
        cursor.execute("TRUNCATE applications_reviewrun CASCADE")
    call = _call()
    hosts = list(call.hosts.order_by("pk"))
    slots = list(call.programme.slots.order_by("pk"))
    degree = models.DegreeProgramme.objects.get(key="bench")
    students = list(
        models.User.objects.filter(username__startswith="bench-").order_by("pk")[:count]
    )
    applications = models.Application.objects.bulk_create(
        models.Application(
            student=student,
            call=call,
            state=random.choices(["under_review", "eligible", "ineligible"], [7, 2, 1])[0],
        )
        for student in students
    )
    submissions = models.Submission.objects.bulk_create(
        _submission(application, number, degree, random)
        for application in applications
        for number in range(1, random.choice([2, 2, 2, 3]))
    )
    newest = list({row.application_id: row for row in submissions}.values())
    models.Preference.objects.bulk_create(
        models.Preference(submission=row, rank=rank, host=host, semesters=["W"])
        for row in submissions
        for rank, host in enumerate(random.sample(hosts, random.randint(1, 4)), start=1)
    )
    models.Document.objects.bulk_create(
        models.Document(
            application=application,
            slot=slot,
            stored_name=f"{'0' * 64}.pdf",
            original_name="file.pdf",
            sha256="0" * 64,
            size=1,
            pages=1,
            inspection={"text_sha256": f"{application.pk}"},
        )
        for application in applications
        for slot in slots
    )
    run = models.ReviewRun.objects.create(call=call, state="done", finished_at=timezone.now())
    models.SubmissionReview.objects.bulk_create(_review(run, row, random) for row in newest)
    _read_so_far(applications, reader, random)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return call


def _call() -> models.Call:
    found = models.Call.objects.filter(code="bench").first()
    if found is not None:
        return found
    faculty = Faculty.objects.get(key="bench")
    programme = models.Programme.objects.create(
        key="bench",
        faculty=faculty,
        name_en="Bench",
        name_de="Bank",
        about_en="-",
        about_de="-",
        agreement_kind="erasmus_studies",
        levels=["bachelor", "master"],
    )
    for number, key in enumerate(("letter", "transcript")):
        models.DocumentSlot.objects.create(
            programme=programme, key=key, position=number, title_en=key, title_de=key, kind="other"
        )
    deadline = timezone.now() - timedelta(days=3)
    call = models.Call.objects.create(
        code="bench",
        programme=programme,
        title_en="Bench",
        title_de="Bank",
        academic_year=2027,
        semesters=["W", "S"],
        opens_at=deadline - timedelta(days=60),
        deadline=deadline,
        closed_at=deadline,
        tie_breakers=["grade"],
    )
    for number in range(HOSTS):
        host = HostUniversity.objects.create(
            key=f"bench-{number}",
            name_en=f"University {number}",
            city="City",
            country="ES",
            latitude=Decimal(43),
            longitude=Decimal(-5),
        )
        agreement = Agreement.objects.create(
            host=host, faculty=faculty, kind="erasmus_studies", valid_from=2024, valid_until=2030
        )
        models.CallHost.objects.create(call=call, agreement=agreement)
    models.DegreeProgramme.objects.create(
        key="bench",
        name="Economics",
        degree="B.Sc.",
        level="bachelor",
        faculty=faculty,
        isced_f=["0311"],
    )
    models.User.objects.bulk_create(
        models.User(
            username=f"bench-{number}",
            given_names=f"Given {number}",
            family_name=f"Family {number}",
            affiliations=["student"],
        )
        for number in range(MANY)
    )
    return call


def _submission(
    application: models.Application, number: int, degree: models.DegreeProgramme, random: Random
) -> models.Submission:
    return models.Submission(
        application=application,
        number=number,
        submitted_at=timezone.now(),
        family_name=application.student.family_name,
        given_names=application.student.given_names,
        birth_date=date(2004, 1, 1),
        gender=9,
        nationality="DE",
        matriculation_number="1",
        email="a@example.org",
        phone="1",
        street="1",
        postal_code="1",
        city="Bochum",
        country="DE",
        degree_programme=degree,
        level_now="bachelor",
        level_departure=random.choice(["bachelor", "master"]),
        semester_now=3,
        ects_earned=60,
        average_grade=Decimal(random.randint(10, 40)) / 10,
        isced_f="0311",
    )


def _review(
    run: models.ReviewRun, submission: models.Submission, random: Random
) -> models.SubmissionReview:
    found = sorted(random.sample(sorted(FOUND), random.choice([0, 0, 0, 1, 2, 3])))
    return models.SubmissionReview(
        run=run,
        submission=submission,
        state="done",
        reviewed_at=timezone.now(),
        attempts=1,
        codes=found,
        blocking=sum(FOUND[code] == "blocking" for code in found),
        findings=[
            {"code": code, "severity": FOUND[code], "slot": "cv", "preference": None, "params": {}}
            for code in found
        ],
    )


def _read_so_far(
    applications: list[models.Application], reader: models.User, random: Random
) -> None:
    """Two readers have half each and opened a third of it; every tenth has a comment."""
    other = models.User.objects.get(username="bench_other")
    models.Assignment.objects.bulk_create(
        models.Assignment(application=row, reader=random.choice([reader, other]), assigned_by=other)
        for row in applications
    )
    models.Viewing.objects.bulk_create(
        models.Viewing(application=row, person=random.choice([reader, other]), what="file")
        for row in random.sample(applications, len(applications) // 3)
        for _again in range(2)
    )
    models.Comment.objects.bulk_create(
        models.Comment(application=row, author=other, text="Looks fine.")
        for row in random.sample(applications, len(applications) // 10)
    )


def measure(client: Client, address: str) -> tuple[float, int]:
    """Return milliseconds and the number of queries of one request."""
    with CaptureQueriesContext(connection) as captured:
        started = time.perf_counter()
        response = client.get(address)
        taken = time.perf_counter() - started
    if response.status_code != 200:  # noqa: PLR2004 - OK
        raise SystemExit(f"{address} answered {response.status_code}.")
    return 1000 * taken, len(captured)


def measure_neighbours(call: models.Call, reader: models.User, code: str) -> tuple[float, int]:
    with CaptureQueriesContext(connection) as captured:
        started = time.perf_counter()
        Queue.of(call, reader, {"state": "open"}).neighbours(code)
        taken = time.perf_counter() - started
    return 1000 * taken, len(captured)


def readers() -> models.User:
    faculty, _made = Faculty.objects.get_or_create(key="bench", defaults={"name_en": "Faculty"})
    for name in ("bench_reader", "bench_other"):
        models.User.objects.get_or_create(username=name, defaults={"affiliations": ["employee"]})
        models.RoleGrant.objects.get_or_create(
            login_id=name, role=Role.COORDINATOR, faculty=faculty
        )
    return models.User.objects.get(username="bench_reader")


def main() -> None:
    _measuring.introduce("The queue of the review desk with 100 and with 10,000 applications")
    reader = readers()
    client = Client()
    client.force_login(reader, backend="allauth.account.auth_backends.AuthenticationBackend")
    figures: dict[tuple[str, int], list[tuple[float, int]]] = {}
    # The tables hold one size at a time: the sizes take turns, three rounds each.
    for _round in range(3):
        for count in (FEW, MANY):
            call = call_of(count, reader)
            host = call.hosts.order_by("pk")[7]
            start = f"/admin/applications/call/{call.pk}/round/applications/?"
            for name, query in PAGES.items():
                address = start + query.format(host=host.pk)
                measure(client, address)  # warm: caches of templates, names, plans
                rows = [measure(client, address) for _once in range(REPEATS // 3)]
                figures.setdefault((name, count), []).extend(rows)
            code = call.applications.order_by("code")[count // 2].code
            measure_neighbours(call, reader, code)
            rows = [measure_neighbours(call, reader, code) for _once in range(REPEATS // 3)]
            figures.setdefault((NEIGHBOURS, count), []).extend(rows)
    print(f"the queue with {MANY:,} applications / with {FEW}, requests through the test client")
    for name in (*PAGES, NEIGHBOURS):
        few, many = figures[name, FEW], figures[name, MANY]
        ratios = [
            large / small
            for (large, _queries), (small, _same) in zip(sorted(many), sorted(few), strict=True)
        ]
        print(f"{name:<26} {_measuring.spread(ratios, 'x')}")
        for count, rows in ((FEW, few), (MANY, many)):
            queries = sorted({number for _taken, number in rows})
            taken = _measuring.spread([milliseconds for milliseconds, _number in rows], " ms")
            print(f"{'':<8} {count:>6} applications  {taken}   queries {queries}")


if __name__ == "__main__":
    with _portal.for_the_test_client():
        main()
