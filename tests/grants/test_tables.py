from datetime import date
from decimal import Decimal

import pytest

from grants.calculation import (
    SOCIAL_REASONS,
    CountryGroup,
    DatedStay,
    Estimate,
    FundingStatus,
    LineCode,
    MobilityType,
    Reason,
    TopUpCode,
    Warn,
)
from grants.loading import tables_from_files
from grants.texts import LINES, MOBILITIES, REASONS, TOP_UPS, WARNINGS, reason_text, warning_texts

TABLES = tables_from_files()
ESTABLISHED = [code for code, tables in TABLES.projects.items() if tables.project.established]
# The table of GRANTS.md: EUR per month for groups 1, 2 and 3.
STUDY = {
    "KA103-2019": (450, 390, 330),
    "KA103-2020": (450, 390, 330),
    "KA131-2021": (450, 390, 330),
    "KA131-2022": (600, 540, 490),
    "KA131-2023": (600, 540, 490),
    "KA131-2024": (600, 540, 540),
    "KA131-2025": (600, 540, 540),
}
INTERNSHIP = {
    "KA103-2019": (555, 495, 435),
    "KA103-2020": (555, 495, 435),
    "KA131-2021": (600, 540, 480),
    "KA131-2022": (750, 690, 640),
    "KA131-2023": (750, 690, 640),
    "KA131-2024": (750, 690, 690),
    "KA131-2025": (750, 690, 690),
}
GROUPS_UNTIL_2023 = {
    1: "DK FI IE IS LI LU NO SE",
    2: "AT BE CY FR GR IT MT NL PT ES",
    3: "BG HR CZ EE HU LV LT PL RO RS SK SI MK TR",
}
GROUPS_FROM_2024 = {
    1: "DK FI IE IS LI LU NO SE AT BE FR IT NL",
    2: "CY GR MT PT ES CZ EE LV SK SI",
    3: "BG HR HU LT PL RO RS MK TR",
}


def test_project_2026_has_no_figures():
    tables = TABLES.projects["KA131-2026"]
    assert (tables.project.limits, tables.rates, tables.countries) == (None, {}, {})


@pytest.mark.parametrize("code", ESTABLISHED)
def test_rates_are_those_of_the_rules(code):
    for mobility, table in ((MobilityType.STUDY, STUDY), (MobilityType.INTERNSHIP, INTERNSHIP)):
        groups = (CountryGroup.ONE, CountryGroup.TWO, CountryGroup.THREE)
        rates = [TABLES.projects[code].rates_for(mobility, group) for group in groups]
        assert tuple(rate[0].amount for rate in rates) == table[code]
        assert [len(rate) for rate in rates] == [1, 1, 1]


@pytest.mark.parametrize("code", ESTABLISHED)
def test_countries_are_in_the_groups_of_the_rules(code):
    groups = GROUPS_FROM_2024 if code in ("KA131-2024", "KA131-2025") else GROUPS_UNTIL_2023
    expected = {country: str(group) for group, text in groups.items() for country in text.split()}
    if code.startswith("KA103"):
        expected["GB"] = "1"
    found = {
        funding.country: funding.group
        for funding in TABLES.projects[code].countries.values()
        if funding.status is FundingStatus.FUNDED
    }
    assert found == expected


@pytest.mark.parametrize("code", ESTABLISHED)
def test_every_row_has_a_source(code):
    tables = TABLES.projects[code]
    rows = [
        tables.project,
        *(rate for rates in tables.rates.values() for rate in rates),
        *tables.countries.values(),
        *tables.top_ups,
        *tables.travel_bands,
    ]
    assert [
        row for row in rows if "http" not in row.source and "source doc" not in row.source
    ] == []


@pytest.mark.parametrize("code", ESTABLISHED)
def test_bands_and_rates_leave_no_gap(code):
    tables = TABLES.projects[code]
    ends = [band.km_to for band in tables.travel_bands]
    starts = [band.km_from for band in tables.travel_bands]
    assert starts in ([], [0, 10, 100, 500, 2000, 3000, 4000, 8000])
    assert ends == [*starts[1:], None][: len(starts)]
    for rates in tables.rates.values():
        assert rates[0].day_from == 1
        assert rates[-1].day_to is None
        assert [rate.day_to + 1 for rate in rates[:-1]] == [rate.day_from for rate in rates[1:]]


def test_travel_bands_are_for_call_2025_as_published():
    bands = TABLES.projects["KA131-2025"].travel_bands
    assert [(band.km_from, band.standard, band.green) for band in bands] == [
        (km, Decimal(standard), Decimal(green))
        for km, standard, green in (
            (0, 0, 0),
            (10, 28, 56),
            (100, 211, 285),
            (500, 309, 417),
            (2000, 395, 535),
            (3000, 580, 785),
            (4000, 1188, 1188),
            (8000, 1735, 1735),
        )
    ]


@pytest.mark.parametrize(
    ("codes", "texts"),
    [
        (MobilityType, MOBILITIES),
        (LineCode, LINES),
        (TopUpCode, TOP_UPS),
        (Warn, WARNINGS),
        (Reason, REASONS),
    ],
)
def test_every_code_has_a_text(codes, texts):
    assert set(texts) == set(codes)


def test_texts_name_project_and_country():
    answer = Estimate("KA131-2026", basis="KA131-2025", warnings=(Warn.PROVISIONAL_RATES,))
    assert warning_texts(answer, "FR") == [
        (
            "Provisional: the rates of project KA131-2026 are not established yet. "
            "These are the figures of KA131-2025."
        )
    ]
    assert reason_text(answer, "FR") == ""
    assert reason_text(Estimate("KA131-2024", reason=Reason.NOT_FUNDED), "XK") == (
        "Stays in XK are not funded in project KA131-2024."
    )


@pytest.mark.parametrize("warning", Warn)
def test_every_warning_can_be_filled_in(warning):
    answer = Estimate("KA131-2026", basis="KA131-2025", warnings=(warning,))
    assert "%" not in warning_texts(answer, "FR")[0]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_can_be_filled_in(reason):
    assert "%" not in reason_text(Estimate("KA131-2026", reason=reason), "FR")


def test_social_reasons_are_known_to_every_project_since_2022():
    for code in ("KA131-2022", "KA131-2023", "KA131-2024", "KA131-2025"):
        known = {top_up.code for top_up in TABLES.projects[code].top_ups}
        assert set(SOCIAL_REASONS) <= known


def test_stays_are_values():
    day = date(2024, 9, 1)
    assert DatedStay(day, day) == DatedStay(day, day, ())
