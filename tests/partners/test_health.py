"""The rules of the data health: each fault alone, beside a host without any."""

from dataclasses import replace
from datetime import date

import pytest
from django.utils import translation

from partners.admin.health_words import KINDS, SENTENCES, SEVERITIES, TONES, sentence
from partners.agreement_rules import FOR_A_TERM
from partners.health import (
    ERASMUS_KINDS,
    AgreementRow,
    DeadlineRow,
    HealthCode,
    HealthFinding,
    HealthSeverity,
    HostRow,
    Place,
    PoolRow,
    findings_of,
    severity,
)
from partners.models import AgreementKind, Channel, HostUniversity

YEAR = 2027
TODAY = date(2026, 11, 21)
AGREEMENT = AgreementRow(
    pk=7,
    faculty=1,
    kind="erasmus_studies",
    isced_f="0410",
    valid_from=2024,
    valid_until=2028,
    language_level="B2",
    pools=(PoolRow(YEAR, "", 2),),
)
DEADLINES = tuple(
    DeadlineRow(pk, YEAR, semester, day, "mail", "incoming@example.org")
    for pk, semester, day in ((3, "W", date(2027, 5, 15)), (4, "S", date(2027, 10, 15)))
)
SOUND = HostRow(
    pk=5,
    name="Example University",
    country="ES",
    erasmus_code="E  NOWHERE01",
    schac_id="example.org",
    pic="123456789",
    oid="E12345678",
    has_coordinates=True,
    agreements=(AGREEMENT,),
    deadlines=DEADLINES,
    term_years=frozenset({YEAR}),
)


def told(host, today=TODAY, year=YEAR):
    return [
        (finding.code, finding.place, finding.pk, finding.anchor)
        for finding in findings_of(host, year, today)
    ]


def with_agreement(**changes):
    return replace(SOUND, agreements=(replace(AGREEMENT, **changes),))


def with_deadline(**changes):
    return replace(SOUND, deadlines=(replace(DEADLINES[0], **changes), DEADLINES[1]))


def test_complete_host_has_no_finding():
    assert told(SOUND) == []


@pytest.mark.parametrize(
    ("host", "finding"),
    [
        (replace(SOUND, schac_id=""), ("no_schac_id", "host", 5, "id_schac_id")),
        (replace(SOUND, erasmus_code=""), ("no_erasmus_code", "host", 5, "id_erasmus_code")),
        (
            replace(SOUND, erasmus_code="E NOWHERE01"),
            ("erasmus_code_malformed", "host", 5, "id_erasmus_code"),
        ),
        (
            replace(SOUND, erasmus_code="F  NOWHERE01"),
            ("erasmus_code_other_country", "host", 5, "id_erasmus_code"),
        ),
        (replace(SOUND, pic=""), ("no_pic_or_oid", "host", 5, "id_pic")),
        (replace(SOUND, oid=""), ("no_pic_or_oid", "host", 5, "id_oid")),
        (replace(SOUND, has_coordinates=False), ("no_coordinates", "host", 5, "id_latitude")),
        (replace(SOUND, term_years=frozenset({2026})), ("no_terms", "host", 5, "terms-group")),
        (with_agreement(isced_f=""), ("subject_missing", "agreement", 7, "id_isced_f")),
        (
            with_agreement(kind="erasmus_doctoral", isced_f=""),
            ("subject_missing", "agreement", 7, "id_isced_f"),
        ),
        (
            with_agreement(kind="erasmus_teaching", isced_f=""),
            ("teaching_without_subject", "agreement", 7, "id_isced_f"),
        ),
        (
            with_agreement(kind="erasmus_doctoral", pools=(PoolRow(2027, "", 0),)),
            ("no_seats", "agreement", 7, "pools-group"),
        ),
        (with_agreement(isced_f="0418"), ("subject_invalid", "agreement", 7, "id_isced_f")),
        (
            with_agreement(language_level=""),
            ("no_language_level", "agreement", 7, "id_language_level"),
        ),
        (with_agreement(valid_until=2027), ("agreement_ending", "agreement", 7, "id_valid_until")),
        (with_agreement(valid_until=2026), ("agreement_ended", "agreement", 7, "id_valid_until")),
        (
            with_agreement(pools=(PoolRow(2027, "", 0),)),
            ("no_seats", "agreement", 7, "pools-group"),
        ),
        (
            replace(SOUND, deadlines=DEADLINES[:1]),
            ("no_deadline", "host", 5, "nomination_deadlines-group"),
        ),
        (with_deadline(mailbox=""), ("no_mailbox", "deadline", 3, "id_mailbox")),
        (
            with_deadline(deadline=date(2026, 11, 20)),
            ("deadline_past", "deadline", 3, "id_deadline"),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_each_fault_is_found_alone_and_leads_to_its_field(host, finding):
    assert told(host) == [finding]


def test_ewp_needs_the_schac_id():
    host = replace(with_deadline(channel="ewp", mailbox=""), schac_id="")

    assert [code for code, *_rest in told(host)] == ["no_schac_id", "ewp_without_schac"]


def test_deadline_behind_us_is_as_it_should_be_once_the_semester_has_begun():
    on_the_day = findings_of(with_deadline(), YEAR, date(2027, 5, 15))
    late = [code for code, *_rest in told(with_deadline(), today=date(2027, 9, 30))]
    begun = [code for code, *_rest in told(with_deadline(), today=date(2027, 10, 1))]

    assert (on_the_day, late, begun) == ((), ["deadline_past"], [])


def test_doctoral_exchange_is_agreed_without_numbers():
    def codes(kind):
        return [code for code, *_rest in told(with_agreement(kind=kind, pools=()))]

    assert codes("erasmus_doctoral") == []
    assert (
        codes("erasmus_studies") == codes("worldwide") == codes("erasmus_teaching") == ["no_seats"]
    )


def test_deadline_is_asked_for_semesters_with_seats_only():
    only_winter = replace(
        SOUND,
        agreements=(replace(AGREEMENT, pools=(PoolRow(YEAR, "W", 1),)),),
        deadlines=DEADLINES[:1],
    )

    assert told(only_winter) == []


def test_host_outside_the_programme_needs_no_erasmus_code_and_no_subject():
    bare = replace(SOUND, erasmus_code="", schac_id="", pic="", oid="")
    worldwide = replace(AGREEMENT, kind="worldwide", isced_f="")

    assert told(replace(bare, agreements=(worldwide,))) == []


@pytest.mark.parametrize("kind", sorted(set(AgreementKind.values) - FOR_A_TERM))
def test_who_is_not_nominated_needs_no_deadline_and_no_language_level(kind):
    host = replace(with_agreement(kind=kind, language_level=""), deadlines=())

    assert told(host) == []


def test_agreement_that_another_goes_on_with_is_not_told_as_ended():
    renewed = replace(AGREEMENT, pk=8, isced_f="0311")
    ended = replace(AGREEMENT, valid_until=2026)
    of_others = replace(renewed, faculty=2)

    assert told(replace(SOUND, agreements=(ended, renewed))) == []
    assert [code for code, *_rest in told(replace(SOUND, agreements=(ended, of_others)))] == [
        "agreement_ended"
    ]


def test_agreement_let_go_long_ago_is_nobodys_oversight():
    assert told(with_agreement(valid_from=2020, valid_until=2024)) == []


def test_kinds_are_those_of_the_tables():
    assert set(AgreementKind.values) > ERASMUS_KINDS | FOR_A_TERM
    assert {"mail", "ewp"} < set(Channel.values)


def test_database_refuses_a_malformed_code_before_the_page_has_to_tell_it():
    pattern = HostUniversity._meta.get_field("erasmus_code").validators[0].regex

    assert not pattern.fullmatch("E NOWHERE01")


# -- words -----------------------------------------------------------------------------------------

PARAMS = {
    "code": "F  PARIS001",
    "country": "FR",
    "year": 2027,
    "semester": "W",
    "deadline": date(2027, 5, 15),
}


def test_every_code_has_its_words():
    assert set(KINDS) == set(SENTENCES) == set(HealthCode)
    assert set(SEVERITIES) == set(TONES) == set(HealthSeverity)
    assert [severity(code) for code in HealthCode].count(HealthSeverity.INFORMATION) == 6


@pytest.mark.parametrize("code", HealthCode)
def test_sentence_is_complete(code):
    said = sentence(HealthFinding(code, Place.HOST, 1, "", PARAMS))

    assert "%(" not in said


def test_sentence_says_years_semesters_days_and_countries_in_words():
    past = HealthFinding(HealthCode.DEADLINE_PAST, Place.DEADLINE, 1, "", PARAMS)
    other = HealthFinding(HealthCode.ERASMUS_CODE_OTHER_COUNTRY, Place.HOST, 1, "", PARAMS)

    with translation.override("en"):
        assert sentence(past) == (
            "The nomination deadline for the Winter semester of 2027/28 was on 15 May 2027: "
            "whoever is nominated now is late."
        )
        assert sentence(other) == (
            "The Erasmus code F  PARIS001 belongs to France, the host lies elsewhere."
        )
