"""A student named like a formula: in no spreadsheet does anything begin to calculate."""

import csv
import io
import shutil
import subprocess
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from openpyxl import load_workbook

from applications.exports.lists import give, listing
from applications.models import Nomination
from tests import factories

NOW = datetime(2027, 4, 1, 8, tzinfo=UTC)
NAMES = [
    '=HYPERLINK("http://evil.example";"click")',
    "+49 234 32201",
    "@SUM(1+1)",
    "-2+3",
    "\t=1+1",
    "  =1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "\r\n=1+1",
    "\n=1+1",
    "{=1+1}",
]
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
# Semicolons, quotes, UTF-8, as German Excel opens it; what looks like a formula becomes one.
CSV_FILTER = "CSV:59,34,76,1,,1031,false,true,false,false"


@pytest.fixture
def files(db):  # noqa: ARG001 - asks for the database
    """The list of a call with all these students, as XLSX and CSV."""
    first = factories.NominationFactory.create()
    for place, name in enumerate(NAMES):
        nomination = (
            first
            if not place
            else factories.NominationFactory.create(
                placement__application__call=first.application.call,
                placement__host=first.placement.host,
                placement__pool=None,
                placement__extra_seat=True,
            )
        )
        nomination.corrections = {"given_names": f"{place:02d}"}
        nomination.comment = name
        nomination.save()
        factories.SubmissionFactory.create(application=nomination.application, family_name=name)
    asked = listing(first.application.call, Nomination.objects.all())
    return {kind: give(asked, kind, by=None, now=NOW, german=True)[1] for kind in ("xlsx", "csv")}


def test_xlsx_holds_text_and_csv_a_mark(files):
    for sheet in load_workbook(io.BytesIO(files["xlsx"])):
        typed = {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row}
        assert typed == {"s", "n"}
        names = {row[11].value for row in sheet.iter_rows(min_row=2)}
        # A spreadsheet has one sign for an end of line.
        assert names == {name.replace("\r\n", "\n") for name in NAMES}
    rows = csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"), newline=""), delimiter=";")
    marked = {name if name.startswith("{") else f"'{name}" for name in NAMES}
    assert {row["Family name (as in passport)"] for row in rows} == marked


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
def test_libreoffice_finds_no_formula(files, tmp_path):
    """One start for both files; a formula of our own shows that one would be seen."""
    control = tmp_path / "control.csv"
    control.write_text('"=1+1"\r\n')
    for kind, content in files.items():
        (tmp_path / f"list-{kind}.{kind}").write_bytes(content)
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            f"--infilter={CSV_FILTER}",
            "--convert-to",
            "fods",
            "--outdir",
            str(tmp_path),
            *map(str, [*sorted(tmp_path.glob("list-*")), control]),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    found = {path.stem: cells(path) for path in tmp_path.glob("*.fods")}
    assert {name: formulas for name, (formulas, _texts) in found.items()} == {
        "list-xlsx": [],
        "list-csv": [],
        "control": ["of:=1+1"],
    }
    for name in ("list-xlsx", "list-csv"):
        assert "@SUM(1+1)" in " ".join(found[name][1])


def cells(path):
    """Return the formulas of a flat OpenDocument file, and the texts of its cells."""
    root = ET.parse(path).getroot()  # noqa: S314 - LibreOffice wrote it
    every = list(root.iter(f"{TABLE}table-cell"))
    formulas = [cell.get(f"{TABLE}formula") for cell in every if cell.get(f"{TABLE}formula")]
    return formulas, ["".join(cell.itertext()) for cell in every]
