"""Reads the rows the data health is told from: five questions to the database, however many."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Q

from partners.admin.scope import of_own_faculties
from partners.health import YEARS_TO_RENEW, AgreementRow, DeadlineRow, HostRow, PoolRow
from partners.models import Agreement, HostTerm, HostUniversity, NominationDeadline, SeatPool

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


def found_by(text: str) -> Q:
    """Match names, city and codes without regard to accents: "Goteborg" finds Göteborg."""
    return (
        Q(name_en__unaccent__icontains=text)
        | Q(name_native__unaccent__icontains=text)
        | Q(city__unaccent__icontains=text)
        | Q(erasmus_code__icontains=text)
        | Q(key__icontains=text)
    )


def host_rows(request: HttpRequest, year: int, search: str) -> list[HostRow]:
    """Return hosts with an agreement of the reader's faculties that matters for the year."""
    agreements = of_own_faculties(request, Agreement.objects.order_by("pk")).filter(
        valid_from__lte=year, valid_until__gte=year - YEARS_TO_RENEW
    )
    hosts = HostUniversity.objects.filter(pk__in=agreements.order_by().values("host"))
    if search:
        hosts = hosts.filter(found_by(search))
    by_host = _agreements(agreements, hosts, year)
    deadlines = _deadlines(hosts, year)
    with_terms = set(
        HostTerm.objects.filter(host__in=hosts.order_by().values("pk"), academic_year=year)
        .order_by()
        .values_list("host", flat=True)
    )
    return [
        HostRow(
            pk=pk,
            name=name,
            country=str(country),
            erasmus_code=code,
            schac_id=schac_id,
            pic=pic,
            oid=oid,
            has_coordinates=latitude is not None and longitude is not None,
            agreements=tuple(by_host[pk]),
            deadlines=tuple(deadlines[pk]),
            term_years=frozenset({year} if pk in with_terms else ()),
        )
        for pk, name, country, code, schac_id, pic, oid, latitude, longitude in hosts.order_by(
            "name_en", "pk"
        ).values_list(
            "pk",
            "name_en",
            "country",
            "erasmus_code",
            "schac_id",
            "pic",
            "oid",
            "latitude",
            "longitude",
        )
    ]


def _agreements(
    agreements: QuerySet[Agreement], hosts: QuerySet[HostUniversity], year: int
) -> dict[int, list[AgreementRow]]:
    wanted = agreements.filter(host__in=hosts.order_by().values("pk"))
    pools: dict[int, list[PoolRow]] = defaultdict(list)
    of_year = SeatPool.objects.filter(
        academic_year=year, agreement__in=wanted.order_by().values("pk")
    )
    for pk, semester, seats in of_year.order_by().values_list("agreement", "semester", "seats"):
        pools[pk].append(PoolRow(year, semester, seats))
    rows: dict[int, list[AgreementRow]] = defaultdict(list)
    for pk, host, faculty, kind, subject, first, last, level in wanted.values_list(
        "pk",
        "host",
        "faculty",
        "kind",
        "isced_f",
        "valid_from",
        "valid_until",
        "language_level",
    ):
        rows[host].append(
            AgreementRow(pk, faculty, kind, subject, first, last, level, tuple(pools[pk]))
        )
    return rows


def _deadlines(hosts: QuerySet[HostUniversity], year: int) -> dict[int, list[DeadlineRow]]:
    rows: dict[int, list[DeadlineRow]] = defaultdict(list)
    found = NominationDeadline.objects.filter(
        host__in=hosts.order_by().values("pk"), academic_year=year
    )
    for host, pk, semester, deadline, channel, mailbox in found.order_by("pk").values_list(
        "host", "pk", "semester", "deadline", "channel", "mailbox"
    ):
        rows[host].append(DeadlineRow(pk, year, semester, deadline, channel, mailbox))
    return rows
