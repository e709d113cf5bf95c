"""Who may do what, and when: one question each."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Exists, Model, OuterRef, QuerySet
from django.utils import timezone

from applications.models import (
    Application,
    Call,
    ErasureRequest,
    Placement,
    RoleGrant,
    ScoreSheet,
    User,
)
from applications.models.people import Role
from applications.models.programme import HandledBy
from applications.states import END_STATES, State

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


from applications.access.tables import known

M = TypeVar("M", bound=Model)


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
    user: AbstractBaseUser | AnonymousUser,
    application: Application,
    place: Placement | None,
    now: datetime,
) -> bool:
    """Tell whether the student may still answer the offer: before the answer-by instant.

    `place` is the one the application holds.
    """
    return (
        known(user)
        and application.student_id == user.pk
        and application.state == State.OFFERED
        and place is not None
        and place.application_id == application.pk
        and place.live
        and now < place.answer_by
    )


def _coordinates(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return (
        known(user)
        and user.is_coordinator
        and any(
            grant.role == Role.COORDINATOR and grant.faculty_id == call.programme.faculty_id
            for grant in user.active_grants
        )
    )


def coordinators_of(call: Call, day: date) -> QuerySet[User]:
    """Return the active people who read, score and decide in the call's faculty on that day."""
    grants = RoleGrant.objects.in_force(day).filter(
        role=Role.COORDINATOR, faculty=call.programme.faculty_id
    )
    return User.objects.filter(is_active=True, username__in=grants.values("login_id"))


def can_withdraw_access(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Let those who give roles also close somebody's access, and open it again."""
    return known(user) and (user.is_office or user.is_administrator)


def office_people(day: date) -> QuerySet[User]:
    """Return the active people of the International Office on that day."""
    grants = RoleGrant.objects.in_force(day).filter(role=Role.OFFICE)
    return User.objects.filter(is_active=True, username__in=grants.values("login_id"))


def people_who_nominate(day: date) -> QuerySet[User]:
    """Return the active coordinators and people of the International Office on that day."""
    grants = RoleGrant.objects.in_force(day).filter(role__in=[Role.COORDINATOR, Role.OFFICE])
    people = User.objects.filter(is_active=True, username__in=grants.values("login_id"))
    return people.order_by("pk")


def can_see_round(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return _coordinates(user, call) or (known(user) and user.is_office)


def can_copy(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    """Next year's call is made by those who ran this one; the office only reads calls."""
    return _coordinates(user, call)


def can_set_rules(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    """Tell whether the person may set up the call; its rules hold still once it is closed."""
    return known(user) and user.has_perm("applications.change_call", call)


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


def can_see_statistics(user: AbstractBaseUser | AnonymousUser, call: Call) -> bool:
    return can_see_round(user, call)


def can_see_operation(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Tell whether the person sees how the portal's parts work: figures, nothing of anybody."""
    return known(user) and (user.is_office or user.is_administrator)


def can_see_gender_balance(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whoever selects is not to aim at a balance of genders: it is shown to the office alone."""
    return known(user) and user.is_office


def can_see_changes_of(user: AbstractBaseUser | AnonymousUser, table: type[Model]) -> bool:
    """Tell whether the audit log shows the person what was changed in this table."""
    label, model = table._meta.app_label, table._meta.model_name
    return known(user) and (user.is_office or user.has_perm(f"{label}.view_{model}"))


def can_see_grants(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Grant data of persons is the office's alone: it tells of health and family."""
    return known(user) and user.is_office


def can_see_grant_of(user: AbstractBaseUser | AnonymousUser, application: Application) -> bool:
    """Tell whether the person may read the grant of this application: the student, the office."""
    return can_see_grants(user) or (known(user) and application.student_id == user.pk)


def can_decide_erasure(user: AbstractBaseUser | AnonymousUser, request: ErasureRequest) -> bool:
    """Tell whether the person may carry out an erasure: the office, and nobody on the own one."""
    return known(user) and user.is_office and request.student_id != user.pk


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
