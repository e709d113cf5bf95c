"""Load what points mean for the criteria read by people, where nobody has written it yet.

From applications/data/programme_criteria.csv. Migrating back leaves them: the columns go with 0013.
"""

import csv
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CRITERIA = Path(__file__).resolve().parent.parent / "data" / "programme_criteria.csv"


def load(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    model = apps.get_model("applications", "ProgrammeCriterion")
    with CRITERIA.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            model.objects.filter(
                programme__key=row["programme"], key=row["key"], anchors_en="", anchors_de=""
            ).update(anchors_en=row["anchors_en"], anchors_de=row["anchors_de"])


class Migration(migrations.Migration):
    dependencies = [("applications", "0013_own_orders")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
