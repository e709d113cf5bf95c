"""What the rules are told: the student, the programme, the hosts' offers and the wishes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


class Proof(StrEnum):
    """How a language level is shown; the values stored with a submission."""

    CERTIFICATE = "certificate"
    SCHOOL = "school"
    STAY = "stay"
    COURSE = "course"  # planned, so the level is not reached yet
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class LanguageSkill:
    """A language (BCP 47) with its CEFR level (A1..C2, NS) and how it is shown."""

    language: str
    level: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class EarlierStay:
    """A place the student holds from another call, accepted or only offered.

    `same_year`: in the academic year of the call applied to now. `for_a_term` and `erasmus` go by
    the kind of the agreement: a summer school fills no semester, and only Erasmus counts towards
    the months of a study cycle, which is the one of `level`, the level at departure.
    """

    host: str
    call_en: str
    call_de: str
    semester: str
    level: str
    same_year: bool
    for_a_term: bool = True
    erasmus: bool = True
    accepted: bool = True

    @property
    def takes_its_semester(self) -> bool:
        """Whether the student goes there for a semester of this year: no other place fits it."""
        return self.same_year and self.for_a_term and self.accepted


@dataclass(frozen=True, slots=True)
class Applicant:
    """What the application says, and the places the student holds from other calls.

    `isced_f_of_degree`: all fields the degree may be given. `earlier_months`: with Erasmus+ in the
    study cycle of the departure, as the student told; None where nothing was told.
    """

    level_now: str
    level_departure: str
    semester: int
    degree_programme: str
    degree_level: str
    isced_f: str
    isced_f_of_degree: frozenset[str] = frozenset()
    languages: tuple[LanguageSkill, ...] = ()
    has_certificate_document: bool = False
    enrolled: bool = True
    ects: Decimal | None = None
    average_grade: Decimal | None = None
    earlier_months: int | None = None
    stays: tuple[EarlierStay, ...] = ()


@dataclass(frozen=True, slots=True)
class ProgrammeRules:
    """Who a programme is for. Empty `degree_programmes`: every one of the levels.

    `on_condition` may apply if the modules abroad are mainly economics (ECUE). `min_ects` and
    `worst_grade` (German scale) are limits only where the call sets them. `months_per_cycle`: most
    months abroad in a study cycle, 12 for Erasmus+.
    """

    levels: frozenset[str]
    degree_programmes: frozenset[str] = frozenset()
    on_condition: frozenset[str] = frozenset()
    min_ects: Decimal | None = None
    worst_grade: Decimal | None = None
    months_per_cycle: int | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """Seats, perhaps only for a level or in a semester ("" for any); see SeatPool."""

    seats: int
    level: str = ""
    semester: str = ""
    fallback: bool = False

    def may_be_claimed_by(self, level: str) -> bool:
        return self.seats > 0 and self.level in {"", level}

    def may_be_used_by(self, level: str) -> bool:
        """Claimed, or taken when nobody it is meant for wants it (rule R3 of the allocation)."""
        return self.may_be_claimed_by(level) or (self.seats > 0 and self.fallback)


@dataclass(frozen=True, slots=True)
class HostOffer:
    """What one host of the call offers. Empty `isced_f` or `language_level`: none needed.

    `levels`: those the agreement is for, whatever its pools say; empty for any. `for_a_term`: the
    stay fills a semester, which a summer school does not.
    """

    id: str
    pools: tuple[Pool, ...]
    levels: frozenset[str] = frozenset()
    isced_f: str = ""
    language: str = "en"
    language_level: str = ""
    certificate_needed: bool = False
    for_a_term: bool = True


@dataclass(frozen=True, slots=True)
class Preference:
    """A wish: rank from 1, the offer's id, the semesters ("W", "S") that suit; none: either."""

    rank: int
    offer: str
    semesters: frozenset[str]
