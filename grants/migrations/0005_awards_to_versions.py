"""Moves what was calculated to a first version of each award, and loads the new figures.

A frozen award becomes a proposed one: it was frozen by one person, and now a second one approves.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import migrations

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DATA = Path(__file__).resolve().parent.parent / "data"
MOVED = (
    "project_id",
    "mobility_type",
    "start",
    "end",
    "cap_days",
    "earlier_days",
    "green",
    "travel_days",
    "waiver_reason",
    "country",
    "distance_km",
    "days",
    "funded_days",
    "country_group",
    "provisional",
    "lines",
    "warnings",
    "total",
    "calculation_version",
)
FIGURES = ("first_instalment_percent", "ects_per_semester", "ects_reclaim_below")


def move_awards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    award_model = apps.get_model("grants", "GrantAward")
    version_model = apps.get_model("grants", "AwardVersion")
    with schema_editor.connection.cursor() as cursor:
        # A cancelled award is never changed again, but for this.
        cursor.execute("ALTER TABLE grants_grantaward DISABLE TRIGGER USER")
        for award in award_model.objects.filter(current=None):
            version = version_model.objects.create(
                award=award,
                number=1,
                occasion="first",
                social_reasons=",".join(award.top_ups),
                made_by_id=award.created_by_id,
                made_at=award.calculated_at,
                proposed_by_id=award.frozen_by_id,
                proposed_at=award.frozen_at,
                **{name: getattr(award, name) for name in MOVED},
            )
            award_model.objects.filter(pk=award.pk).update(current=version)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE grants_grantaward ENABLE TRIGGER USER")


def load_figures(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Load what the tables had no column for before; what the office has set stays."""
    project_model = apps.get_model("grants", "GrantProject")
    projects = {project.code: project for project in project_model.objects.all()}
    codes = []
    for row in _rows("projects"):
        codes.append(row["code"])
        project = projects.get(row["code"])
        if project is None:
            continue
        for name in FIGURES:
            if getattr(project, name) is None and row[name]:
                setattr(project, name, row[name])
        project.first_instalment_source = (
            project.first_instalment_source or row["first_instalment_source"]
        )
        project.save()
    top_up_model = apps.get_model("grants", "TopUp")
    for row in _rows("top_ups"):
        if row["code"] != "real_costs":
            continue
        first, last = (codes.index(row.pop(end)) for end in ("project_from", "project_to"))
        values = {name: value or None for name, value in row.items()}
        for name in ("stay_length", "country_status", "note"):
            values[name] = row[name]
        for code in codes[first : last + 1]:
            known = top_up_model.objects.filter(project__code=code, code="real_costs")
            if code in projects and not known.exists():
                top_up_model.objects.create(project=projects[code], **values)


def _rows(name: str) -> list[dict[str, Any]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Migration(migrations.Migration):
    dependencies = [("grants", "0004_award_versions")]

    operations = [
        migrations.RunPython(move_awards, migrations.RunPython.noop),
        migrations.RunPython(load_figures, migrations.RunPython.noop),
    ]
