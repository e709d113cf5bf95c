"""What the portal holds already, by natural key, and which of it a row means that says too little.

A column the file does not have changes nothing: so it does not say "without a subject" either. A
row of such a file means the one agreement, the one pool of seats, that fits what it does say.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext as _

from partners import academic_year
from partners.models import Agreement, HostUniversity, SeatPool

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from partners.importing.cells import Value


class AgreementKey(NamedTuple):
    partner: str
    faculty: str
    kind: str
    isced_f: str


class PoolKey(NamedTuple):
    agreement: AgreementKey
    academic_year: int
    level: str
    semester: str


class SeveralFit(Exception):  # noqa: N818 - what was found, not what broke
    """More than one stored row fits; `column` would tell them apart."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


class Stored:
    """All partners, agreements and seats, locked: only inside a transaction."""

    def __init__(self) -> None:
        hosts = HostUniversity.objects.select_for_update().order_by("pk")
        agreements = Agreement.objects.select_for_update(of=("self",)).order_by("pk")
        pools = SeatPool.objects.select_for_update(of=("self",)).order_by("pk")
        self.partners = {host.key: host for host in hosts}
        self.agreements: dict[AgreementKey, Agreement] = {}
        self.pools: dict[PoolKey, SeatPool] = {}
        self._of_kind = defaultdict[tuple[str, str, str], list[AgreementKey]](list)
        self._of_year = defaultdict[tuple[AgreementKey, int], list[PoolKey]](list)
        by_pk: dict[int, AgreementKey] = {}
        for agreement in agreements.select_related("host", "faculty"):
            key = AgreementKey(
                agreement.host.key, agreement.faculty.key, agreement.kind, agreement.isced_f
            )
            by_pk[agreement.pk] = key
            # One and the same row, so that a new name of the host is its agreement's too.
            agreement.host = self.partners[agreement.host.key]
            self.agreements[key] = agreement
            self._of_kind[key[:3]].append(key)
        for pool in pools:
            agreement_key = by_pk[pool.agreement_id]
            pool.agreement = self.agreements[agreement_key]
            pool_key = PoolKey(agreement_key, pool.academic_year, pool.level, pool.semester)
            self.pools[pool_key] = pool
            self._of_year[agreement_key, pool.academic_year].append(pool_key)

    def agreement_meant(
        self, key: AgreementKey, year: int | None, said: Mapping[str, Value]
    ) -> AgreementKey:
        """Return the only stored agreement of this kind in the year, or else the key as it is.

        For a row of a file without `isced_f`. `said` are its other values: an agreement that is to
        hold longer is found by the years it gets. Raises SeveralFit.
        """
        of_kind = self._of_kind[key[:3]]
        spans = [(year, year)] if year is not None else []
        ends = [
            end for name in ("valid_from", "valid_until") if isinstance(end := said.get(name), int)
        ]
        if ends:
            spans.append((min(ends), max(ends)))
        fitting = of_kind if not spans else []
        for first, last in spans:
            fitting = fitting or [
                other
                for other in of_kind
                if self.agreements[other].valid_from <= last
                and first <= self.agreements[other].valid_until
            ]
        if len(fitting) > 1:
            message = _(
                "There are several agreements of this kind: with the subjects %(subjects)s. Say "
                "which one is meant in a column isced_f."
            )
            subjects = sorted(other.isced_f or _("(none)") for other in fitting)
            raise SeveralFit("isced_f", message % {"subjects": ", ".join(subjects)})
        return fitting[0] if fitting else key

    def pool_meant(self, key: PoolKey, absent: Collection[str]) -> PoolKey:
        """Return the only stored seats that fit but for the absent columns, or else the key.

        Raises SeveralFit.
        """
        apart = [column for column in ("level", "semester") if column in absent]
        fitting = [
            other
            for other in self._of_year[key.agreement, key.academic_year]
            if all(
                getattr(other, column) == getattr(key, column)
                for column in ("level", "semester")
                if column not in absent
            )
        ]
        if not apart or not fitting:
            return key
        if len(fitting) > 1:
            column = next(
                column for column in apart if len({getattr(other, column) for other in fitting}) > 1
            )
            message = _(
                "The agreement has several rows of seats in %(year)s. Say which one is meant in a "
                "column %(column)s."
            )
            words = {"year": academic_year.label(key.academic_year), "column": column}
            raise SeveralFit(column, message % words)
        return fitting[0]
