"""Here every rule is in force, but where a test says otherwise."""

from __future__ import annotations

import pytest
from django.db.models import F

from applications.models import RetentionRule


@pytest.fixture(autouse=True)
def rules_in_force(db):  # noqa: ARG001 - a table is written
    RetentionRule.objects.update(months_in_force=F("months"))
