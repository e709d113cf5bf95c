"""Reading the provider's claims: what is taken, what is dropped, what is refused."""

from __future__ import annotations

import pytest

from exchange_portal.claims import Claims, ClaimsRefused, Refusal, read_claims
from tests.exchange_portal.fake_provider import STUDENT

SCOPE = "ruhr-uni-bochum.de"
DOMAINS = ["ruhr-uni-bochum.de", "rub.de"]


def read(**changes: object) -> Claims:
    return read_claims({**STUDENT, **changes}, scope=SCOPE, mail_domains=DOMAINS)


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


def test_claims_without_the_optional_ones_are_empty():
    bare = {"sub": "s", "preferred_username": "x", "email": "x@rub.de"}
    assert read_claims(bare, scope=SCOPE, mail_domains=DOMAINS) == Claims(
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
