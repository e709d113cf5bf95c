"""What the identity provider says about a person, read by one table and trusted only in part.

The provider names people (subject, login id, names), and says what they are (affiliation). What
they may do here is never taken from it: coordinators and office come from `RoleGrant`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from applications.models.people import ENTITLING_AFFILIATIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

# Claim names by what we read from them; the first one present counts. The names are those of
# OpenID Connect Core 5.1 and of the REFEDS mapping of eduPerson and SCHAC, then the spellings
# providers use that pass their directory through, then SAML's (OIDs as eduPerson, SCHAC and
# RFC 4519 register them; OASIS SAML Subject Identifier Attributes 1.0).
CLAIM_NAMES: dict[str, tuple[str, ...]] = {
    "subject": (
        "sub",
        "urn:oasis:names:tc:SAML:attribute:subject-id",
        "urn:oasis:names:tc:SAML:attribute:pairwise-id",
    ),
    "login_id": ("preferred_username", "urn:oid:0.9.2342.19200300.100.1.1"),
    "given_names": ("given_name", "urn:oid:2.5.4.42"),
    "family_name": ("family_name", "urn:oid:2.5.4.4"),
    "email": ("email", "urn:oid:0.9.2342.19200300.100.1.3"),
    "affiliations": (
        "eduperson_scoped_affiliation",
        "eduPersonScopedAffiliation",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",
    ),
    "personal_codes": (
        "schac_personal_unique_code",
        "schacPersonalUniqueCode",
        "urn:oid:1.3.6.1.4.1.25178.1.2.14",
    ),
    "matriculation_number": ("matriculation_number",),
}

# eduPerson's vocabulary. Anything else a provider sends says nothing we could act on.
KNOWN_AFFILIATIONS = frozenset(
    {
        "affiliate",
        "alum",
        "employee",
        "faculty",
        "library-walk-in",
        "member",
        "staff",
        "student",
    }
)

LOGIN_ID = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,149}")
# Subject Identifier Attributes 1.0, 3.3: an identifier and its scope, where case says nothing.
SCOPED_SUBJECT = re.compile(r"[a-z0-9][a-z0-9=-]{0,126}@[a-z0-9][a-z0-9.-]{0,126}")
LONGEST_SUBJECT = 191
MATRICULATION_NUMBER = re.compile(r"[0-9]{1,20}")
# A made-up person with ten thousand affiliations must cost us nothing.
MOST_VALUES = 50


class Refusal(StrEnum):
    """Why somebody does not get in. The sentences stand in `exchange_portal.login.refusals`."""

    ANSWER_INVALID = "answer_invalid"
    NO_LOGIN_ID = "no_login_id"
    NO_ADDRESS = "no_address"
    FOREIGN_ADDRESS = "foreign_address"
    NO_AFFILIATION = "no_affiliation"
    ROLE_ENDED = "role_ended"
    LOGIN_ID_TAKEN = "login_id_taken"
    INACTIVE = "inactive"
    CANCELLED = "cancelled"
    NOT_STARTED_HERE = "not_started_here"
    PROVIDER_AWAY = "provider_away"


class ClaimsRefused(Exception):  # noqa: N818 - an answer to the person, not a fault of ours
    """The claims do not describe somebody we can let in; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Claims:
    """A person as the provider describes them now.

    `affiliations` are unscoped and sorted, all of our own scope. `esi` is the whole URN, empty
    when the provider gave none of ours; so is `matriculation_number`.
    """

    subject: str
    login_id: str
    given_names: str
    family_name: str
    email: str
    affiliations: tuple[str, ...]
    matriculation_number: str
    esi: str

    @property
    def belongs_to_university(self) -> bool:
        return not ENTITLING_AFFILIATIONS.isdisjoint(self.affiliations)


def read_claims(
    answer: Mapping[str, object], *, subject: str, scope: str, mail_domains: Collection[str]
) -> Claims:
    """Read the provider's claims, trusting only the university's own scope and addresses.

    `subject` is the identifier the protocol's own checks have found (SAML: `scoped_subject`).
    `scope` is the university's domain (`settings.UNIVERSITY_SCOPE`); an affiliation or personal
    code of another scope is dropped, not an error: people study at two universities. Raises
    `ClaimsRefused` when there is no login id or no address in one of `mail_domains`, which must
    come from the login and never from typing (DOMAIN.md).
    """
    login_id = _text(answer, "login_id").lower()
    if not LOGIN_ID.fullmatch(login_id):
        raise ClaimsRefused(Refusal.NO_LOGIN_ID)
    codes = _texts(answer, "personal_codes")
    return Claims(
        subject=subject,
        login_id=login_id,
        given_names=_text(answer, "given_names")[:200],
        family_name=_text(answer, "family_name")[:200],
        email=_university_address(answer, mail_domains),
        affiliations=_own_affiliations(_texts(answer, "affiliations"), scope),
        matriculation_number=_matriculation_number(answer, codes, scope),
        esi=_own_esi(codes, scope),
    )


def scoped_subject(answer: Mapping[str, object], *, scope: str) -> str:
    """Return the SAML subject-id or pairwise-id: one value, of our scope, in small letters.

    Raises `ClaimsRefused` when there is none; the NameID and addresses are no identifiers.
    """
    values = _texts(answer, "subject")
    subject = values[0].lower() if len(values) == 1 else ""
    if (
        not SCOPED_SUBJECT.fullmatch(subject)
        or len(subject) > LONGEST_SUBJECT
        or subject.rpartition("@")[2] != scope.lower()
    ):
        raise ClaimsRefused(Refusal.ANSWER_INVALID)
    return subject


def _texts(answer: Mapping[str, object], field: str) -> list[str]:
    """Return the claim as a list: providers send one value bare and several in an array."""
    for name in CLAIM_NAMES[field]:
        value = answer.get(name)
        if isinstance(value, str):
            return [value.strip()]
        if isinstance(value, list):
            return [item.strip() for item in value[:MOST_VALUES] if isinstance(item, str)]
    return []


def _text(answer: Mapping[str, object], field: str) -> str:
    """Return the first value on one line and without characters no name or number has."""
    value = next(iter(_texts(answer, field)), "")
    line = " ".join(value.split())
    return "".join(character for character in line if character.isprintable())


def _university_address(answer: Mapping[str, object], domains: Collection[str]) -> str:
    address = _text(answer, "email")
    # An address the provider itself has not checked was typed by somebody.
    if not address or answer.get("email_verified") in (False, "false"):
        raise ClaimsRefused(Refusal.NO_ADDRESS)
    try:
        validate_email(address)
    except ValidationError as error:
        raise ClaimsRefused(Refusal.NO_ADDRESS) from error
    mailbox, _, domain = address.rpartition("@")
    if domain.lower() not in {known.lower() for known in domains}:
        raise ClaimsRefused(Refusal.FOREIGN_ADDRESS)
    return f"{mailbox}@{domain.lower()}"


def _own_affiliations(values: list[str], scope: str) -> tuple[str, ...]:
    own = set()
    for value in values:
        affiliation, at, given_scope = value.lower().partition("@")
        if at and given_scope == scope.lower() and affiliation in KNOWN_AFFILIATIONS:
            own.add(affiliation)
    return tuple(sorted(own))


def _after(prefix: str, values: list[str]) -> Iterator[str]:
    """Yield what follows `prefix` in each value; a URN's name space knows no case."""
    for value in values:
        if value.lower().startswith(prefix.lower()):
            yield value[len(prefix) :]


def _matriculation_number(answer: Mapping[str, object], codes: list[str], scope: str) -> str:
    prefix = f"urn:schac:personalUniqueCode:de:{scope}:Matrikelnummer:"
    for number in [*_after(prefix, codes), _text(answer, "matriculation_number")]:
        if MATRICULATION_NUMBER.fullmatch(number):
            return number
    return ""


def _own_esi(codes: list[str], scope: str) -> str:
    prefix = f"urn:schac:personalUniqueCode:int:esi:{scope}:"
    for code in _after(prefix, codes):
        if re.fullmatch(r"[A-Za-z0-9._~-]{1,100}", code):
            return prefix + code
    return ""
