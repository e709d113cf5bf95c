"""Indexes for long lists: by time, by name, and for a part of a text that is searched."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations, models
from django.db.models.functions import Upper

FOUND_BY = (
    ("application", "code", "application_found_by_code"),
    ("outgoingmail", "recipient", "mail_found_by_recipient"),
    ("user", "username", "user_found_by_login"),
    ("user", "family_name", "user_found_by_family_name"),
    ("user", "given_names", "user_found_by_given_names"),
    ("user", "matriculation_number", "user_found_by_matriculation"),
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("applications", "0021_retention_confirmed"),
    ]

    operations = [
        TrigramExtension(),
        AddIndexConcurrently(
            model_name="outgoingmail",
            index=models.Index(fields=["-created_at"], name="mail_by_time"),
        ),
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(fields=["family_name", "given_names"], name="user_by_name"),
        ),
        *(
            AddIndexConcurrently(
                model_name=model,
                index=GinIndex(OpClass(Upper(field), name="gin_trgm_ops"), name=name),
            )
            for model, field, name in FOUND_BY
        ),
    ]
