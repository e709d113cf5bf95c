"""The made-up students apply: wishes, papers with their faults, submission before the deadline."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from applications import eligibility, lifecycle, pdf_inspection, selection
from applications.models import Application, CallHost, DegreeProgramme
from exchange_portal.demo import papers
from exchange_portal.demo.people import SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from applications.models import Call, Document, DocumentSlot, User
    from exchange_portal.demo.people import Student

    Say = Callable[[str], None]

CHUNK = 20  # students in one transaction: each commit waits for the disk
# Everybody wants to go there, so that not everybody can.
IN_DEMAND = {
    "goteborg": 9,
    "nhh": 8,
    "sdu": 7,
    "palma-uib": 7,
    "budapest-elte": 6,
    "padova": 6,
    "cyprus-ucy": 5,
    "split": 4,
    "istanbul-bogazici": 4,
    "poznan-ue": 3,
    "krakow-uek": 3,
    "la-laguna-ull": 3,
}
UNSUITABLE = 0.08  # share of students who also wish for a host they can't go to
# Which of the students does what, by index: small rounds have each case once too.
DAMAGED_LATER = 1
LAST_MINUTE = 2
WITHDRAWN = 0


@dataclass(frozen=True, slots=True)
class Wish:
    host: CallHost
    semesters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    student: Student
    slot: DocumentSlot
    content: bytes


def never_submits(student: Student) -> bool:
    return student.index % 24 == 4  # noqa: PLR2004 - one in so many


def wrong_level(student: Student) -> bool:
    """Whether the degree programme contradicts the level typed: found by the review."""
    return student.index % 40 == 17  # noqa: PLR2004 - as above


def hand_in(call: Call, students: list[Student], people: dict[str, User], say: Say) -> int:
    """Let all of them apply in time; returns the number of submissions.

    A few drafts are left, one application is withdrawn, one file is damaged on the disk.
    """
    degrees = {row.key: row for row in DegreeProgramme.objects.all()}
    slots = {slot.key: slot for slot in call.programme.slots.all()}
    choice = _Choice(call)
    wishes = {
        student.index: choice.of(student, degrees[student.degree_programme]) for student in students
    }
    say("writing and inspecting the papers")
    folder: dict[int, list[tuple[Paper, pdf_inspection.Report]]] = {
        student.index: [] for student in students
    }
    made: list[Paper] = []

    def asked() -> Iterator[tuple[bytes, pdf_inspection.Expectation]]:
        # Written here while the children read those before.
        for paper in _papers(students, slots, wishes, degrees):
            made.append(paper)
            yield paper.content, lifecycle.expectation(paper.slot)

    for number, report in enumerate(pdf_inspection.inspect_many(asked())):
        paper = made[number]
        folder[paper.student.index].append((paper, report))
    say(f"handing in {len(made)} papers of {len(students)} students")
    handed_in = 0
    for start in range(0, len(students), CHUNK):
        with transaction.atomic():
            for student in students[start : start + CHUNK]:
                handed_in += _apply(
                    call,
                    student,
                    people[student.login_id],
                    _answers(student, wishes[student.index], degrees),
                    folder[student.index],
                )
    _damage(call, students, people)
    return handed_in


# -- wishes ----------------------------------------------------------------------------------------


class _Choice:
    """What the call offers, read once for everybody."""

    def __init__(self, call: Call) -> None:
        rows = call.hosts.select_related("agreement__host").order_by("agreement__host__key")
        self._hosts = {host.pk: host for host in rows}
        self._offers = {int(offer.id): offer for offer in selection.host_offers(call)}
        self._most = call.programme.max_preferences

    def of(self, student: Student, degree: DegreeProgramme) -> list[Wish]:
        """Draw one to five hosts the student may go to, the popular ones more often."""
        chance = random.Random(SEED * 2000 + student.index)  # noqa: S311 - the same wishes each time
        suitable, other = self._sorted_out(_applicant(student, degree))
        count = min(chance.choices((1, 2, 3, 4, 5), (6, 12, 24, 28, 30))[0], len(suitable))
        picked: list[int] = []
        while len(picked) < count:
            weights = [IN_DEMAND.get(self._hosts[pk].agreement.host.key, 1) for pk in suitable]
            pk = chance.choices(suitable, weights)[0]
            suitable.remove(pk)
            picked.append(pk)
        if other and count < self._most and chance.random() < UNSUITABLE:
            picked.append(chance.choice(other))
        return [Wish(self._hosts[pk], _semesters(chance, self._offers[pk])) for pk in picked]

    def _sorted_out(self, applicant: eligibility.Applicant) -> tuple[list[int], list[int]]:
        suitable: list[int] = []
        other: list[int] = []
        for pk in self._hosts:
            wish = eligibility.Preference(1, str(pk), frozenset("WS"))
            found = eligibility.review_preference(applicant, wish, self._offers[pk])
            (other if eligibility.is_blocked(found, 1) else suitable).append(pk)
        return suitable, other


def _semesters(chance: random.Random, offer: eligibility.HostOffer) -> tuple[str, ...]:
    bound = {pool.semester for pool in offer.pools} - {""}
    if bound:
        return tuple(sorted(bound, reverse=True))
    return chance.choices((("W", "S"), ("S", "W"), ("W",), ("S",)), (40, 20, 25, 15))[0]


def _applicant(student: Student, degree: DegreeProgramme) -> eligibility.Applicant:
    return eligibility.Applicant(
        level_now=student.level_now,
        level_departure=student.level_departure,
        semester=student.semester_now,
        degree_programme=degree.key,
        degree_level=degree.level,
        isced_f=_field(student, degree),
        isced_f_of_degree=frozenset(degree.isced_f),
        languages=tuple(
            eligibility.LanguageSkill(language, level, eligibility.Proof(proof))
            for language, level, proof in student.languages
        ),
        has_certificate_document=True,
        ects=student.ects_earned,
        average_grade=student.average_grade,
    )


def _field(student: Student, degree: DegreeProgramme) -> str:
    """Return the code the student picks: mostly the one that most agreements name."""
    if "0410" in degree.isced_f and student.index % 6:
        return "0410"
    return degree.isced_f[0]


# -- papers ----------------------------------------------------------------------------------------


def _words(student: Student, wishes: list[Wish], degree: DegreeProgramme) -> dict[str, str]:
    first, second = wishes[0].host.agreement.host, wishes[-1].host.agreement.host
    return {
        "name": student.name,
        "first": first.name_en,
        "city": first.city,
        "second": second.name_en,
        "degree": str(degree),
        "grade": str(student.average_grade),
        "ects": str(student.ects_earned),
        "number": student.matriculation_number,
        "since": str(2026 - (student.semester_now + 1) // 2),
        "abitur": str(student.birth_date.year + 18),
        "languages": ", ".join(f"{name} {level}" for name, level, _proof in student.languages),
    }


def _papers(
    students: list[Student],
    slots: dict[str, DocumentSlot],
    wishes: dict[int, list[Wish]],
    degrees: dict[str, DegreeProgramme],
) -> Iterator[Paper]:
    letters: dict[int, bytes] = {}
    for student in students:
        if never_submits(student):
            continue
        degree = degrees[student.degree_programme]
        words = _words(student, wishes[student.index], degree)
        letters[student.index] = letter = _letter(student, words, letters)
        files = {"letter": letter, **_other_papers(student, words)}
        for key, content in files.items():
            yield Paper(student, slots[key], content)


def _letter(student: Student, words: dict[str, str], earlier: dict[int, bytes]) -> bytes:
    index = student.index
    if index % 30 == 10 and index - 2 in earlier:  # noqa: PLR2004 - one in so many, as below
        return earlier[index - 2]  # two friends, one letter
    if index % 12 == 3:  # noqa: PLR2004 - one in so many
        return papers.letter(index, words, language="de")
    if index % 15 == 5:  # noqa: PLR2004 - one in so many
        return papers.letter(index, words, pages=3)
    if index % 25 == 6:  # noqa: PLR2004 - one in so many
        return papers.letter(index, words, reasons=1)
    return papers.letter(index, words, pages=2 if index % 3 == 0 else 1)


def _other_papers(student: Student, words: dict[str, str]) -> dict[str, bytes]:
    index = student.index
    files = {"cv": papers.curriculum(index, words, photo=index % 16 != 2)}  # noqa: PLR2004 - one in so many
    if index % 14 == 9:  # noqa: PLR2004 - as above
        files["transcript"] = papers.scan(index)
    else:
        files["transcript"] = papers.transcript(index, words, verifiable=index % 10 != 7)  # noqa: PLR2004 - as above
    if student.level_departure == "bachelor":
        school = papers.certificate("Zeugnis der allgemeinen Hochschulreife", words)
        files["abitur"] = school
    else:
        school = papers.certificate("Bachelorzeugnis", words)
        files["bachelor"] = school
    if index % 20 == 11:  # noqa: PLR2004 - as above
        files["language"] = school  # the wrong file, picked twice
    elif any(proof == "certificate" for _name, _level, proof in student.languages):
        files["language"] = papers.certificate("Language certificate: Englisch", words)
    return files


# -- the application -------------------------------------------------------------------------------


def _answers(
    student: Student, wishes: list[Wish], degrees: dict[str, DegreeProgramme]
) -> lifecycle.Answers:
    degree = degrees[student.degree_programme]
    values: dict[str, Any] = {
        "family_name": student.family_name,
        "given_names": student.given_names,
        "birth_date": student.birth_date,
        "gender": student.gender,
        "nationality": student.nationality,
        "matriculation_number": student.matriculation_number,
        "esi": student.esi,
        "email": f"{student.login_id}@ruhr-uni-bochum.de",
        "phone": student.phone,
        "street": student.street,
        "postal_code": "44801",
        "city": "Bochum",
        "country": "DE",
        "degree_programme": degree,
        "level_now": _level_typed(student),
        "level_departure": student.level_departure,
        "semester_now": student.semester_now,
        "ects_earned": student.ects_earned,
        "average_grade": student.average_grade,
        "isced_f": _field(student, degree),
    }
    return lifecycle.Answers(
        values=values,
        languages=tuple(lifecycle.LanguageAnswer(*skill) for skill in student.languages),
        preferences=tuple(
            lifecycle.PreferenceAnswer(wish.host.pk, wish.semesters) for wish in wishes
        ),
    )


def _level_typed(student: Student) -> str:
    if wrong_level(student):
        return "master" if student.level_now == "bachelor" else "bachelor"
    return student.level_now


def _handed_in_at(call: Call, student: Student) -> datetime:
    """Return when the student submits: mostly in the last weeks, one in the last second."""
    if call.deadline is None or call.opens_at is None:
        raise ValueError("The past call has no deadline.")
    if student.index == LAST_MINUTE:
        return call.deadline - timedelta(microseconds=1)
    chance = random.Random(SEED * 3000 + student.index)  # noqa: S311 - the same instant each time
    weeks = (call.deadline - call.opens_at) / 2
    return call.deadline - timedelta(minutes=5) - weeks * chance.random() ** 2


def _apply(
    call: Call,
    student: Student,
    user: User,
    answers: lifecycle.Answers,
    folder: list[tuple[Paper, pdf_inspection.Report]],
) -> int:
    at = _handed_in_at(call, student)
    began = at - timedelta(days=2)
    application = lifecycle.start_application(user, call, now=began)
    Application.objects.filter(pk=application.pk).update(created_at=began)
    for paper, report in folder:
        lifecycle.keep_document(
            application,
            paper.slot,
            paper.content,
            report,
            name=f"{paper.slot.key}_{student.family_name}.pdf",
            now=at - timedelta(minutes=4),
        )
    if never_submits(student):
        typed = {"family_name": student.family_name, "given_names": student.given_names}
        lifecycle.save_draft(application, typed, now=at)
        return 0
    lifecycle.submit(application, answers, by=user, now=at)
    if student.index == WITHDRAWN:
        reason = "I will do an internship instead."
        selection.withdraw(application, by=user, now=at + timedelta(minutes=2), reason=reason)
    return 1


def _damage(call: Call, students: list[Student], people: dict[str, User]) -> None:
    """Cut one stored letter in half, as a failing disk does: the review must notice."""
    for student in students:
        if student.index == DAMAGED_LATER:
            application = call.applications.get(student=people[student.login_id])
            letter: Document = application.documents.get(slot__key="letter", current=True)
            path = lifecycle.stored_path(letter.stored_name)
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2])
