"""How long it is until a moment, in words; nothing here is glued together from parts of sentences.

Hours and minutes are those that pass, days are those of the calendar in Bochum: in a night in which
the clocks change, tomorrow is tomorrow although it is 23 or 25 hours away.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from datetime import date, datetime

MINUTE = timedelta(minutes=1)
HOURS_OF_A_DAY = 24
DAYS_OF_A_WEEK = 7


def until(end: datetime, now: datetime, *, shown: datetime | None = None) -> str:
    """Say how long it is from `now` until the instant `end`, rounded down; empty once it came.

    `shown` is the time that is named in place of `end`: the last minute that counts, for an `end`
    that is the first instant too late.
    """
    # Two instants of the same zone are subtracted by the face of their clocks, not by time.
    minutes = (end.astimezone(UTC) - now.astimezone(UTC)) // MINUTE
    if end <= now:
        return ""
    if minutes < 1:
        return _("in less than a minute")
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return ngettext("in %(count)d minute", "in %(count)d minutes", minutes) % {"count": minutes}
    named = localtime(shown or end)
    days = (named.date() - localtime(now).date()).days
    return _days(days) if days > 1 else _soon(f"{named:%H:%M}", minutes // 60, tomorrow=days == 1)


def _soon(time: str, hours: int, *, tomorrow: bool) -> str:
    words = {"time": time, "count": hours}
    if not tomorrow:
        today = ngettext(
            "today at %(time)s, in %(count)d hour", "today at %(time)s, in %(count)d hours", hours
        )
        return today % words
    if hours >= HOURS_OF_A_DAY:
        return _("tomorrow at %(time)s") % words
    next_day = ngettext(
        "tomorrow at %(time)s, in %(count)d hour",
        "tomorrow at %(time)s, in %(count)d hours",
        hours,
    )
    return next_day % words


def until_day(day: date, today: date) -> str:
    """Say how long it is until a day of the calendar; empty once it is over."""
    days = (day - today).days
    if days < 0:
        return ""
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    return _days(days)


def _days(count: int) -> str:
    weeks, days = divmod(count, DAYS_OF_A_WEEK)
    words = {"weeks": weeks, "days": days}
    if weeks == 0:
        return ngettext("in %(days)d day", "in %(days)d days", days) % words
    if days == 0:
        return ngettext("in %(weeks)d week", "in %(weeks)d weeks", weeks) % words
    if days == 1:
        words_of = ngettext("in %(weeks)d week and 1 day", "in %(weeks)d weeks and 1 day", weeks)
    else:
        words_of = ngettext(
            "in %(weeks)d week and %(days)d days", "in %(weeks)d weeks and %(days)d days", weeks
        )
    return words_of % words
