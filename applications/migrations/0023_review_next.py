"""The next submissions to review are found without sorting all that wait."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("applications", "0022_found_quickly"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="submissionreview",
            index=models.Index(
                fields=["run", "attempts", "id"],
                name="review_next",
                condition=models.Q(("state", "pending")),
            ),
        ),
    ]
