"""The made-up persons of the demonstration, for the login page and for `manage.py demo`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

SCOPE = "ruhr-uni-bochum.de"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One person to choose. `role` is for the demo command, which makes the `RoleGrant`.

    The provider itself never tells the portal a role: like a university's, it only knows whether
    somebody studies or works there. `role` is "" for students; `faculty` is the key of a
    coordinator's faculty.
    """

    login_id: str
    given_names: str
    family_name: str
    hint: StrPromise
    affiliations: tuple[str, ...]
    matriculation_number: str = ""
    role: str = ""
    faculty: str = ""

    @property
    def subject(self) -> str:
        """The lasting identifier: opaque, and the same after the provider's data was deleted."""
        return hashlib.sha256(f"demo:{self.login_id}".encode()).hexdigest()[:32]

    @property
    def full_name(self) -> str:
        return f"{self.given_names} {self.family_name}"

    @property
    def email(self) -> str:
        return f"{self.login_id}@{SCOPE}"

    @property
    def scoped_affiliations(self) -> list[str]:
        return [f"{affiliation}@{SCOPE}" for affiliation in self.affiliations]

    @property
    def esi(self) -> str:
        """The European Student Identifier; empty for those who do not study."""
        if not self.matriculation_number:
            return ""
        return f"urn:schac:personalUniqueCode:int:esi:{SCOPE}:{self.matriculation_number}"

    @property
    def personal_codes(self) -> list[str]:
        """SCHAC personal unique codes: matriculation number and ESI, as a university sends them."""
        if not self.matriculation_number:
            return []
        number = f"urn:schac:personalUniqueCode:de:{SCOPE}:Matrikelnummer"
        return [f"{number}:{self.matriculation_number}", self.esi]


STUDENT = ("member", "student")
EMPLOYEE = ("employee", "member")

PERSONS = (
    DemoPerson(
        "brandlea",
        "Lea Marie",
        "Brandt",
        _("Student, Bachelor Management and Economics"),
        STUDENT,
        matriculation_number="108020100001",
    ),
    DemoPerson(
        "okafodav",
        "David",
        "Okafor",
        _("Student, Master Management"),
        STUDENT,
        matriculation_number="108020100002",
    ),
    DemoPerson(
        "lindnmar",
        "Mara",
        "Lindner",
        _("Student, nominated, with a grant"),
        STUDENT,
        matriculation_number="108020100004",
    ),
    DemoPerson(
        "celiknur",
        "Nur",
        "Çelik",
        _("Student who has not applied yet"),
        STUDENT,
        matriculation_number="108020100003",
    ),
    DemoPerson(
        "weberann",
        "Anna",
        "Weber",
        _("Coordinator, Faculty of Management and Economics"),
        EMPLOYEE,
        role="coordinator",
        faculty="wiwi",
    ),
    DemoPerson(
        "hoffmjul",
        "Julia",
        "Hoffmann",
        _("Second reader, Faculty of Management and Economics"),
        EMPLOYEE,
        role="coordinator",
        faculty="wiwi",
    ),
    DemoPerson(
        "yildimeh",
        "Mehmet",
        "Yıldız",
        _("Coordinator, Faculty of Social Science"),
        EMPLOYEE,
        role="coordinator",
        faculty="sowi",
    ),
    DemoPerson(
        "kleinsop",
        "Sophie",
        "Klein",
        _("International Office"),
        EMPLOYEE,
        role="office",
    ),
    DemoPerson(
        "aydinfat",
        "Fatma",
        "Aydın",
        _("Second person of the International Office"),
        EMPLOYEE,
        role="office",
    ),
    DemoPerson(
        "novakjan",
        "Jan",
        "Novák",
        _("Administrator of the portal"),
        EMPLOYEE,
        role="administrator",
    ),
)
BY_LOGIN_ID = {person.login_id: person for person in PERSONS}
BY_SUBJECT = {person.subject: person for person in PERSONS}
