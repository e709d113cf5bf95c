"""Load the legal pages, the record of processing and the retention rules, where none is kept yet.

From applications/data/. Migrating back leaves them: the tables go with 0019.
"""

import csv
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DATA = Path(__file__).resolve().parent.parent / "data"
TABLES = {
    "legal_pages": ("LegalPage", "key"),
    "processing_activities": ("ProcessingActivity", "key"),
    "retention_rules": ("RetentionRule", "kind"),
}


def load(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name, (model, key) in TABLES.items():
        rows = apps.get_model("applications", model).objects
        with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                rows.get_or_create(**{key: row.pop(key)}, defaults=row)


class Migration(migrations.Migration):
    dependencies = [("applications", "0019_trust")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
