"""Beginning anew: the past round from its deadline or its ranking on, or the whole demonstration.

The only code that reaches behind the protections of the tables. It runs on a demonstration alone.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Q

from applications.lifecycle import lock_call
from applications.mails import Event
from applications.models import (
    AllocationRun,
    Application,
    Assignment,
    BetterOffer,
    Call,
    Comment,
    Concession,
    Directive,
    Document,
    EnrolmentConfirmation,
    Nomination,
    NominationCorrection,
    OutgoingMail,
    Placement,
    PreferenceOutcome,
    PreferenceVerdict,
    RankedApplication,
    Ranking,
    RankingMove,
    RetentionRule,
    ReviewRun,
    Score,
    ScoreSheet,
    StateChange,
    Submission,
    SubmissionReview,
    SubmittedDocument,
    User,
    Viewing,
)
from applications.models.submission import LanguageSkill, Preference
from applications.states import State
from exchange_portal.demo.catalogue import MADE_UP_DOMAIN
from exchange_portal.demo.granting import remove_grants
from exchange_portal.demo.people import PREFIX
from exchange_portal.demo_idp.persons import BY_LOGIN_ID
from partners.models import HostTerm, HostUniversity, NominationDeadline, SeatPool, Testimonial

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime


# What stands in an application's history at the deadline, before the worker closes the call.
BEFORE_THE_DEADLINE = (State.DRAFT, State.SUBMITTED, State.WITHDRAWN)
# Sent before the deadline; a withdrawal may have come later, see `_restore_states`. The keys of
# concessions name neither of what the others name.
KEPT_MAILS = (Event.RECEIPT, Event.REMINDER, Event.WITHDRAWN, Event.CONCESSION)
KEPT_WITH_SCORES = (*KEPT_MAILS, Event.LAPSED, Event.INELIGIBLE, Event.REVIEW_DONE)
DECIDED = (State.ELIGIBLE, State.INELIGIBLE)
# Loaded by migrations or edited by the office: no part of a round.
KEPT_MODELS = (
    *("degreeprogramme", "programme", "documentslot", "helptopic", "reasontemplate"),
    *("retentionruleevent", "legalpage", "processingactivity"),
)
# The tables grants are computed from were loaded by migrations; of grants these are awarded.
OF_GRANTS = (
    *("grantaward", "awardversion", "grantdeclaration", "grantpayment"),
    *("paymentlist", "staydocument", "tablechange"),
)


def only_in_the_demonstration() -> None:
    if not settings.PORTAL_DEMO:
        raise PermissionDenied


# -- one round -------------------------------------------------------------------------------------


def reset_round(call: Call, *, keep_scores: bool = False) -> None:
    """Set a call back to the day after its deadline; the worker closes and reviews it again.

    Everything that happened since is removed: review, scores, rankings, runs, places, results,
    nominations, grants and their mails, also what students handed in late. With `keep_scores` all
    is kept until everybody was read, decided on and scored: the next step is the ranking. The log
    of exports stays, since those lists did leave the portal. Raises PermissionDenied outside the
    demonstration and ValueError for a call without a deadline.
    """
    only_in_the_demonstration()
    if call.deadline is None:
        raise ValueError("A call without a deadline can't be set back.")
    with transaction.atomic(), pgtrigger.ignore():
        locked = lock_call(call.pk)
        ours = Application.objects.select_for_update(of=("self",)).filter(call=locked)
        list(ours.values_list("pk", flat=True))
        _remove_mails(locked, KEPT_WITH_SCORES if keep_scores else KEPT_MAILS)
        _remove_results(locked)
        Call.objects.filter(pk=locked.pk).update(published_at=None)
        if keep_scores:
            _restore_decisions(locked)
        else:
            _remove_reading(locked)
            _remove_late_papers(locked, call.deadline)
            _restore_states(locked, call.deadline)
            Call.objects.filter(pk=locked.pk).update(closed_at=None, applications_sha256="")
    call.refresh_from_db()


def _remove_results(call: Call) -> None:
    """Remove everything from the ranking on."""
    of_applications = {"application__call": call}
    remove_grants(call)
    NominationCorrection.objects.filter(nomination__application__call=call).delete()
    Nomination.objects.filter(**of_applications).delete()
    EnrolmentConfirmation.objects.filter(**of_applications).delete()
    PreferenceOutcome.objects.filter(**of_applications).delete()
    BetterOffer.objects.filter(**of_applications).delete()
    Placement.objects.filter(**of_applications).delete()
    # A run points to the one it follows: the newest go first.
    for run in AllocationRun.objects.filter(call=call).order_by("-number"):
        run.delete()
    RankedApplication.objects.filter(ranking__call=call).delete()
    Ranking.objects.filter(call=call).delete()
    RankingMove.objects.filter(**of_applications).delete()
    Directive.objects.filter(**of_applications).delete()


def _remove_reading(call: Call) -> None:
    """Remove the review, what was decided on it, and the scores."""
    of_applications = {"application__call": call}
    PreferenceVerdict.objects.filter(**of_applications).delete()
    Score.objects.filter(sheet__application__call=call).delete()
    ScoreSheet.objects.filter(**of_applications).delete()
    for of_the_desk in (Assignment, Comment, Viewing):
        of_the_desk.objects.filter(**of_applications).delete()
    SubmissionReview.objects.filter(run__call=call).delete()
    ReviewRun.objects.filter(call=call).delete()


def _remove_mails(call: Call, kept: Collection[Event]) -> None:
    """Remove the mails about this call, but for those of the events that are `kept`.

    Their keys name the event and the application, the place or the nomination it was about.
    """
    of_call = {"application__call": call}
    about = [
        *call.applications.values_list("code", flat=True),
        *Placement.objects.filter(**of_call).values_list("pk", flat=True),
        *BetterOffer.objects.filter(**of_call).values_list("pk", flat=True),
        *Nomination.objects.filter(**of_call).values_list("pk", flat=True),
    ]
    keys = [f"{event}:{what}" for event in Event if event not in kept for what in about]
    if Event.REVIEW_DONE not in kept:
        concessions = Concession.objects.filter(slot__isnull=False, **of_call)
        keys += [f"{Event.CONCESSION}:{pk}" for pk in concessions.values_list("pk", flat=True)]
    corrections = NominationCorrection.objects.filter(nomination__application__call=call)
    keys += [
        f"{Event.CORRECTED}:{nomination}:{pk}"
        for nomination, pk in corrections.values_list("nomination", "pk")
    ]
    OutgoingMail.objects.filter(key__in=keys).delete()
    OutgoingMail.objects.filter(key__startswith=f"{Event.NOMINATIONS_NEWS}:{call.pk}:").delete()
    reminders = OutgoingMail.objects.filter(key__startswith=f"{Event.OFFER_REMINDER}:")
    reminders.filter(**of_call).delete()
    for run in AllocationRun.objects.filter(call=call).values_list("pk", flat=True):
        OutgoingMail.objects.filter(key__startswith=f"{Event.RESULT}:{run}:").delete()
    if Event.REVIEW_DONE not in kept:
        for review in ReviewRun.objects.filter(call=call).values_list("pk", flat=True):
            OutgoingMail.objects.filter(key__startswith=f"{Event.REVIEW_DONE}:{review}:").delete()


def _remove_late_papers(call: Call, deadline: datetime) -> None:
    """Remove what came in by a slot that was opened again; the files before count again."""
    late = Submission.objects.filter(application__call=call, submitted_at__gte=deadline)
    SubmittedDocument.objects.filter(submission__in=late).delete()
    LanguageSkill.objects.filter(submission__in=late).delete()
    Preference.objects.filter(submission__in=late).delete()
    late.delete()
    Concession.objects.filter(application__call=call, slot__isnull=False).delete()
    came_late = Document.objects.filter(application__call=call, uploaded_at__gte=deadline)
    touched = set(came_late.values_list("application", flat=True))
    came_late.delete()
    for application in Application.objects.filter(pk__in=touched):
        newest = application.submissions.order_by("-number").first()
        if newest is not None:
            application.documents.filter(submitted__submission=newest).update(current=True)


def _restore_states(call: Call, deadline: datetime) -> None:
    """Bring every application back to the state it had when the deadline passed."""
    changes = StateChange.objects.filter(application__call=call)
    withdrawn_late = changes.filter(after=State.WITHDRAWN, at__gte=deadline)
    codes = withdrawn_late.values_list("application__code", flat=True)
    keys = [f"{Event.WITHDRAWN}:{code}" for code in codes]
    OutgoingMail.objects.filter(key__in=keys).delete()
    changes.filter(Q(at__gte=deadline) | ~Q(after__in=BEFORE_THE_DEADLINE)).delete()
    before: dict[int, str] = {}
    for row in changes.order_by("at", "pk"):
        before[row.application_id] = row.after
    for state in BEFORE_THE_DEADLINE:
        Application.objects.filter(call=call).filter(
            pk__in=[
                pk
                for pk in call.applications.values_list("pk", flat=True)
                if before.get(pk, State.DRAFT) == state
            ]
        ).update(state=state)


def _restore_decisions(call: Call) -> None:
    """Bring everybody who was decided on back to that decision; the others stay as they are."""
    changes = StateChange.objects.filter(application__call=call)
    for decision in (
        changes.filter(after__in=DECIDED)
        .select_related("application")
        .order_by("application_id", "-at", "-pk")
        .distinct("application_id")
    ):
        later = changes.filter(application=decision.application_id).filter(
            Q(at__gt=decision.at) | Q(at=decision.at, pk__gt=decision.pk)
        )
        if later.filter(after=State.WITHDRAWN).exists():
            code = decision.application.code
            OutgoingMail.objects.filter(key=f"{Event.WITHDRAWN}:{code}").delete()
        later.delete()
        Application.objects.filter(pk=decision.application_id).update(state=decision.after)


# -- everything ------------------------------------------------------------------------------------


class ForeignPeople(Exception):  # noqa: N818 - an answer
    """The database holds people who are not of the demonstration: nothing is removed."""


def wipe() -> None:
    """Empty the demonstration: people, calls, applications, made-up seats and stored files.

    Partners, programmes, real seats and grant tables stay. Raises ForeignPeople when somebody
    real is found, and PermissionDenied outside the demonstration; nothing is removed then.
    """
    only_in_the_demonstration()
    known = list(BY_LOGIN_ID)
    foreign = User.objects.exclude(username__in=known).exclude(username__startswith=PREFIX)
    if foreign.filter(erased_at=None).exists():
        raise ForeignPeople
    names = ", ".join(connection.ops.quote_name(name) for name in sorted(_tables()))
    with transaction.atomic(), connection.cursor() as cursor:
        # Without CASCADE: a table we did not think of stops it instead of being emptied.
        rules = list(RetentionRule.objects.order_by("pk"))
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY")
        # They name who confirmed them: kept, they would keep people from going.
        RetentionRule.objects.bulk_create(_unconfirmed(rules))
        _remove_made_up()
    for folder in Path(settings.PORTAL_FILES).glob("??"):
        shutil.rmtree(folder, ignore_errors=True)


def _unconfirmed(rules: list[RetentionRule]) -> Iterator[RetentionRule]:
    for rule in rules:
        rule.pk = None
        rule.months_in_force = rule.changed_by = rule.confirmed_by = rule.confirmed_at = None
        yield rule


def _tables() -> set[str]:
    """Return the tables to empty: all of applications, grants awarded, sign-ins, the admin's log.

    What the migrations loaded stays: programmes, partners, the tables grants are computed from.
    """
    whole = ("applications", "account", "admin", "sessions", "socialaccount")
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if (
            model._meta.app_label in whole
            and not str(model._meta.model_name).startswith(KEPT_MODELS)
        )
        or str(model._meta.model_name).startswith(OF_GRANTS)
    }


def _remove_made_up() -> None:
    SeatPool.objects.filter(made_up=True).delete()
    NominationDeadline.objects.filter(made_up=True).delete()
    HostTerm.objects.filter(made_up=True).delete()
    HostUniversity.objects.filter(schac_id__endswith=MADE_UP_DOMAIN).update(schac_id="")
    # Their files go with the folder of files; the demonstration has no others.
    Testimonial.objects.all().delete()
