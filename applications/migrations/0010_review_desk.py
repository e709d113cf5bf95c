"""Make room for the review desk: readers, comments, who saw what, reasons to choose from.

A review can be stopped, and its rows say how often they failed and what the queue filters by;
0011 fills that for reviews made before. Migrating back loses comments, assignments and viewings.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.fields.json
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0009_turns_of_a_draft"),
        ("partners", "0006_seats_within"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "assigned_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="assigned"
                    ),
                ),
            ],
            options={
                "verbose_name": "assignment",
                "verbose_name_plural": "assignments",
                "ordering": ["application", "pk"],
            },
        ),
        migrations.CreateModel(
            name="AssignmentEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "assigned_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="assigned"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(max_length=4000, verbose_name="text")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
            ],
            options={
                "verbose_name": "comment",
                "verbose_name_plural": "comments",
                "ordering": ["application", "at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ReasonTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=1, verbose_name="position")),
                ("name_en", models.CharField(max_length=100, verbose_name="name (English)")),
                ("name_de", models.CharField(max_length=100, verbose_name="name (German)")),
                ("text_en", models.TextField(max_length=2000, verbose_name="text (English)")),
                ("text_de", models.TextField(max_length=2000, verbose_name="text (German)")),
            ],
            options={
                "verbose_name": "reason to choose from",
                "verbose_name_plural": "reasons to choose from",
                "ordering": ["faculty", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Viewing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("file", "the application"),
                            ("document", "a document, on the desk"),
                            ("download", "a document, downloaded"),
                        ],
                        max_length=10,
                        verbose_name="what",
                    ),
                ),
                (
                    "blind",
                    models.BooleanField(
                        default=False,
                        help_text="Name, photo and age were hidden.",
                        verbose_name="read blind",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
            ],
            options={
                "verbose_name": "viewing",
                "verbose_name_plural": "viewings",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="reviewrun",
            name="review_one_running",
        ),
        migrations.RemoveConstraint(
            model_name="reviewrun",
            name="review_state_known",
        ),
        migrations.AddField(
            model_name="programme",
            name="months_per_cycle",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Earlier stays included; 12 for Erasmus+. Empty: no limit.",
                null=True,
                verbose_name="most months abroad in a study cycle",
            ),
        ),
        migrations.AddField(
            model_name="reviewrun",
            name="stopped_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="stopped"),
        ),
        migrations.AddField(
            model_name="reviewrun",
            name="stopped_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="stopped by",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="earlier_months",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="With Erasmus+, in the study cycle of the departure; empty: not told.",
                null=True,
                validators=[django.core.validators.MaxValueValidator(36)],
                verbose_name="months abroad so far",
            ),
        ),
        migrations.AddField(
            model_name="submissionreview",
            name="blocking",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="blocking findings"),
        ),
        migrations.AddField(
            model_name="submissionreview",
            name="codes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                default=list,
                size=None,
                verbose_name="codes of the findings",
            ),
        ),
        migrations.AddField(
            model_name="submissionreview",
            name="failures",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="failures"),
        ),
        migrations.AlterField(
            model_name="reviewrun",
            name="state",
            field=models.CharField(
                choices=[("running", "running"), ("stopped", "stopped"), ("done", "done")],
                default="running",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="submissionreview",
            name="leased_until",
            field=models.DateTimeField(
                blank=True,
                help_text="Nobody takes it before.",
                null=True,
                verbose_name="leased until",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                django.db.models.fields.json.KeyTransform("text_sha256", "inspection"),
                name="document_by_text",
            ),
        ),
        migrations.AddIndex(
            model_name="submissionreview",
            index=django.contrib.postgres.indexes.GinIndex(fields=["codes"], name="review_by_code"),
        ),
        migrations.AddConstraint(
            model_name="reviewrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["running", "stopped"])),
                fields=("call",),
                name="review_one_under_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["running", "stopped", "done"])),
                name="review_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "stopped"), _negated=True),
                    models.Q(("stopped_at__isnull", False), ("stopped_by__isnull", False)),
                    _connector="OR",
                ),
                name="review_stopped_by_somebody",
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assignments",
                to="applications.application",
                verbose_name="application",
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="assigned_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="assigned by",
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="reader",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to=settings.AUTH_USER_MODEL,
                verbose_name="reader",
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="application",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="applications.application",
                verbose_name="application",
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="assigned_by",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="assigned by",
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="applications.assignment",
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="reader",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="reader",
            ),
        ),
        migrations.AddField(
            model_name="comment",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="comments",
                to="applications.application",
                verbose_name="application",
            ),
        ),
        migrations.AddField(
            model_name="comment",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="author",
            ),
        ),
        migrations.AddField(
            model_name="reasontemplate",
            name="faculty",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reason_templates",
                to="partners.faculty",
                verbose_name="faculty",
            ),
        ),
        migrations.AddField(
            model_name="viewing",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="viewings",
                to="applications.application",
                verbose_name="application",
            ),
        ),
        migrations.AddField(
            model_name="viewing",
            name="document",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="viewings",
                to="applications.document",
                verbose_name="document",
            ),
        ),
        migrations.AddField(
            model_name="viewing",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="seen by",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                fields=("application", "reader"), name="assignment_once"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assignment",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "applications_assignmentevent" ("application_id", "assigned_at", "assigned_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reader_id") VALUES (NEW."application_id", NEW."assigned_at", NEW."assigned_by_id", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reader_id"); RETURN NULL;',
                    hash="0a4b4fa7578bbf6e8d306f724f14ef327813b68b",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_7ec1f",
                    table="applications_assignment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assignment",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "applications_assignmentevent" ("application_id", "assigned_at", "assigned_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reader_id") VALUES (NEW."application_id", NEW."assigned_at", NEW."assigned_by_id", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reader_id"); RETURN NULL;',
                    hash="58738bd3d5dd327b2e6c6dbec1820c7e536989c8",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_2c8d1",
                    table="applications_assignment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assignment",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "applications_assignmentevent" ("application_id", "assigned_at", "assigned_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reader_id") VALUES (OLD."application_id", OLD."assigned_at", OLD."assigned_by_id", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reader_id"); RETURN NULL;',
                    hash="a9a16ad0974df452224bc4ccdb9f1e62891d2741",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_98542",
                    table="applications_assignment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assignmentevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="c8da7846bcaaec401013fda63b75f3917ebd800e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d9436",
                    table="applications_assignmentevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="comment_has_text"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="comment",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="486d556a0ae79093ded389e4c44c1ee16f8d85e1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_046d0",
                    table="applications_comment",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="reasontemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("text_en", ""), _negated=True),
                    models.Q(("text_de", ""), _negated=True),
                ),
                name="reason_template_in_both_languages",
            ),
        ),
        migrations.AddIndex(
            model_name="viewing",
            index=models.Index(fields=["application", "person"], name="viewing_by_application"),
        ),
        migrations.AddIndex(
            model_name="viewing",
            index=models.Index(fields=["-at"], name="viewing_by_time"),
        ),
        migrations.AddConstraint(
            model_name="viewing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("document", None), ("what", "file")),
                    models.Q(("document__isnull", False), ("what__in", ["document", "download"])),
                    _connector="OR",
                ),
                name="viewing_names_its_document",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="viewing",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="10889f911e3db3ab49d9d1798534e89dc20000ff",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_411ae",
                    table="applications_viewing",
                    when="BEFORE",
                ),
            ),
        ),
    ]
