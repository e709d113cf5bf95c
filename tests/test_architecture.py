"""Rules about the code itself that no other tool checks."""

import ast
import os
import re
from pathlib import Path

import pytest

from applications import texts
from applications.eligibility import EligibilityCode, Finding
from applications.exports.ewp.checks import EwpProblem
from applications.pdf_inspection import HARD_FINDINGS, FindingCode

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("exchange_portal", "applications", "partners", "grants")
TOP_LEVEL = {
    ".ci",
    ".dockerignore",
    ".env.example",
    ".gitignore",
    "CHANGELOG.md",
    "README.md",
    "applications",
    "benchmarks",
    "docker-compose.yml",
    "docs",
    "exchange_portal",
    "grants",
    "locale",
    "manage.py",
    "partners",
    "portal.py",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements-s3.txt",
    "requirements-saml.txt",
    "requirements.txt",
    "static",
    "templates",
    "tests",
}
# Made on a machine, never committed (.gitignore).
MADE = {
    ".venv",
    ".portal",
    ".git",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    ".import_linter_cache",
    ".coverage",
    "__pycache__",
    "htmlcov",
    "staticfiles",
    "export",
    ".env",
}
JUNK_DRAWERS = {"utils", "helpers", "services", "common", "misc"}


def sources(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts
    )


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_top_level_holds_only_what_the_architecture_names():
    found = {path.name for path in ROOT.iterdir()} - MADE
    assert found - TOP_LEVEL == set()
    assert TOP_LEVEL - found == set()


def test_no_junk_drawer_exists():
    assert [path for path in sources(*PACKAGES) if path.stem in JUNK_DRAWERS] == []


def _writes_state(node: ast.AST) -> bool:
    """`x.state = ...` or `.update(state=...)`."""
    if isinstance(node, ast.Assign):
        return any(
            isinstance(target, ast.Attribute) and target.attr == "state" for target in node.targets
        )
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"update", "bulk_update"}
        and any(keyword.arg == "state" for keyword in node.keywords)
    )


def test_state_of_an_application_is_written_in_one_place():
    """Others may note on their own copy what `_move` wrote, or write a review's own state."""
    allowed = {
        "applications/lifecycle/moves.py",  # the writer
        "applications/lifecycle/deciding.py",  # refreshes the caller's copy after `_move`
        "applications/lifecycle/handing_in.py",  # the same
        "applications/lifecycle/nominating.py",  # the same
        "applications/lifecycle/offers.py",  # the same, after `_move_all` too
        "applications/selection/carrying.py",  # the same
        "applications/exports/jobs.py",  # ExportJob has states of its own
        "applications/selection/reviewing.py",  # SubmissionReview and ReviewRun have states too
        "applications/selection/steering.py",  # the same
        "exchange_portal/demo/resetting.py",  # the demonstration's past call, set back as a whole
    }
    writers = {
        path.relative_to(ROOT).as_posix()
        for path in sources(*PACKAGES)
        if any(_writes_state(node) for node in ast.walk(tree_of(path)))
    }
    assert writers - allowed == set()


def test_only_moves_saves_the_state_column():
    saving = re.compile(r"update_fields=\[[^\]]*\"state\"|\.update\([^)]*\bstate=")
    found = {
        path.relative_to(ROOT).as_posix()
        for path in sources("applications/lifecycle", "applications/admin", "applications/views")
        if saving.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"applications/lifecycle/moves.py"}


def test_nothing_below_tasks_enqueues():
    found = [
        path
        for path in sources("applications", "partners", "grants")
        if path.name != "tasks.py"
        and re.search(r"\.(delay|apply_async)\(", path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_views_never_give_back_a_seat_without_giving_it_on():
    """`selection` pairs these with `fill_freed_seat`; nobody above may call the bare ones."""
    bare = re.compile(
        r"lifecycle\.(withdraw|accept_offer|decline_offer|expire_offer|cancel_nomination)\("
    )
    found = [
        path
        for path in sources("applications/views", "applications/admin", "exchange_portal", "grants")
        if bare.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"pypi\.org|registry\.npmjs|deb\.debian\.org|pythonhosted",
        r"(?<![\w.])/(root|work|farm)/",
    ],
    ids=["package registry", "machine path"],
)
def test_no_file_names_a(pattern):
    found = [
        str(path.relative_to(ROOT))
        for path in written_files()
        if path != Path(__file__).resolve()
        and re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def written_files():
    """Yield the files people write. What is made is not entered: databases come and go there."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE]
        for path in (Path(folder, name) for name in names if name not in MADE):
            if path.is_file() and path.suffix not in {".mo", ".pyc"}:
                yield path


def test_noqa_and_type_ignore_have_a_reason():
    bare = re.compile(
        r"#\s*(noqa(:\s*[A-Z0-9, ]+)?|type:\s*ignore(\[[\w, -]+\])?)\s*$", re.MULTILINE
    )
    found = [
        path.relative_to(ROOT).as_posix()
        for path in [*sources(*PACKAGES, "tests", "benchmarks"), ROOT / "portal.py"]
        if bare.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_readme_names_every_finding_with_its_weight():
    _, _, section = (ROOT / "README.md").read_text(encoding="utf-8").partition("### Finding codes")
    section, _, _ = section.partition("Their sentences")
    parts = re.split(r"(Hard|Soft|Blocking|Information)\b", section)
    named = {
        weight: set(re.findall(r"`([a-z_]{5,})`", text))
        for weight, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    of_the_review = set(texts._LABELS) - set(FindingCode) - set(EligibilityCode)
    information = {code for code in EligibilityCode if Finding(code).severity == "information"}

    assert named == {
        "Hard": set(HARD_FINDINGS),
        "Soft": set(FindingCode) - HARD_FINDINGS,
        "Blocking": set(EligibilityCode) - information | {"document_missing"},
        "Information": information | of_the_review - {"document_missing"},
    }


def test_readme_names_every_reason_against_an_ewp_file():
    _, _, section = (ROOT / "README.md").read_text(encoding="utf-8").partition("### EWP codes")
    section, _, _ = section.partition("###")
    assert set(re.findall(r"`(ewp_[a-z_]+)`", section)) == set(EwpProblem)


def test_no_merge_was_left_unfinished():
    marks = tuple(mark * 7 + " " for mark in "<>")
    files = [path for path in ROOT.rglob("*") if path.suffix in {".md", ".py", ".html", ".po"}]
    kept = [path for path in files if MADE.isdisjoint(path.relative_to(ROOT).parts)]

    assert [
        path.relative_to(ROOT).as_posix()
        for path in kept
        if any(line.startswith(marks) for line in path.read_text(encoding="utf-8").splitlines())
    ] == []
