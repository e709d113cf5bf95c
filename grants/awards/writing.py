"""One version written: calculated by the tables of the moment and stored with every line."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from grants.awards.terms import Terms, terms_of
from grants.calculation import VERSION, Estimate, GrantTables, Reason, estimate, line_as_json
from grants.errors import AwardRefusal, AwardRefused
from grants.models import AwardVersion, GrantProject
from partners.places import distance_from_home

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Nomination, User
    from grants.models import GrantAward
    from grants.states import Occasion
    from partners.models import HostUniversity

# With these a stay has happened and earns nothing: what was paid is reclaimed.
EARNS_NOTHING = frozenset(
    {Reason.BELOW_MINIMUM_STAY, Reason.MAXIMUM_USED_UP, Reason.ECTS_RECLAIMED}
)


def host_of(nomination: Nomination) -> HostUniversity:
    return nomination.placement.host.agreement.host


def answer_for(nomination: Nomination, terms: Terms, tables: GrantTables) -> Estimate:
    """Return what the calculation says to terms of a nomination; nothing is stored."""
    host = host_of(nomination)
    return estimate(terms.request(host.country.code, distance_from_home(host)), tables)


def write_version(
    award: GrantAward,
    terms: Terms,
    occasion: Occasion,
    *,
    by: User,
    now: datetime,
    tables: GrantTables,
    note: str = "",
) -> AwardVersion:
    """Calculate and store the next version of a locked award and make it the newest.

    Raises AwardRefused when the terms give no grant; after an approval a stay that happened may
    earn nothing (EARNS_NOTHING).
    """
    host = host_of(award.nomination)
    distance = distance_from_home(host)
    answer = estimate(terms.request(host.country.code, distance), tables)
    if not answer.ok and (award.approved is None or answer.reason not in EARNS_NOTHING):
        raise AwardRefused(AwardRefusal.NO_GRANT, answer)
    current = award.current
    # Who wrote the terms is who may not approve them, whoever calculates them again.
    author = current.made_by if current and terms_of(current) == terms else by
    latest = award.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = AwardVersion(
        award=award,
        number=latest + 1,
        occasion=occasion.value,
        note=note.strip(),
        project=GrantProject.objects.get(code=terms.project),
        country=host.country.code,
        distance_km=distance,
        made_by=author,
        made_at=now,
        **terms.columns(),
        **result_columns(answer),
    )
    version.save(force_insert=True)
    award.current = version
    award.save(update_fields=["current"])
    return version


def moved_by_tables(award: GrantAward, tables: GrantTables) -> Decimal:
    """Return by how much the approved terms come to another total by these tables, in EUR.

    A change of an approved award is calculated by the tables of today: this much of the difference
    is theirs, not the stay's.
    """
    if award.approved is None:
        return Decimal(0)
    answer = answer_for(award.nomination, terms_of(award.approved), tables)
    return answer.total - award.approved.total


def result_columns(answer: Estimate) -> dict[str, object]:
    """Return a calculation's result as the columns of `AwardVersion`."""
    return {
        "days": answer.days,
        "funded_days": answer.funded_days,
        "country_group": answer.country_group or "",
        "provisional": answer.provisional,
        "lines": [line_as_json(line) for line in answer.lines],
        "warnings": [warning.value for warning in answer.warnings],
        "reason": answer.reason or "",
        "total": answer.total,
        "calculation_version": VERSION,
    }


def same_result(version: AwardVersion, answer: Estimate) -> bool:
    """Tell whether a calculation comes to what a version says, line by line."""
    return all(
        getattr(version, name) == value
        for name, value in result_columns(answer).items()
        if name != "calculation_version"
    )
