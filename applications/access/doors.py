"""The doors: every row a person asks for is found here, or is not there for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.db.models import CharField, Model, Q, QuerySet
from django.http import Http404

from applications.models import (
    Application,
    CalendarFeed,
    Call,
    Document,
    ExportJob,
    Nomination,
    Programme,
    Submission,
    User,
)
from applications.models.programme import HandledBy
from partners.models import Testimonial
from partners.prepared import Given, Prepared, together

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


from applications.access.permissions import can_export, can_see_round, reads_blind
from applications.access.tables import kept_by_law_alone, known, rows_visible_to

M = TypeVar("M", bound=Model)


def applications_visible_to(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Application]:
    """All applications a person may look at: one's own, and those of one's faculties."""
    if not known(user):
        return Application.objects.none()
    visible = Q(student=user)
    if user.is_office:
        return Application.objects.all()
    if user.is_coordinator:
        of_faculty = Q(call__programme__faculty__in=user.faculty_ids or ())
        visible |= of_faculty & ~kept_by_law_alone()
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


_OWN_APPLICATION = Prepared(
    lambda: Application.objects.filter(
        student=Given("student"), code=Given("code", CharField())
    ).select_related("call__programme__faculty", "student")
)


def own_application_for(user: AbstractBaseUser | AnonymousUser, code: str) -> Application:
    """Return the person's own application with this code. Raises Http404 otherwise."""
    if known(user) and not user.is_staff:
        own = _OWN_APPLICATION(student=user.pk, code=code)
        if not own:
            raise Http404
        return own[0]
    # Whose application a member of staff asked for here is noted, though they do not get it.
    found = application_for(user, code)
    if found.student_id != user.pk:
        raise Http404
    return found


def own_applications(user: AbstractBaseUser | AnonymousUser) -> list[Application]:
    """Return the person's own applications, the one with the latest deadline first."""
    return _OWN_APPLICATIONS(student=user.pk) if known(user) else []


_OWN_APPLICATIONS = Prepared(
    lambda: (
        Application.objects.filter(student=Given("student"))
        .select_related("call__programme__faculty", "student")
        .order_by("-call__deadline", "code")
    )
)


def document_for(user: AbstractBaseUser | AnonymousUser, code: str, pk: int) -> Document:
    """Return a document of an application to be handed out. Raises Http404 otherwise.

    Staff get what was submitted; a draft's files are the student's own business. Who reads blind
    gets no file: the name stands in every one of them (see `paper_for`).
    """
    application = application_for(user, code)
    if application.student_id != user.pk:
        if reads_blind(user, application):
            raise Http404
        return paper_for(user, application, pk)
    return _found(application.documents.select_related("slot"), pk)


def paper_for(
    user: AbstractBaseUser | AnonymousUser, application: Application, pk: int
) -> Document:
    """Return a submitted document whose pages the desk shows. Raises Http404 otherwise.

    Whoever shows it to a blind reader hides name, age and photo.
    """
    if not can_see_round(user, application.call):
        raise Http404
    submitted = application.documents.select_related("slot").filter(submitted__isnull=False)
    return _found(submitted.distinct(), pk)


def _found(documents: QuerySet[Document], pk: int) -> Document:
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


def own_applications_and_calls(
    user: AbstractBaseUser | AnonymousUser,
) -> tuple[list[Application], list[Call]]:
    """Return `own_applications`, and the calls announced and open, the next deadline first."""
    if not known(user):
        return [], []
    own, calls = together(_OWN_APPLICATIONS.asked(student=user.pk), _CALLS_NOT_CLOSED.asked())
    return own, calls


_CALLS_NOT_CLOSED = Prepared(
    lambda: (
        Call.objects.filter(closed_at=None)
        .select_related("programme__faculty")
        .order_by("deadline")
    )
)


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


def own_applications_in(
    user: AbstractBaseUser | AnonymousUser, programme: Programme
) -> list[Application]:
    """Return the person's own applications to the calls of a programme."""
    return _OWN_IN_PROGRAMME(student=user.pk, programme=programme.pk) if known(user) else []


def calls_of(user: AbstractBaseUser | AnonymousUser, programme: Programme) -> list[Call]:
    """Return all calls of a programme."""
    return _CALLS_OF_PROGRAMME(programme=programme.pk) if known(user) else []


_OWN_IN_PROGRAMME = Prepared(
    lambda: Application.objects.filter(student=Given("student"), call__programme=Given("programme"))
)
_CALLS_OF_PROGRAMME = Prepared(
    lambda: Call.objects.filter(programme=Given("programme")).select_related("programme__faculty")
)
_PROGRAMME = Prepared(
    lambda: Programme.objects.filter(key=Given("key", CharField())).select_related("faculty")
)


def programme_for(user: AbstractBaseUser | AnonymousUser, key: str) -> Programme:
    """Return the programme with this key. Raises Http404 when there is none for this person."""
    found = _PROGRAMME(key=key) if known(user) else []
    if not found:
        raise Http404
    return found[0]


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


def managed_programmes(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Programme]:
    """Return the programmes whose rounds this person runs or follows."""
    if not known(user) or not (user.is_office or user.is_coordinator):
        return Programme.objects.none()
    rows = Programme.objects.select_related("faculty").filter(handled_by=HandledBy.PORTAL)
    return rows_visible_to(user, rows)


def managed_programme_for(user: AbstractBaseUser | AnonymousUser, key: str) -> Programme:
    """Return a programme whose rounds this person runs or follows. Raises Http404 otherwise."""
    found = managed_programmes(user).filter(key=key).first()
    if found is None:
        raise Http404
    return found


def nominations_visible_to(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Nomination]:
    """Nominations of the person's faculties; all of them for the office."""
    if not known(user) or not (user.is_office or user.is_coordinator):
        return Nomination.objects.none()
    return rows_visible_to(user, Nomination.objects.all())


def own_nominations(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Nomination]:
    """One's own nominations, whatever became of them; nobody else's, whatever their role."""
    if not known(user):
        return Nomination.objects.none()
    return Nomination.objects.filter(application__student=user)


def all_own_nominations(user: AbstractBaseUser | AnonymousUser) -> list[Nomination]:
    """Return one's own nominations with their places, oldest first."""
    return _OWN_NOMINATIONS(student=user.pk) if known(user) else []


_OWN_NOMINATIONS = Prepared(
    lambda: (
        Nomination.objects.filter(application__student=Given("student"))
        .select_related(
            "application__call", "placement__host__agreement__host", "placement__host__call"
        )
        .order_by("nominated_at", "pk")
    )
)


def own_nomination_for(user: AbstractBaseUser | AnonymousUser, code: str) -> Nomination:
    """Return the person's own nomination from this application, the newest. Raises Http404."""
    found = _OWN_NOMINATION(student=user.pk, code=code) if known(user) else []
    if not found:
        raise Http404
    return found[0]


_OWN_NOMINATION = Prepared(
    lambda: (
        Nomination.objects.filter(
            application__student=Given("student"), application__code=Given("code", CharField())
        )
        .select_related(
            "application__student",
            "application__call__programme",
            "placement__host__agreement__host",
            "placement__host__call",
        )
        .order_by("-nominated_at", "-pk")[:1]
    )
)


def export_job_for(user: AbstractBaseUser | AnonymousUser, pk: UUID, now: datetime) -> ExportJob:
    """Return a list this person ordered from the worker. Raises Http404 for everybody else.

    Also once it was kept long enough, or the person may not take the call's lists any more.
    """
    if not known(user):
        raise Http404
    over = Q(finished_at__lte=now - settings.EXPORT_KEPT)
    jobs = ExportJob.objects.select_related("call__programme__faculty", "host").exclude(over)
    found = jobs.filter(asked_by=user, pk=pk).first()
    if found is None or not can_export(user, found.call):
        raise Http404
    return found


def testimonial_for(user: AbstractBaseUser | AnonymousUser, pk: int) -> Testimonial:
    """Return a testimonial: a released one for everybody who can sign in, others for staff.

    A coordinator reads those of hosts the own faculty has to do with. Raises Http404 for everybody
    it is not for.
    """
    if not known(user):
        raise Http404
    rows = Testimonial.objects.select_related("host")
    shown = Q(released_at__isnull=False)
    if user.has_perm("partners.view_testimonial"):
        shown |= Q(pk__in=rows_visible_to(user, Testimonial.objects.all()).values("pk"))
    rows = rows.filter(shown)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
