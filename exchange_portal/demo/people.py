"""Who appears in the demonstration: the persons to sign in as, and made-up students.

The students are drawn from a seed, so that every installation shows the same round.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from applications.models import RoleGrant, User
from exchange_portal.demo_idp.persons import PERSONS, SCOPE
from partners.models import Faculty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange_portal.demo_idp.persons import DemoPerson

SEED = 2026
# Login ids of made-up students: the provider knows none of them, so nobody signs in as one.
PREFIX = "madeup"
WITHOUT_ESI = 7  # one in so many students
COLLEAGUE = "hoffmjul"  # the second reader: every application is read by two
APPLIED_BEFORE = "okafodav"  # of the students to choose: took part in the past round
NOMINATED = "lindnmar"  # of the students to choose: goes abroad, with a grant
HAS_STARTED = "brandlea"  # has begun an application to the open call
COORDINATOR = "weberann"
OFFICE = "kleinsop"
SECOND_OFFICE = "aydinfat"  # approves the grants the first one proposed

WOMEN = (
    *("Anna", "Lena", "Marie", "Sophia", "Laura", "Johanna", "Clara", "Elif", "Zeynep", "Amira"),
    *("Katarzyna", "Olena", "Chiara", "Inês", "Mai Linh", "Hannah", "Emma", "Nora", "Ida"),
)
MEN = (
    *("Lukas", "Jonas", "Felix", "Paul", "Tim", "Moritz", "Emre", "Yusuf", "Karim", "Mateusz"),
    *("Andrii", "Luca", "João", "Minh", "David", "Niklas", "Simon", "Oskar", "Anton"),
)
FAMILIES = (
    *("Müller", "Schmidt", "Schneider", "Fischer", "Wagner", "Becker", "Schäfer", "Hoffmann"),
    *("Koch", "Richter", "Klein", "Wolf", "Neumann", "Schwarz", "Krüger", "Hofmann", "Lange"),
    *("Yılmaz", "Kaya", "Demir", "Öztürk", "Kowalski", "Nowak", "Wiśniewska", "Shevchenko"),
    *("Rossi", "Ferrari", "Silva", "Nguyen", "Haddad", "Petrov", "Horváth", "Jansen", "Dvořák"),
)
NATIONALITIES = ("DE",) * 14 + ("TR", "PL", "UA", "IT", "VN", "SY", "FR", "ES")
# Streets of Bochum everybody knows; the house numbers are made up.
STREETS = ("Universitätsstraße", "Königsallee", "Wittener Straße", "Castroper Straße", "Markstraße")
# degree programme: what they may call their field of study, shares of applicants
MASTERS = (("msc-me", 4), ("msc-mgmt", 2), ("msc-econ", 2), ("msc-faact", 2), ("ma-ecue", 1))
SECOND_LANGUAGES = ("es", "fr", "it", "pt")


@dataclass(frozen=True, slots=True)
class Student:
    """What a made-up student would type; `index` from 0 decides on the faults (`handing_in`).

    `quality` from 0 to 1 is what the readers will see in the letter.
    """

    index: int
    login_id: str
    given_names: str
    family_name: str
    gender: int
    birth_date: date
    nationality: str
    matriculation_number: str
    street: str
    degree_programme: str
    level_now: str
    level_departure: str
    semester_now: int
    ects_earned: Decimal
    average_grade: Decimal
    languages: tuple[tuple[str, str, str], ...]
    quality: float

    @property
    def name(self) -> str:
        return f"{self.given_names} {self.family_name}"

    @property
    def phone(self) -> str:
        # The Federal Network Agency keeps these numbers free for films.
        return f"+49 30 23125 {self.index % 1000:03d}"

    @property
    def esi(self) -> str:
        """The European Student Identifier; the campus system has not issued one to everybody."""
        if self.index % WITHOUT_ESI == 1:
            return ""
        return f"urn:schac:personalUniqueCode:int:esi:{SCOPE}:{self.matriculation_number}"


def made_up_students(count: int) -> Iterator[Student]:
    """Draw so many students; a longer list begins like a shorter one."""
    for index in range(count):
        chance = random.Random(SEED * 1000 + index)  # noqa: S311 - the same people each time
        yield _draw(index, chance)


def _draw(index: int, chance: random.Random) -> Student:
    gender = chance.choice((1, 2, 2, 1, 9))
    given = chance.choice(WOMEN if gender == 2 else MEN if gender == 1 else WOMEN + MEN)  # noqa: PLR2004 - ISO/IEC 5218
    track = chance.choices(("bachelor", "changes", "master"), (60, 15, 25))[0]
    level_now = "master" if track == "master" else "bachelor"
    semester = {"bachelor": chance.randint(2, 4), "changes": 5, "master": chance.randint(1, 2)}
    completed = semester[track] - 1
    grade = min(max(chance.gauss(2.2, 0.55), 1.0), 3.9)
    masters = chance.choices([key for key, _ in MASTERS], [share for _, share in MASTERS])[0]
    return Student(
        index=index,
        login_id=f"{PREFIX}{index:04d}",
        given_names=given,
        family_name=chance.choice(FAMILIES),
        gender=gender,
        birth_date=date(2001 + chance.randint(0, 4), chance.randint(1, 12), chance.randint(1, 28)),
        nationality=chance.choice(NATIONALITIES),
        matriculation_number=f"1080209{index:05d}",
        street=f"{chance.choice(STREETS)} {chance.randint(1, 180)}",
        degree_programme=masters if track == "master" else "bsc-me",
        level_now=level_now,
        level_departure="bachelor" if track == "bachelor" else "master",
        semester_now=semester[track],
        ects_earned=Decimal(completed * 30 - chance.choice((0, 0, 0, 5, 10)) if completed else 0),
        average_grade=Decimal(f"{grade:.2f}"),
        languages=_languages(chance),
        quality=min(max(chance.gauss(0.65, 0.18), 0.1), 1.0),
    )


def _languages(chance: random.Random) -> tuple[tuple[str, str, str], ...]:
    english = chance.choices(("B1", "B2", "C1", "C2"), (8, 45, 37, 10))[0]
    proof = chance.choices(("school", "certificate", "stay"), (50, 35, 15))[0]
    skills = [("de", "NS", "native"), ("en", english, proof)]
    if chance.random() < 0.45:  # noqa: PLR2004 - about half of them learned another one
        level = chance.choices(("A2", "B1", "B2", "C1"), (30, 35, 25, 10))[0]
        shown = chance.choice(("school", "certificate", "course"))
        skills.append((chance.choice(SECOND_LANGUAGES), level, shown))
    return tuple(skills)


def chosen_student(person: DemoPerson, index: int, gender: int) -> Student:
    """Return a person to choose who took part in the past round, with a good record."""
    return Student(
        index=index,
        login_id=person.login_id,
        given_names=person.given_names,
        family_name=person.family_name,
        gender=gender,
        birth_date=date(2002, 5, 17),
        nationality="DE",
        matriculation_number=person.matriculation_number,
        street=f"{STREETS[0]} 150",
        degree_programme="msc-mgmt",
        level_now="master",
        level_departure="master",
        semester_now=2,
        ects_earned=Decimal(30),
        average_grade=Decimal("1.30"),
        languages=(("de", "NS", "native"), ("en", "C1", "certificate")),
        quality=0.95,
    )


def give_roles(today: date) -> None:
    """Give the persons to choose their roles."""
    faculties = {faculty.key: faculty for faculty in Faculty.objects.all()}
    for person in PERSONS:
        if person.role:
            RoleGrant.objects.get_or_create(
                login_id=person.login_id,
                role=person.role,
                faculty=faculties.get(person.faculty),
                defaults={"valid_from": today},
            )


def make_persons() -> dict[str, User]:
    """Make the rows that the first sign-in takes over, so that there is a story before it."""
    people = {}
    for person in PERSONS:
        people[person.login_id], _made = User.objects.get_or_create(
            username=person.login_id,
            defaults={
                "given_names": person.given_names,
                "family_name": person.family_name,
                "email": person.email,
                "affiliations": list(person.affiliations),
                "matriculation_number": person.matriculation_number,
                "esi": person.esi,
                "password": "!",
            },
        )
    return people


def make_students(students: list[Student]) -> dict[str, User]:
    """Make the rows of the made-up students, half of them with English mails."""
    User.objects.bulk_create(
        [
            User(
                username=student.login_id,
                given_names=student.given_names,
                family_name=student.family_name,
                email=f"{student.login_id}@{SCOPE}",
                matriculation_number=student.matriculation_number,
                esi=student.esi,
                affiliations=["student"],
                language="de" if student.index % 2 else "en",
                password="!",  # noqa: S106 - Django's mark of an unusable password
            )
            for student in students
        ],
        ignore_conflicts=True,
    )
    names = [student.login_id for student in students]
    return {user.username: user for user in User.objects.filter(username__in=names)}
