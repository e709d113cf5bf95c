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
    "first_instalment_percent",
    "ects_per_semester",
    "ects_reclaim_below",
}
SWITCHES = ("established", "international_share")


def read(name: str) -> Iterator[Row]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {
                field: None if field in NUMBERS and not value else value
                for field, value in row.items()
            }


def of_projects(name: str, projects: Row) -> Iterator[Row]:
    """Yield a file's rows for each project from one to another."""
    codes = list(projects)
    for row in read(name):
        first, last = (codes.index(row.pop(end)) for end in ("project_from", "project_to"))
        for code in codes[first : last + 1]:
            yield {**row, "project": projects[code]}


def load_tables(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Load what there is room for: the files have grown, and later migrations load the rest."""
    project_model = apps.get_model("grants", "GrantProject")
    columns = {field.name for field in project_model._meta.get_fields()}
    codes = dict(apps.get_model("grants", "TopUp")._meta.get_field("code").choices)
    projects: Row = {}
    for row in read("projects"):
        values = {**row, **{name: row[name] == "yes" for name in SWITCHES}}
        known = {name: value for name, value in values.items() if name in columns}
        projects[row["code"]] = project_model.objects.create(**known)

    rates = ({**row, "project": projects[row["project"]]} for row in read("grant_rates"))
    countries = (
        {name: value for name, value in row.items() if name != "name"}
        for row in of_projects("country_groups", projects)
    )
    top_ups = (row for row in of_projects("top_ups", projects) if row["code"] in codes)
    for model_name, rows in (
        ("GrantRate", rates),
        ("CountryStatus", countries),
        ("TopUp", top_ups),
        ("TravelBand", of_projects("travel_bands", projects)),
    ):
        model = apps.get_model("grants", model_name)
        model.objects.bulk_create(model(**row) for row in rows)


def empty_tables(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    for model_name in ("TravelBand", "TopUp", "CountryStatus", "GrantRate", "GrantProject"):
        apps.get_model("grants", model_name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("grants", "0001_initial")]

    operations = [migrations.RunPython(load_tables, empty_tables)]
