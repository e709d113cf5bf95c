"""Load the real partners, their agreements and quotas from partners/data (see the README there).

Made-up student seats are not among them: those come with the demonstration only. Migrating back
removes the partners of the file with all their agreements, seats and nomination deadlines.
"""

import csv
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DATA = Path(__file__).resolve().parent.parent / "data"
FACULTIES = [
    (
        "wiwi",
        "Faculty of Management and Economics",
        "Fakultät für Wirtschaftswissenschaft",
    ),
    ("sowi", "Faculty of Social Science", "Fakultät für Sozialwissenschaft"),
]
PARTNER_TEXTS = [
    "name_en",
    "name_native",
    "city",
    "country",
    "erasmus_code",
    "pic",
    "oid",
    "schac_id",
    "website",
    "time_zone",
    "notes",
]
TEACHING = ["teaching_days_min", "teaching_days_max", "teaching_hours_min"]


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _first_year(label: str) -> int:
    """Return 2027 for "2027/28"."""
    return int(label.partition("/")[0])


def load(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    faculty_model = apps.get_model("partners", "Faculty")
    host_model = apps.get_model("partners", "HostUniversity")
    agreement_model = apps.get_model("partners", "Agreement")
    pool_model = apps.get_model("partners", "SeatPool")
    faculties = {
        key: faculty_model.objects.create(key=key, name_en=name_en, name_de=name_de)
        for key, name_en, name_de in FACULTIES
    }
    hosts = {
        row["key"]: host_model.objects.create(
            key=row["key"],
            is_home=row["role"] == "home",
            latitude=row["latitude"] or None,
            longitude=row["longitude"] or None,
            **{column: row[column] for column in PARTNER_TEXTS},
        )
        for row in _rows("partners.csv")
    }
    agreements = {}
    for row in _rows("agreements.csv"):
        identity = (row["key"], row["faculty"], row["kind"], row["isced_f"])
        if identity not in agreements:
            agreements[identity] = agreement_model.objects.create(
                host=hosts[row["key"]],
                faculty=faculties[row["faculty"]],
                kind=row["kind"],
                isced_f=row["isced_f"],
                valid_from=_first_year(row["valid_from"]),
                valid_until=_first_year(row["valid_until"]),
                language=row["language"],
                language_level=row["language_level"],
                certificate_needed=row["certificate_needed"] == "yes",
                note_en=row["note_en"],
                note_de=row["note_de"],
                **{column: int(row[column]) if row[column] else None for column in TEACHING},
            )
        if row["seats"]:
            pool_model.objects.create(
                agreement=agreements[identity],
                academic_year=_first_year(row["academic_year"]),
                level=row["level"],
                semester=row["semester"],
                seats=int(row["seats"]),
                fallback=row["fallback"] == "yes",
                made_up=row["made_up"] == "yes",
            )


def unload(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    keys = [row["key"] for row in _rows("partners.csv")]
    of_hosts = {"agreement__host__key__in": keys}
    apps.get_model("partners", "SeatPool").objects.filter(**of_hosts).delete()
    apps.get_model("partners", "Agreement").objects.filter(host__key__in=keys).delete()
    apps.get_model("partners", "NominationDeadline").objects.filter(host__key__in=keys).delete()
    apps.get_model("partners", "HostUniversity").objects.filter(key__in=keys).delete()
    faculty_keys = [key for key, _name_en, _name_de in FACULTIES]
    apps.get_model("partners", "Faculty").objects.filter(key__in=faculty_keys).delete()


class Migration(migrations.Migration):
    dependencies = [("partners", "0001_initial")]

    operations = [migrations.RunPython(load, unload)]
