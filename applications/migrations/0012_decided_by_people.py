"""Let the database refuse a decision on an application that no person made (GDPR Art. 22).

Rows written before are left as they are, not checked and not changed: they say what happened.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0011_desk_data")]

    operations = [
        AddConstraintNotValid(
            model_name="statechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("before__in", ["under_review", "eligible", "ineligible"]), _negated=True
                    ),
                    ("by__isnull", False),
                    _connector="OR",
                ),
                name="decided_by_a_person",
            ),
        ),
    ]
