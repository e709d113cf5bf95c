"""Copies of a call that is over, row by row inside PostgreSQL: ten years in a minute."""

from datetime import timedelta
from functools import partial

import _portal  # noqa: F401 - sets Django up
import _rounds
from django.db import connection
from django.db.models import Field, ForeignKey, Model
from psycopg.sql import SQL, Composable, Identifier, Literal

from applications import models
from applications.models.application import CODE_ALPHABET

# Further than any sequence comes; each copy has its own range of primary keys.
RANGE = 10_000_000
# What belongs to a call, and by which way; parents first.
OF_A_CALL: tuple[tuple[type[Model], str], ...] = (
    (models.Call, "pk"),
    (models.CallHost, "call"),
    (models.Criterion, "call"),
    (models.User, "applications__call"),
    (models.Application, "call"),
    (models.Submission, "application__call"),
    (models.LanguageSkill, "submission__application__call"),
    (models.Preference, "submission__application__call"),
    (models.Document, "application__call"),
    (models.SubmittedDocument, "submission__application__call"),
    (models.ReviewRun, "call"),
    (models.SubmissionReview, "run__call"),
    (models.Assignment, "application__call"),
    (models.Viewing, "application__call"),
    (models.Comment, "application__call"),
    (models.ScoreSheet, "application__call"),
    (models.Score, "sheet__application__call"),
    (models.StateChange, "application__call"),
    (models.Ranking, "call"),
    (models.RankedApplication, "ranking__call"),
    (models.AllocationRun, "call"),
    (models.PreferenceOutcome, "run__call"),
    (models.Placement, "run__call"),
    (models.EnrolmentConfirmation, "application__call"),
    (models.Nomination, "application__call"),
    (models.OutgoingMail, "application__call"),
)
_COPIED = {model for model, _way in OF_A_CALL}


def copy_of(
    call: models.Call, number: int, *, years_back: int, programme: models.Programme
) -> None:
    """Copy a call with all that hangs on it to a programme, so many years earlier.

    `number` is from 1, once each.
    """
    with _rounds.without_triggers(), connection.cursor() as cursor:
        for model, way in OF_A_CALL:
            copied = [field for field in model._meta.concrete_fields if not field.generated]
            value = partial(_value, number=number, years_back=years_back)
            chosen, given = (
                model.objects.filter(**{way: call.pk}).values("pk").query.sql_with_params()
            )
            statement = SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {} IN ({})").format(
                Identifier(model._meta.db_table),
                SQL(", ").join(Identifier(field.column) for field in copied),
                SQL(", ").join(map(value, copied)),
                Identifier(model._meta.db_table),
                Identifier(model._meta.pk.column),
                SQL(chosen),
            )
            cursor.execute(statement, given)
        cursor.execute(
            "UPDATE applications_call SET programme_id = %s WHERE id = %s",
            [programme.pk, call.pk + number * RANGE],
        )


def _value(field: Field, *, number: int, years_back: int) -> Composable:
    """Return what a column of the copy is made from."""
    column = Identifier(field.column)
    own = _own_value(field, column, number)
    if own is not None:
        return own
    points_at = field.related_model if isinstance(field, ForeignKey) else None
    if field.primary_key or (points_at in _COPIED and not _is_staff(field)):
        return SQL("{} + {}").format(column, Literal(number * RANGE))
    if field.name == "academic_year":
        return SQL("{} - {}").format(column, Literal(years_back))
    if field.get_internal_type() == "DateTimeField":
        return SQL("{} - {}").format(column, Literal(timedelta(days=365 * years_back)))
    return column


def _own_value(field: Field, column: Composable, number: int) -> Composable | None:
    """Return what must differ from copy to copy, or what can't be copied."""
    longer = SQL("{} || {}").format(column, Literal(f"-{number}"))
    return {
        (models.Nomination, "id"): SQL("gen_random_uuid()"),
        # Longer than any the portal makes: no other application has it.
        (models.Application, "code"): SQL("{} || {}").format(column, Literal(_ending(number))),
        (models.Call, "code"): longer,
        (models.User, "username"): longer,
        (models.Document, "stored_name"): SQL("md5({0}) || md5({1}) || '.pdf'").format(
            longer, column
        ),
        (models.OutgoingMail, "key"): longer,
        # Its seats are those of another year.
        (models.Placement, "pool"): SQL("NULL"),
        (models.Placement, "extra_seat"): SQL("true"),
    }.get((field.model, field.name))


def _is_staff(field: Field) -> bool:
    """Tell whether a column names a reader or whoever did something: they stay who they are."""
    if field.model is models.OutgoingMail:
        return False
    return field.name.endswith("_by") or field.name in {"by", "reader", "author", "person"}


def _ending(number: int) -> str:
    """Return two letters that no other copy has."""
    first, second = divmod(number, len(CODE_ALPHABET))
    return CODE_ALPHABET[first] + CODE_ALPHABET[second]
