"""A student of whom every table holds something, and the search for what is left of them."""

from __future__ import annotations

import re
from collections import deque
from datetime import timedelta
from functools import reduce
from itertools import count
from operator import or_
from typing import TYPE_CHECKING

import pgtrigger
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils import timezone
from django_countries.fields import CountryField
from pghistory.models import Event

from applications import lifecycle
from applications.models import (
    Application,
    CalendarFeed,
    Concession,
    Directive,
    Document,
    EnrolmentConfirmation,
    ErasureRequest,
    LanguageSkill,
    Nomination,
    NominationCorrection,
    PreferenceVerdict,
    RankingMove,
    SubmittedDocument,
    User,
)
from applications.models.encrypted import decrypt
from exchange_portal.privacy.door import GUARDS
from grants import awards
from grants.models import GrantProject, StayDocument
from tests import factories
from tests.applications.rounds import application as applied
from tests.applications.rounds import published_call
from tests.grants.awarded import LATER, NOW, PROJECT, approved_award, award_for
from tests.grants.declared import declare

if TYPE_CHECKING:
    from collections.abc import Iterator

# What is written into every column; the number tells which one it was.
MARK = re.compile(r"zq\d{4}")
TOKEN = re.compile(r"gAAAA[\w=-]+")
# Columns of figures and codes that stay, and what no text fits into.
KEPT = {
    "applications.Application.code",
    "applications.RankedApplication.breakdown",
    "applications.RankedApplication.host_scores",
    "applications.RankedApplication.ties",
    "applications.RankedApplication.lottery",
    "applications.RankedApplication.decided_by",
    "applications.PreferenceOutcome.reason",
    "applications.PreferenceOutcome.figures",
    "applications.ErasureRequest.kept",
    "grants.AwardVersion.reason",
}


def nominated_student(coordinator: User, office: User) -> Application:
    """Return an application that came as far as a paid grant, with a row in every table."""
    call = published_call(
        [[0, 1], [0], [1], [1]], seats=[1, 1], points=["9", "8", "5", "4"], coordinator=coordinator
    )
    application = applied(call, 0)
    student = application.student
    lifecycle.accept_offer(application, by=student, now=timezone.now())
    EnrolmentConfirmation.objects.create(
        application=application, confirmed_by=coordinator, note="-"
    )
    nomination = lifecycle.nominate(application, by=coordinator, now=timezone.now())
    _desk(application, coordinator)
    _grant(nomination, office)
    NominationCorrection.objects.create(
        nomination=nomination, by=coordinator, reason="-", changes={"family_name": ["a", "b"]}
    )
    _account(student, office)
    return application


def _desk(application: Application, coordinator: User) -> None:
    submission = application.submissions.latest()
    document = factories.DocumentFactory.create(application=application)
    SubmittedDocument.objects.create(submission=submission, document=document)
    LanguageSkill.objects.create(submission=submission, language="en", level="B2", proof="school")
    factories.SubmissionReviewFactory.create(submission=submission)
    of_it = {"application": application}
    factories.CommentFactory.create(**of_it, author=coordinator)
    factories.ViewingFactory.create(**of_it, person=coordinator)
    factories.AssignmentFactory.create(**of_it, reader=coordinator)
    factories.OutgoingMailFactory.create(**of_it)
    by_them = {**of_it, "made_by": coordinator, "reason": "-"}
    Concession.objects.create(
        **of_it, reason="-", granted_by=coordinator, until=timezone.now() + timedelta(days=2)
    )
    host = application.call.hosts.order_by("pk")[1]
    PreferenceVerdict.objects.create(**of_it, host=host, reason="-", decided_by=coordinator)
    Directive.objects.create(**by_them, kind="forbid", host=host)
    RankingMove.objects.create(**by_them)
    placement = application.placements.get()
    factories.BetterOfferFactory.create(
        placement=placement,
        host=host,
        is_open=False,
        outcome="kept",
        closed_at=timezone.now(),
    )


def _grant(nomination: Nomination, office: User) -> None:
    declare(nomination, social_reasons="social_child")
    awards.cancel_award(award_for(nomination, office), reason="-", by=office, now=NOW)
    award = approved_award(nomination, office, factories.OfficeFactory.create())
    project = GrantProject.objects.get(code=PROJECT)
    made = awards.make_list(project, [award.payments.get().pk], by=office, now=NOW)
    awards.mark_paid(made, timezone.localdate(LATER), by=office, now=LATER)
    for current in (False, True):
        StayDocument.objects.create(
            nomination=nomination,
            kind="transcript",
            stored_name="x.pdf",
            original_name="x.pdf",
            sha256="0" * 64,
            size=1,
            current=current,
        )


def _account(student: User, office: User) -> None:
    CalendarFeed.objects.create(user=student, created_at=timezone.now())
    EmailAddress.objects.create(user=student, email="x@ruhr-uni-bochum.de")
    SocialAccount.objects.create(user=student, provider="oidc", uid="x", extra_data={})
    ErasureRequest.objects.create(student=student, state=ErasureRequest.State.WITHDRAWN)
    factories.OutgoingMailFactory.create(person=student, application=None)
    for row in (student, Document.objects.get(application__student=student)):
        LogEntry.objects.create(
            user=office,
            content_type=ContentType.objects.get_for_model(type(row)),
            object_id=str(row.pk),
            object_repr="zq9999",
            action_flag=CHANGE,
        )
    factories.RoleGrantFactory.create(
        login_id=student.username,
        role="administrator",
        valid_until=timezone.localdate() - timedelta(days=1),
    )


# -- marks in every column -------------------------------------------------------------------------


def tables_of(target: type[models.Model]) -> dict[type[models.Model], set[str]]:
    """Return every table with a way of keys to `target`, and these ways."""
    found: dict[type[models.Model], set[str]] = {}
    waiting: deque[tuple[type[models.Model], str]] = deque([(target, "")])
    while waiting:
        there, rest = waiting.popleft()
        for model in apps.get_models():
            if issubclass(model, Event) or model._meta.app_label == "pghistory":
                continue
            for field in model._meta.concrete_fields:
                if field.is_relation and field.related_model is there:
                    way = f"{field.name}__{rest}" if rest else field.name
                    if model not in found and model is not target:
                        waiting.append((model, way))
                    found.setdefault(model, set()).add(way)
    return found


def mark(application: Application) -> tuple[dict[str, str], set[str]]:
    """Write a mark into every text about the student; return {mark: column}, columns without."""
    numbers, marks, without = count(), {}, set()
    for rows in _rows_about(application):
        for field in _texts(rows.model):
            column, number = f"{rows.model._meta.label}.{field.name}", f"zq{next(numbers):04d}"
            if column in KEPT:
                continue
            if _write(rows, field, number):
                marks[number] = column
            elif rows.exists():
                without.add(column)
    return marks, without


def _rows_about(application: Application) -> list[models.QuerySet]:
    student = application.student
    rows = {User: User.objects.filter(pk=student.pk)}
    for target, row in ((Application, application), (User, student)):
        for model, ways in tables_of(target).items():
            near = {way for way in ways if target is Application or "__" not in way}
            if model not in rows and near and (target is Application or model is not Application):
                about = [models.Q(**{way: row}) for way in near]
                rows[model] = models.QuerySet(model).filter(reduce(or_, about))
    rows[Application] = Application.objects.filter(pk=application.pk)
    return list(rows.values())


def _texts(model: type[models.Model]) -> Iterator[models.Field]:
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField | models.JSONField)
        if is_text and not (field.choices or field.primary_key or isinstance(field, CountryField)):
            yield field


def _write(rows: models.QuerySet, field: models.Field, number: str) -> bool:
    """Write the mark where the table takes it; history writes it down as well."""
    written = False
    for row in list(rows.distinct()):
        value: object = number
        before = getattr(row, field.name)
        if isinstance(field, models.JSONField):
            before = getattr(row, field.name)
            value = [*before, {"x": number}] if isinstance(before, list) else before | {"x": number}
        try:
            with pgtrigger.ignore(*GUARDS), transaction.atomic():
                models.QuerySet(type(row)).filter(pk=row.pk).update(**{field.name: value})
            written = True
        except (DataError, IntegrityError):
            continue
    return written


def found_marks(*names: str) -> dict[str, set[str]]:
    """Search every row of every table, encrypted columns too; return {table: marks and names}."""
    words = re.compile("|".join([MARK.pattern, *map(re.escape, names)]), re.IGNORECASE)
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT r::text FROM "{table}" AS r')  # noqa: S608 - a table's name
            text = "\n".join(row[0] for row in cursor.fetchall())
            text += "\n".join(decrypt(token) for token in TOKEN.findall(text))
            if here := set(words.findall(text)):
                found[table] = here
    return found
