"""What `partners.semesters.comparing` finds, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, pgettext

from partners import academic_year
from partners.semesters.comparing import Fit

if TYPE_CHECKING:
    from datetime import date

    from partners.semesters.comparing import Finding, Term

_DAYS_PER_MONTH = 30.4


def semester_name(year: int, semester: str) -> str:
    """Say which semester here it is: "winter semester 2027/28", "summer semester 2028"."""
    if semester == academic_year.WINTER:
        return gettext("winter semester %(year)s") % {"year": academic_year.label(year)}
    return gettext("summer semester %(year)s") % {"year": year + 1}


def sentence(
    finding: Finding, *, before: str, own: str, after: str, home: Term, months_only: bool
) -> str:
    """Say one finding in the reader's language.

    `before`, `own` and `after` name the three semesters here; `home` are the days of the one
    before. With `months_only` the length is said in months, for the days are not known.
    """
    words = {
        "length": _length(finding.days, months_only=months_only),
        "before": before,
        "own": own,
        "after": after,
        "first": _day(home.exams_from) if home.exams_from else "",
        "last": _day(home.end),
    }
    return _template(finding.fit) % words


def _template(fit: Fit) -> str:
    match fit:
        case Fit.FITS:
            return gettext("Fits between our semesters.")
        case Fit.EXAMS_MAY_FALL_IN:
            return gettext(
                "Begins %(length)s before our %(own)s: exams of the %(before)s may fall into "
                "the term."
            )
        case Fit.LECTURES_MAY_RUN:
            return gettext(
                "Begins %(length)s before our %(own)s: lectures of the %(before)s may still be "
                "running, and its exams fall into the term."
            )
        case Fit.EXAMS_FALL_IN:
            return gettext(
                "Begins %(length)s before our %(own)s: exams of the %(before)s (%(first)s to "
                "%(last)s) fall into the term."
            )
        case Fit.LECTURES_RUN:
            return gettext(
                "Begins %(length)s before our %(own)s: lectures of the %(before)s are not over, "
                "and its exams (%(first)s to %(last)s) fall into the term."
            )
        case Fit.ENDS_LATE:
            return gettext("Ends %(length)s after our %(after)s has begun.")


def _length(days: int, *, months_only: bool) -> str:
    if not months_only:
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    months = round(days / _DAYS_PER_MONTH)
    if months == 0:
        return gettext("a few days")
    return ngettext("about %(count)d month", "about %(count)d months", months) % {"count": months}


def _day(value: date) -> str:
    return date_format(value, pgettext("date format", "j F Y"), use_l10n=False)
