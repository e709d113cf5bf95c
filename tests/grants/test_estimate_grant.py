"""The command's contract: options, JSON, exit codes. It is used by people and by checks."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.grants.examples import ANY_COUNTRY, ANY_PROJECT, EXAMPLES

MANAGE = Path(__file__).parents[2] / "manage.py"
STAY = ("--start=2023-09-10", "--end=2023-12-20", "--country=ES")


def run(*arguments):
    out = StringIO()
    call_command("estimate_grant", *arguments, "--from-files", stdout=out)
    return out.getvalue()


def answer(*arguments):
    return json.loads(run(*arguments, "--json"))


def refused(*arguments):
    """Return the sentence on standard error of a run that must end with exit code 2."""
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("estimate_grant", *arguments, "--from-files", stdout=out, stderr=err)
    assert (ended.value.code, out.getvalue()) == (2, "")
    return err.getvalue().strip()


def days_of(row):
    """Return the dates of an example; for one that gives only its days, some that count so."""
    if row["start"]:
        return row["start"], row["end"]
    months, extra = divmod(int(row["days"]), 30)
    if row["mobility_type"] == "short-term":
        return "2025-09-01", f"2025-09-{int(row['days']):02d}"
    month, day = (8 + months, 30) if extra == 0 else (9 + months, extra)
    year, month = (2025, month) if month <= 12 else (2026, month - 12)
    return "2025-09-01", f"{year}-{month:02d}-{day:02d}"


@pytest.mark.parametrize(
    "row", EXAMPLES, ids=lambda row: f"{row['start'] or row['days']}-{row['mobility_type']}"
)
def test_example_is_reproduced(row):
    start, end = days_of(row)
    found = answer(
        f"--start={start}",
        f"--end={end}",
        f"--country={row['country'] or ANY_COUNTRY}",
        f"--project={row['project'] or ANY_PROJECT}",
        f"--mobility={row['mobility_type']}",
    )
    expected = {name: int(row[name]) for name in ("days", "months", "extra_days")}
    assert {name: found[name] for name in expected} == expected
    if row["project"] or row["amount"] == "0.00":
        funded = 0 if row["amount"] == "0.00" else int(row["funded_days"])
        assert (found["total"], found["funded_days"]) == (row["amount"], funded)
        assert found["ok"] is (row["amount"] != "0.00")
    if row["project"] and row["monthly_rate"]:
        assert Decimal(found["rate"]) == Decimal(row["monthly_rate"])


def test_json_has_the_keys_of_the_contract():
    found = answer(*STAY, "--project=KA131-2023", "--cap=90", "--top-up", "social_child", "--green")
    assert list(found) == [
        "ok",
        "project",
        "provisional",
        "days",
        "months",
        "extra_days",
        "funded_days",
        "country_group",
        "rate",
        "lines",
        "total",
        "warnings",
        "reason",
    ]
    assert [list(line) for line in found["lines"]] == [
        ["code", "quantity", "rate", "amount", "source"]
    ] * len(found["lines"])
    assert [(line["code"], line["quantity"], line["amount"]) for line in found["lines"]] == [
        ("individual_support", 90, "1620.00"),
        ("zero_grant", 11, "0.00"),
        ("social_top_up", 90, "750.00"),
        ("green_travel", 1, "50.00"),
    ]
    assert (found["total"], found["warnings"]) == (
        "2420.00",
        ["days_capped", "travel_days_not_included"],
    )


@pytest.mark.parametrize(
    ("year", "project"), [("2024/25", "KA131-2024"), ("2019/2020", "KA103-2019")]
)
def test_academic_year_with_one_project_names_it(year, project):
    assert answer(*STAY, f"--academic-year={year}")["project"] == project


def test_academic_year_comes_from_the_start_when_nothing_is_named():
    found = answer("--start=2024-09-01", "--end=2025-01-31", "--country=FR")
    assert (found["project"], found["total"]) == ("KA131-2024", "3000.00")


def test_project_of_an_academic_year_with_two_can_be_named():
    named = ("--academic-year=2022/23", "--project=KA131-2021")
    found = answer("--start=2022-09-05", "--end=2023-01-20", "--country=BE", *named)
    assert (found["project"], found["total"]) == ("KA131-2021", "1768.00")


def test_provisional_estimate_is_marked():
    found = answer("--start=2026-09-01", "--end=2027-01-31", "--country=FR")
    assert (found["ok"], found["project"], found["provisional"]) == (True, "KA131-2026", True)
    assert found["warnings"][0] == "provisional_rates"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--project=KA131-2023", "--country=CH"), "other_fund_semp"),
        (("--project=KA131-2023", "--country=US"), "country_unknown"),
        (("--project=KA131-2031",), "project_unknown"),
        (("--academic-year=2031/32",), "academic_year_unknown"),
        (("--project=KA131-2023", "--end=2023-10-30"), "below_minimum_stay"),
    ],
)
def test_no_grant_is_an_answer_with_a_reason(arguments, reason):
    found = answer(*STAY, *arguments)
    assert (found["ok"], found["total"], found["reason"]) == (False, "0.00", reason)
    assert found["lines"] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--academic-year=2022/23",),
            (
                "Several projects can pay stays of 2022/23 (KA131-2021, KA131-2022): "
                "name one with --project."
            ),
        ),
        (
            (),
            (
                "Several projects can pay stays of 2023/24 (KA131-2022, KA131-2023): "
                "name one with --project."
            ),
        ),
        (
            ("--academic-year=2022/23", "--project=KA131-2024"),
            "KA131-2024 does not pay stays of 2022/23: KA131-2021, KA131-2022.",
        ),
        (("--academic-year=2022/24",), "In '2022/24' the years do not follow each other."),
        (("--project=2024",), "'2024' is not a project such as KA131-2024."),
        (("--project=KA131-2023", "--end=2023-09-09"), "The end lies before the start."),
        (("--start=2023-02-30",), "'2023-02-30' is not a date such as 2025-09-01."),
        (("--country=Spain",), "'Spain' is not a country code of two letters such as FR."),
        (("--mobility=STA",), "'STA' is not a kind of mobility: SMS, SMP, short-term."),
        (
            ("--top-up", "poor"),
            (
                "'poor' is not a reason for a top-up: social_disability, social_chronic_illness, "
                "social_child, social_first_generation, social_employed."
            ),
        ),
        (
            ("--interruption=2023-10-01",),
            "'2023-10-01' is not an interruption such as 2025-11-01..2025-11-14.",
        ),
        (
            ("--project=KA131-2023", "--interruption=2023-09-01..2023-09-12"),
            "An interruption lies outside the stay.",
        ),
        (("--country=ß",), "'ß' is not a country code of two letters such as FR."),
        (("--country=\u0131s",), "'\u0131s' is not a country code of two letters such as FR."),
        (("--project=KA131-202\u0663",), "'KA131-202\u0663' is not a project such as KA131-2024."),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, sentence):
    assert refused(*STAY, *arguments) == sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ("--cap=-1",),
        ("--cap=half",),
        ("--cap=\u0663",),
        ("--distance-km=far",),
        ("--distance-km=-1",),
        ("--unknown",),
    ],
)
def test_bad_options_are_refused(arguments):
    with pytest.raises(CommandError):
        run(*STAY, *arguments)


def test_top_up_may_be_written_as_on_the_data_pages():
    project = "--project=KA131-2023"
    totals = [
        answer(*STAY, project, "--top-up", code)["total"]
        for code in ("social_child", "social_top_up_child", "child", "social-child")
    ]
    assert totals == ["2659.67"] * 4


def test_interruptions_and_earlier_days_are_taken_into_account():
    project = "--project=KA131-2023"
    found = answer(*STAY, project, "--interruption=2023-11-01..2023-11-10")
    assert (found["days"], found["total"]) == (91, "1638.00")
    found = answer(*STAY, project, "--earlier-days=300")
    assert (found["days"], found["funded_days"], found["warnings"]) == (
        101,
        60,
        ["over_maximum_days"],
    )


def test_report_for_people_names_lines_sources_and_total():
    text = run(*STAY, "--project=KA131-2023", "--top-up", "child", "first_generation")
    shown = text.splitlines()
    assert shown[:2] == [
        "Study abroad (SMS) · ES, group 2 · KA131-2023",
        "101 days (3 months and 11 days), 101 of them funded",
    ]
    assert [" ".join(line.split()) for line in shown[3:6]] == [
        "Grant by the month, counted in days 101 x 540.00 1,818.00 EUR [1]",
        "Social top-up 101 x 250.00 841.67 EUR [2]",
        "Total 2,659.67 EUR",
    ]
    assert shown[6].startswith("[1] KA131-2023: source document")


def test_report_does_not_say_of_funded_days_that_they_bring_no_grant():
    text = run("--start=2023-09-01", "--end=2024-09-30", "--country=ES", "--project=KA131-2023")
    assert "390 days (13 months and 0 days), 390 of them funded" in text
    assert "- The stay is longer than a study cycle funds. It is shown without that limit" in text
    assert "bring no grant" not in text


def test_report_for_people_says_why_there_is_no_grant():
    text = run(*STAY, "--project=KA131-2023", "--country=CH")
    assert text.splitlines()[3:] == [
        "No grant: ERASMUS does not pay for stays in CH: the Swiss host does (SEMP)."
    ]


@pytest.mark.usefixtures("grant_tables")
def test_portal_tables_give_the_same_answer_as_the_files():
    out = StringIO()
    call_command("estimate_grant", *STAY, "--project=KA131-2023", "--json", stdout=out)
    assert json.loads(out.getvalue()) == answer(*STAY, "--project=KA131-2023")


def manage(*arguments):
    return subprocess.run(
        [sys.executable, MANAGE, "estimate_grant", *arguments],
        env={**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_files_need_no_database():
    done = manage(*STAY, "--project=KA131-2023", "--from-files", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["total"] == "1818.00"


def test_missing_database_is_one_sentence():
    done = manage(*STAY, "--project=KA131-2023", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "The portal's grant tables can't be read: start the database and run the migrations, "
        "or use --from-files.\n"
    )


def test_missing_option_is_one_sentence():
    done = manage("--start=2024-09-01")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "manage.py estimate_grant: error: the following arguments are required: --end, --country\n"
    )
