"""Load the terms of the worldwide partners and the networks from partners/data (README there).

Of the terms only the months are known. Migrating back removes exactly those rows.
"""

import csv
from datetime import date
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DATA = Path(__file__).resolve().parent.parent / "data"
NETWORK_TEXTS = ["key", "name_en", "name_de", "about_en", "about_de", "website"]


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    hosts = {row.key: row for row in apps.get_model("partners", "HostUniversity").objects.all()}
    term_model = apps.get_model("partners", "HostTerm")
    network_model = apps.get_model("partners", "Network")
    term_model.objects.bulk_create(
        term_model(
            host=hosts[row["key"]],
            academic_year=int(row["academic_year"].partition("/")[0]),
            semester=row["semester"],
            name_en=row["name_en"],
            name_de=row["name_de"],
            starts=date.fromisoformat(row["starts"]),
            ends=date.fromisoformat(row["ends"]),
            months_only=True,
        )
        for row in _rows("terms.csv")
        if row["key"] in hosts
    )
    network_model.objects.bulk_create(
        network_model(
            position=int(row["position"]),
            members="\n".join(row["members"].split("|")) if row["members"] else "",
            **{column: row[column] for column in NETWORK_TEXTS},
        )
        for row in _rows("networks.csv")
    )


def unload(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    for row in _rows("terms.csv"):
        apps.get_model("partners", "HostTerm").objects.filter(
            host__key=row["key"],
            academic_year=int(row["academic_year"].partition("/")[0]),
            semester=row["semester"],
        ).delete()
    keys = [row["key"] for row in _rows("networks.csv")]
    apps.get_model("partners", "Network").objects.filter(key__in=keys).delete()


class Migration(migrations.Migration):
    dependencies = [("partners", "0003_catalogue")]

    operations = [migrations.RunPython(load, unload)]
