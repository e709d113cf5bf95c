"""How the lines of a grant came about, and what to do where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from grants.calculation import Reason, Rule, rules_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from grants.calculation import Line, TravelBand, Warn

# What to do where ERASMUS pays nothing; a reason that is not here speaks for itself.
ADVICE: dict[Reason, _StrPromise] = {
    Reason.ACADEMIC_YEAR_UNKNOWN: _("The figures are shown as soon as they are known."),
    Reason.COUNTRY_UNKNOWN: _(
        "If you go to a partner university outside Europe, ask the International Office about "
        "PROMOS before you plan without a grant."
    ),
    Reason.OTHER_FUND_SEMP: _(
        "What to do: nothing here. Once you are nominated, the Swiss university tells you how to "
        "apply for its grant and how much it pays. If you hear nothing before you leave, write to "
        "its mobility office."
    ),
    Reason.OTHER_FUND_PROMOS: _(
        "What to do: ask the International Office about PROMOS, a scholarship that you apply for "
        "there, with deadlines of its own. Ask for BAföG for stays abroad as well: it may be paid "
        "although you get none at home."
    ),
    Reason.INTERNATIONAL_SHARE_CLOSED: _(
        "Ask the International Office which other funds there are for this country."
    ),
}

# How the amount of a line came about: %(rate)s and %(km)s are written as numbers are.
RULES: dict[Rule, _StrPromise] = {
    Rule.BY_MONTH: ngettext_lazy(
        "%(quantity)d day × %(rate)s EUR a month / 30 days, rounded half up to the cent",
        "%(quantity)d days × %(rate)s EUR a month / 30 days, rounded half up to the cent",
        "quantity",
    ),
    Rule.BY_DAY: ngettext_lazy(
        "%(quantity)d day × %(rate)s EUR a day",
        "%(quantity)d days × %(rate)s EUR a day",
        "quantity",
    ),
    Rule.SOCIAL_BY_MONTH: ngettext_lazy(
        "%(quantity)d day × %(rate)s EUR a month / 30 days, rounded half up to the cent; once, "
        "however many reasons there are",
        "%(quantity)d days × %(rate)s EUR a month / 30 days, rounded half up to the cent; once, "
        "however many reasons there are",
        "quantity",
    ),
    Rule.SOCIAL_ONCE: _("%(rate)s EUR once for the stay, however many reasons there are"),
    Rule.ONCE: _("%(rate)s EUR once for the stay"),
    Rule.REAL_COSTS: _(
        "What was approved, up to the most the project pays, in place of the flat top-up for the "
        "same costs"
    ),
    Rule.DISTANCE: _("%(rate)s EUR for the way there and back, by its distance"),
    Rule.BAND: _(
        "%(km)s km from city to city as the crow flies: the band from %(from)s to under %(to)s km "
        "pays %(rate)s EUR for the way there and back"
    ),
    Rule.OPEN_BAND: _(
        "%(km)s km from city to city as the crow flies: the band from %(from)s km pays %(rate)s "
        "EUR for the way there and back"
    ),
    Rule.BEYOND_CAP: _("Beyond the most days the university funds of one stay"),
    Rule.BEYOND_MAXIMUM: _("Beyond the days that can be funded in this study cycle"),
    Rule.BEYOND_APPROVED: _("Beyond the approved stay: no extension was asked for in time"),
}


def rule_texts(
    line: Line, warnings: tuple[Warn, ...], distance_km: float | None, band: TravelBand | None
) -> tuple[str, ...]:
    """Return how a line's amount came about, in the reader's language.

    `band` is the travel band that was paid, where it is known.
    """
    values: dict[str, object] = {
        "quantity": line.quantity,
        "rate": number_format(line.rate, 2, force_grouping=True),
    }
    if band is not None and distance_km is not None:
        values["km"] = number_format(distance_km, 1, force_grouping=True)
        values["from"] = number_format(band.km_from, force_grouping=True)
        values["to"] = number_format(band.km_to or 0, force_grouping=True)
    return tuple(str(RULES[rule] % values) for rule in rules_of(line, warnings, band))
