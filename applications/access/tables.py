"""What each role may do in the admin, by table, and whose rows a person handles."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard, TypeVar

from django.contrib.auth.backends import BaseBackend
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from applications.models import (
    ErasureRequest,
    User,
)
from applications.models.people import Role
from partners import academic_year
from partners.models import hosts_agreed_by

if TYPE_CHECKING:
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
        "applications.assignment": READ,
        "applications.comment": READ,
        "applications.viewing": READ,
        "applications.reasontemplate": OWN,
        "applications.scoresheet": READ,
        "applications.score": READ,
        "applications.ranking": READ,
        "applications.rankedapplication": READ,
        "applications.directive": frozenset({"view", "add", "delete"}),
        "applications.preferenceverdict": frozenset({"view", "add", "delete"}),
        "applications.allocationrun": READ,
        "applications.placement": READ,
        "applications.betteroffer": READ,
        "applications.nomination": READ,
        "applications.exportlog": READ,
        "applications.exportdownload": READ,
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
        "applications.legalpage": frozenset({"view", "change"}),
        "applications.processingactivity": OWN,
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
        "applications.comment": READ,
        "applications.viewing": READ,
        "applications.reasontemplate": READ,
        "applications.ranking": READ,
        "applications.rankedapplication": READ,
        "applications.allocationrun": READ,
        "applications.placement": READ,
        "applications.betteroffer": READ,
        "applications.nomination": READ,
        "applications.exportlog": READ,
        "applications.exportdownload": READ,
        "applications.outgoingmail": READ,
        "applications.auditentry": READ,
        "applications.user": READ,
        "applications.rolegrant": OWN,
        "applications.retentionrule": frozenset({"view", "change"}),
        "applications.purgerun": READ,
        "applications.erasurerequest": READ,
        "grants.grantproject": KEEP,
        "grants.grantrate": OWN,
        "grants.countrystatus": OWN,
        "grants.topup": OWN,
        "grants.travelband": OWN,
        "grants.grantaward": KEEP,
        "grants.paymentlist": READ,
    },
    Role.ADMINISTRATOR: {
        "applications.user": frozenset({"view", "change"}),
        "applications.legalpage": READ,
        "applications.processingactivity": READ,
        "applications.rolegrant": OWN,
        "applications.outgoingmail": READ,
        "applications.auditentry": READ,
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
    "applications.assignment": "application__call__programme__faculty",
    "applications.comment": "application__call__programme__faculty",
    "applications.viewing": "application__call__programme__faculty",
    "applications.reasontemplate": "faculty",
    "applications.scoresheet": "application__call__programme__faculty",
    "applications.score": "sheet__application__call__programme__faculty",
    "applications.ranking": "call__programme__faculty",
    "applications.rankedapplication": "ranking__call__programme__faculty",
    "applications.directive": "application__call__programme__faculty",
    "applications.preferenceverdict": "application__call__programme__faculty",
    "applications.allocationrun": "call__programme__faculty",
    "applications.placement": "application__call__programme__faculty",
    "applications.betteroffer": "application__call__programme__faculty",
    "applications.preferenceoutcome": "application__call__programme__faculty",
    "applications.nomination": "application__call__programme__faculty",
    "applications.exportlog": "call__programme__faculty",
    "applications.exportdownload": "export__call__programme__faculty",
}


# Kept by the office for all faculties; a coordinator has to do with those of the own hosts.
OF_A_HOST = frozenset({"partners.nominationdeadline", "partners.testimonial", "partners.hostterm"})


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
    table = rows.model._meta.label_lower
    path = FACULTY_PATHS.get(table)
    if user.faculty_ids is None:
        return rows
    if table in OF_A_HOST:
        return rows.filter(host__in=hosts_agreed_by(user.faculty_ids))
    if path is None:
        return rows
    rows = rows.filter(**{f"{path}__in": user.faculty_ids})
    way = _to_application(table, path)
    return rows if way is None else rows.exclude(kept_by_law_alone(way))


def _to_application(table: str, path: str) -> str | None:
    if table == "applications.application":
        return ""
    return "application__" if path.startswith("application__") else None


def kept_by_law_alone(way: str = "") -> Q:
    """Tell which applications only the office still reads: of a past year, erasure being asked for.

    Nothing but the proof of public spending keeps them. `way` leads to the application.
    """
    return Q(
        **{
            f"{way}student__erasure_requests__state": ErasureRequest.State.PARTLY,
            f"{way}call__academic_year__lt": academic_year.of_day(timezone.localdate()),
        }
    )
