"""What can be chosen in the application to one call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, CharField
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from applications import eligibility, texts
from applications.models import CallHost, DegreeProgramme
from partners import isced
from partners.directory.spelling import folded
from partners.models import Level, SeatPool
from partners.prepared import Given, IsOneOf, Prepared, keep_related

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from applications.models import Call, Programme

# In digits; PostgreSQL's largest has one more.
_LONGEST_PK = 18
STUDY_LEVELS = (Level.BACHELOR, Level.MASTER, Level.DOCTORAL)


def step(level: str) -> int:
    """Return the place of a level in the order of study cycles; staff stands apart, at -1."""
    return STUDY_LEVELS.index(Level(level)) if level in STUDY_LEVELS else -1


@dataclass(frozen=True)
class CallChoices:
    """The lists behind the selects of one form; each is read once, when it is needed."""

    call: Call
    levels_now: list[tuple[str, Any]]
    levels_departure: list[tuple[str, Any]]
    semesters: list[tuple[str, Any]]
    wished: frozenset[int]
    handed_in: DegreeProgramme | None

    @cached_property
    def degree_programmes(self) -> tuple[DegreeProgramme, ...]:
        """The degree programmes to choose from; of what is handed in, the one chosen."""
        if self.handed_in is not None:
            return (self.handed_in,)
        return tuple(degree_programmes_of(self.call.programme))

    @cached_property
    def hosts(self) -> tuple[CallHost, ...]:
        return tuple(hosts_of(self.call))

    def read_hosts(self) -> None:
        """Read the whole list, for a page that shows it: no part of it is read beside it then."""
        _hosts = self.hosts

    @cached_property
    def _host_by_pk(self) -> dict[int, CallHost]:
        return {host.pk: host for host in self.hosts}

    @cached_property
    def _wished_by_pk(self) -> dict[int, CallHost]:
        return {host.pk: host for host in hosts_among(self.call, self.wished)}

    def host(self, chosen: object) -> CallHost | None:
        """Return the host of the call that was chosen by its pk; None for anything else.

        Those wished for are read by themselves while nobody has asked for the whole list.
        """
        pk = pk_of(chosen)
        if pk is None:
            return None
        few = pk in self.wished and "hosts" not in vars(self)
        return (self._wished_by_pk if few else self._host_by_pk).get(pk)


def pk_of(chosen: object) -> int | None:
    """Return the pk that stands in a choice; None for whatever else somebody sent."""
    text = str(chosen)
    plain = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_PK
    return int(text) if plain and text == str(int(text)) else None


def choices_of(
    call: Call,
    *,
    wished: Iterable[object] = (),
    handed_in: DegreeProgramme | None = None,
) -> CallChoices:
    """Return what a student can choose in this call: three or four queries, when it is asked.

    `wished` are the hosts chosen so far as they were typed; `handed_in` is the degree programme of
    a submission that is read only.
    """
    departures = [level for level in Level if level in call.programme.levels]
    highest = max((step(level) for level in departures), default=-1)
    # Somebody who starts a Master abroad applies during the Bachelor (DOMAIN, Who may apply).
    now = [level for level in Level if level in departures or 0 <= step(level) <= highest]
    named = {"W": _("winter semester"), "S": _("summer semester")}
    return CallChoices(
        call,
        levels_now=[(level.value, level.label) for level in now],
        levels_departure=[(level.value, level.label) for level in departures],
        semesters=[(key, named[key]) for key in ("W", "S") if key in call.semesters],
        wished=frozenset(pk for host in wished if (pk := pk_of(host)) is not None),
        handed_in=handed_in,
    )


def degree_programmes_of(programme: Programme) -> list[DegreeProgramme]:
    """Return a programme's degree programmes; named none, all of its faculty and levels."""
    named = _DEGREES_NAMED(programme=programme.pk)
    if named:
        return named
    return _DEGREES_OF_FACULTY(levels=programme.levels, faculty=programme.faculty_id)


def hosts_of(call: Call) -> list[CallHost]:
    """Return the hosts of a call by name, their pools narrowed to the call's year."""
    hosts = _HOSTS_OF_CALL(call=call.pk)
    _keep_pools(hosts, _POOLS_OF_CALL(call=call.pk, year=call.academic_year))
    return sorted(hosts, key=lambda host: (folded(host.agreement.host.name_en), host.pk))


def hosts_among(call: Call, pks: Collection[int]) -> list[CallHost]:
    """Return those of the hosts of a call, as `hosts_of` does; no query where none is named."""
    hosts = _HOSTS_AMONG(call=call.pk, pks=list(pks)) if pks else []
    if hosts:
        agreements = [host.agreement_id for host in hosts]
        _keep_pools(hosts, _POOLS_AMONG(agreements=agreements, year=call.academic_year))
    return hosts


def _keep_pools(hosts: Iterable[CallHost], found: Iterable[SeatPool]) -> None:
    pools: dict[int, list[SeatPool]] = {host.agreement_id: [] for host in hosts}
    for pool in found:
        pools[pool.agreement_id].append(pool)
    for host in hosts:
        keep_related(host.agreement, "pools", pools[host.agreement_id], SeatPool)


_HOSTS_OF_CALL = Prepared(
    lambda: CallHost.objects.filter(call=Given("call")).select_related("agreement__host")
)
_POOLS_OF_CALL = Prepared(
    lambda: SeatPool.objects.filter(
        agreement__in=CallHost.objects.filter(call=Given("call")).values("agreement"),
        academic_year=Given("year"),
    )
)
_HOSTS_AMONG = Prepared(
    lambda: CallHost.objects.filter(
        IsOneOf("id", Given("pks", ArrayField(BigIntegerField()))), call=Given("call")
    ).select_related("agreement__host")
)
_POOLS_AMONG = Prepared(
    lambda: SeatPool.objects.filter(
        IsOneOf("agreement", Given("agreements", ArrayField(BigIntegerField()))),
        academic_year=Given("year"),
    )
)
_DEGREES_NAMED = Prepared(
    lambda: DegreeProgramme.objects.filter(programme=Given("programme"), active=True)
)
_DEGREES_OF_FACULTY = Prepared(
    lambda: DegreeProgramme.objects.filter(
        IsOneOf("level", Given("levels", ArrayField(CharField()))),
        active=True,
        faculty=Given("faculty"),
    )
)


def host_label(host: CallHost) -> str:
    """Name a host in a list: university, city and country."""
    university = host.agreement.host
    return gettext("%(university)s, %(city)s (%(country)s)") % {
        "university": university.name_en,
        "city": university.city,
        "country": country_name(university.country.code, get_language() or "en"),
    }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What decides whether a host is for a student; "" where it is not known yet."""

    level: str
    isced_f: str
    isced_f_of_degree: frozenset[str]


def wanted_of(typed: Mapping[str, Any], degrees: Iterable[DegreeProgramme]) -> Wanted:
    """Return what was typed of it; `typed` may hold anything, or nothing yet."""
    level = str(typed.get("level_departure") or "")
    field = str(typed.get("isced_f") or "")
    chosen = str(typed.get("degree_programme"))
    fields = (code for degree in degrees if str(degree.pk) == chosen for code in degree.isced_f)
    return Wanted(
        level if level in Level.values else "",
        field if isced.is_valid(field) else "",
        frozenset(fields),
    )


def why_closed(host: CallHost, wanted: Wanted) -> str:
    """Say why the student can't go to this host; "" when they can, as far as it is known."""
    finding = eligibility.closed_to(
        wanted.level,
        wanted.isced_f,
        wanted.isced_f_of_degree,
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


@cache
def country_name(code: str, language: str) -> str:  # noqa: ARG001 - which names are kept apart by
    """Return the name of a country in the language that is active."""
    return str(countries.name(code))


def country_choices() -> list[tuple[str, str]]:
    """Return all countries by their name in the reader's language."""
    return _countries_in(get_language() or "en")


@cache
def _countries_in(language: str) -> list[tuple[str, str]]:  # noqa: ARG001 - which names are kept apart by
    return [(country.code, str(country.name)) for country in countries]
