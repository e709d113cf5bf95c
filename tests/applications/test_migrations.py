"""What a migration's own code does to the rows it finds."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from applications.models import ReasonTemplate
from tests import factories

DESK_DATA = ("applications", "0011_desk_data")


@pytest.mark.django_db
def test_stopped_review_runs_on_when_the_desk_is_taken_out(coordinator):
    loader = MigrationExecutor(connection).loader
    apps = loader.project_state([DESK_DATA]).apps
    run = factories.ReviewRunFactory.create(
        state="stopped", stopped_at=timezone.now(), stopped_by=coordinator
    )
    data = loader.get_migration(*DESK_DATA).operations[1]

    data.reverse_code(apps, None)

    run.refresh_from_db()
    assert (run.state, ReasonTemplate.objects.count()) == ("running", 0)
    data.code(apps, None)
    assert ReasonTemplate.objects.exists()
