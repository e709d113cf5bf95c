"""Fill what the review desk filters by, load reasons to choose from, limit Erasmus+ to 12 months.

Source of the limit: Erasmus+ programme guide, 12 months per study cycle (DOMAIN, Grants).
Migrating back removes the reasons that came with the portal and lets stopped reviews run, for
before 0010 no review can be stopped; the columns go with 0010.
"""

import csv
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DATA = Path(__file__).resolve().parent.parent / "data"
MONTHS_PER_CYCLE = 12
COLUMNS = ["position", "name_en", "name_de", "text_en", "text_de"]

FILTERED_BY = """
    UPDATE applications_submissionreview r SET
        codes = ARRAY(
            SELECT DISTINCT f->>'code' FROM jsonb_array_elements(r.findings) f ORDER BY 1
        ),
        blocking = (
            SELECT count(*) FROM jsonb_array_elements(r.findings) f
            WHERE f->>'severity' = 'blocking'
        )
"""


def _reasons() -> list[dict[str, str]]:
    with (DATA / "reason_templates.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    faculties = {row.key: row for row in apps.get_model("partners", "Faculty").objects.all()}
    template_model = apps.get_model("applications", "ReasonTemplate")
    template_model.objects.bulk_create(
        template_model(
            faculty=faculties[row["faculty"]], **{column: row[column] for column in COLUMNS}
        )
        for row in _reasons()
    )
    apps.get_model("applications", "Programme").objects.filter(
        agreement_kind__in=["erasmus_studies", "erasmus_doctoral"]
    ).update(months_per_cycle=MONTHS_PER_CYCLE)


def unload(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("applications", "ReasonTemplate").objects.filter(
        text_en__in=[row["text_en"] for row in _reasons()]
    ).delete()
    stopped = apps.get_model("applications", "ReviewRun").objects.filter(state="stopped")
    stopped.update(state="running")


class Migration(migrations.Migration):
    dependencies = [("applications", "0010_review_desk")]

    operations = [
        migrations.RunSQL(FILTERED_BY, migrations.RunSQL.noop),
        migrations.RunPython(load, unload),
    ]
