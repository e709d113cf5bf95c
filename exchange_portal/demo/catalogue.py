"""What the demonstration adds to the catalogue, all made up: terms, deadlines, testimonials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from applications import lifecycle, pdf_inspection
from applications.models import Placement
from exchange_portal.demo import papers
from partners.models import (
    Channel,
    Faculty,
    HostTerm,
    HostUniversity,
    NominationDeadline,
    Semester,
    Testimonial,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from applications.models import Call

# First and last day of both terms and first day of the exams, as month and day: patterns that are
# usual in Europe. One ends its autumn term before Christmas.
_PATTERNS = (
    (((9, 1), (1, 20), (1, 7)), ((1, 25), (6, 10), (5, 25))),
    (((9, 15), (2, 10), (1, 20)), ((2, 15), (6, 30), (6, 10))),
    (((9, 5), (12, 22), (12, 8)), ((1, 15), (5, 31), (5, 15))),
    (((10, 1), (2, 28), (2, 1)), ((3, 1), (7, 20), (6, 25))),
    (((8, 25), (1, 15), (1, 5)), ((1, 18), (6, 5), (5, 20))),
)
HOSTS_WITH_TERMS = 10
YEAR_STARTS = 7  # July: the days of an autumn term before it are of the calendar year after


@dataclass(frozen=True, slots=True)
class Told:
    """A testimonial nobody wrote. `years_ago` counts back from the newest academic year."""

    place: int  # among the ERASMUS partners, by key
    years_ago: int
    semester: str
    language: str
    text: str
    author: str = ""
    has_file: bool = False
    is_released: bool = True


TOLD = (
    Told(
        place=0,
        years_ago=2,
        semester=Semester.WINTER,
        language="en",
        text=(
            "Made up for the demonstration. Courses were in small groups, with a lot of reading "
            "and a paper instead of an exam. The list of courses was final only three weeks before "
            "the start, so plan a spare one in your learning agreement. A room in the student "
            "residence was easy to get for those who applied in May."
        ),
        author="Robin Beispiel (made up)",
    ),
    Told(
        place=1,
        years_ago=3,
        semester=Semester.SUMMER,
        language="de",
        text=(
            "Für die Vorführung erfunden. Der Sprachkurs in den beiden Wochen vor Semesterbeginn "
            "hat sich gelohnt: Danach waren Behördengänge und Einkauf kein Problem mehr. Im Anhang "
            "steht, welche Kurse ich besucht habe und wie sie angerechnet wurden."
        ),
        has_file=True,
    ),
    Told(
        place=0,
        years_ago=2,
        semester=Semester.SUMMER,
        language="en",
        text=(
            "Made up for the demonstration, and not released yet: only the office and the "
            "coordinators see it. The summer term starts in February, before the exams in Bochum "
            "are over; I sat two of them in the second exam period."
        ),
        is_released=False,
    ),
)


def add_to_catalogue(years: Sequence[int], *, now: datetime) -> None:
    """Add made-up terms, deadlines, testimonials and mailboxes; what is there stays as it is."""
    hosts = list(
        HostUniversity.objects.filter(agreements__kind="erasmus_studies", is_home=False)
        .order_by("key")
        .distinct()
    )
    _add_terms(hosts[:HOSTS_WITH_TERMS], years)
    _add_deadlines(hosts[:HOSTS_WITH_TERMS], max(years))
    for faculty in Faculty.objects.filter(contact_mailbox=""):
        faculty.contact_mailbox = f"exchange-team@{faculty.key}.example"
        faculty.save(update_fields=["contact_mailbox"])
    # All three or none: one that was deleted by hand in the demonstration does not come back.
    if hosts and not Testimonial.objects.exists():
        with transaction.atomic():
            for told in TOLD:
                _add_testimonial(hosts[told.place % len(hosts)], told, max(years), now)


def _add_terms(hosts: Iterable[HostUniversity], years: Iterable[int]) -> None:
    years = list(years)
    HostTerm.objects.bulk_create(
        (
            _term(host, year, semester, _PATTERNS[place % len(_PATTERNS)][term])
            for place, host in enumerate(hosts)
            for year in years
            for term, semester in enumerate((Semester.WINTER, Semester.SUMMER))
        ),
        ignore_conflicts=True,
    )


def _add_deadlines(hosts: Iterable[HostUniversity], year: int) -> None:
    """Add those of the newest year only: one behind us would close the host of the past round."""
    NominationDeadline.objects.bulk_create(
        (
            NominationDeadline(
                host=host,
                academic_year=year,
                semester=semester,
                deadline=date(year, month, 15),
                channel=Channel.PORTAL if place % 3 else Channel.MAIL,
                mailbox="" if place % 3 else f"incoming@{host.key}.example",
                columns=[] if place else ["family_name", "given_names", "birth_date", "email"],
                made_up=True,
            )
            for place, host in enumerate(hosts)
            for semester, month in ((Semester.WINTER, 5), (Semester.SUMMER, 10))
        ),
        ignore_conflicts=True,
    )


# Nobody's domain (RFC 2606): an id in EWP that ends so is made up.
MADE_UP_DOMAIN = ".example"
# Of the round that was played: days from today, how the host takes nominations, its own columns.
_STILL_TO_COME: tuple[tuple[int, Channel, list[str]], ...] = (
    (-2, Channel.MAIL, []),
    (4, Channel.PORTAL, ["family_name", "given_names", "birth_date", "esi", "email"]),
    (12, Channel.PORTAL, []),
    (19, Channel.EWP, []),
    (33, Channel.MAIL, ["family_name", "given_names", "email", "semester", "language_level"]),
)


def keep_deadlines_near(call: Call, today: date) -> None:
    """Let the hosts of the played round want its summer semester's nominations about now.

    Its winter is over. The first has been missed, so that there is one that is late.
    """
    _name_for_ewp(HostUniversity.objects.get(is_home=True))
    going = Placement.objects.filter(host__call=call, semester=Semester.SUMMER, live=True)
    hosts = HostUniversity.objects.filter(pk__in=going.values("host__agreement__host"))
    told = NominationDeadline.objects.filter(
        academic_year=call.academic_year, semester=Semester.SUMMER, made_up=False
    )
    late, *others = _STILL_TO_COME
    for place, host in enumerate(hosts.exclude(pk__in=told.values("host")).order_by("key")):
        days, channel, columns = others[place % len(others)] if place else late
        if channel == Channel.EWP:
            _name_for_ewp(host)
        NominationDeadline.objects.update_or_create(
            host=host,
            academic_year=call.academic_year,
            semester=Semester.SUMMER,
            defaults={
                "deadline": today + timedelta(days=days),
                "channel": channel,
                "mailbox": f"incoming@{host.key}.example" if channel == Channel.MAIL else "",
                "columns": columns,
                "made_up": True,
            },
        )


def _name_for_ewp(university: HostUniversity) -> None:
    """Give a university whose id in EWP is not known a made-up one."""
    if not university.schac_id:
        university.schac_id = f"{university.key}{MADE_UP_DOMAIN}"
        university.save(update_fields=["schac_id"])


def _term(
    host: HostUniversity, year: int, semester: Semester, days: Sequence[tuple[int, int]]
) -> HostTerm:
    starts, ends, exams = (
        # A spring term lies whole in the calendar year after, one of autumn reaches into it.
        date(year + (semester == Semester.SUMMER or month < YEAR_STARTS), month, day)
        for month, day in days
    )
    return HostTerm(
        host=host,
        academic_year=year,
        semester=semester,
        name_en="Autumn term" if semester == Semester.WINTER else "Spring term",
        name_de="Herbstsemester" if semester == Semester.WINTER else "Frühjahrssemester",
        starts=starts,
        ends=ends,
        exams_from=exams,
        made_up=True,
    )


def _add_testimonial(host: HostUniversity, told: Told, newest: int, now: datetime) -> None:
    testimonial = Testimonial(
        host=host,
        academic_year=newest - told.years_ago,
        semester=told.semester,
        language=told.language,
        text=told.text,
        author=told.author,
        author_agreed=bool(told.author),
        released_at=now if told.is_released else None,
    )
    if told.has_file:
        data = papers.testimonial(host.name_en, told.text)
        report = pdf_inspection.inspect(
            data, pdf_inspection.Expectation(pdf_inspection.DocumentKind.OTHER)
        )
        testimonial.stored_name = lifecycle.store(data)
        testimonial.original_name = "erfahrungsbericht.pdf"
        testimonial.sha256 = report.sha256
        testimonial.size, testimonial.pages = report.bytes, report.pages or 0
    testimonial.save()
