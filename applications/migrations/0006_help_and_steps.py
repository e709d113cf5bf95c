"""Load the help page, what to do outside the portal, and the criteria new calls start with.

From applications/data (README there). Migrating back removes the rows of the files and empties
the steps.
"""

import csv
from decimal import Decimal
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DATA = Path(__file__).resolve().parent.parent / "data"
TOPIC_TEXTS = ["key", "title_en", "title_de", "text_en", "text_de"]
CRITERION_TEXTS = ["key", "name_en", "name_de", "about_en", "about_de", "kind"]


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    topic_model = apps.get_model("applications", "HelpTopic")
    topic_model.objects.bulk_create(
        topic_model(
            position=int(row["position"]), **{column: row[column] for column in TOPIC_TEXTS}
        )
        for row in _rows("help_topics.csv")
    )
    programmes = {row.key: row for row in apps.get_model("applications", "Programme").objects.all()}
    for row in _rows("programme_steps.csv"):
        programme = programmes.get(row["programme"])
        if programme is not None:
            programme.steps_en, programme.steps_de = row["steps_en"], row["steps_de"]
            programme.save(update_fields=["steps_en", "steps_de"])
    criterion_model = apps.get_model("applications", "ProgrammeCriterion")
    criterion_model.objects.bulk_create(
        criterion_model(
            programme=programmes[row["programme"]],
            position=int(row["position"]),
            weight=Decimal(row["weight"]),
            scale_max=Decimal(row["scale_max"]),
            **{column: row[column] for column in CRITERION_TEXTS},
        )
        for row in _rows("programme_criteria.csv")
        if row["programme"] in programmes
    )


def unload(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    keys = [row["key"] for row in _rows("help_topics.csv")]
    apps.get_model("applications", "HelpTopic").objects.filter(key__in=keys).delete()
    programmes = [row["programme"] for row in _rows("programme_steps.csv")]
    apps.get_model("applications", "Programme").objects.filter(key__in=programmes).update(
        steps_en="", steps_de=""
    )
    for row in _rows("programme_criteria.csv"):
        apps.get_model("applications", "ProgrammeCriterion").objects.filter(
            programme__key=row["programme"], key=row["key"]
        ).delete()


class Migration(migrations.Migration):
    dependencies = [("applications", "0005_guidance"), ("partners", "0004_terms_and_networks")]

    operations = [migrations.RunPython(load, unload)]
