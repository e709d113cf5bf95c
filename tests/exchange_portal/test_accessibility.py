"""The accessibility statement: from what the browser tests found, and never from an older state."""

from __future__ import annotations

import ast
import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from exchange_portal.accessibility import statement
from exchange_portal.accessibility.statement import PageResult, Results
from tests.browser.recording import stable, unknown

BROWSER = Path(__file__).resolve().parent.parent / "browser"


def walks() -> set[str]:
    """Return the names of all tests that go from page to page."""
    return {
        function.name
        for file in BROWSER.glob("test_*.py")
        for function in ast.walk(ast.parse(file.read_text()))
        if isinstance(function, ast.FunctionDef)
        and any(
            isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Walk"
            for call in ast.walk(function)
        )
    }


def test_results_are_of_the_walks_there_are():
    """Fails for a walk that is new or gone; a new page of a walk fails the walk itself."""
    assert {page.walk for page in statement.results().pages} == walks(), statement.HOW_TO_RENEW


def test_page_the_results_lack_is_a_fault():
    known = Results(
        date(2026, 11, 26), "4.10", (PageResult("test_a", "home", narrow=True, violations=()),)
    )

    assert unknown("test_a", "home", known) == []
    assert len(unknown("test_a", "help", known)) == 1
    assert len(unknown("test_b", "home", known)) == 1
    assert stable("admin-coordinator12") == "admin-coordinator"


def test_gaps_say_in_both_languages_why_and_what_instead():
    for gap in statement.gaps():
        assert "" not in (gap.title, gap.why, gap.instead, gap.mended)


@pytest.fixture
def results(monkeypatch, tmp_path):
    """Have results of the test's own."""
    monkeypatch.setattr(statement, "RESULTS", tmp_path / "results.json")
    statement.results.cache_clear()
    yield tmp_path / "results.json"
    statement.results.cache_clear()


def line(page: str, violations: list[str], *, axe: str = "4.10.2", narrow: bool = True) -> str:
    return json.dumps(
        {"walk": "test_a", "page": page, "narrow": narrow, "violations": violations, "axe": axe}
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("results")
def test_what_was_recorded_is_what_the_page_shows(tmp_path, at):
    recorded = tmp_path / "lines"
    recorded.write_text(
        "\n".join([line("home", []), line("help", ["label: no <label>"], narrow=False)])
    )
    at("2027-03-01 12:00")

    call_command("note_accessibility", str(recorded))
    text = Client().get("/accessibility/").text

    assert "2 pages were opened in a browser and examined by the program axe 4.10.2" in text
    assert [
        f"<dt>{label}</dt><dd>{value}</dd>" in text
        for label, value in (
            ("Tested", "1 March 2027"),
            ("Pages", 2),
            ("of them also 320 pixels wide", 1),
            ("Violations found", 1),
        )
    ] == [True] * 4
    assert "<code>help</code>: label: no &lt;label&gt;" in text
    for gap in statement.gaps():
        assert f"<h4>{gap.title}</h4>" in text


@pytest.mark.parametrize(
    "lines", [[], ["no json"], [line("home", []), line("help", [], axe="4.9")]]
)
def test_command_refuses_what_is_no_record(lines, results, tmp_path):
    recorded = tmp_path / "lines"
    recorded.write_text("\n".join(lines))

    with pytest.raises(CommandError) as refused:
        call_command("note_accessibility", str(recorded))

    assert refused.value.returncode == 2
    assert not results.exists()
