"""Which months of a retention rule the office confirmed. Empty at first: nothing goes by any."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0020_privacy_data"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="retentionrule",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="retentionrule",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="retentionrule",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="retentionrule",
            name="changed_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="changed by",
            ),
        ),
        migrations.AddField(
            model_name="retentionrule",
            name="confirmed_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="confirmed"
            ),
        ),
        migrations.AddField(
            model_name="retentionrule",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="confirmed by",
            ),
        ),
        migrations.AddField(
            model_name="retentionrule",
            name="months_in_force",
            field=models.PositiveSmallIntegerField(
                blank=True, editable=False, null=True, verbose_name="months in force"
            ),
        ),
        migrations.AddField(
            model_name="retentionruleevent",
            name="changed_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="changed by",
            ),
        ),
        migrations.AddField(
            model_name="retentionruleevent",
            name="confirmed_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="confirmed"
            ),
        ),
        migrations.AddField(
            model_name="retentionruleevent",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="confirmed by",
            ),
        ),
        migrations.AddField(
            model_name="retentionruleevent",
            name="months_in_force",
            field=models.PositiveSmallIntegerField(
                blank=True, editable=False, null=True, verbose_name="months in force"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="retentionrule",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "applications_retentionruleevent" ("changed_by_id", "confirmed_at", "confirmed_by_id", "counted_from_de", "counted_from_en", "id", "kind", "months", "months_in_force", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_de", "reason_en", "source", "then") VALUES (NEW."changed_by_id", NEW."confirmed_at", NEW."confirmed_by_id", NEW."counted_from_de", NEW."counted_from_en", NEW."id", NEW."kind", NEW."months", NEW."months_in_force", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason_de", NEW."reason_en", NEW."source", NEW."then"); RETURN NULL;',
                    hash="c820e4fcf1008108e783fd96e32ccd8de0177421",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_9b051",
                    table="applications_retentionrule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="retentionrule",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "applications_retentionruleevent" ("changed_by_id", "confirmed_at", "confirmed_by_id", "counted_from_de", "counted_from_en", "id", "kind", "months", "months_in_force", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_de", "reason_en", "source", "then") VALUES (NEW."changed_by_id", NEW."confirmed_at", NEW."confirmed_by_id", NEW."counted_from_de", NEW."counted_from_en", NEW."id", NEW."kind", NEW."months", NEW."months_in_force", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason_de", NEW."reason_en", NEW."source", NEW."then"); RETURN NULL;',
                    hash="9b93574df78521a3f1bb2226c9b4a970057b49ac",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_50aad",
                    table="applications_retentionrule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="retentionrule",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "applications_retentionruleevent" ("changed_by_id", "confirmed_at", "confirmed_by_id", "counted_from_de", "counted_from_en", "id", "kind", "months", "months_in_force", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_de", "reason_en", "source", "then") VALUES (OLD."changed_by_id", OLD."confirmed_at", OLD."confirmed_by_id", OLD."counted_from_de", OLD."counted_from_en", OLD."id", OLD."kind", OLD."months", OLD."months_in_force", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason_de", OLD."reason_en", OLD."source", OLD."then"); RETURN NULL;',
                    hash="b05e93b072059474c095f2ac4552065bba9ee7b9",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_47619",
                    table="applications_retentionrule",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("months_in_force", None),
                    models.Q(("months_in_force__gte", 36), ("months_in_force__lte", 240)),
                    models.Q(
                        models.Q(("kind", "going"), _negated=True),
                        ("months_in_force__gte", 12),
                        ("months_in_force__lte", 240),
                    ),
                    models.Q(
                        models.Q(("kind__in", ["audit", "going"]), _negated=True),
                        ("months_in_force__gte", 1),
                    ),
                    _connector="OR",
                ),
                name="retention_in_force_long_enough",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at", None), ("confirmed_by", None)),
                    models.Q(
                        models.Q(
                            ("changed_by", None),
                            models.Q(("changed_by", models.F("confirmed_by")), _negated=True),
                            _connector="OR",
                        ),
                        ("confirmed_at__isnull", False),
                        ("confirmed_by__isnull", False),
                        ("months_in_force", models.F("months")),
                    ),
                    _connector="OR",
                ),
                name="retention_confirmed_by_another",
            ),
        ),
    ]
