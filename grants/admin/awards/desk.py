"""What is to do with grants, in numbers, each a way into the list."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from grants import awards
from grants.admin.awards.doors import awards_for, for_office, page
from grants.admin.awards.nominated import groups_of
from grants.admin.awards.standing import IN_STATE, TODO_WORDS, TONES, todo_conditions
from grants.admin.awards.together import differences_in
from grants.loading import tables_from_database
from grants.models import GrantPayment
from grants.states import PaymentKind
from grants.texts import STATES

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.utils.functional import _StrPromise

    from applications.models import User

ZERO = Decimal("0.00")
_BACK = Q(kind=PaymentKind.REPAYMENT.value)


@dataclass(frozen=True, slots=True)
class Figure:
    """How many, and where they are listed: `key` is the value of the filter."""

    key: str
    words: _StrPromise
    count: int
    tone: str = ""
    total: Decimal = ZERO


@require_safe
@for_office
def desk(request: HttpRequest, user: User) -> HttpResponseBase:
    """Show what waits for this person."""
    return page(
        request,
        "desk",
        gettext("Grants desk"),
        nominations=groups_of(user, tables_from_database()),
        todo=_todo(user, timezone.localdate()),
        states=_states(user),
        due=GrantPayment.objects.filter(awards.DUE).aggregate(
            to_pay=Count("pk", filter=~_BACK),
            sum_to_pay=Sum("amount", filter=~_BACK, default=ZERO),
            back=Count("pk", filter=_BACK),
            sum_back=Sum("amount", filter=_BACK, default=ZERO),
        ),
    )


def _todo(user: User, today: date) -> list[Figure]:
    conditions = todo_conditions(user, today)
    counts = awards_for(user).aggregate(
        **{todo.value: Count("pk", filter=condition) for todo, condition in conditions.items()}
    )
    return [Figure(todo.value, TODO_WORDS[todo], counts[todo.value]) for todo in conditions]


def _states(user: User) -> list[Figure]:
    in_force = Coalesce("approved__total", "current__total")
    sums = awards_for(user).aggregate(
        **{f"count_{state}": Count("pk", filter=where) for state, where in IN_STATE.items()},
        **{
            f"sum_{state}": Sum(in_force, filter=where, default=ZERO)
            for state, where in IN_STATE.items()
        },
    )
    return [
        Figure(
            state.value,
            STATES[state],
            sums[f"count_{state}"],
            TONES[state],
            sums[f"sum_{state}"],
        )
        for state in IN_STATE
    ]


@require_safe
@for_office
def differences(request: HttpRequest, user: User) -> HttpResponseBase:
    """Calculate every award by the tables of today and show what differs; nothing is written."""
    found = awards.compare(awards_for(user))
    return page(
        request,
        "differences",
        gettext("Tables changed since"),
        count=found.count,
        **differences_in(found),
    )
