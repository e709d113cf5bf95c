"""Loads the shipped data files into the tables. Afterwards the office keeps them in the admin."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import migrations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

    Row = dict[str, Any]

DATA = Path(__file__).resolve().parent.parent / "data"
# Where the file has no figure there is none in the table either.
NUMBERS = {
    "minimum_days_study",
    "minimum_days_internship",
    "minimum_days_short_term",
    "maximum_days_short_term",
    "maximum_days_study_cycle",
    "cap_days",
    "day_to",
    "amount_eur",
    "maximum_days",
    "km_to",
    "green_eur",
}


def read(name: str) -> Iterator[Row]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {
                field: None if field in NUMBERS and not value else value
                for field, value in row.items()
            }


def load_tables(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    project_model = apps.get_model("grants", "GrantProject")
    projects = {}
    for row in read("projects"):
        row["established"] = row["established"] == "yes"
        projects[row["code"]] = project_model.objects.create(**row)
    codes = list(projects)

    def spanned(name: str) -> Iterator[Row]:
        for row in read(name):
            first, last = (codes.index(row.pop(end)) for end in ("project_from", "project_to"))
            for code in codes[first : last + 1]:
                yield {**row, "project": projects[code]}

    def rates() -> Iterator[Row]:
        for row in read("grant_rates"):
            yield {**row, "project": projects[row["project"]]}

    def countries() -> Iterator[Row]:
        for row in spanned("country_groups"):
            del row["name"]
            yield row

    for model_name, rows in (
        ("GrantRate", rates()),
        ("CountryStatus", countries()),
        ("TopUp", spanned("top_ups")),
        ("TravelBand", spanned("travel_bands")),
    ):
        model = apps.get_model("grants", model_name)
        model.objects.bulk_create(model(**row) for row in rows)


def empty_tables(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    for model_name in ("TravelBand", "TopUp", "CountryStatus", "GrantRate", "GrantProject"):
        apps.get_model("grants", model_name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("grants", "0001_initial")]

    operations = [migrations.RunPython(load_tables, empty_tables)]
