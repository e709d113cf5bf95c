"""The radar in words, for the page and the weekly mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from applications import texts
from applications.exports.columns import columns_for
from applications.exports.radar.destinations import Destination, Stage
from partners import academic_year
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.functional import _StrPromise

STAGES: dict[Stage, _StrPromise] = {
    Stage.TO_NOMINATE: gettext_lazy("to be nominated"),
    Stage.OFFERED: gettext_lazy("offer not answered"),
    Stage.PENDING: gettext_lazy("nominated"),
    Stage.APPROVED: gettext_lazy("confirmed by the host"),
    Stage.REJECTED: gettext_lazy("rejected by the host"),
    Stage.CANCELLED: gettext_lazy("cancelled"),
}


_COUNTED: dict[Stage, Any] = {
    Stage.TO_NOMINATE: ngettext_lazy("%(count)d to nominate", "%(count)d to nominate", "count"),
    Stage.OFFERED: ngettext_lazy("%(count)d offer", "%(count)d offers", "count"),
    Stage.PENDING: ngettext_lazy("%(count)d nominated", "%(count)d nominated", "count"),
    Stage.APPROVED: ngettext_lazy("%(count)d confirmed", "%(count)d confirmed", "count"),
    Stage.REJECTED: ngettext_lazy("%(count)d rejected", "%(count)d rejected", "count"),
    Stage.CANCELLED: ngettext_lazy("%(count)d cancelled", "%(count)d cancelled", "count"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence with the tone of its mark."""

    text: str
    tone: str


def stage_counted(stage: Stage, count: int) -> str:
    """Say how many are at a stage: "3 nominated"."""
    return str(_COUNTED[stage] % {"count": count})


def semester_in_words(destination: Destination) -> str:
    """Say the semester: "Winter semester 2027/28"."""
    semester = Semester(destination.semester).label
    return f"{semester} {academic_year.label(destination.academic_year)}"


def countdown(destination: Destination) -> Said:
    """Say how far away the deadline is, or how long it is over."""
    left, day = destination.days_left, destination.deadline
    if left is None or day is None:
        return Said(_("not known"), "warning" if destination.waits_for_us else "neutral")
    if left >= 0:
        tone = "warning" if destination.is_due_soon else "neutral"
        return Said(texts.until_day(day, destination.today), tone)
    text = ngettext("over for %(count)d day", "over for %(count)d days", -left) % {"count": -left}
    return Said(text, "danger" if destination.is_late else "neutral")


def columns_in_words(destination: Destination) -> str:
    """Say which columns the partner wants on its list."""
    wanted = destination.wanted
    if wanted is None or not wanted.columns:
        return _("the usual list")
    count = len(columns_for(wanted))
    text = ngettext("own list with %(count)d column", "own list with %(count)d columns", count)
    return text % {"count": count}


def waiting_sentences(destination: Destination) -> list[str]:
    """Say who waits for a place there, and whether the next could still be nominated."""
    count, left = destination.details.waiting, destination.days_left
    if not count:
        return []
    if left is None:
        in_time = _("Whether the next could still be nominated is not known.")
    elif left < 0:
        in_time = _("It is too late to nominate the next.")
    elif left == 0:
        in_time = _("Today is the last day to nominate the next.")
    else:
        text = ngettext(
            "The next could still be nominated: %(count)d day left.",
            "The next could still be nominated: %(count)d days left.",
            left,
        )
        in_time = text % {"count": left}
    waits = ngettext("%(count)d waits for a place.", "%(count)d wait for a place.", count)
    return [waits % {"count": count}, in_time]


def open_things(destination: Destination) -> list[Said]:
    """Name what is still to be done or awaited there, in the order in which it is to be done."""
    counted = ((of(destination), tone, text) for of, tone, text in _OPEN)
    late = "danger" if destination.is_late else "warning"
    return [
        Said(str(text % {"count": count}), late if tone == _BY_DEADLINE else tone)
        for count, tone, text in counted
        if count
    ]


# What the deadline is for: its tone goes by that.
_BY_DEADLINE = "by deadline"
# Who it is about, the tone, and the sentence.
_OPEN: tuple[tuple[Callable[[Destination], int], str, Any], ...] = (
    (
        lambda there: there.to_nominate,
        _BY_DEADLINE,
        ngettext_lazy(
            "%(count)d still to be nominated", "%(count)d still to be nominated", "count"
        ),
    ),
    (
        lambda there: there.unlisted,
        _BY_DEADLINE,
        ngettext_lazy(
            "%(count)d nomination on no list yet", "%(count)d nominations on no list yet", "count"
        ),
    ),
    (
        lambda there: there.changed,
        "warning",
        ngettext_lazy(
            "%(count)d nomination changed since the last list",
            "%(count)d nominations changed since the last list",
            "count",
        ),
    ),
    (
        lambda there: 0 if there.is_checked_in_part else there.incomplete,
        "warning",
        ngettext_lazy(
            "%(count)d student with missing data", "%(count)d students with missing data", "count"
        ),
    ),
    (
        lambda there: there.incomplete if there.is_checked_in_part else 0,
        "warning",
        ngettext_lazy(
            "%(count)d of those named with missing data",
            "%(count)d of those named with missing data",
            "count",
        ),
    ),
    (
        lambda there: there.answering_too_late,
        "danger",
        ngettext_lazy(
            "%(count)d offer may be answered after the nomination deadline",
            "%(count)d offers may be answered after the nomination deadline",
            "count",
        ),
    ),
    (
        lambda there: there.unanswered,
        "info",
        ngettext_lazy(
            "%(count)d offer not answered yet", "%(count)d offers not answered yet", "count"
        ),
    ),
    (
        lambda there: there.without_answer,
        "warning",
        ngettext_lazy(
            "%(count)d nomination unanswered for over three weeks",
            "%(count)d nominations unanswered for over three weeks",
            "count",
        ),
    ),
)
