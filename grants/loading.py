"""The grant tables as the calculation wants them: from the portal's tables or its data files."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, QuerySet

from grants import models
from grants.calculation import (
    CountryFunding,
    CountryGroup,
    Fund,
    FundingStatus,
    GrantTables,
    MobilityType,
    Project,
    ProjectTables,
    Rate,
    RateUnit,
    StayLength,
    StayLimits,
    TopUp,
    TopUpCode,
    TopUpUnit,
    TravelAudience,
    TravelBand,
)
from grants.models import CountryStatus, GrantProject, GrantRate
from partners.prepared import Prepared, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


DATA = Path(__file__).parent / "data"
Row = dict[str, str]
M = TypeVar("M", bound=Model)


@dataclass(slots=True)
class _Collected:
    """What is known about one project while the tables are being read."""

    project: Project
    rates: dict[tuple[MobilityType, CountryGroup | None], list[Rate]] = field(
        default_factory=lambda: defaultdict(list)
    )
    countries: dict[str, CountryFunding] = field(default_factory=dict)
    top_ups: list[TopUp] = field(default_factory=list)
    travel_bands: list[TravelBand] = field(default_factory=list)

    def add_rate(self, rate: Rate) -> None:
        self.rates[(rate.mobility, rate.group)].append(rate)

    def tables(self) -> ProjectTables:
        return ProjectTables(
            self.project,
            {
                key: tuple(sorted(rates, key=lambda rate: rate.day_from))
                for key, rates in self.rates.items()
            },
            self.countries,
            tuple(
                sorted(
                    self.top_ups,
                    key=lambda each: (
                        each.code,
                        each.length or "",
                        each.status or "",
                        each.day_from,
                    ),
                )
            ),
            tuple(sorted(self.travel_bands, key=lambda band: band.km_from)),
        )


def tables_from_files(folder: Path = DATA) -> GrantTables:
    """Read the shipped data files. Needs no database.

    Raises ValueError or KeyError when a file is not in the shape the portal ships.
    """
    projects = _file_rows(folder, "projects")
    codes = [row["code"] for row in projects]

    def by_project(name: str) -> Iterator[Row]:
        for row in _file_rows(folder, name):
            first, last = codes.index(row["project_from"]), codes.index(row["project_to"])
            for code in codes[first : last + 1]:
                yield {**row, "project": code}

    return _tables(
        projects,
        rates=_file_rows(folder, "grant_rates"),
        countries=by_project("country_groups"),
        top_ups=by_project("top_ups"),
        travel_bands=by_project("travel_bands"),
    )


def tables_from_database() -> GrantTables:
    """Read the tables the office keeps, in one query."""
    stored = together(*(_stored(model)[1].asked() for model in _TABLES))
    return _made_of(*map(tuple, stored))


_TABLES: tuple[type[Model], ...] = (
    GrantProject,
    GrantRate,
    CountryStatus,
    models.TopUp,
    models.TravelBand,
)


# The rows are read each time; the same rows as last time make the same tables.
@lru_cache(maxsize=1)
def _made_of(*stored: tuple[tuple[object, ...], ...]) -> GrantTables:
    projects, rates, countries, top_ups, travel_bands = (
        _as_rows(model, rows) for model, rows in zip(_TABLES, stored, strict=True)
    )
    return _tables(
        projects, rates=rates, countries=countries, top_ups=top_ups, travel_bands=travel_bands
    )


def _tables(
    projects: Iterable[Row],
    *,
    rates: Iterable[Row],
    countries: Iterable[Row],
    top_ups: Iterable[Row],
    travel_bands: Iterable[Row],
) -> GrantTables:
    collected = {row["code"]: _Collected(_project(row)) for row in projects}
    for row in rates:
        collected[row["project"]].add_rate(_rate(row))
    for row in countries:
        collected[row["project"]].countries[row["country"]] = _country(row)
    for row in top_ups:
        collected[row["project"]].top_ups.append(_top_up(row))
    for row in travel_bands:
        collected[row["project"]].travel_bands.append(_travel_band(row))
    return GrantTables({code: project.tables() for code, project in collected.items()})


def _file_rows(folder: Path, name: str) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _as_rows(model: type[Model], stored: Iterable[tuple[object, ...]]) -> Iterator[Row]:
    """Yield rows with the files' column names, so that both are read by the same functions."""
    fields, _rows = _stored(model)
    for values in stored:
        yield dict(zip(fields, map(_text, values), strict=True))


@cache
def _stored(model: type[Model]) -> tuple[list[str], Prepared[Any]]:
    fields = [field.name for field in model._meta.fields if field.name != "id"]
    paths = ["project__code" if name == "project" else name for name in fields]
    return fields, Prepared(lambda: QuerySet(model).values_list(*paths))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _whole(text: str) -> int | None:
    return int(text) if text else None


def _eur(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _project(row: Row) -> Project:
    limits = None
    if row["established"] == "yes":
        limits = StayLimits(
            minimum_study=int(row["minimum_days_study"]),
            minimum_internship=int(row["minimum_days_internship"]),
            minimum_short_term=_whole(row["minimum_days_short_term"]),
            maximum_short_term=_whole(row["maximum_days_short_term"]),
            maximum_study_cycle=int(row["maximum_days_study_cycle"]),
            cap_days=_whole(row["cap_days"]),
        )
    return Project(
        code=row["code"],
        academic_year_from=int(row["academic_year_from"]),
        academic_year_to=int(row["academic_year_to"]),
        limits=limits,
        source=row["source"],
        international_share=row["international_share"] == "yes",
        first_instalment_percent=_whole(row["first_instalment_percent"]),
        ects_per_semester=_whole(row["ects_per_semester"]),
        ects_reclaim_below=_whole(row["ects_reclaim_below"]),
    )


def _rate(row: Row) -> Rate:
    return Rate(
        mobility=MobilityType(row["mobility_type"]),
        group=CountryGroup(row["country_group"]) if row["country_group"] else None,
        unit=RateUnit(row["unit"]),
        day_from=int(row["day_from"]),
        day_to=_whole(row["day_to"]),
        amount=Decimal(row["rate_eur"]),
        source=row["source"],
    )


def _country(row: Row) -> CountryFunding:
    return CountryFunding(
        country=row["country"],
        status=FundingStatus(row["status"]),
        group=CountryGroup(row["country_group"]) if row["country_group"] else None,
        fund=Fund(row["fund"]) if row["fund"] else None,
        source=row["source"],
    )


def _top_up(row: Row) -> TopUp:
    return TopUp(
        code=TopUpCode(row["code"]),
        length=StayLength(row["stay_length"]) if row["stay_length"] else None,
        status=FundingStatus(row["country_status"]) if row["country_status"] else None,
        unit=TopUpUnit(row["unit"]),
        day_from=int(row["day_from"]),
        day_to=_whole(row["day_to"]),
        amount=_eur(row["amount_eur"]),
        maximum_days=_whole(row["maximum_days"]),
        source=row["source"],
    )


def _travel_band(row: Row) -> TravelBand:
    return TravelBand(
        audience=TravelAudience(row["audience"]),
        km_from=int(row["km_from"]),
        km_to=_whole(row["km_to"]),
        standard=Decimal(row["standard_eur"]),
        green=_eur(row["green_eur"]),
        source=row["source"],
    )
