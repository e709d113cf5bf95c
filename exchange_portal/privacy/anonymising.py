"""An application loses its person; what rounds, rankings and budgets were counted from stays.

What was typed, written and uploaded goes, with every copy in the histories and every list made of
it. The files follow by `lifecycle.purge_files`, once no row names them. Of the moments that stay
only the day does: the audit log tells of each request to the second, and whose data it was about.
"""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import DateTimeField, F, Func, Value
from django.utils import timezone
from django.utils.crypto import get_random_string
from pghistory.models import Context

from applications.exports import jobs
from applications.mails import Event
from applications.models import (
    Application,
    Assignment,
    AuditEntry,
    BetterOffer,
    Comment,
    Concession,
    Directive,
    Document,
    EnrolmentConfirmation,
    ExportJob,
    LanguageSkill,
    Nomination,
    NominationCorrection,
    OutgoingMail,
    Placement,
    PreferenceVerdict,
    RankingMove,
    ScoreSheet,
    StateChange,
    Submission,
    SubmissionReview,
    SubmittedDocument,
    User,
    Viewing,
)
from applications.states import State
from exchange_portal.privacy.door import forget_log, histories, rows_of
from grants.models import (
    AwardVersion,
    GrantAward,
    GrantDeclaration,
    GrantPayment,
    StayDocument,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import Model, QuerySet

# Stands where the tables want some text.
GONE = "—"
NO_BIRTHDAY = date(1900, 1, 1)
# No login id has a colon: nobody can ever sign in as this.
ERASED = "erased:"
CODE_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"

# Rows of an application that go, in this order, with the way to it.
DELETED: tuple[tuple[type[Model], str], ...] = (
    (Viewing, "application"),
    (Comment, "application"),
    (Assignment, "application"),
    (Concession, "application"),
    (EnrolmentConfirmation, "application"),
    (OutgoingMail, "application"),
    (SubmittedDocument, "submission__application"),
    (Document, "application"),
    (LanguageSkill, "submission__application"),
    (NominationCorrection, "nomination__application"),
    (StayDocument, "nomination__application"),
    (GrantDeclaration, "nomination__application"),
)
# Rows that figures are counted from; of these columns nobody's figure is.
BLANKED: tuple[tuple[type[Model], str, dict[str, Any]], ...] = (
    (StateChange, "application", {"reason": ""}),
    (ScoreSheet, "application", {"comment": ""}),
    (PreferenceVerdict, "application", {"reason": GONE}),
    (RankingMove, "application", {"reason": GONE}),
    (Directive, "application", {"reason": GONE}),
    (Nomination, "application", {"comment": "", "corrections": {}}),
    (SubmissionReview, "submission__application", {"findings": [], "error": ""}),
    (
        Submission,
        "application",
        {
            "family_name": "",
            "given_names": "",
            "birth_date": NO_BIRTHDAY,
            "nationality": "",
            "matriculation_number": "",
            "esi": "",
            "email": "",
            "phone": "",
            "street": "",
            "postal_code": "",
            "city": "",
            "country": "",
            "earlier_months": None,
            "remarks": "",
        },
    ),
    (
        AwardVersion,
        "award__nomination__application",
        {
            "note": "",
            "social_reasons": "",
            "real_costs_eur": None,
            "real_costs_reason": "",
            "waiver_reason": "",
            "ects": None,
            "ects_statement": "",
            "interruptions": [],
            "earlier_days": 0,
            "extension_asked_on": None,
            "warnings": [],
            "sent_back": "",
        },
    ),
    (GrantPayment, "award__nomination__application", {"family_name": "", "given_names": ""}),
)

# Rows that stay with the moment something was done in them.
DATED: tuple[tuple[type[Model], str], ...] = (
    (Application, "pk"),
    (Placement, "application"),
    (BetterOffer, "application"),
    (GrantAward, "nomination__application"),
    *((model, way) for model, way, _blank in BLANKED),
)
# Set for many at once, or before anybody did anything.
LIMITS = frozenset({"answer_by", "due_at", "extended_until", "leased_until"})


def let_go(application: Application, *, now: datetime) -> None:
    """Take the person out of a locked application; the caller stands behind the guards.

    A draft still open goes whole: nothing was counted from it yet, and nobody is to be reminded.
    """
    student = application.student
    _forget_traces(application, student)
    _drop_lists(application)
    for model, way in DELETED:
        rows = rows_of(model).filter(**{way: application})
        _forget_lines(rows)
        rows.delete()
    if application.state == State.DRAFT:
        StateChange.objects.filter(application=application).delete()
        application.delete()
    else:
        _anonymise(application, student, now)


def _anonymise(application: Application, student: User, now: datetime) -> None:
    for model, way, blank in BLANKED:
        rows = rows_of(model).filter(**{way: application})
        _forget_lines(rows)
        rows.update(**blank)
    _blank_grants(application)
    day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    nobody = placeholder(day)
    StateChange.objects.filter(application=application, by=student).update(by=nobody)
    Application.objects.filter(pk=application.pk).update(
        student=nobody, draft={}, draft_turns={}, draft_saved_at=None, anonymised_at=day
    )
    _keep_days_only(application)


def _keep_days_only(application: Application) -> None:
    day, zone = Value("day"), Value(settings.TIME_ZONE)
    for model, way in DATED:
        moments = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, DateTimeField) and field.name not in LIMITS
        ]
        days = {name: Func(day, F(name), zone, function="date_trunc") for name in moments}
        rows_of(model).filter(**{way: application.pk}).update(**days)


def placeholder(now: datetime) -> User:
    """Return a new person who is nobody, for rows that must name one."""
    return User.objects.create(
        username=erased_name(),
        password=make_password(None),
        is_active=False,
        date_joined=now,
        erased_at=now,
    )


def erased_name() -> str:
    return ERASED + get_random_string(16, CODE_LETTERS)


def _forget_lines(rows: QuerySet[Any]) -> None:
    forget_log(rows.model, list(rows.values_list("pk", flat=True)))


# -- histories and logs ----------------------------------------------------------------------------


def _forget_traces(application: Application, student: User) -> None:
    """Remove what the histories and logs would tell: the answers, or whose they were."""
    forget_log(Application, [application.pk])
    _forget_histories(application)
    # The address of each request stands there with who made it.
    Context.objects.filter(metadata__url__icontains=f"/{application.code}/").delete()
    about = AuditEntry.objects.filter(students__contains=[student.pk])
    about.filter(students__len=1).exclude(target="").update(target="")
    about.filter(target__contains=application.code).update(
        target=Func(
            F("target"),
            Value(rf"\m{re.escape(application.code)}\M"),
            Value(GONE),
            Value("g"),
            function="regexp_replace",
        )
    )
    # Staff are told by name and code who was nominated; the code never changes.
    news = f"{Event.NOMINATIONS_NEWS}:{application.call_id}:"
    OutgoingMail.objects.filter(key__startswith=news, body__contains=application.code).delete()


def _drop_lists(application: Application) -> None:
    """Remove the lists made of the call, also one being made: its worker finds its row gone."""
    made = ExportJob.objects.filter(call=application.call_id)
    files = [jobs.stored_path(name) for name in made.values_list("stored_name", flat=True) if name]
    made.delete()
    for file in files:
        transaction.on_commit(partial(file.unlink, missing_ok=True))


def _forget_histories(application: Application) -> None:
    nominations = list(application.nominations.values_list("pk", flat=True))
    sheets = list(application.score_sheets.values_list("pk", flat=True))
    keys: dict[str, Collection[object]] = {
        "application": [application.pk],
        "nomination": nominations,
        "sheet": sheets,
    }
    for tracked, history in histories().items():
        rows = rows_of(history)
        names = {field.name for field in history._meta.fields}
        for name in keys.keys() & names:
            rows.filter(**{f"{name}__in": keys[name]}).delete()
        if tracked is Application:
            rows.filter(pgh_obj=application.pk).delete()


# -- grants ----------------------------------------------------------------------------------------


def _blank_grants(application: Application) -> None:
    """Leave of the grants what a project's budget is counted from: the sums."""
    awards = GrantAward.objects.filter(nomination__application=application)
    _forget_lines(awards)
    awards.exclude(cancel_reason="").update(cancel_reason=GONE)
    GrantPayment.objects.filter(award__in=awards, payment_list__isnull=False).update(
        iban=GONE, account_holder=GONE
    )
    GrantPayment.objects.filter(award__in=awards, payment_list=None).update(
        iban="", account_holder=""
    )
    for version in AwardVersion.objects.filter(award__in=awards).exclude(lines=[]):
        AwardVersion.objects.filter(pk=version.pk).update(lines=[_in_one(version)])


def _in_one(version: AwardVersion) -> dict[str, str | int]:
    """Return one line for all: the single ones tell of illness, children and money."""
    total = f"{version.total:.2f}"
    code: str = version.lines[0]["code"]
    return {"code": code, "quantity": 1, "rate": total, "amount": total, "source": ""}
