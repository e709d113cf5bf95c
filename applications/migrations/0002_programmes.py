"""Load degree programmes, programmes and document slots from applications/data (README there).

Migrating back removes exactly those rows; it fails while calls or submissions still use them.
"""

import csv
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DATA = Path(__file__).resolve().parent.parent / "data"
PROGRAMME_TEXTS = [
    "name_en",
    "name_de",
    "about_en",
    "about_de",
    "agreement_kind",
    "handled_by",
]
SLOT_TEXTS = ["title_en", "title_de", "hint_en", "hint_de", "kind", "language"]


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _listed(cell: str) -> list[str]:
    return cell.split("|") if cell else []


def load(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    faculties = {row.key: row for row in apps.get_model("partners", "Faculty").objects.all()}
    degree_model = apps.get_model("applications", "DegreeProgramme")
    programme_model = apps.get_model("applications", "Programme")
    slot_model = apps.get_model("applications", "DocumentSlot")
    degrees = {
        row["key"]: degree_model.objects.create(
            key=row["key"],
            name=row["name"],
            degree=row["degree"],
            level=row["level"],
            faculty=faculties[row["faculty"]],
            isced_f=_listed(row["isced_f"]),
            on_condition=row["on_condition"] == "yes",
            active=row["active"] == "yes",
        )
        for row in _rows("degree_programmes.csv")
    }
    programmes = {}
    for row in _rows("programmes.csv"):
        programme = programme_model.objects.create(
            key=row["key"],
            faculty=faculties[row["faculty"]],
            levels=_listed(row["levels"]),
            max_preferences=int(row["max_preferences"]),
            **{column: row[column] for column in PROGRAMME_TEXTS},
        )
        programme.degree_programmes.set([degrees[key] for key in _listed(row["degree_programmes"])])
        programmes[row["key"]] = programme
    slot_model.objects.bulk_create(
        slot_model(
            programme=programmes[row["programme"]],
            key=row["key"],
            position=int(row["position"]),
            required=row["required"] == "yes",
            levels=_listed(row["levels"]),
            proves_language=row["proves_language"] == "yes",
            min_pages=int(row["min_pages"]) if row["min_pages"] else None,
            max_pages=int(row["max_pages"]) if row["max_pages"] else None,
            **{column: row[column] for column in SLOT_TEXTS},
        )
        for row in _rows("document_slots.csv")
    )


def unload(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    programmes = [row["key"] for row in _rows("programmes.csv")]
    apps.get_model("applications", "DocumentSlot").objects.filter(
        programme__key__in=programmes
    ).delete()
    apps.get_model("applications", "Programme").objects.filter(key__in=programmes).delete()
    degrees = [row["key"] for row in _rows("degree_programmes.csv")]
    apps.get_model("applications", "DegreeProgramme").objects.filter(key__in=degrees).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0001_initial"),
        ("partners", "0002_real_partners"),
    ]

    operations = [migrations.RunPython(load, unload)]
