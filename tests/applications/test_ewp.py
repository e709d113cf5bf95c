"""EWP files: valid by the network's schemas, and free of what these let pass."""

from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from unicodedata import normalize

import pytest
from django.conf import settings
from django_countries import countries
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from xmlschema import XMLSchema

from applications import texts
from applications.exports.ewp import EwpProblem, LeftOut, NothingForEwp, document
from applications.exports.ewp.checks import is_esi, problems
from applications.exports.ewp.mobility import Mobility
from applications.exports.ewp.writing import NAMESPACE, proposal_id, written
from applications.exports.rows import NEEDED, Row, rows_of
from applications.models import Application, Call, CallHost, Nomination, Placement, Submission
from partners.academic_year import period
from partners.models import Agreement, HostUniversity
from tests import factories

SCHEMA = (
    Path(settings.BASE_DIR).parent
    / "shared/data/ewp-xsd/ewp-specs-api-omobilities-v3.0.0/endpoints/get-response.xsd"
)
ESI = "urn:schac:personalUniqueCode:int:esi:sending.example:108020100001"
ZOE = Mobility(
    omobility_id="7d0d6c1e-3f0b-4f0e-9a5a-2c1f0a5b9e11",
    given_names="Zoë Änne",
    family_name="Müller-Łukasz",
    esi=ESI,
    birth_date=date(2003, 2, 28),
    nationality="DE",
    gender=2,
    email="zoe.mueller@sending.example",
    sending_hei="sending.example",
    receiving_hei="elte.hu",
    sending_term="2027/2028-1/2",
    receiving_year="2027/2028",
    activity_type="student-studies",
    activity_attributes="long-term",
    agreement_isced_f="0311",
    eqf_level="7",
    nominee_isced_f="0410",
    comment="3 < 4 & “more”",
    status="pending",
)
WRITTEN = f"""\
<?xml version='1.0' encoding='UTF-8'?>
<omobilities-get-response xmlns="{NAMESPACE}">
  <student-mobility>
    <omobility-id>7d0d6c1e-3f0b-4f0e-9a5a-2c1f0a5b9e11</omobility-id>
    <student>
      <given-names>Zoë Änne</given-names>
      <family-name>Müller-Łukasz</family-name>
      <global-id>{ESI}</global-id>
      <birth-date>2003-02-28</birth-date>
      <nationality>DE</nationality>
      <gender>2</gender>
      <email>zoe.mueller@sending.example</email>
    </student>
    <nomination proposal-id="{proposal_id(ZOE)}">
      <sending-hei>
        <hei-id>sending.example</hei-id>
      </sending-hei>
      <receiving-hei>
        <hei-id>elte.hu</hei-id>
      </receiving-hei>
      <sending-academic-term-ewp-id>2027/2028-1/2</sending-academic-term-ewp-id>
      <receiving-academic-year-id>2027/2028</receiving-academic-year-id>
      <activity-type>student-studies</activity-type>
      <activity-attributes>long-term</activity-attributes>
      <agreement-isced-f-code>0311</agreement-isced-f-code>
      <eqf-level-studied-at-departure>7</eqf-level-studied-at-departure>
      <nominee-isced-f-code>0410</nominee-isced-f-code>
      <comment>3 &lt; 4 &amp; “more”</comment>
    </nomination>
    <status>pending</status>
  </student-mobility>
</omobilities-get-response>
"""
# A value that is wrong in itself, and all that is said of it.
WRONG = [
    ("activity_type", "", EwpProblem.NOT_STUDIES),
    ("sending_hei", "", EwpProblem.SENDER_ID_MISSING),
    ("receiving_hei", "", EwpProblem.HOST_ID_MISSING),
    ("given_names", "", EwpProblem.NAME_EMPTY),
    ("family_name", " \u200b\u00a0", EwpProblem.NAME_EMPTY),
    ("family_name", "Ro\x0bth", EwpProblem.CONTROL_CHARACTER),
    ("given_names", "Zo\në", EwpProblem.CONTROL_CHARACTER),
    ("given_names", "Zo\ufffe", EwpProblem.CONTROL_CHARACTER),
    ("comment", "half\x07way", EwpProblem.CONTROL_CHARACTER),
    ("comment", "half\x85way", EwpProblem.CONTROL_CHARACTER),
    ("family_name", "\u3164", EwpProblem.NAME_EMPTY),
    ("given_names", "...", EwpProblem.NAME_EMPTY),
    ("family_name", "\u0301", EwpProblem.NAME_EMPTY),
    ("esi", "", EwpProblem.ESI_MISSING),
    ("esi", "108020100001", EwpProblem.ESI_FORM),
    ("nationality", "ZZ", EwpProblem.COUNTRY_UNKNOWN),
    ("nationality", "de", EwpProblem.COUNTRY_UNKNOWN),
    ("gender", 3, EwpProblem.GENDER_UNKNOWN),
    ("email", "zoe@example", EwpProblem.EMAIL_FORM),
    ("sending_term", "2027/2028-5/2", EwpProblem.TERM_IMPOSSIBLE),
    ("sending_term", "2027/2031-1/2", EwpProblem.YEARS_APART),
    ("sending_term", "2028/2027-1/2", EwpProblem.YEARS_APART),
    ("receiving_year", "2027/2031", EwpProblem.YEARS_APART),
    ("receiving_year", "2027/28", EwpProblem.YEARS_APART),
    ("receiving_year", "", EwpProblem.YEARS_APART),
    ("agreement_isced_f", "", EwpProblem.AGREEMENT_FIELD_MISSING),
    ("agreement_isced_f", "041", EwpProblem.AGREEMENT_FIELD_UNKNOWN),
    ("agreement_isced_f", "0499", None),
    ("agreement_isced_f", "0477", EwpProblem.AGREEMENT_FIELD_UNKNOWN),
    ("nominee_isced_f", "1299", EwpProblem.DEGREE_FIELD_UNKNOWN),
    ("eqf_level", "", EwpProblem.LEVEL_UNKNOWN),
    ("sending_term", "", None),
    ("receiving_year", "2028/2028", None),
    ("comment", "", None),
    ("comment", "two\nlines", None),
    ("family_name", "-", None),
]


@pytest.fixture(scope="module")
def schema():
    if not SCHEMA.exists():
        pytest.skip(f"The schemas of EWP are not there: {SCHEMA}")
    # Nothing is fetched from elsewhere: the schemas refer to each other by relative paths.
    return XMLSchema(SCHEMA, allow="local")


def said(schema, file):
    """Return what a valid file says of each student, as a program reads it."""
    return schema.decode(file.decode())["student-mobility"]


# -- checks of our own --------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "value", "problem"), WRONG)
def test_each_wrong_value_is_found(field, value, problem):
    found = problems(replace(ZOE, **{field: value}), countries.countries)
    assert found == ((problem,) if problem else ())


def test_all_that_is_wrong_is_found_at_once():
    wrong = replace(ZOE, family_name=" ", esi="x", sending_term="2027/2031-5/2")
    assert problems(wrong, countries.countries) == (
        EwpProblem.NAME_EMPTY,
        EwpProblem.ESI_FORM,
        EwpProblem.TERM_IMPOSSIBLE,
        EwpProblem.YEARS_APART,
    )


@pytest.mark.parametrize(
    ("esi", "is_one"),
    [
        (ESI, True),
        ("urn:schac:personalUniqueCode:int:esi:hr:1234567890", True),
        ("urn:schac:personalUniqueCode:int:esi:es-md:1234567890", True),
        ("urn:schac:personalUniqueCode:int:esi:zz:1234567890", False),
        ("urn:schac:personalUniqueCode:int:esi:sending.example:", False),
        ("urn:schac:personalUniqueCode:int:esi:sending.example", False),
        ("urn:schac:personalUniqueCode:int:esi:sending:1234567890", False),
        ("urn:schac:personalUniqueCode:int:esi:sending.example:12 34", False),
        ("urn:schac:personalUniqueCode:int:esi:sending.example:12%3", False),
        ("urn:schac:personalUniqueCode:int:esi:sending.example:12\n", False),
        ("urn:schac:personalUniqueCode:int:esi:-a.example:12", False),
        ("urn:schac:personalUniqueCode:int:esi:a-.example:12", False),
        ("urn:schac:personalUniqueCode:int:esi:127.0.0.1:12", False),
        ("urn:schac:personalUniqueCode:int:esi:sending.example:12%0A", False),
        ("urn:schac:personalUniqueCode:int:esi:my-uni.sending.example:12%20", True),
        ("urn:schac:personalUniqueCode:de:sending.example:Matrikelnummer:1", False),
        (ESI + "1" * (255 - len(ESI)), True),
        (ESI + "1" * (256 - len(ESI)), False),
    ],
)
def test_form_of_the_student_identifier(esi, is_one):
    assert is_esi(esi, countries.countries) is is_one


def test_each_problem_has_its_sentence():
    assert set(texts._EWP) == set(EwpProblem)
    assert len({texts.ewp_sentence(code) for code in EwpProblem}) == len(EwpProblem)


# -- the file -------------------------------------------------------------------------------------


def test_file_is_as_the_rule_orders_it(schema):
    assert written([ZOE]).decode() == WRITTEN
    schema.validate(WRITTEN)


def test_stay_in_no_term_and_no_comment_is_valid_too(schema):
    (student,) = said(schema, written([replace(ZOE, sending_term="", comment="")]))
    nomination = student["nomination"]
    assert "non-standard-mobility-period" in nomination
    assert not {"sending-academic-term-ewp-id", "comment"} & set(nomination)


@pytest.mark.parametrize("field", [field.name for field in fields(Mobility)])
def test_proposal_is_another_one_if_and_only_if_its_content_is(field):
    of_the_student = {
        "given_names",
        "family_name",
        "esi",
        "birth_date",
        "nationality",
        "gender",
        "email",
    }
    changed = replace(ZOE, **{field: "another"})
    is_another = proposal_id(changed) != proposal_id(ZOE)
    assert is_another is (field not in of_the_student | {"status"})


ANY_TEXT = st.text(st.characters(codec=None), max_size=12) | st.sampled_from(
    ["]]>", "<!--", "&amp;", "\r\n", "\x00", "\ufeff", "=1+1", "\ud800", "\U0001f642"]
)


def typed(*, given_names, family_name, comment, esi):
    """Return the row of a nomination that fits but for what was typed; nothing is stored."""
    home = HostUniversity(schac_id="sending.example")
    agreement = Agreement(
        host=HostUniversity(schac_id="elte.hu"), kind="erasmus_studies", isced_f="0311"
    )
    call = Call(academic_year=2027)
    return Row(
        number=1,
        nomination=Nomination(
            application=Application(call=call),
            placement=Placement(host=CallHost(call=call, agreement=agreement), semester="W"),
            comment=comment,
        ),
        person=Submission(
            given_names=given_names,
            family_name=family_name,
            esi=esi,
            birth_date=ZOE.birth_date,
            nationality="DE",
            gender=2,
            email=ZOE.email,
            level_departure="master",
            isced_f="0410",
        ),
        home=home,
        office_mailbox="",
        days=period(2027, "W"),
        term_known=True,
    )


@given_settings(deadline=None, max_examples=80)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, st.sampled_from(["", ESI, "2027/2028"]) | ANY_TEXT)
def test_whatever_is_typed_the_file_is_valid_or_the_student_left_out(
    schema, given_names, family_name, comment, esi
):
    row = typed(given_names=given_names, family_name=family_name, comment=comment, esi=esi)
    try:
        file = document([row])
    except NothingForEwp as nothing:
        (left_out,) = nothing.left_out
        assert left_out.codes
    else:
        (student,) = said(schema, file.xml)
        (name,) = student["student"]["family-name"]
        assert name == normalize("NFC", family_name).strip()
        assert student["student"]["global-id"] == ESI


def test_what_is_usual_is_not_left_out(schema):
    row = typed(given_names="Zoë Änne", family_name="Müller-Łukasz", comment="]]>\r\n&", esi=ESI)
    (student,) = said(schema, document([row]).xml)
    assert student["nomination"]["comment"] == "]]>\n&"


# -- from nominations ----------------------------------------------------------------------------


@pytest.fixture
def home(db):  # noqa: ARG001 - asks for the database
    HostUniversity.objects.filter(is_home=True).update(schac_id="sending.example")


def nominated(host, **handed_in):
    nomination = factories.NominationFactory.create(
        placement__host=host, placement__application__call=host.call
    )
    factories.SubmissionFactory.create(
        application=nomination.application, **{"esi": ESI} | handed_in
    )
    return nomination


def rows(*nominations):
    found = Nomination.objects.select_related(*NEEDED).in_bulk([row.pk for row in nominations])
    return rows_of([found[row.pk] for row in nominations])


@pytest.fixture
def host(home):  # noqa: ARG001 - our university has its id
    return factories.CallHostFactory.create(
        agreement__host__schac_id="elte.hu", agreement__isced_f="0311", seats=5
    )


def test_file_has_those_that_fit_and_names_the_others(host, schema):
    fits = nominated(host, level_departure="master")
    without_esi = nominated(host, esi="")
    rejected = nominated(host)
    rejected.status = Nomination.Status.REJECTED
    rejected.corrections = {"family_name": "Mu\u0308ller", "nationality": "FR"}
    rejected.comment = " one\r\ntwo "
    rejected.save()
    file = document(rows(fits, without_esi, rejected))
    first, second = said(schema, file.xml)
    assert file.left_out == (LeftOut(without_esi.pk, (EwpProblem.ESI_MISSING,)),)
    assert (first["omobility-id"], first["status"]) == (str(fits.pk), "pending")
    assert first["nomination"]["eqf-level-studied-at-departure"] == 7
    assert (second["omobility-id"], second["status"]) == (str(rejected.pk), "rejected")
    assert (second["student"]["family-name"], second["student"]["nationality"]) == (
        ["Müller"],
        "FR",
    )
    assert second["nomination"]["comment"] == "one\ntwo"


def test_real_days_of_the_host_decide_on_term_and_year(host, schema):
    factories.HostTermFactory.create(
        host=host.agreement.host,
        academic_year=2027,
        semester="W",
        starts=date(2028, 2, 20),
        ends=date(2028, 6, 30),
    )
    host.agreement.host.calendar_years = True
    host.agreement.host.save()
    (student,) = said(schema, document(rows(nominated(host))).xml)
    assert student["nomination"]["sending-academic-term-ewp-id"] == "2027/2028-1/1"
    assert student["nomination"]["receiving-academic-year-id"] == "2028/2028"


def test_empty_file_is_never_written(host):
    left_out = nominated(host, esi="")
    with pytest.raises(NothingForEwp) as refusal:
        document(rows(left_out))
    assert refusal.value.left_out == (LeftOut(left_out.pk, (EwpProblem.ESI_MISSING,)),)
    with pytest.raises(NothingForEwp):
        document([])


@pytest.mark.parametrize("kind", ["erasmus_doctoral", "erasmus_teaching", "worldwide"])
def test_only_studies_go_by_ewp(home, kind):  # noqa: ARG001 - our university has its id
    other = factories.CallHostFactory.create(
        agreement__host__schac_id="elte.hu", agreement__isced_f="0311", agreement__kind=kind
    )
    with pytest.raises(NothingForEwp) as refusal:
        document(rows(nominated(other)))
    assert refusal.value.left_out[0].codes == (EwpProblem.NOT_STUDIES,)


def test_no_partner_gets_the_students_of_another(host):
    other = factories.CallHostFactory.create(call=host.call)
    with pytest.raises(ValueError, match="one partner"):
        document(rows(nominated(host), nominated(other)))
