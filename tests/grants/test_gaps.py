"""What is missing or overlaps in the tables, as codes with their figures."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.calculation import (
    CountryFunding,
    CountryGroup,
    FundingStatus,
    GrantTables,
    MobilityType,
    Rate,
    RateUnit,
    StayLength,
    TopUp,
    TopUpCode,
    TopUpUnit,
    TravelAudience,
    TravelBand,
)
from grants.calculation.gaps import COPIED_FROM, Finding, Gap, Surroundings, findings, severity
from grants.health_texts import SENTENCES, SEVERITIES, TONES, sentence
from grants.loading import tables_from_files

SHIPPED = tables_from_files()
CODE = "KA131-2025"
NOW = Surroundings(current=2025)
TWO = (MobilityType.STUDY, CountryGroup.TWO)


def rate(first, last, key=TWO):
    return Rate(*key, RateUnit.MONTH, first, last, Decimal(540), "x")


def band(first, last):
    return TravelBand(TravelAudience.EVERYONE, first, last, Decimal(1), None, "x")


def top_up(first, last, length=None, status=None):
    amount = Decimal(50)
    return TopUp(
        TopUpCode.GREEN_TRAVEL, length, status, TopUpUnit.STAY, first, last, amount, None, "x"
    )


def found(around=NOW, **changes):
    """Return the findings of the last project alone, with some of its tables replaced."""
    own = SHIPPED.projects[CODE]
    project = {name: changes.pop(name) for name in list(changes) if hasattr(own.project, name)}
    tables = replace(own, project=replace(own.project, **project), **changes)
    return [
        (finding.code, *finding.params.values())
        for finding in findings(GrantTables({CODE: tables}), around)
    ]


def rates(*spans, key=TWO):
    return {**SHIPPED.projects[CODE].rates, key: tuple(rate(*span, key) for span in spans)}


def without(key):
    return {each: rates for each, rates in SHIPPED.projects[CODE].rates.items() if each != key}


def test_shipped_tables_have_neither_gap_nor_overlap():
    assert findings(SHIPPED, NOW) == ()


SMS, GROUP, GREEN = MobilityType.STUDY, CountryGroup.TWO, TopUpCode.GREEN_TRAVEL
EVERYONE = TravelAudience.EVERYONE
LONG, SHORT = StayLength.LONG, StayLength.SHORT


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rates": without(TWO)}, [(Gap.RATE_MISSING, SMS, GROUP)]),
        # A rate for every country stands in for the group's own.
        ({"rates": without(TWO) | {(SMS, None): (rate(1, None, (SMS, None)),)}}, []),
        ({"rates": rates((2, None))}, [(Gap.RATE_GAP, SMS, GROUP, 1, 1)]),
        ({"rates": rates((1, 359))}, [(Gap.RATE_GAP, SMS, GROUP, 360, 360)]),
        ({"rates": rates((1, 360))}, []),
        ({"rates": rates((1, 30), (32, None))}, [(Gap.RATE_GAP, SMS, GROUP, 31, 31)]),
        ({"rates": rates((1, 30), (30, None))}, [(Gap.RATE_OVERLAP, SMS, GROUP, 30, 30)]),
        ({"rates": rates((1, None), (90, None))}, [(Gap.RATE_OVERLAP, SMS, GROUP, 90, None)]),
        ({"travel_bands": (band(0, 10), band(10, None))}, []),
        ({"travel_bands": (band(1, None),)}, [(Gap.BAND_GAP, EVERYONE, 0, 0)]),
        ({"travel_bands": (band(0, 500),)}, [(Gap.BAND_GAP, EVERYONE, 500, None)]),
        (
            {"travel_bands": (band(0, 11), band(10, 20), band(21, None))},
            [(Gap.BAND_GAP, EVERYONE, 20, 20), (Gap.BAND_OVERLAP, EVERYONE, 10, 10)],
        ),
        ({"top_ups": (top_up(5, 14), top_up(15, 30))}, []),
        ({"top_ups": (top_up(5, 14), top_up(16, 30))}, [(Gap.TOP_UP_GAP, GREEN, 15, 15)]),
        ({"top_ups": (top_up(1, None), top_up(9, 9, SHORT))}, [(Gap.TOP_UP_OVERLAP, GREEN, 9, 9)]),
        ({"top_ups": (top_up(1, None, LONG), top_up(1, None, SHORT))}, []),
        (
            {"top_ups": (top_up(1, 9, LONG), top_up(1, 9, None, FundingStatus.FUNDED))},
            [(Gap.TOP_UP_OVERLAP, GREEN, 1, 9)],
        ),
        ({"first_instalment_percent": None}, [(Gap.NO_INSTALMENT_SHARE,)]),
        ({"ects_reclaim_below": None}, [(Gap.NO_ECTS_RULE,)]),
        ({"source": " "}, [(Gap.SOURCE_MISSING, 1)]),
        ({"source": f"{COPIED_FROM}KA131-2024"}, [(Gap.COPIED_FIGURES, 1)]),
        ({"limits": None}, [(Gap.NOT_ESTABLISHED, 2025)]),
        ({"limits": None, "academic_year_from": 2026, "academic_year_to": 2026}, []),
    ],
)
def test_each_kind_is_found_with_its_figures(changes, expected):
    assert found(**changes) == expected


def test_group_of_the_share_needs_a_rate_only_where_the_share_is_used():
    own = SHIPPED.projects[CODE]
    share = CountryFunding("JP", FundingStatus.INTERNATIONAL_SHARE, CountryGroup.ONE, None, "x")
    changes = {"countries": {"JP": share}, "rates": without((SMS, CountryGroup.ONE))}
    assert found(**changes) == [(Gap.RATE_MISSING, SMS, CountryGroup.ONE)]
    assert found(**changes, international_share=False) == []
    assert own.project.international_share


def test_tables_are_measured_by_partners_calls_and_budgets():
    around = Surroundings(
        countries=frozenset({"ES", "JP", "KR"}),
        years=frozenset({2022, 2025, 2027}),
        current=2025,
        without_budget=frozenset(SHIPPED.projects),
    )
    assert [
        (each.project, each.code, *each.params.values()) for each in findings(SHIPPED, around)
    ] == [
        ("", Gap.YEAR_WITHOUT_PROJECT, 2027),
        ("", Gap.SEVERAL_PROJECTS, 2022, "KA131-2021, KA131-2022"),
        (CODE, Gap.COUNTRY_MISSING, ("JP", "KR")),
        (CODE, Gap.NO_BUDGET),
    ]


@given(
    cuts=st.lists(st.integers(2, 359), unique=True, max_size=6).map(sorted),
    place=st.integers(0, 6),
)
def test_rates_that_cover_every_day_once_have_no_finding_and_each_taken_out_is_found(cuts, place):
    spans = list(zip([1, *cuts], [*(cut - 1 for cut in cuts), 360], strict=True))
    assert found(rates=rates(*spans)) == []
    first, last = spans.pop(place % len(spans))
    expected = (Gap.RATE_GAP, SMS, GROUP, first, last) if spans else (Gap.RATE_MISSING, SMS, GROUP)
    assert found(rates=rates(*spans)) == [expected]
    assert found(rates=rates(*spans, (first, last), (first, last))) == [
        (Gap.RATE_OVERLAP, SMS, GROUP, first, last)
    ]


def test_every_kind_has_a_sentence_and_every_weight_its_words():
    assert set(SENTENCES) == set(Gap)
    assert {severity(gap) for gap in Gap} == set(SEVERITIES) == set(TONES)


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (
            Finding(CODE, Gap.RATE_GAP, {"mobility": SMS, "group": GROUP, "first": 1, "last": 4}),
            "No rate for days 1 to 4 of the stay: Study abroad (SMS), Group 2.",
        ),
        (
            Finding(CODE, Gap.BAND_GAP, {"audience": EVERYONE, "first": 0, "last": 9}),
            "No travel band for 0 to under 10 km (everyone).",
        ),
        (
            Finding(CODE, Gap.COUNTRY_MISSING, {"names": ("JP",)}),
            "There are partner universities in countries without a row: Japan (JP).",
        ),
        (
            Finding("", Gap.SEVERAL_PROJECTS, {"year": 2022, "projects": "A, B"}),
            "2022/23 can be paid by several projects: A, B.",
        ),
    ],
)
def test_sentences_name_the_figures(finding, expected):
    assert sentence(finding) == expected
