"""The real partners go in and come out again."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from partners.models import HostUniversity

BEFORE = [("partners", "0001_initial")]
AFTER = [("partners", "0002_real_partners")]


@pytest.mark.django_db
def test_real_partners_can_be_taken_out_and_put_in_again():
    executor = MigrationExecutor(connection)
    migration = executor.loader.get_migration(*AFTER[0])
    apps = executor.loader.project_state(AFTER).apps
    before = list(HostUniversity.objects.order_by("key").values_list("key", "erasmus_code"))
    load = migration.operations[0]

    load.reverse_code(apps, None)

    names = ["Faculty", "HostUniversity", "Agreement", "SeatPool"]
    assert [apps.get_model("partners", name).objects.count() for name in names] == [0, 0, 0, 0]
    load.code(apps, None)
    assert list(HostUniversity.objects.order_by("key").values_list("key", "erasmus_code")) == before
    assert [apps.get_model("partners", name).objects.count() for name in names] == [2, 55, 66, 92]
