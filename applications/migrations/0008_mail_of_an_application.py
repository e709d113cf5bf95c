"""Say of each mail which application it is about; those written before are told by their cause.

A mail whose cause names nothing that is left keeps none. Migrating back removes the column.
"""

import django.db.models.deletion
from django.db import migrations, models

# The cause of a mail names the application's code, or the place, nomination or concession.
BY_CODE = """
    UPDATE applications_outgoingmail m SET application_id = a.id
    FROM applications_application a
    WHERE a.student_id = m.person_id AND a.code = ANY (string_to_array(m.key, ':'))
"""
BY_ROW = """
    UPDATE applications_outgoingmail m SET application_id = a.id
    FROM applications_application a JOIN {table} r ON r.application_id = a.id
    WHERE a.student_id = m.person_id
        AND split_part(m.key, ':', 1) IN ({events}) AND split_part(m.key, ':', 2) = r.id::text
"""
ROWS = {
    "applications_placement": "'offer', 'accepted', 'expired'",
    "applications_nomination": "'nominated', 'confirmed', 'host_rejected', 'cancelled'",
    "applications_concession": "'concession'",
}


class Migration(migrations.Migration):
    dependencies = [("applications", "0007_in_use")]

    operations = [
        migrations.AddField(
            model_name="outgoingmail",
            name="application",
            field=models.ForeignKey(
                help_text="What it is about.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mails",
                to="applications.application",
                verbose_name="application",
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(fields=["person", "-created_at"], name="mail_by_person"),
        ),
        migrations.RunSQL(BY_CODE, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(BY_ROW.format(table=table, events=events), migrations.RunSQL.noop)
            for table, events in ROWS.items()
        ),
    ]
