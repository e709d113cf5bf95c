"""Know of each page of a draft which window saved it last, in place of one number for all.

Drafts themselves stay as they are. The form got other addresses with this: one that is open while
this runs has to be saved before, and opened anew. Migrating back starts the number at 0 again.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0008_mail_of_an_application")]

    operations = [
        migrations.RemoveField(model_name="application", name="draft_version"),
        migrations.AddField(
            model_name="application",
            name="draft_turns",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
    ]
