"""The draw's secret can't be exchanged once a call is there: its hash is shown from the start."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0014_anchors"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="call",
            trigger=pgtrigger.compiler.Trigger(
                name="secret_stands",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."lottery_secret" IS DISTINCT FROM (NEW."lottery_secret"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="f8c472a24d8265ded4afc7a18373013b4e075548",
                    operation="UPDATE",
                    pgid="pgtrigger_secret_stands_9b8f4",
                    table="applications_call",
                    when="BEFORE",
                ),
            ),
        ),
    ]
