import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.eligibility import (
    Applicant,
    EarlierStay,
    EligibilityCode,
    Finding,
    HostOffer,
    LanguageSkill,
    Pool,
    Preference,
    ProgrammeRules,
    Proof,
    Severity,
    closed_to,
    is_blocked,
    review,
)

D = Decimal
Code = EligibilityCode
EITHER = frozenset({"W", "S"})
ENGLISH = LanguageSkill("en", "C1", Proof.SCHOOL)
APPLICANT = Applicant(
    level_now="bachelor",
    level_departure="bachelor",
    semester=4,
    degree_programme="bsc-me",
    degree_level="bachelor",
    isced_f="0413",
    isced_f_of_degree=frozenset({"0311", "0410", "0413"}),
    languages=(ENGLISH,),
    ects=D(95),
    average_grade=D("2.1"),
)
RULES = ProgrammeRules(levels=frozenset({"bachelor", "master"}))
OFFER = HostOffer(id="lut", pools=(Pool(2),), isced_f="0410", language="en", language_level="B2")
WISH = Preference(1, "lut", EITHER)


def findings_on(*, applicant=APPLICANT, rules=RULES, wish=WISH, offer=OFFER):
    return review(applicant, rules, [wish], [offer])


def test_review_of_a_fitting_application_finds_nothing():
    assert findings_on() == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"enrolled": False}, [Finding(Code.NOT_ENROLLED)]),
        (
            {"level_departure": "doctoral"},
            [
                Finding(
                    Code.LEVEL_NOT_IN_PROGRAMME,
                    None,
                    {"level": "doctoral", "allowed": ("bachelor", "master")},
                ),
                Finding(
                    Code.LEVEL_SKIPS,
                    None,
                    {"level_now": "bachelor", "level_departure": "doctoral"},
                ),
            ],
        ),
        (
            {"level_now": "master", "degree_level": "master"},
            [
                Finding(
                    Code.LEVEL_STEPS_BACK,
                    None,
                    {"level_now": "master", "level_departure": "bachelor"},
                )
            ],
        ),
        (
            {"level_departure": "master"},
            [
                Finding(
                    Code.LEVEL_CHANGES,
                    None,
                    {"level_now": "bachelor", "level_departure": "master"},
                )
            ],
        ),
        (
            {"degree_level": "master"},
            [
                Finding(
                    Code.DEGREE_LEVEL_DIFFERS,
                    None,
                    {"level_now": "bachelor", "degree_level": "master"},
                )
            ],
        ),
        (
            {"isced_f": "041"},
            [
                Finding(
                    Code.SUBJECT_CODE_INVALID,
                    None,
                    {"isced_f": "041", "suggestions": ("0410", "0413")},
                )
            ],
        ),
        (
            {"average_grade": D("4.3")},
            [Finding(Code.GRADE_NOT_PASSED, None, {"grade": "4.3"})],
        ),
        ({"average_grade": D("4.0")}, []),
        ({"average_grade": None, "ects": None}, []),
        (
            {"ects": D("180.5")},
            [Finding(Code.ENROLMENT_MAY_END, None, {"ects": "180.5", "needed": "180"})],
        ),
        ({"ects": D("179.5")}, []),
        (
            {"ects": D(180), "level_departure": "master"},
            [
                Finding(
                    Code.LEVEL_CHANGES,
                    None,
                    {"level_now": "bachelor", "level_departure": "master"},
                )
            ],
        ),
    ],
)
def test_review_finds_what_is_wrong_with_the_application(changes, expected):
    assert findings_on(applicant=replace(APPLICANT, **changes)) == tuple(expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"degree_programmes": frozenset({"bsc-me"})}, []),
        (
            {"degree_programmes": frozenset({"msc-me"})},
            [Finding(Code.DEGREE_NOT_IN_PROGRAMME, None, {"degree": "bsc-me"})],
        ),
        (
            {"on_condition": frozenset({"bsc-me"}), "degree_programmes": frozenset({"msc-me"})},
            [Finding(Code.DEGREE_ON_CONDITION, None, {"degree": "bsc-me"})],
        ),
        ({"min_ects": D(95)}, []),
        (
            {"min_ects": D("95.5")},
            [Finding(Code.ECTS_TOO_FEW, None, {"ects": "95", "needed": "95.5"})],
        ),
        ({"worst_grade": D("2.1")}, []),
        (
            {"worst_grade": D("2.0")},
            [Finding(Code.GRADE_TOO_LOW, None, {"grade": "2.1", "needed": "2.0"})],
        ),
    ],
)
def test_review_applies_the_rules_of_the_programme(changes, expected):
    assert findings_on(rules=replace(RULES, **changes)) == tuple(expected)


@pytest.mark.parametrize(
    ("pools", "semesters", "expected"),
    [
        ((Pool(1, "bachelor"),), EITHER, []),
        ((Pool(1, "bachelor", "W"), Pool(1, "bachelor", "S")), EITHER, []),
        ((Pool(1, "", "W"),), frozenset("W"), []),
        ((), EITHER, [(Code.NO_SEATS, {})]),
        ((Pool(0), Pool(0, "bachelor")), EITHER, [(Code.NO_SEATS, {})]),
        (
            (Pool(2, "master"), Pool(1, "doctoral"), Pool(0, "bachelor")),
            EITHER,
            [(Code.NO_SEATS_FOR_LEVEL, {"level": "bachelor", "offered": ("doctoral", "master")})],
        ),
        (
            (Pool(2, "master", fallback=True),),
            EITHER,
            [(Code.ONLY_LEFT_OVER_SEATS, {"level": "bachelor", "first": ("master",)})],
        ),
        ((Pool(2, "master", fallback=True), Pool(1)), EITHER, []),
        (
            (Pool(0, "master", fallback=True), Pool(1, "doctoral")),
            EITHER,
            [(Code.NO_SEATS_FOR_LEVEL, {"level": "bachelor", "offered": ("doctoral",)})],
        ),
        (
            (Pool(1, "", "S"),),
            frozenset("W"),
            [(Code.NO_SEATS_IN_SEMESTER, {"wished": ("W",), "offered": ("S",)})],
        ),
        (
            (Pool(1, "bachelor", "S"), Pool(5, "master", "W")),
            frozenset("W"),
            [(Code.NO_SEATS_IN_SEMESTER, {"wished": ("W",), "offered": ("S",)})],
        ),
        (
            (Pool(1, "", "S"),),
            EITHER,
            [(Code.SEMESTER_LIMITED, {"wished": ("S", "W"), "offered": ("S",)})],
        ),
        (
            (Pool(1, "", "W"),),
            frozenset(),
            [(Code.SEMESTER_LIMITED, {"wished": ("S", "W"), "offered": ("W",)})],
        ),
        ((Pool(1, "", "S"), Pool(1)), frozenset("W"), []),
    ],
)
def test_review_finds_seats_by_level_and_semester(pools, semesters, expected):
    found = findings_on(wish=replace(WISH, semesters=semesters), offer=replace(OFFER, pools=pools))

    assert found == tuple(Finding(code, 1, params) for code, params in expected)


WINTER = EarlierStay(
    host="Lund University",
    call_en="ERASMUS studies",
    call_de="ERASMUS-Studium",
    semester="W",
    level="bachelor",
    same_year=True,
)
SUMMER = replace(WINTER, host="Peking University", semester="S", erasmus=False, accepted=False)


def held(stay, place):
    return {
        "host": stay.host,
        "call_en": "ERASMUS studies",
        "call_de": "ERASMUS-Studium",
        "semester": stay.semester,
        "place": place,
    }


@pytest.mark.parametrize(
    ("stays", "semesters", "offer", "expected"),
    [
        ([WINTER], frozenset("W"), {}, [(Code.SEMESTER_TAKEN, held(WINTER, "accepted"))]),
        ([SUMMER], frozenset("S"), {}, [(Code.SEMESTER_TAKEN, held(SUMMER, "offered"))]),
        ([WINTER], EITHER, {}, [(Code.SEMESTER_PARTLY_TAKEN, held(WINTER, "accepted"))]),
        ([WINTER], frozenset(), {}, [(Code.SEMESTER_PARTLY_TAKEN, held(WINTER, "accepted"))]),
        (
            [WINTER, SUMMER],
            EITHER,
            {},
            [
                (Code.SEMESTER_TAKEN, held(WINTER, "accepted")),
                (Code.SEMESTER_TAKEN, held(SUMMER, "offered")),
            ],
        ),
        ([WINTER], frozenset("S"), {}, []),
        ([replace(WINTER, same_year=False)], frozenset("W"), {}, []),
        # A summer school stands in a semester, but fills none: on neither side.
        ([replace(SUMMER, for_a_term=False)], frozenset("S"), {}, []),
        ([SUMMER], frozenset("S"), {"for_a_term": False}, []),
        # A semester without seats for this level is none that remains.
        (
            [WINTER],
            EITHER,
            {"pools": (Pool(1, "bachelor", "W"), Pool(2, "master", "S"))},
            [
                (Code.SEMESTER_LIMITED, {"wished": ("S", "W"), "offered": ("W",)}),
                (Code.SEMESTER_TAKEN, held(WINTER, "accepted")),
            ],
        ),
        (
            [WINTER],
            frozenset("W"),
            {"pools": (Pool(1, "", "S"), Pool(1))},
            [(Code.SEMESTER_TAKEN, held(WINTER, "accepted"))],
        ),
    ],
)
def test_review_finds_places_held_in_the_same_semester(stays, semesters, offer, expected):
    found = findings_on(
        applicant=replace(APPLICANT, stays=tuple(stays)),
        wish=replace(WISH, semesters=semesters),
        offer=replace(OFFER, **offer),
    )

    assert found == tuple(Finding(code, 1, params) for code, params in expected)


YEAR_BEFORE = replace(WINTER, same_year=False)


@pytest.mark.parametrize(
    ("told", "stays", "limit", "expected"),
    [
        (None, [], 12, None),
        (0, [], 12, None),
        (24, [YEAR_BEFORE], None, None),
        # Six months are left, enough for any semester.
        (6, [], 12, None),
        (7, [], 12, (Code.MONTHS_RUNNING_OUT, 7)),
        (10, [], 12, (Code.MONTHS_RUNNING_OUT, 10)),
        # Less than the 60 days a stay has at least.
        (11, [], 12, (Code.MONTHS_USED_UP, 11)),
        (30, [], 12, (Code.MONTHS_USED_UP, 30)),
        # The portal reckons a semester as five months.
        (None, [YEAR_BEFORE], 12, None),
        (None, [YEAR_BEFORE] * 2, 12, (Code.MONTHS_RUNNING_OUT, 10)),
        (None, [YEAR_BEFORE] * 3, 12, (Code.MONTHS_USED_UP, 15)),
        # What was told and what is known are the same stays: never their sum.
        (4, [YEAR_BEFORE], 12, None),
        (8, [YEAR_BEFORE], 12, (Code.MONTHS_RUNNING_OUT, 8)),
        (3, [YEAR_BEFORE] * 2, 12, (Code.MONTHS_RUNNING_OUT, 10)),
        # Another cycle, another kind of agreement, an offer nobody has accepted yet.
        (None, [replace(YEAR_BEFORE, level="master")] * 3, 12, None),
        (None, [replace(YEAR_BEFORE, erasmus=False)] * 3, 12, None),
        (None, [replace(YEAR_BEFORE, accepted=False)] * 3, 12, None),
    ],
)
def test_review_counts_the_months_of_the_study_cycle(told, stays, limit, expected):
    found = findings_on(
        applicant=replace(APPLICANT, earlier_months=told, stays=tuple(stays)),
        rules=replace(RULES, months_per_cycle=limit),
    )

    assert found == (
        (Finding(expected[0], None, {"months": expected[1], "limit": limit}),) if expected else ()
    )


@pytest.mark.parametrize(
    ("isced_f", "agreement", "expected"),
    [
        ("0413", "", []),
        ("0413", "0413", []),
        (
            "0413",
            "0311",
            [
                (
                    Code.SUBJECT_FITS_OTHER_CODE,
                    {"isced_f": "0413", "agreement": "0311", "fitting": ("0311",)},
                )
            ],
        ),
        (
            "0413",
            "0613",
            [(Code.SUBJECT_DIFFERS, {"isced_f": "0413", "agreement": "0613"})],
        ),
    ],
)
def test_review_compares_the_subject(isced_f, agreement, expected):
    found = findings_on(
        applicant=replace(APPLICANT, isced_f=isced_f), offer=replace(OFFER, isced_f=agreement)
    )

    assert found == tuple(Finding(code, 1, params) for code, params in expected)


def skill(level, proof, language="en"):
    return LanguageSkill(language, level, proof)


NEEDS_B2 = {"language": "en", "needed": "B2"}


@pytest.mark.parametrize(
    ("skills", "has_document", "certificate_needed", "expected"),
    [
        ([skill("B2", Proof.SCHOOL)], False, False, []),
        ([skill("NS", Proof.NATIVE)], False, True, []),
        ([skill("B2", Proof.CERTIFICATE)], True, True, []),
        ([], False, False, [(Code.LANGUAGE_MISSING, NEEDS_B2)]),
        ([], True, True, [(Code.LANGUAGE_MISSING, NEEDS_B2)]),
        ([skill("C2", Proof.STAY, "es")], False, False, [(Code.LANGUAGE_MISSING, NEEDS_B2)]),
        (
            [skill("B1", Proof.STAY)],
            False,
            False,
            [(Code.LANGUAGE_TOO_LOW, {**NEEDS_B2, "level": "B1"})],
        ),
        ([skill("B1", Proof.STAY), skill("B2", Proof.SCHOOL)], False, False, []),
        (
            [skill("B2", Proof.COURSE)],
            False,
            False,
            [(Code.LANGUAGE_BY_PLANNED_COURSE, NEEDS_B2)],
        ),
        ([skill("B2", Proof.COURSE), skill("B2", Proof.STAY)], False, False, []),
        ([skill("C1", Proof.SCHOOL)], True, True, [(Code.CERTIFICATE_MISSING, NEEDS_B2)]),
        (
            [skill("C1", Proof.CERTIFICATE)],
            False,
            True,
            [(Code.CERTIFICATE_DOCUMENT_MISSING, NEEDS_B2)],
        ),
        (
            [skill("B1", Proof.SCHOOL)],
            False,
            True,
            [
                (Code.LANGUAGE_TOO_LOW, {**NEEDS_B2, "level": "B1"}),
                (Code.CERTIFICATE_MISSING, NEEDS_B2),
            ],
        ),
    ],
)
def test_review_compares_languages_and_certificates(
    skills, has_document, certificate_needed, expected
):
    found = findings_on(
        applicant=replace(
            APPLICANT, languages=tuple(skills), has_certificate_document=has_document
        ),
        offer=replace(OFFER, certificate_needed=certificate_needed),
    )

    assert found == tuple(Finding(code, 1, params) for code, params in expected)


def test_review_asks_for_no_language_where_the_host_needs_none():
    nobody = replace(APPLICANT, languages=())

    assert findings_on(applicant=nobody, offer=replace(OFFER, language_level="")) == ()


@pytest.mark.parametrize("skills", [[], [ENGLISH], [skill("B2", Proof.COURSE)]])
def test_review_asks_for_a_certificate_alone_where_the_host_names_no_level(skills):
    found = findings_on(
        applicant=replace(APPLICANT, languages=tuple(skills)),
        offer=replace(OFFER, language_level="", certificate_needed=True),
    )

    assert found == (Finding(Code.CERTIFICATE_MISSING, 1, {"language": "en", "needed": ""}),)


def test_review_names_a_host_that_is_not_in_the_call():
    assert findings_on(wish=replace(WISH, offer="oxford", rank=3)) == (
        Finding(Code.HOST_NOT_IN_CALL, 3),
    )


def test_review_collects_everything_at_once_by_rank():
    hopeless = replace(APPLICANT, enrolled=False, languages=(), isced_f="0613")
    master_only = replace(OFFER, id="master-only", pools=(Pool(1, "master"),))
    wishes = [Preference(2, "master-only", EITHER), WISH]

    found = review(
        replace(hopeless, isced_f_of_degree=frozenset()), RULES, wishes, [OFFER, master_only]
    )

    assert [(finding.code, finding.preference) for finding in found] == [
        (Code.NOT_ENROLLED, None),
        (Code.SUBJECT_DIFFERS, 1),
        (Code.LANGUAGE_MISSING, 1),
        (Code.NO_SEATS_FOR_LEVEL, 2),
        (Code.SUBJECT_DIFFERS, 2),
        (Code.LANGUAGE_MISSING, 2),
    ]


def test_severity_proposes_to_say_no_or_only_informs():
    informing = {code for code in Code if Finding(code).severity == Severity.INFORMATION}

    assert informing == {
        Code.ENROLMENT_MAY_END,
        Code.LEVEL_SKIPS,
        Code.LEVEL_CHANGES,
        Code.DEGREE_ON_CONDITION,
        Code.GRADE_NOT_PASSED,
        Code.MONTHS_RUNNING_OUT,
        Code.ONLY_LEFT_OVER_SEATS,
        Code.SEMESTER_LIMITED,
        Code.SEMESTER_PARTLY_TAKEN,
        Code.SUBJECT_FITS_OTHER_CODE,
        Code.LANGUAGE_BY_PLANNED_COURSE,
    }


def test_is_blocked_looks_at_one_wish_or_the_whole_application():
    findings = (
        Finding(Code.LEVEL_CHANGES),
        Finding(Code.SUBJECT_DIFFERS, 2),
        Finding(Code.SEMESTER_LIMITED, 3),
    )

    assert [is_blocked(findings, wish) for wish in (None, 1, 2, 3)] == [False, False, True, False]
    assert is_blocked([Finding(Code.NOT_ENROLLED)], None)


# -- properties ------------------------------------------------------------------------------------

levels = st.sampled_from(["bachelor", "master", "doctoral"])
pools = st.builds(
    Pool,
    st.integers(0, 3),
    st.sampled_from(["", "bachelor", "master", "doctoral"]),
    st.sampled_from(["", "W", "S"]),
    st.booleans(),
)
applicants = st.builds(
    Applicant,
    level_now=levels,
    level_departure=levels,
    semester=st.integers(1, 12),
    degree_programme=st.sampled_from(["bsc-me", "msc-me"]),
    degree_level=levels,
    isced_f=st.sampled_from(["0311", "0413", "041", "0388", "0613"]),
    isced_f_of_degree=st.frozensets(st.sampled_from(["0311", "0410", "0413"])),
    languages=st.lists(
        st.builds(
            LanguageSkill,
            st.sampled_from(["en", "es"]),
            st.sampled_from(["A2", "B1", "B2", "C1", "NS"]),
            st.sampled_from(Proof),
        ),
        max_size=3,
    ).map(tuple),
    has_certificate_document=st.booleans(),
    enrolled=st.booleans(),
)
host_offers = st.builds(
    HostOffer,
    id=st.just("lut"),
    pools=st.lists(pools, max_size=4).map(tuple),
    isced_f=st.sampled_from(["", "0410", "0311", "0613"]),
    language=st.sampled_from(["en", "es"]),
    language_level=st.sampled_from(["", "B1", "B2"]),
    certificate_needed=st.booleans(),
)
wished_semesters = st.sampled_from([frozenset("W"), frozenset("S"), EITHER])


@given(applicants, host_offers, wished_semesters)
def test_review_can_be_stored_as_json_and_says_nothing_twice(applicant, offer, semesters):
    found = review(applicant, RULES, [Preference(1, "lut", semesters)], [offer])

    json.dumps([dict(finding.params) for finding in found])
    said = [(finding.code, finding.preference) for finding in found]
    assert len(said) == len(set(said))


@given(applicants, host_offers, wished_semesters)
def test_more_seats_never_add_an_obstacle(applicant, offer, semesters):
    wish = Preference(1, "lut", semesters)
    more = replace(offer, pools=(*offer.pools, Pool(1)))
    seat_codes = {Code.NO_SEATS, Code.NO_SEATS_FOR_LEVEL, Code.NO_SEATS_IN_SEMESTER}

    found = {finding.code for finding in review(applicant, RULES, [wish], [more])}

    assert not found & seat_codes


@given(applicants, host_offers, wished_semesters)
def test_a_blocked_seat_is_one_the_allocation_could_not_give(applicant, offer, semesters):
    wish = Preference(1, "lut", semesters)
    level = applicant.level_departure
    could_sit = any(
        pool.seats > 0
        and (pool.level in {"", level} or pool.fallback)
        and (pool.semester == "" or pool.semester in semesters)
        for pool in offer.pools
    )
    seat_codes = {Code.NO_SEATS, Code.NO_SEATS_FOR_LEVEL, Code.NO_SEATS_IN_SEMESTER}

    found = {finding.code for finding in review(applicant, RULES, [wish], [offer])}

    assert could_sit == (not found & seat_codes)


# -- where nobody of a level and field can go --------------------------------------------------


@pytest.mark.parametrize("pools", [(Pool(2),), (Pool(2, "bachelor", fallback=True),), ()])
def test_agreement_for_other_levels_closes_the_host_whatever_its_seats(pools):
    offer = replace(OFFER, pools=pools, levels=frozenset({"master", "doctoral"}))
    params = {"level": "bachelor", "offered": ("doctoral", "master")}
    if pools:
        assert findings_on(offer=offer) == (Finding(Code.NO_SEATS_FOR_LEVEL, 1, params),)
    assert closed_to("bachelor", "", frozenset(), offer) == Finding(
        Code.NO_SEATS_FOR_LEVEL, None, params
    )
    assert findings_on(offer=replace(OFFER, levels=frozenset({"bachelor"}))) == ()


@pytest.mark.parametrize(
    ("level", "isced_f", "offer", "code"),
    [
        ("bachelor", "0413", OFFER, None),
        ("", "", replace(OFFER, pools=(Pool(2, "master"),)), None),  # nothing is known yet
        ("bachelor", "", replace(OFFER, pools=(Pool(2, "master"),)), Code.NO_SEATS_FOR_LEVEL),
        ("bachelor", "", replace(OFFER, pools=(Pool(2, "master", fallback=True),)), None),
        ("bachelor", "", replace(OFFER, pools=(Pool(0),)), Code.NO_SEATS),
        ("bachelor", "", replace(OFFER, pools=()), None),  # seats are not known yet
        ("bachelor", "", replace(OFFER, pools=(Pool(2, semester="W"),)), None),
        ("", "0912", replace(OFFER, isced_f="0912"), None),
        ("", "0413", replace(OFFER, isced_f="0912"), Code.SUBJECT_DIFFERS),
        ("", "0311", OFFER, None),  # the degree may be given a field of the agreement too
        ("bachelor", "0413", replace(OFFER, language="es", certificate_needed=True), None),
    ],
)
def test_host_is_closed_only_by_what_nobody_can_still_change(level, isced_f, offer, code):
    found = closed_to(level, isced_f, frozenset({"0311", "0413"}), offer)
    assert (found and found.code) == code
