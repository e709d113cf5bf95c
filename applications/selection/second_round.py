"""A second round for the seats that are left: a call of its own, made from the first one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from applications import access, mails
from applications.lifecycle import lock_call
from applications.models import Application, Call, CallHost, Criterion, HostWeight
from applications.selection.copying import LONGEST_CODE, RULES
from applications.selection.planning import CRITERION_FIELDS
from applications.selection.seats import left_seats
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from applications.models import OutgoingMail, User
    from applications.selection.seats import LeftSeats

# Who has no place of the first round, and may want one of the second.
WITHOUT_A_PLACE = (State.WAITLISTED, State.NOT_PLACED, State.DECLINED, State.EXPIRED)
_END = "-2"


class NoSecondRound(Exception):  # noqa: N818 - an answer, with its code
    """Why there is none; `code` has its sentence in `applications.texts`.

    not_published (the results of the first are not out), is_second (it is one itself), exists (it
    has one already, or its code is taken), nothing_left (no free seat that could be nominated
    for), not_allowed.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def why_no_second_round(call: Call, left: Sequence[LeftSeats]) -> str:
    """Return the code of NoSecondRound that applies, or ""."""
    if call.published_at is None:
        return "not_published"
    if call.second_round_of_id is not None:
        return "is_second"
    if Call.objects.filter(second_round_of=call).exists() or _code_is_taken(call):
        return "exists"
    return "" if any(row.open for row in left) else "nothing_left"


@dataclass(frozen=True, slots=True)
class Times:
    """When a second round opens and ends, within how many weeks its results are promised."""

    opens_at: datetime
    deadline: datetime
    feedback_weeks: int
    answer_by: datetime


def second_round(call: Call, times: Times, *, by: User, now: datetime) -> Call:
    """Make the second round of a published call; nobody is told before it opens.

    It takes over year, rules, criteria and weights, and the hosts whose free seats can still be
    nominated for; the seats are shared, so whoever waits in the first round goes on waiting there.
    Raises NoSecondRound.
    """
    with transaction.atomic():
        first = lock_call(call.pk)
        left = left_seats(first, now=now)
        problem = why_no_second_round(first, left)
        if not access.can_copy(by, first):
            problem = "not_allowed"
        if problem:
            raise NoSecondRound(problem)
        second = _made(first, left, times)
        _take_over_rules(first, second, left)
        return second


def announce_second_rounds(now: datetime) -> None:
    """Tell those without a place of the second rounds that are open, each person once.

    Until it opens, its times, hosts and criteria can still be put right; and whoever got a place
    meanwhile, or has found the second round already, needs no mail.
    """
    is_open = Call.objects.filter(
        second_round_of__isnull=False, closed_at=None, opens_at__lte=now, deadline__gt=now
    )
    for second in is_open.order_by("pk"):
        mails.queue_all(_letters(second))


def second_code(call: Call) -> str:
    return call.code[: LONGEST_CODE - len(_END)].rstrip("-") + _END


def _code_is_taken(call: Call) -> bool:
    return Call.objects.filter(code=second_code(call)).exists()


def semesters_left(call: Call, left: Sequence[LeftSeats]) -> list[str]:
    """Return the semesters of the call that somebody could still be nominated for."""
    possible = {semester for row in left for semester, _day in row.open}
    return [letter for letter in call.semesters if letter in possible]


def second_titles(call: Call) -> dict[str, str]:
    """Return the titles of the second round; both languages stand in the table (DOMAIN)."""
    return {
        "title_en": _with_end(call.title_en, " (second round)"),
        "title_de": _with_end(call.title_de, " (zweite Runde)"),
    }


def _with_end(title: str, end: str) -> str:
    longest = Call._meta.get_field("title_en").max_length or 0
    return title[: longest - len(end)] + end


def _made(first: Call, left: Sequence[LeftSeats], times: Times) -> Call:
    rules = {field: getattr(first, field) for field in RULES}
    return Call.objects.create(
        **rules
        | second_titles(first)
        | {
            "code": second_code(first),
            "second_round_of": first,
            "academic_year": first.academic_year,
            "semesters": semesters_left(first, left),
            "period_en": first.period_en,
            "period_de": first.period_de,
            **asdict(times),
        }
    )


def _take_over_rules(first: Call, second: Call, left: Sequence[LeftSeats]) -> None:
    hosts = CallHost.objects.bulk_create(
        CallHost(call=second, agreement=row.host.agreement, min_score=row.host.min_score)
        for row in left
        if row.open
    )
    criteria = Criterion.objects.bulk_create(
        Criterion(call=second, **{field: getattr(row, field) for field in CRITERION_FIELDS})
        for row in first.criteria.all()
    )
    by_agreement = {row.agreement_id: row for row in hosts}
    by_key = {row.key: row for row in criteria}
    own = HostWeight.objects.filter(host__call=first).select_related("host", "criterion")
    HostWeight.objects.bulk_create(
        HostWeight(
            host=by_agreement[row.host.agreement_id],
            criterion=by_key[row.criterion.key],
            weight=row.weight,
        )
        for row in own
        if row.host.agreement_id in by_agreement
    )


def _letters(second: Call) -> list[OutgoingMail]:
    key = f"second_round:{second.pk}:"
    letters = []
    for application in (
        Application.objects.filter(call=second.second_round_of_id, state__in=WITHOUT_A_PLACE)
        .exclude(mails__key__startswith=key)
        .exclude(student__in=second.applications.values("student"))
        .select_related("student", "call")
        .order_by("code")
    ):
        letter = mails.render(
            mails.Event.SECOND_ROUND, application.student, application=application, second=second
        )
        letter.key = f"{key}{application.code}"
        letters.append(letter)
    return letters
