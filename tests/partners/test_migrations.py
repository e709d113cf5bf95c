"""The real partners go in and come out again, and with them the programmes built on them."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from applications.models import DocumentSlot
from partners.models import HostUniversity

PARTNERS = ("partners", "0002_real_partners")
PROGRAMMES = ("applications", "0002_programmes")


@pytest.mark.django_db
def test_real_partners_can_be_taken_out_and_put_in_again():
    loader = MigrationExecutor(connection).loader
    apps = loader.project_state(loader.graph.leaf_nodes()).apps  # the tables as they are now
    partners, programmes = (
        loader.get_migration(*name).operations[0] for name in (PARTNERS, PROGRAMMES)
    )
    hosts = HostUniversity.objects.order_by("key").values_list("key", "erasmus_code")
    slots = DocumentSlot.objects.order_by("programme__key", "position").values_list("key")
    before = list(hosts.all()), list(slots.all())

    programmes.reverse_code(apps, None)
    partners.reverse_code(apps, None)

    names = ["Faculty", "HostUniversity", "Agreement", "SeatPool"]
    assert [apps.get_model("partners", name).objects.count() for name in names] == [0, 0, 0, 0]
    partners.code(apps, None)
    programmes.code(apps, None)
    assert (list(hosts.all()), list(slots.all())) == before
    assert [apps.get_model("partners", name).objects.count() for name in names] == [2, 55, 66, 92]
