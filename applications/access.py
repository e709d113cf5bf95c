"""Who may see and do what: the only place that knows. Everything is closed unless it stands here.

Students are known by their affiliation, staff by their role grants. A coordinator handles the own
faculty, the office all of them; an administrator handles people and roles, not applications.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeGuard, TypeVar

from django.contrib.auth.backends import BaseBackend
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from applications.models import (
    Application,
    CalendarFeed,
    Call,
    Document,
    Nomination,
    Programme,
    ScoreSheet,
    Submission,
    User,
)
from applications.models.people import Role
from applications.models.programme import DocumentKind, HandledBy
from applications.states import END_STATES, State
from partners.models import Testimonial

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

M = TypeVar("M", bound=Model)

READ = frozenset({"view"})
KEEP = frozenset({"view", "add", "change"})
OWN = frozenset({"view", "add", "change", "delete"})

# What each role may do in the admin, by table. Rows of another faculty stay out of sight anyway.
TABLES: dict[str, dict[str, frozenset[str]]] = {
    Role.COORDINATOR: {
        "partners.faculty": READ,
        "partners.hostuniversity": READ,
        "partners.agreement": KEEP,
        "partners.seatpool": OWN,
        "partners.nominationdeadline": READ,
        "partners.hostterm": READ,
        "partners.testimonial": READ,
        "partners.network": READ,
        "applications.helptopic": READ,
        "applications.degreeprogramme": READ,
        "applications.programme": READ,
        "applications.documentslot": READ,
        "applications.programmecriterion": READ,
        "applications.call": KEEP,
        "applications.callhost": OWN,
        "applications.criterion": OWN,
        "applications.application": READ,
        "applications.submission": READ,
        "applications.statechange": READ,
        "applications.concession": frozenset({"view", "add"}),
        "applications.reviewrun": READ,
        "applications.submissionreview": READ,
        "applications.scoresheet": READ,
        "applications.score": READ,
        "applications.ranking": READ,
        "applications.rankedapplication": READ,
        "applications.directive": frozenset({"view", "add", "delete"}),
        "applications.preferenceverdict": frozenset({"view", "add", "delete"}),
        "applications.allocationrun": READ,
        "applications.placement": READ,
        "applications.nomination": READ,
        "applications.exportlog": READ,
    },
    Role.OFFICE: {
        "partners.faculty": KEEP,
        "partners.hostuniversity": KEEP,
        "partners.agreement": KEEP,
        "partners.seatpool": OWN,
        "partners.nominationdeadline": OWN,
        "partners.hostterm": OWN,
        "partners.testimonial": OWN,
        "partners.network": OWN,
        "applications.helptopic": OWN,
        "applications.degreeprogramme": KEEP,
        "applications.programme": KEEP,
        "applications.documentslot": OWN,
        "applications.programmecriterion": OWN,
        "applications.call": READ,
        "applications.callhost": READ,
        "applications.criterion": READ,
        "applications.application": READ,
        "applications.submission": READ,
        "applications.statechange": READ,
        "applications.reviewrun": READ,
        "applications.ranking": READ,
        "applications.rankedapplication": READ,
        "applications.allocationrun": READ,
        "applications.placement": READ,
        "applications.nomination": READ,
        "applications.exportlog": READ,
        "applications.outgoingmail": READ,
        "applications.user": READ,
        "applications.rolegrant": OWN,
        "grants.grantproject": KEEP,
        "grants.grantrate": OWN,
        "grants.countrystatus": OWN,
        "grants.topup": OWN,
        "grants.travelband": OWN,
        "grants.grantaward": KEEP,
    },
    Role.ADMINISTRATOR: {
        "applications.user": frozenset({"view", "change"}),
        "applications.rolegrant": OWN,
        "applications.outgoingmail": READ,
        "partners.faculty": KEEP,
    },
}


def known(user: AbstractBaseUser | AnonymousUser) -> TypeGuard[User]:
    """Tell whether this is a signed-in, active person of ours."""
    return isinstance(user, User) and user.is_active


class RoleBackend(BaseBackend):
    """Answers Django's permission questions from the role grants; signs nobody in."""

    def has_perm(
        self, user_obj: AbstractBaseUser | AnonymousUser, perm: str, obj: Model | None = None
    ) -> bool:
        if not known(user_obj):
            return False
        app_label, _, codename = perm.partition(".")
        action, _, model = codename.partition("_")
        table = f"{app_label}.{model}"
        allowing = {role for role in user_obj.roles if action in TABLES[role].get(table, ())}
        if not allowing:
            return False
        if obj is None or allowing - {Role.COORDINATOR}:
            return True
        faculty = faculty_of(obj)
        return faculty is None or faculty in (user_obj.faculty_ids or ())

    def has_module_perms(self, user_obj: AbstractBaseUser | AnonymousUser, app_label: str) -> bool:
        return known(user_obj) and any(
            table.startswith(f"{app_label}.") for role in user_obj.roles for table in TABLES[role]
        )


# The way from each kind of row to the faculty that answers for it.
FACULTY_PATHS: dict[str, str] = {
    "partners.agreement": "faculty",
    "partners.seatpool": "agreement__faculty",
    "applications.programme": "faculty",
    "applications.documentslot": "programme__faculty",
    "applications.programmecriterion": "programme__faculty",
    "applications.call": "programme__faculty",
    "applications.callhost": "call__programme__faculty",
    "applications.criterion": "call__programme__faculty",
    "applications.application": "call__programme__faculty",
    "applications.submission": "application__call__programme__faculty",
    "applications.statechange": "application__call__programme__faculty",
    "applications.concession": "application__call__programme__faculty",
    "applications.document": "application__call__programme__faculty",
    "applications.reviewrun": "call__programme__faculty",
    "applications.submissionreview": "run__call__programme__faculty",
    "applications.scoresheet": "application__call__programme__faculty",
    "applications.score": "sheet__application__call__programme__faculty",
    "applications.ranking": "call__programme__faculty",
    "applications.rankedapplication": "ranking__call__programme__faculty",
    "applications.directive": "application__call__programme__faculty",
    "applications.preferenceverdict": "application__call__programme__faculty",
    "applications.allocationrun": "call__programme__faculty",
    "applications.placement": "application__call__programme__faculty",
    "applications.preferenceoutcome": "application__call__programme__faculty",
    "applications.nomination": "application__call__programme__faculty",
    "applications.exportlog": "call__programme__faculty",
}


def faculty_of(obj: Model) -> int | None:
    """Return the pk of the faculty a row belongs to, or None when it belongs to no faculty."""
    path = FACULTY_PATHS.get(obj._meta.label_lower)
    if path is None:
        return None
    for step in path.split("__")[:-1]:
        obj = getattr(obj, step)
    faculty: int = getattr(obj, f"{path.split('__')[-1]}_id")
    return faculty


def rows_visible_to(user: AbstractBaseUser | AnonymousUser, rows: QuerySet[M]) -> QuerySet[M]:
    """Narrow the rows of any table to those of the person's faculties (all for the office).

    Tables that belong to no faculty come back whole: whether the person may open them at all is
    asked of `has_perm`.
    """
    if not known(user) or not user.roles:
        return rows.none()
    path = FACULTY_PATHS.get(rows.model._meta.label_lower)
    if path is None or user.faculty_ids is None:
        return rows
    return rows.filter(**{f"{path}__in": user.faculty_ids})


# -- the doors ---------------------------------------------------------------------------------


def applications_visible_to(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Application]:
    """All applications a person may look at: one's own, and those of one's faculties."""
    if not known(user):
        return Application.objects.none()
    visible = Q(student=user)
    if user.is_office:
        return Application.objects.all()
    if user.is_coordinator:
        visible |= Q(call__programme__faculty__in=user.faculty_ids or ())
    return Application.objects.filter(visible)


def application_for(user: AbstractBaseUser | AnonymousUser, code: str) -> Application:
    """Return the application with this code. Raises Http404 for everybody it is not for."""
    found = (
        applications_visible_to(user)
        .select_related("call__programme__faculty", "student")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404
    return found


def own_application_for(user: AbstractBaseUser | AnonymousUser, code: str) -> Application:
    """Return the person's own application with this code. Raises Http404 otherwise."""
    found = application_for(user, code)
    if found.student_id != user.pk:
        raise Http404
    return found


def document_for(user: AbstractBaseUser | AnonymousUser, code: str, pk: int) -> Document:
    """Return a document of an application. Raises Http404 for everybody it is not for.

    Staff read what was submitted; a draft's files are the student's own business. Who reads blind
    gets no curriculum vitae: its photo and name are what is kept from them.
    """
    application = application_for(user, code)
    documents = application.documents.select_related("slot")
    if application.student_id != user.pk:
        documents = documents.filter(submitted__isnull=False).distinct()
        if reads_blind(user, application):
            documents = documents.exclude(slot__kind=DocumentKind.CV)
    found = documents.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def submission_for(user: AbstractBaseUser | AnonymousUser, code: str, number: int) -> Submission:
    """Return one numbered submission. Raises Http404 for everybody it is not for."""
    found = application_for(user, code).submissions.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def calls_visible_to(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Call]:
    """Return all calls: they are announced to everybody who can sign in."""
    if not known(user):
        return Call.objects.none()
    return Call.objects.select_related("programme__faculty")


def call_for(user: AbstractBaseUser | AnonymousUser, code: str) -> Call:
    """Return the call with this code. Raises Http404 when there is none for this person."""
    found = calls_visible_to(user).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def programmes_visible_to(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Programme]:
    """Return all programmes: everybody who can sign in reads who may go where, and how."""
    if not known(user):
        return Programme.objects.none()
    return Programme.objects.select_related("faculty")


def programme_for(user: AbstractBaseUser | AnonymousUser, key: str) -> Programme:
    """Return the programme with this key. Raises Http404 when there is none for this person."""
    found = programmes_visible_to(user).filter(key=key).first()
    if found is None:
        raise Http404
    return found


# A person's number and an HMAC-SHA256 in base64, as `CalendarFeed.token` writes them.
_CALENDAR_TOKEN = re.compile(r"([1-9][0-9]{0,17})-([A-Za-z0-9_-]{43})", re.ASCII)


def person_of_calendar(token: str) -> User:
    """Return whose calendar address this is. Raises the same Http404 whatever is wrong with it.

    Calendar programs sign nobody in, so the token is all there is: whoever was deactivated or
    left the university gets nothing by it any more.
    """
    parts = _CALENDAR_TOKEN.fullmatch(token)
    if parts is None:
        raise Http404
    feed = CalendarFeed.objects.select_related("user").filter(user=int(parts[1])).first()
    # An address nobody has is compared all the same: how long it takes tells nothing.
    genuine = (feed or CalendarFeed(user_id=int(parts[1]))).is_signed_by(parts[2])
    if feed is None or not genuine or not can_subscribe(feed.user):
        raise Http404
    return feed.user


def calendar_of(user: AbstractBaseUser | AnonymousUser) -> CalendarFeed | None:
    """Return the person's living calendar address, if there is one."""
    return CalendarFeed.objects.filter(user=user.pk).first() if can_subscribe(user) else None


def can_subscribe(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whoever belongs to the university may have the dates in a calendar of their own."""
    return known(user) and user.belongs_to_university


def managed_call_for(user: AbstractBaseUser | AnonymousUser, pk: int) -> Call:
    """Return a call whose round this person runs. Raises Http404 otherwise."""
    found = rows_visible_to(user, Call.objects.select_related("programme__faculty")).filter(pk=pk)
    call = found.first()
    if call is None or not can_see_round(user, call):
        raise Http404
    return call


def managed_calls_for(user: AbstractBaseUser | AnonymousUser, pks: Collection[int]) -> list[Call]:
    """Return these calls if the person runs each one's round. Raises Http404 otherwise."""
    found = list(
        rows_visible_to(user, Call.objects.select_related("programme__faculty"))
        .filter(pk__in=pks)
        .order_by("pk")
    )
    if len(found) < len(pks) or not all(can_see_round(user, call) for call in found):
        raise Http404
    return found


def nominations_visible_to(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Nomination]:
    """Nominations of the person's faculties; all of them for the office."""
    if not known(user) or not (user.is_office or user.is_coordinator):
        return Nomination.objects.none()
    return rows_visible_to(user, Nomination.objects.all())


def testimonial_for(user: AbstractBaseUser | AnonymousUser, pk: int) -> Testimonial:
    """Return a testimonial: a released one for everybody who can sign in, others for staff.

    Raises Http404 for everybody it is not for.
    """
    if not known(user):
        raise Http404
    rows = Testimonial.objects.select_related("host")
    if not user.has_perm("partners.view_testimonial"):
        rows = rows.filter(released_at__isnull=False)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


# -- what a student may do -----------------------------------------------------------------------


def is_in_time(application: Application, now: datetime) -> bool:
    """Tell whether a submission handled at `now` counts: `now < deadline`, the only comparison.

    A student's own extension counts beside the call's deadline: the later of both.
    """
    call = application.call
    if not call.has_opened(now) or call.deadline is None:
        return False
    extended = application.extended_until
    if extended is not None and now < extended:
        return True
    return call.is_open(now)


def can_apply(user: AbstractBaseUser | AnonymousUser, call: Call, now: datetime) -> bool:
    """Students may apply while the call is open and the portal handles its programme."""
    return (
        known(user)
        and user.is_student
        and call.programme.handled_by == HandledBy.PORTAL
        and call.is_open(now)
    )


def can_edit_draft(
    user: AbstractBaseUser | AnonymousUser, application: Application, now: datetime
) -> bool:
    return (
        known(user)
        and application.student_id == user.pk
        and application.state in {State.DRAFT, State.SUBMITTED}
        and is_in_time(application, now)
    )


def can_submit(
    user: AbstractBaseUser | AnonymousUser, application: Application, now: datetime
) -> bool:
    return can_edit_draft(user, application, now)


def can_withdraw(user: AbstractBaseUser | AnonymousUser, application: Application) -> bool:
    return (
        known(user)
        and application.student_id == user.pk
        and application.state not in END_STATES
        and application.state not in {State.NOMINATED, State.CONFIRMED}
    )


def can_answer(
    user: AbstractBaseUser | AnonymousUser, application: Application, now: datetime
) -> bool:
    """Tell whether the student may still answer the offer: before the answer-by instant."""
    return (
        known(user)
        and application.student_id == user.pk
        and application.state == State.OFFERED
        and application.placements.filter(live=True, answer_by__gt=now).exists()
    )


# -- what staff may do ---------------------------------------------------------------------------


def _coordinates(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return (
        known(user)
        and user.is_coordinator
        and any(
            grant.role == Role.COORDINATOR and grant.faculty_id == call.programme.faculty_id
            for grant in user.active_grants
        )
    )


def can_see_round(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return _coordinates(user, call) or (known(user) and user.is_office)


def can_copy(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    """Next year's call is made by those who ran this one; the office only reads calls."""
    return _coordinates(user, call)


def can_review(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return _coordinates(user, call)


def can_score(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return _coordinates(user, call)


def can_allocate(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return _coordinates(user, call)


def can_publish(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return _coordinates(user, call)


def can_nominate(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return can_see_round(user, call)


def can_export(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return can_see_round(user, call)


def can_see_grants(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Grant data of persons is the office's alone: it tells of health and family."""
    return known(user) and user.is_office


def reads_blind(
    user: AbstractBaseUser | AnonymousUser, application: Application, now: datetime | None = None
) -> bool:
    """Tell whether name, photo and gender are kept from this reader (the call's `blind_reading`).

    They show once the reader's own score sheet is complete, or the result was published.
    """
    call = application.call
    if not call.blind_reading or not _coordinates(user, call):
        return False
    if call.published_at is not None and call.published_at <= (now or timezone.now()):
        return False
    return not application.score_sheets.filter(
        reader_id=user.pk, completed_at__isnull=False
    ).exists()


def read_blind_by(
    user: AbstractBaseUser | AnonymousUser, applications: QuerySet[Application]
) -> QuerySet[Application]:
    """Narrow to those whose person is kept from this reader: `reads_blind` for a whole list."""
    if not known(user) or not user.is_coordinator:
        return applications.none()
    coordinated = [
        grant.faculty_id for grant in user.active_grants if grant.role == Role.COORDINATOR
    ]
    scored = ScoreSheet.objects.filter(
        application=OuterRef("pk"), reader=user.pk, completed_at__isnull=False
    )
    return applications.filter(
        ~Exists(scored),
        call__blind_reading=True,
        call__published_at=None,
        call__programme__faculty__in=coordinated,
    )
