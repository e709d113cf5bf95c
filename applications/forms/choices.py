"""What can be chosen in the application to one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from applications import eligibility, texts
from applications.models import CallHost, DegreeProgramme
from partners import isced
from partners.directory.spelling import folded
from partners.models import Level, SeatPool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from applications.models import Call, Programme

STUDY_LEVELS = (Level.BACHELOR, Level.MASTER, Level.DOCTORAL)


def step(level: str) -> int:
    """Return the place of a level in the order of study cycles; staff stands apart, at -1."""
    return STUDY_LEVELS.index(Level(level)) if level in STUDY_LEVELS else -1


@dataclass(frozen=True, slots=True)
class CallChoices:
    """The lists behind the selects of one form, read once."""

    degree_programmes: tuple[DegreeProgramme, ...]
    hosts: tuple[CallHost, ...]
    levels_now: list[tuple[str, Any]]
    levels_departure: list[tuple[str, Any]]
    semesters: list[tuple[str, Any]]


def choices_of(call: Call) -> CallChoices:
    """Read what a student can choose in this call: three queries."""
    departures = [level for level in Level if level in call.programme.levels]
    highest = max((step(level) for level in departures), default=-1)
    # Somebody who starts a Master abroad applies during the Bachelor (DOMAIN, Who may apply).
    now = [level for level in Level if level in departures or 0 <= step(level) <= highest]
    named = {"W": _("winter semester"), "S": _("summer semester")}
    return CallChoices(
        degree_programmes=tuple(degree_programmes_of(call.programme)),
        hosts=tuple(hosts_of(call)),
        levels_now=[(level.value, level.label) for level in now],
        levels_departure=[(level.value, level.label) for level in departures],
        semesters=[(key, named[key]) for key in ("W", "S") if key in call.semesters],
    )


def degree_programmes_of(programme: Programme) -> list[DegreeProgramme]:
    """Return a programme's degree programmes; named none, all of its faculty and levels."""
    named = list(programme.degree_programmes.filter(active=True))
    if named:
        return named
    return list(
        DegreeProgramme.objects.filter(
            active=True, level__in=programme.levels, faculty=programme.faculty_id
        )
    )


def hosts_of(call: Call) -> list[CallHost]:
    """Return the hosts of a call by name, their pools narrowed to the call's year."""
    pools = SeatPool.objects.filter(academic_year=call.academic_year)
    hosts = (
        CallHost.objects.filter(call=call)
        .select_related("agreement__host")
        .prefetch_related(Prefetch("agreement__pools", queryset=pools))
    )
    return sorted(hosts, key=lambda host: (folded(host.agreement.host.name_en), host.pk))


def host_label(host: CallHost) -> str:
    """Name a host in a list: university, city and country."""
    university = host.agreement.host
    return gettext("%(university)s, %(city)s (%(country)s)") % {
        "university": university.name_en,
        "city": university.city,
        "country": university.country.name,
    }


def why_closed(host: CallHost, typed: Mapping[str, Any], degrees: Iterable[DegreeProgramme]) -> str:
    """Say why the student can't go to this host with the level and field typed; "" when they can.

    `typed` may hold anything, or nothing yet.
    """
    level = str(typed.get("level_departure") or "")
    field = str(typed.get("isced_f") or "")
    fields = {
        code
        for degree in degrees
        if str(degree.pk) == str(typed.get("degree_programme"))
        for code in degree.isced_f
    }
    finding = eligibility.closed_to(
        level if level in Level.values else "",
        field if isced.is_valid(field) else "",
        frozenset(fields),
        host.as_offer(host.agreement.pools.all()),
    )
    return texts.finding_sentence(finding.code, finding.params) if finding else ""


def seats_of(host: CallHost) -> int:
    """Return how many seats a host of `hosts_of` has in the year of the call."""
    return sum(pool.seats for pool in host.agreement.pools.all())


def seats_sentence(host: CallHost) -> str:
    seats = seats_of(host)
    if not seats:
        return gettext("no seats known yet")
    return ngettext("%(count)d seat", "%(count)d seats", seats) % {"count": seats}


def isced_choices(programmes: Iterable[DegreeProgramme]) -> list[tuple[Any, Any]]:
    """Return the fields of study, those of the degree programmes first."""
    language = get_language() or "en"
    own = sorted({code for programme in programmes for code in programme.isced_f})
    other = sorted(set(isced.FIELDS) - set(own))

    def named(codes: list[str]) -> list[tuple[str, str]]:
        return [(code, f"{code} {isced.label(code, language)}") for code in codes]

    groups = [(_("Fields of our degree programmes"), named(own)), (_("Others"), named(other))]
    return [("", _("Please choose")), *(group for group in groups if group[1])]


def country_choices() -> list[tuple[str, str]]:
    """Return all countries by their name in the reader's language."""
    return [(country.code, country.name) for country in countries]
