"""Who uses the portal: people from the university login, and the roles we give them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.models.indexes import found_by
from applications.models.seen import saw
from partners.models import Faculty
from partners.prepared import Given, Prepared

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

# Who belongs to the university today. Former members, guests and library users do not.
ENTITLING_AFFILIATIONS = frozenset({"employee", "faculty", "member", "staff", "student"})


class Role(models.TextChoices):
    COORDINATOR = "coordinator", _("Coordinator")
    OFFICE = "office", _("International Office")
    ADMINISTRATOR = "administrator", _("Administrator")


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, email: str = "", **fields: Any) -> User:  # noqa: ANN401 - Django's signature
        """Make a person without a password: signing in is the identity provider's business."""
        user = self.model(username=username, email=self.normalize_email(email), **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        return user


@pghistory.track(append_only=True, exclude=["password", "last_login", "is_superuser"])
class User(AbstractBaseUser, PermissionsMixin):
    """A person as the university's identity provider described them at the last login.

    `username` is the login id. Names, mail, numbers and affiliations are overwritten at every
    login (exchange_portal/login). Nobody is a student or staff by a flag: students by the
    affiliation, staff by a `RoleGrant`.
    """

    username = models.CharField(_("login id"), max_length=150, unique=True)
    given_names = models.CharField(_("given names"), max_length=200, blank=True)
    family_name = models.CharField(_("family name"), max_length=200, blank=True)
    email = models.EmailField(_("university mail"), blank=True)
    matriculation_number = models.CharField(_("matriculation number"), max_length=20, blank=True)
    esi = models.CharField(_("European Student Identifier"), max_length=255, blank=True)
    affiliations = ArrayField(
        models.CharField(max_length=50),
        verbose_name=_("affiliations"),
        default=list,
        blank=True,
        help_text=_("Such as student or employee, of our own scope, as of the last login."),
    )
    language = models.CharField(
        _("language of mails"),
        max_length=2,
        choices=[("en", _("English")), ("de", _("German"))],
        default="de",
    )
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("first login"), default=timezone.now)
    erased_at = models.DateTimeField(
        _("erased"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Since then nothing here says who this was."),
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["family_name", "given_names"]
        indexes: ClassVar = [
            models.Index(fields=["family_name", "given_names"], name="user_by_name"),
            found_by("username", name="user_found_by_login"),
            found_by("family_name", name="user_found_by_family_name"),
            found_by("given_names", name="user_found_by_given_names"),
            found_by("matriculation_number", name="user_found_by_matriculation"),
        ]

    def __str__(self) -> str:
        name = self.get_full_name()
        if not name and self.erased_at:
            return gettext("erased person")
        return name or self.username

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Django's signature
        """Note whose row is read, for the audit log."""
        row = super().from_db(*args, **kwargs)
        saw([row.pk])
        return row

    def get_full_name(self) -> str:
        return f"{self.given_names} {self.family_name}".strip()

    def get_short_name(self) -> str:
        return self.given_names or self.username

    @cached_property
    def active_grants(self) -> tuple[RoleGrant, ...]:
        """Roles in force today; one query per request."""
        if not self.is_active:
            return ()
        today = timezone.localdate()
        return tuple(_GRANTS_IN_FORCE(login_id=self.username, day=today))

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.active_grants)

    @property
    def is_office(self) -> bool:
        return Role.OFFICE in self.roles

    @property
    def is_coordinator(self) -> bool:
        return Role.COORDINATOR in self.roles

    @property
    def is_administrator(self) -> bool:
        return Role.ADMINISTRATOR in self.roles

    @property
    def is_student(self) -> bool:
        return self.is_active and "student" in self.affiliations

    @property
    def belongs_to_university(self) -> bool:
        """By an affiliation as of the last login, or by a role that is in force today."""
        return self.is_active and (
            not ENTITLING_AFFILIATIONS.isdisjoint(self.affiliations) or bool(self.active_grants)
        )

    @property
    def is_staff(self) -> bool:
        """May enter the admin at all; what they see there is decided by `access`."""
        return bool(self.active_grants)

    @property
    def faculty_ids(self) -> Collection[int] | None:
        """Faculties whose data this person handles; None means all of them (the office)."""
        if self.is_office:
            return None
        return frozenset(
            grant.faculty_id
            for grant in self.active_grants
            if grant.role == Role.COORDINATOR and grant.faculty_id is not None
        )


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def in_force(self, day: date | Given) -> RoleGrantQuerySet:
        """Grants valid on `day`, both ends included."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=day), valid_from__lte=day)


@pghistory.track(append_only=True)
class RoleGrant(models.Model):
    """A role given to a login id by the office, for a time. It may precede the first login."""

    login_id = models.CharField(_("login id"), max_length=150)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    faculty = models.ForeignKey(
        Faculty, models.PROTECT, null=True, blank=True, verbose_name=_("faculty")
    )
    valid_from = models.DateField(_("valid from"), default=timezone.localdate)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    granted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("granted by")
    )

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["login_id", "role"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["login_id", "role", "faculty"],
                name="role_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="role_login_id_lowercase", condition=Q(login_id=Lower("login_id"))
            ),
            models.CheckConstraint(
                name="role_faculty_for_coordinators_only",
                condition=Q(role=Role.COORDINATOR, faculty__isnull=False)
                | (~Q(role=Role.COORDINATOR) & Q(faculty__isnull=True)),
            ),
            models.CheckConstraint(
                name="role_days_in_order",
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.login_id}: {self.get_role_display()}"

    def clean(self) -> None:
        """Write the login id as the login does, so that the role finds its person."""
        self.login_id = self.login_id.strip().lower()


def signed_in(pk: int) -> User | None:
    """Return who asks for a page. Whether there are roles in force is asked along.

    Students have none: it spares each of their pages a question.
    """
    found = _SIGNED_IN(pk=pk, day=timezone.localdate())
    if not found:
        return None
    person = found[0]
    if not person.has_roles:  # type: ignore[attr-defined]  # annotated below
        person.active_grants = ()
    return person


# Of whoever asks for a page, each time.
_SIGNED_IN = Prepared(
    lambda: (
        User.objects.filter(pk=Given("pk"))
        .annotate(
            has_roles=Exists(
                RoleGrant.objects.in_force(Given("day", models.DateField())).filter(
                    login_id=OuterRef("username")
                )
            )
        )
        .order_by()
    )
)
_GRANTS_IN_FORCE = Prepared(
    lambda: RoleGrant.objects.in_force(Given("day", models.DateField())).filter(
        login_id=Given("login_id", models.CharField())
    )
)
