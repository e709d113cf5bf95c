"""Stored script: the same hostile text in every text of the database, then every page is read."""

from __future__ import annotations

import re

import pgtrigger
import pytest
from django.apps import apps
from django.db import DataError, IntegrityError, connection, models, transaction
from psycopg.sql import SQL, Identifier

from applications.models import Application
from tests.security.test_every_address import body_of, signed_in
from tests.test_urls import ROLES, lines

pytestmark = pytest.mark.django_db

HOSTILE = "<i zq>\"'/>{{7*7}}&amp;<script>zq</script>"
SHOWN_RAW = re.compile(r"<i zq>|<script>zq|>\s*49\s*&amp;|&amp;amp;amp;")
READERS = ("office", "coordinator", "owner")
FEWEST_COLUMNS, FEWEST_PAGES_WITH_IT = 100, 30
OWN_APPS = {"applications", "grants", "partners"}
# What addresses, files, keys and other rows are found by, and what only the program writes.
FOUND_BY = re.compile(
    r"(^|_)(key|code|username|login_id|password|stored_name|sha256|token|digest|language|kind|event"
    r"|seed|nonce|lottery|secret|version|instance|result|decided_by|time_zone|isced_f)$"
)
PROGRAMS_OWN = {
    ("applications_preferenceoutcome", "reason"),
    ("applications_exportjob", "file_name"),
    ("applications_exportjob", "error"),
}


def columns() -> list[tuple[str, models.Field]]:
    """Return every column of free text of our tables."""
    return [
        (model._meta.db_table, field)
        for model in apps.get_models()
        if model._meta.app_label in OWN_APPS and not model.__name__.endswith("Event")
        for field in model._meta.concrete_fields
        if type(field) in {models.CharField, models.TextField, models.EmailField, models.URLField}
        and not field.choices
        and not field.primary_key
        and not FOUND_BY.search(field.column)
        and (model._meta.db_table, field.column) not in PROGRAMS_OWN
    ]


def poison() -> int:
    """Write the hostile text into each column that takes it, past the triggers; how many did."""
    taken = 0
    with pgtrigger.ignore(), connection.cursor() as cursor:
        for table, field in columns():
            text = HOSTILE[: field.max_length or len(HOSTILE)]
            change = SQL("UPDATE {} SET {} = %s").format(
                Identifier(table), Identifier(field.column)
            )
            try:
                with transaction.atomic():
                    cursor.execute(change, [text])
            except (IntegrityError, DataError):
                continue  # a CHECK, a UNIQUE or a format keeps such text out
            taken += 1
    for draft in Application.objects.all():
        draft.draft = poisoned(draft.draft)
        draft.save(update_fields=["draft"])
    return taken


def poisoned(value: object) -> object:
    if isinstance(value, dict):
        return {key: poisoned(part) for key, part in value.items()}
    if isinstance(value, list):
        return [poisoned(part) for part in value]
    return HOSTILE if isinstance(value, str) else value


def test_text_of_every_column_is_inert_on_every_page(people, round_of_two, error_records):
    """Only what a page says of itself may be markup: whatever stands in a row is text."""
    assert poison() > FEWEST_COLUMNS
    clients = {role: signed_in(person) for role, person in people.items()}
    raw, broken, shown = [], [], 0
    for address, method, statuses in lines():
        if method != "GET":
            continue
        for role in READERS:
            if statuses[ROLES.index(role)] != 200:
                continue
            answer = clients[role].get(address.format(**round_of_two))
            body = body_of(answer)
            if answer.status_code >= 500:
                broken.append((address, role))
            elif answer.headers["Content-Type"].startswith(("text/html", "image/svg")):
                text = body.decode()
                shown += "&lt;i zq&gt;" in text
                found = SHOWN_RAW.search(text)
                raw += [(address, role, found[0])] if found else []
            break
    error_records.clear()

    assert (raw, broken) == ([], [])
    assert shown > FEWEST_PAGES_WITH_IT
