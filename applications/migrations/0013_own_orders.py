"""Orders of hosts by weights of their own, manual moves, anchors, readers needed.

A criterion may count at some hosts only (weight 0 elsewhere). Migrating back needs such criteria to
be taken out first, and loses own orders and moves; rankings made with them keep their positions.
"""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0012_decided_by_people"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="HostWeight",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "weight",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=5,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.01"))],
                        verbose_name="weight",
                    ),
                ),
            ],
            options={
                "verbose_name": "weight at a host",
                "verbose_name_plural": "weights at hosts",
                "ordering": ["host", "criterion__position"],
            },
        ),
        migrations.CreateModel(
            name="RankingMove",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "made_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="at"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "manual move",
                "verbose_name_plural": "manual moves",
                "ordering": ["made_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RankingMoveEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "made_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="at"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="call",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="call",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="call",
            name="delete_delete",
        ),
        migrations.RemoveConstraint(
            model_name="criterion",
            name="criterion_weight_positive",
        ),
        migrations.RemoveConstraint(
            model_name="programmecriterion",
            name="programme_criterion_weight_positive",
        ),
        migrations.RemoveConstraint(
            model_name="rankedapplication",
            name="ranked_score_range",
        ),
        migrations.AddField(
            model_name="call",
            name="readers_needed",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="Complete score sheets each application needs before a ranking can be made.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(9),
                ],
                verbose_name="readers needed",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="sheet_distance",
            field=models.PositiveSmallIntegerField(
                default=30,
                help_text="Where two readers' points for a criterion lie this far apart or more, in percent of its scale, the application is marked.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(100),
                ],
                verbose_name="distance that is flagged",
            ),
        ),
        migrations.AddField(
            model_name="callevent",
            name="readers_needed",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="Complete score sheets each application needs before a ranking can be made.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(9),
                ],
                verbose_name="readers needed",
            ),
        ),
        migrations.AddField(
            model_name="callevent",
            name="sheet_distance",
            field=models.PositiveSmallIntegerField(
                default=30,
                help_text="Where two readers' points for a criterion lie this far apart or more, in percent of its scale, the application is marked.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(100),
                ],
                verbose_name="distance that is flagged",
            ),
        ),
        migrations.AddField(
            model_name="criterion",
            name="anchors_de",
            field=models.TextField(
                blank=True,
                help_text="A line for each step, such as “10: hervorragend”.",
                verbose_name="what points mean (German)",
            ),
        ),
        migrations.AddField(
            model_name="criterion",
            name="anchors_en",
            field=models.TextField(
                blank=True,
                help_text="A line for each step, such as “10: outstanding”.",
                verbose_name="what points mean (English)",
            ),
        ),
        migrations.AddField(
            model_name="criterion",
            name="language",
            field=models.CharField(
                choices=[
                    ("cs", "Czech"),
                    ("da", "Danish"),
                    ("de", "German"),
                    ("el", "Greek"),
                    ("en", "English"),
                    ("es", "Spanish"),
                    ("fi", "Finnish"),
                    ("fr", "French"),
                    ("hr", "Croatian"),
                    ("hu", "Hungarian"),
                    ("it", "Italian"),
                    ("nl", "Dutch"),
                    ("no", "Norwegian"),
                    ("pl", "Polish"),
                    ("pt", "Portuguese"),
                    ("ro", "Romanian"),
                    ("sl", "Slovenian"),
                    ("sv", "Swedish"),
                    ("tr", "Turkish"),
                    ("zh", "Chinese"),
                ],
                default="en",
                help_text="For “computed from the language level”. A host that gives it a weight of its own goes by its language of instruction.",
                max_length=2,
                verbose_name="language scored",
            ),
        ),
        migrations.AddField(
            model_name="programmecriterion",
            name="anchors_de",
            field=models.TextField(
                blank=True,
                help_text="A line for each step, such as “10: hervorragend”.",
                verbose_name="what points mean (German)",
            ),
        ),
        migrations.AddField(
            model_name="programmecriterion",
            name="anchors_en",
            field=models.TextField(
                blank=True,
                help_text="A line for each step, such as “10: outstanding”.",
                verbose_name="what points mean (English)",
            ),
        ),
        migrations.AddField(
            model_name="programmecriterion",
            name="language",
            field=models.CharField(
                choices=[
                    ("cs", "Czech"),
                    ("da", "Danish"),
                    ("de", "German"),
                    ("el", "Greek"),
                    ("en", "English"),
                    ("es", "Spanish"),
                    ("fi", "Finnish"),
                    ("fr", "French"),
                    ("hr", "Croatian"),
                    ("hu", "Hungarian"),
                    ("it", "Italian"),
                    ("nl", "Dutch"),
                    ("no", "Norwegian"),
                    ("pl", "Polish"),
                    ("pt", "Portuguese"),
                    ("ro", "Romanian"),
                    ("sl", "Slovenian"),
                    ("sv", "Swedish"),
                    ("tr", "Turkish"),
                    ("zh", "Chinese"),
                ],
                default="en",
                help_text="For “computed from the language level”. A host that gives it a weight of its own goes by its language of instruction.",
                max_length=2,
                verbose_name="language scored",
            ),
        ),
        migrations.AddField(
            model_name="rankedapplication",
            name="counted_score",
            field=models.DecimalField(
                decimal_places=2, max_digits=5, null=True, verbose_name="counts with"
            ),
        ),
        # Rows of a ranking can't be changed; here each only gets what it has always counted with.
        migrations.RunSQL(
            """
            ALTER TABLE applications_rankedapplication DISABLE TRIGGER USER;
            UPDATE applications_rankedapplication SET counted_score = score;
            ALTER TABLE applications_rankedapplication ENABLE TRIGGER USER;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="rankedapplication",
            name="counted_score",
            field=models.DecimalField(decimal_places=2, max_digits=5, verbose_name="counts with"),
        ),
        migrations.AddField(
            model_name="rankedapplication",
            name="host_scores",
            field=models.JSONField(
                default=dict, verbose_name="points at hosts with their own order"
            ),
        ),
        migrations.AddField(
            model_name="rankedapplication",
            name="moved_value",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="order set by hand"
            ),
        ),
        migrations.AlterField(
            model_name="call",
            name="tie_breakers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("grade", "better average grade"),
                        ("ects", "more ECTS earned"),
                        ("language", "better command of English"),
                        ("semester", "higher semester"),
                    ],
                    max_length=10,
                ),
                blank=True,
                default=list,
                help_text="In this order; after them a draw from the published seed.",
                size=None,
                verbose_name="tie-breakers",
            ),
        ),
        migrations.AlterField(
            model_name="callevent",
            name="tie_breakers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("grade", "better average grade"),
                        ("ects", "more ECTS earned"),
                        ("language", "better command of English"),
                        ("semester", "higher semester"),
                    ],
                    max_length=10,
                ),
                blank=True,
                default=list,
                help_text="In this order; after them a draw from the published seed.",
                size=None,
                verbose_name="tie-breakers",
            ),
        ),
        migrations.AlterField(
            model_name="criterion",
            name="weight",
            field=models.DecimalField(
                decimal_places=2,
                help_text="0 counts only where a host gives it a weight of its own.",
                max_digits=5,
                validators=[django.core.validators.MinValueValidator(Decimal(0))],
                verbose_name="weight",
            ),
        ),
        migrations.AlterField(
            model_name="programmecriterion",
            name="weight",
            field=models.DecimalField(
                decimal_places=2,
                help_text="0 counts only where a host gives it a weight of its own.",
                max_digits=5,
                validators=[django.core.validators.MinValueValidator(Decimal(0))],
                verbose_name="weight",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="call",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "applications_callevent" ("academic_year", "answer_by", "applications_sha256", "blind_reading", "closed_at", "code", "deadline", "feedback_weeks", "id", "opens_at", "period_de", "period_en", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id", "published_at", "readers_needed", "semesters", "sheet_distance", "tie_breakers", "title_de", "title_en") VALUES (NEW."academic_year", NEW."answer_by", NEW."applications_sha256", NEW."blind_reading", NEW."closed_at", NEW."code", NEW."deadline", NEW."feedback_weeks", NEW."id", NEW."opens_at", NEW."period_de", NEW."period_en", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."programme_id", NEW."published_at", NEW."readers_needed", NEW."semesters", NEW."sheet_distance", NEW."tie_breakers", NEW."title_de", NEW."title_en"); RETURN NULL;',
                    hash="45d6ec0d133258ffed9d3dfd31da0ce7b09d6063",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_ebae5",
                    table="applications_call",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="call",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."academic_year" IS DISTINCT FROM (NEW."academic_year") OR OLD."answer_by" IS DISTINCT FROM (NEW."answer_by") OR OLD."applications_sha256" IS DISTINCT FROM (NEW."applications_sha256") OR OLD."blind_reading" IS DISTINCT FROM (NEW."blind_reading") OR OLD."closed_at" IS DISTINCT FROM (NEW."closed_at") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."deadline" IS DISTINCT FROM (NEW."deadline") OR OLD."feedback_weeks" IS DISTINCT FROM (NEW."feedback_weeks") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."opens_at" IS DISTINCT FROM (NEW."opens_at") OR OLD."period_de" IS DISTINCT FROM (NEW."period_de") OR OLD."period_en" IS DISTINCT FROM (NEW."period_en") OR OLD."programme_id" IS DISTINCT FROM (NEW."programme_id") OR OLD."published_at" IS DISTINCT FROM (NEW."published_at") OR OLD."readers_needed" IS DISTINCT FROM (NEW."readers_needed") OR OLD."semesters" IS DISTINCT FROM (NEW."semesters") OR OLD."sheet_distance" IS DISTINCT FROM (NEW."sheet_distance") OR OLD."tie_breakers" IS DISTINCT FROM (NEW."tie_breakers") OR OLD."title_de" IS DISTINCT FROM (NEW."title_de") OR OLD."title_en" IS DISTINCT FROM (NEW."title_en"))',
                    func='INSERT INTO "applications_callevent" ("academic_year", "answer_by", "applications_sha256", "blind_reading", "closed_at", "code", "deadline", "feedback_weeks", "id", "opens_at", "period_de", "period_en", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id", "published_at", "readers_needed", "semesters", "sheet_distance", "tie_breakers", "title_de", "title_en") VALUES (NEW."academic_year", NEW."answer_by", NEW."applications_sha256", NEW."blind_reading", NEW."closed_at", NEW."code", NEW."deadline", NEW."feedback_weeks", NEW."id", NEW."opens_at", NEW."period_de", NEW."period_en", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."programme_id", NEW."published_at", NEW."readers_needed", NEW."semesters", NEW."sheet_distance", NEW."tie_breakers", NEW."title_de", NEW."title_en"); RETURN NULL;',
                    hash="658159425af6a4fba30d46d3eccdcabf2ee62d32",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_1d498",
                    table="applications_call",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="call",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "applications_callevent" ("academic_year", "answer_by", "applications_sha256", "blind_reading", "closed_at", "code", "deadline", "feedback_weeks", "id", "opens_at", "period_de", "period_en", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id", "published_at", "readers_needed", "semesters", "sheet_distance", "tie_breakers", "title_de", "title_en") VALUES (OLD."academic_year", OLD."answer_by", OLD."applications_sha256", OLD."blind_reading", OLD."closed_at", OLD."code", OLD."deadline", OLD."feedback_weeks", OLD."id", OLD."opens_at", OLD."period_de", OLD."period_en", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."programme_id", OLD."published_at", OLD."readers_needed", OLD."semesters", OLD."sheet_distance", OLD."tie_breakers", OLD."title_de", OLD."title_en"); RETURN NULL;',
                    hash="c4fdc23bba38d6cc5b0b1d68c9f63264115b5e7d",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_ca653",
                    table="applications_call",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("readers_needed__range", (1, 9)), ("sheet_distance__range", (1, 100))
                ),
                name="call_sheets_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(("scale_max__gt", 0), ("weight__gte", 0)),
                name="criterion_weight_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "language__in",
                        [
                            "cs",
                            "da",
                            "de",
                            "el",
                            "en",
                            "es",
                            "fi",
                            "fr",
                            "hr",
                            "hu",
                            "it",
                            "nl",
                            "no",
                            "pl",
                            "pt",
                            "ro",
                            "sl",
                            "sv",
                            "tr",
                            "zh",
                        ],
                    )
                ),
                name="criterion_language_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="programmecriterion",
            constraint=models.CheckConstraint(
                condition=models.Q(("scale_max__gt", 0), ("weight__gte", 0)),
                name="programme_criterion_weight_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="programmecriterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "language__in",
                        [
                            "cs",
                            "da",
                            "de",
                            "el",
                            "en",
                            "es",
                            "fi",
                            "fr",
                            "hr",
                            "hu",
                            "it",
                            "nl",
                            "no",
                            "pl",
                            "pt",
                            "ro",
                            "sl",
                            "sv",
                            "tr",
                            "zh",
                        ],
                    )
                ),
                name="programme_criterion_language_known",
            ),
        ),
        migrations.AddField(
            model_name="hostweight",
            name="criterion",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="host_weights",
                to="applications.criterion",
                verbose_name="criterion",
            ),
        ),
        migrations.AddField(
            model_name="hostweight",
            name="host",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="own_weights",
                to="applications.callhost",
                verbose_name="host university",
            ),
        ),
        migrations.AddField(
            model_name="rankingmove",
            name="ahead_of",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: in the last place.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="applications.application",
                verbose_name="directly ahead of",
            ),
        ),
        migrations.AddField(
            model_name="rankingmove",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="moves",
                to="applications.application",
                verbose_name="application",
            ),
        ),
        migrations.AddField(
            model_name="rankingmove",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="ended by",
            ),
        ),
        migrations.AddField(
            model_name="rankingmove",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="rankedapplication",
            name="move",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="applications.rankingmove",
                verbose_name="manual move",
            ),
        ),
        migrations.AddConstraint(
            model_name="rankedapplication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("counted_score__range", (Decimal(0), Decimal(100))),
                    ("score__range", (Decimal(0), Decimal(100))),
                ),
                name="ranked_score_range",
            ),
        ),
        migrations.AddField(
            model_name="rankingmoveevent",
            name="ahead_of",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Empty: in the last place.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="applications.application",
                verbose_name="directly ahead of",
            ),
        ),
        migrations.AddField(
            model_name="rankingmoveevent",
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
            model_name="rankingmoveevent",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="ended by",
            ),
        ),
        migrations.AddField(
            model_name="rankingmoveevent",
            name="made_by",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="rankingmoveevent",
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
            model_name="rankingmoveevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="applications.rankingmove",
            ),
        ),
        migrations.AddConstraint(
            model_name="hostweight",
            constraint=models.UniqueConstraint(
                fields=("host", "criterion"), name="host_weight_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="hostweight",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__gt", 0)), name="host_weight_positive"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="hostweight",
            trigger=pgtrigger.compiler.Trigger(
                name="belongs_together",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF NOT EXISTS (\n                    SELECT 1 FROM applications_callhost h\n                    JOIN applications_criterion c ON c.call_id = h.call_id\n                    WHERE h.id = NEW.host_id AND c.id = NEW.criterion_id\n                ) THEN\n                RAISE EXCEPTION 'belongs_together: % row of another call', TG_TABLE_NAME\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="3a2bb2d257b29cb01718b07dfed8cee6312ce462",
                    operation='INSERT OR UPDATE OF "host_id", "criterion_id"',
                    pgid="pgtrigger_belongs_together_564ca",
                    table="applications_hostweight",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="rankingmove",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("application",),
                name="move_one_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="rankingmove",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="move_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="rankingmove",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ahead_of", None),
                    models.Q(("ahead_of", models.F("application")), _negated=True),
                    _connector="OR",
                ),
                name="move_of_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="rankingmove",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_by", None)),
                    models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                    _connector="OR",
                ),
                name="move_ended_by_somebody",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rankingmove",
            trigger=pgtrigger.compiler.Trigger(
                name="belongs_together",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF NOT EXISTS (\n                    SELECT 1 FROM applications_application a\n                    LEFT JOIN applications_application b ON b.id = NEW.ahead_of_id\n                    WHERE a.id = NEW.application_id\n                        AND (NEW.ahead_of_id IS NULL OR b.call_id = a.call_id)\n                ) THEN\n                RAISE EXCEPTION 'belongs_together: % row of another call', TG_TABLE_NAME\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="923b793f97757f990da1ccb20e991b8b05779ff2",
                    operation='INSERT OR UPDATE OF "application_id", "ahead_of_id"',
                    pgid="pgtrigger_belongs_together_30242",
                    table="applications_rankingmove",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rankingmove",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."ahead_of_id" IS DISTINCT FROM (NEW."ahead_of_id") OR OLD."application_id" IS DISTINCT FROM (NEW."application_id") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id") OR OLD."reason" IS DISTINCT FROM (NEW."reason"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="50120b5b2546cab0b40f478faf2a43a61166806a",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_34f58",
                    table="applications_rankingmove",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rankingmove",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "applications_rankingmoveevent" ("ahead_of_id", "application_id", "ended_at", "ended_by_id", "id", "made_at", "made_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason") VALUES (NEW."ahead_of_id", NEW."application_id", NEW."ended_at", NEW."ended_by_id", NEW."id", NEW."made_at", NEW."made_by_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason"); RETURN NULL;',
                    hash="da54f1da00acccaae9f121b33dfb147e1649ab2f",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_716a3",
                    table="applications_rankingmove",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rankingmove",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "applications_rankingmoveevent" ("ahead_of_id", "application_id", "ended_at", "ended_by_id", "id", "made_at", "made_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason") VALUES (NEW."ahead_of_id", NEW."application_id", NEW."ended_at", NEW."ended_by_id", NEW."id", NEW."made_at", NEW."made_by_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason"); RETURN NULL;',
                    hash="c947b84f4f40a5ea3bf233b3883463ace8ae256e",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_7c453",
                    table="applications_rankingmove",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rankingmove",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "applications_rankingmoveevent" ("ahead_of_id", "application_id", "ended_at", "ended_by_id", "id", "made_at", "made_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason") VALUES (OLD."ahead_of_id", OLD."application_id", OLD."ended_at", OLD."ended_by_id", OLD."id", OLD."made_at", OLD."made_by_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason"); RETURN NULL;',
                    hash="ab28c03a5c9ff448919ea1f0fc5b12a9bf13a9d7",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_5305a",
                    table="applications_rankingmove",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rankingmoveevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="bdf774f46b65211ac692f1538dc00314a738ac11",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_ec82e",
                    table="applications_rankingmoveevent",
                    when="BEFORE",
                ),
            ),
        ),
    ]
