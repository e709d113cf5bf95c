"""Reading the provider's claims: what is taken, what is dropped, what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exchange_portal.claims import Claims, ClaimsRefused, Refusal, read_claims, scoped_subject
from tests.exchange_portal.fake_provider import STUDENT

SCOPE = "ruhr-uni-bochum.de"
DOMAINS = ["ruhr-uni-bochum.de", "rub.de"]


def read(**changes: object) -> Claims:
    answer = {**STUDENT, **changes}
    return read_claims(answer, subject="subject-1", scope=SCOPE, mail_domains=DOMAINS)


def refusal_of(**changes: object) -> Refusal:
    with pytest.raises(ClaimsRefused) as caught:
        read(**changes)
    return caught.value.refusal


def test_claims_of_a_student_are_read_by_the_table():
    assert read() == Claims(
        subject="subject-1",
        login_id="brandlea",
        given_names="Lea Marie",
        family_name="Brandt",
        email="lea.brandt@ruhr-uni-bochum.de",
        affiliations=("member", "student"),
        matriculation_number="108020100001",
        esi="urn:schac:personalUniqueCode:int:esi:ruhr-uni-bochum.de:108020100001",
    )


SUBJECT_ID = "urn:oasis:names:tc:SAML:attribute:subject-id"
PAIRWISE_ID = "urn:oasis:names:tc:SAML:attribute:pairwise-id"


def test_attributes_of_saml_are_read_by_the_same_table():
    attributes = {
        SUBJECT_ID: ["Subject-1@ruhr-uni-bochum.de"],
        "urn:oid:0.9.2342.19200300.100.1.1": ["brandlea"],
        "urn:oid:2.5.4.42": ["Lea Marie"],
        "urn:oid:2.5.4.4": ["Brandt"],
        "urn:oid:0.9.2342.19200300.100.1.3": ["lea.brandt@ruhr-uni-bochum.de"],
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.9": STUDENT["eduperson_scoped_affiliation"],
        "urn:oid:1.3.6.1.4.1.25178.1.2.14": STUDENT["schac_personal_unique_code"],
    }
    subject = scoped_subject(attributes, scope=SCOPE)
    assert subject == "subject-1@ruhr-uni-bochum.de"
    claims = read_claims(attributes, subject=subject, scope=SCOPE, mail_domains=DOMAINS)
    assert claims == replace(read(), subject=subject)


@pytest.mark.parametrize(
    ("attributes", "subject"),
    [
        ({PAIRWISE_ID: ["ABC=@ruhr-uni-bochum.de"]}, "abc=@ruhr-uni-bochum.de"),
        ({PAIRWISE_ID: ["p@ruhr-uni-bochum.de"], SUBJECT_ID: ["s@ruhr-uni-bochum.de"]}, "s@"),
        ({}, None),
        ({SUBJECT_ID: []}, None),
        ({SUBJECT_ID: ["a@ruhr-uni-bochum.de", "b@ruhr-uni-bochum.de"]}, None),
        ({SUBJECT_ID: ["a@tu-dortmund.de"]}, None),
        ({SUBJECT_ID: ["a@ruhr-uni-bochum.de.evil.org"]}, None),
        ({SUBJECT_ID: ["a b@ruhr-uni-bochum.de"]}, None),
        ({SUBJECT_ID: ["a"]}, None),
        ({"urn:oid:0.9.2342.19200300.100.1.3": ["lea.brandt@ruhr-uni-bochum.de"]}, None),
    ],
)
def test_subject_of_saml_is_one_identifier_of_our_scope(attributes, subject):
    if subject is None:
        with pytest.raises(ClaimsRefused, match="answer_invalid"):
            scoped_subject(attributes, scope=SCOPE)
    else:
        assert scoped_subject(attributes, scope=SCOPE).startswith(subject)


def test_claims_without_the_optional_ones_are_empty():
    bare = {"preferred_username": "x", "email": "x@rub.de"}
    assert read_claims(bare, subject="s", scope=SCOPE, mail_domains=DOMAINS) == Claims(
        subject="s",
        login_id="x",
        given_names="",
        family_name="",
        email="x@rub.de",
        affiliations=(),
        matriculation_number="",
        esi="",
    )


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("student@ruhr-uni-bochum.de", ("student",)),
        (["Student@RUHR-UNI-BOCHUM.DE"], ("student",)),
        (["student@uni-dortmund.de"], ()),
        (["student@ruhr-uni-bochum.de.evil.org"], ()),
        (["student@evil.org@ruhr-uni-bochum.de"], ()),
        (["student@sub.ruhr-uni-bochum.de"], ()),
        (["student"], ()),
        (["student@"], ()),
        (["coordinator@ruhr-uni-bochum.de", "admin@ruhr-uni-bochum.de"], ()),
        ([{"student": "ruhr-uni-bochum.de"}, 7, None], ()),
        ({"student@ruhr-uni-bochum.de": True}, ()),
        (["member@ruhr-uni-bochum.de", "alum@ruhr-uni-bochum.de"], ("alum", "member")),
        (["x@y"] * 60 + ["student@ruhr-uni-bochum.de"], ()),
    ],
)
def test_affiliations_count_with_our_own_scope_only(sent, kept):
    assert read(eduperson_scoped_affiliation=sent).affiliations == kept


@pytest.mark.parametrize(
    ("affiliation", "belongs"),
    [
        ("student", True),
        ("employee", True),
        ("staff", True),
        ("faculty", True),
        ("member", True),
        ("alum", False),
        ("affiliate", False),
        ("library-walk-in", False),
    ],
)
def test_affiliation_says_who_belongs_to_the_university(affiliation, belongs):
    claims = read(eduperson_scoped_affiliation=[f"{affiliation}@{SCOPE}"])
    assert claims.belongs_to_university is belongs


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"email": "lea@gmail.com"}, Refusal.FOREIGN_ADDRESS),
        ({"email": "lea@ruhr-uni-bochum.de.evil.org"}, Refusal.FOREIGN_ADDRESS),
        ({"email": "lea@xruhr-uni-bochum.de"}, Refusal.FOREIGN_ADDRESS),
        ({"email": "lea@mail.ruhr-uni-bochum.de"}, Refusal.FOREIGN_ADDRESS),
        ({"email": "lea@evil.org, x@ruhr-uni-bochum.de"}, Refusal.NO_ADDRESS),
        ({"email": "lea@evil.org@ruhr-uni-bochum.de"}, Refusal.NO_ADDRESS),
        ({"email": ""}, Refusal.NO_ADDRESS),
        ({"email": None}, Refusal.NO_ADDRESS),
        ({"email_verified": False}, Refusal.NO_ADDRESS),
        ({"email_verified": "false"}, Refusal.NO_ADDRESS),
        ({"preferred_username": None}, Refusal.NO_LOGIN_ID),
        ({"preferred_username": ""}, Refusal.NO_LOGIN_ID),
        ({"preferred_username": "a" * 151}, Refusal.NO_LOGIN_ID),
        ({"preferred_username": "lea brandt"}, Refusal.NO_LOGIN_ID),
        ({"preferred_username": "../lea"}, Refusal.NO_LOGIN_ID),
        ({"preferred_username": ["brandlea\x00"]}, None),
    ],
)
def test_claims_without_login_id_or_university_address_are_refused(changes, refusal):
    if refusal is None:
        assert read(**changes).login_id == "brandlea"
    else:
        assert refusal_of(**changes) is refusal


def test_login_id_and_mail_domain_know_no_case():
    claims = read(preferred_username="BrandLea", email="Lea.Brandt@RUB.de")
    assert (claims.login_id, claims.email) == ("brandlea", "Lea.Brandt@rub.de")


def test_names_lose_line_breaks_and_control_characters():
    claims = read(given_name="Lea\r\nBcc: x@y.org", family_name="Br\x00an\u202edt" + "x" * 300)
    assert claims.given_names == "Lea Bcc: x@y.org"
    assert claims.family_name == ("Brandt" + "x" * 300)[:200]


@pytest.mark.parametrize(
    ("codes", "claim", "number", "esi"),
    [
        (["urn:schac:personalUniqueCode:de:tu-dortmund.de:Matrikelnummer:1"], "", "", ""),
        (["urn:schac:personalUniqueCode:int:esi:tu-dortmund.de:1"], "", "", ""),
        (["urn:schac:personalUniqueCode:int:esi:ruhr-uni-bochum.de:1 OR 1=1"], "", "", ""),
        (["urn:schac:personalUniqueCode:de:ruhr-uni-bochum.de:Matrikelnummer:12a"], "", "", ""),
        ([], "108019", "108019", ""),
        ([], "=1+1", "", ""),
        (
            ["URN:schac:personaluniquecode:de:ruhr-uni-bochum.de:matrikelnummer:42"],
            "108019",
            "42",
            "",
        ),
    ],
)
def test_personal_codes_count_with_our_own_scope_only(codes, claim, number, esi):
    claims = read(schac_personal_unique_code=codes, matriculation_number=claim)
    assert (claims.matriculation_number, claims.esi) == (number, esi)
