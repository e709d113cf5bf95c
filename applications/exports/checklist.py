"""What stands between an accepted student and the nomination, read before anything is sent.

Four points for each: the data this partner wants, the enrolment at departure, the semester, and
the days left. Data that is missing stands in the way only where the partner insists on it: by its
own choice of columns, or because its lists go by EWP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from applications import lifecycle, texts
from applications.exports import ewp
from applications.exports.columns import columns_for
from applications.exports.ewp.checks import EwpProblem
from applications.exports.rows import Row, rows_of
from applications.models import Nomination
from partners.models import Channel, NominationDeadline, Semester

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from django.db.models import QuerySet

    from applications.exports.columns import Column
    from applications.models import EnrolmentConfirmation, Placement

# Nobody turns a student away for want of these: most agreements name no unit, a change of level
# makes the semesters uncountable, and how a language is shown is asked of nobody twice.
_MAY_BE_EMPTY = frozenset({"comment", "receiving_unit", "semesters_completed", "language_proof"})
# A partner that named no columns of its own knows its own codes.
_THE_PARTNERS_OWN = frozenset({"receiving_erasmus", "receiving_schac", "agreement_field"})
# What EWP says of a column that is empty, with what to do about it: said once is enough.
_SAID_BY_EWP = {
    EwpProblem.HOST_ID_MISSING: {"receiving_schac"},
    EwpProblem.NAME_EMPTY: {"family_name", "given_names"},
    EwpProblem.ESI_MISSING: {"esi"},
    EwpProblem.AGREEMENT_FIELD_MISSING: {"agreement_field"},
}


@dataclass(frozen=True, slots=True)
class CheckList:
    """The points of one student; `row` is the nomination as it stands, or would stand, on lists.

    `enrolment` is None until it is confirmed, `other_semesters` are those the seat allows beside
    the one chosen, `days_left` until the last day that counts: negative when it has passed, None
    where no deadline is known. `lacking` are the empty columns EWP does not name by itself;
    `days_guessed`: a day of the stay is that of our semester, since the host's term is not known.
    """

    row: Row
    enrolment: EnrolmentConfirmation | None
    other_semesters: tuple[str, ...]
    deadline: NominationDeadline | None
    days_left: int | None
    lacking: tuple[Column, ...]
    ewp_problems: tuple[str, ...]
    days_guessed: bool

    @property
    def place(self) -> Placement:
        return self.row.nomination.placement

    @property
    def missing(self) -> tuple[str, ...]:
        """The columns that would be empty, by their titles in the reader's language."""
        return tuple(str(column.title) for column in self.lacking)

    @property
    def ewp_sentences(self) -> tuple[str, ...]:
        """What keeps the student out of the partner's EWP file; none where it takes other lists."""
        return tuple(str(texts.ewp_sentence(code)) for code in self.ewp_problems)

    @property
    def insists(self) -> bool:
        """Whether the partner chose its columns itself: then it wants them filled."""
        return self.deadline is not None and bool(self.deadline.columns)

    @property
    def blocking(self) -> tuple[str, ...]:
        """Say, in sentences, for want of what this partner takes no nomination."""
        empty: tuple[str, ...] = ()
        if self.insists and self.missing:
            empty = (gettext("Still empty: %(columns)s.") % {"columns": ", ".join(self.missing)},)
        return (*empty, *self.ewp_sentences)

    @property
    def is_late(self) -> bool:
        return self.days_left is not None and self.days_left < 0

    @property
    def is_ready(self) -> bool:
        """Whether the student can be nominated now; a passed deadline is the partner's to judge."""
        return self.enrolment is not None and not self.blocking


def check_lists(places: QuerySet[Placement], *, today: date) -> dict[int, CheckList]:
    """Return the check list of each place by its application's pk; constant in queries.

    `places` are live ones, of any calls, accepted or nominated already.
    """
    found = list(
        lifecycle.with_wishes(places)
        .select_related(
            "pool",
            "nomination",
            "application__student",
            "application__enrolment__confirmed_by",
            "application__call__programme__faculty",
            "host__agreement__host",
            "host__call",
        )
        # What was typed before it was handed in is long, and in no list.
        .defer("application__draft", "application__draft_turns")
    )
    rows = rows_of([_nomination_of(place) for place in found])
    deadlines = deadlines_of(found)
    return {
        place.application_id: _check(place, row, deadlines.get(deadline_key(place)), today)
        for place, row in zip(found, rows, strict=True)
    }


def _nomination_of(place: Placement) -> Nomination:
    """Return the nomination of the place, or the one it would get; that one is not stored."""
    nomination = getattr(place, "nomination", None) or Nomination(placement=place)
    nomination.placement = place
    nomination.application = place.application
    return nomination


def deadline_key(place: Placement) -> tuple[int, int, str]:
    """Return what the nomination deadline of a place is found by: host, academic year, semester."""
    return place.host.agreement.host_id, place.host.call.academic_year, place.semester


def deadlines_of(
    places: Collection[Placement],
) -> dict[tuple[int, int, str], NominationDeadline]:
    """Return the nomination deadlines of these places' hosts, by `deadline_key`."""
    keys = {deadline_key(place) for place in places}
    found = NominationDeadline.objects.filter(
        host__in={host for host, _year, _semester in keys},
        academic_year__in={year for _host, year, _semester in keys},
    )
    return {(row.host_id, row.academic_year, row.semester): row for row in found}


def _check(
    place: Placement, row: Row, deadline: NominationDeadline | None, today: date
) -> CheckList:
    others = Semester.values if lifecycle.has_semester_choice(place) else []
    by_ewp = deadline is not None and deadline.channel == Channel.EWP
    problems = ewp.problems_of(row) if by_ewp else ()
    said: set[str] = set().union(*(_SAID_BY_EWP.get(problem, set()) for problem in problems))
    return CheckList(
        row=row,
        enrolment=getattr(place.application, "enrolment", None),
        other_semesters=tuple(value for value in others if value != place.semester),
        deadline=deadline,
        days_left=(deadline.deadline - today).days if deadline else None,
        lacking=tuple(column for column in missing_for(row, deadline) if column.key not in said),
        ewp_problems=problems,
        days_guessed=row.days_guessed,
    )


def missing_for(row: Row, deadline: NominationDeadline | None) -> tuple[Column, ...]:
    """Return the columns this partner looks for that are empty for this student."""
    optional = _MAY_BE_EMPTY
    if deadline is None or not deadline.columns:
        optional |= _THE_PARTNERS_OWN
    return tuple(
        column
        for column in columns_for(deadline)
        if column.key not in optional and column.value(row) in {None, ""}
    )
