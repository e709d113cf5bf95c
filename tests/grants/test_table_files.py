"""`manage.py load_grant_tables`: all or nothing, and never over what the office has changed."""

import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from grants.loading import DATA, tables_from_database, tables_from_files
from grants.models import GrantProject, GrantRate, TableChange
from tests.factories import CoordinatorFactory, NominationFactory, OfficeFactory
from tests.grants.awarded import PROJECT, approved_award

pytestmark = pytest.mark.usefixtures("grant_tables")

RATE = f"{PROJECT},SMS,2,month,1,,540.00,"


@pytest.fixture
def folder(tmp_path):
    for file in DATA.glob("*.csv"):
        shutil.copy(file, tmp_path)
    return tmp_path


def edit(folder, before, after, file="grant_rates.csv"):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def run(*arguments):
    out = StringIO()
    call_command("load_grant_tables", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def refused(*arguments):
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("load_grant_tables", *arguments, stdout=out, stderr=out)
    assert error.value.returncode == 2
    return out.getvalue() + str(error.value)


def rate_eur():
    rate = GrantRate.objects.get(project__code=PROJECT, mobility_type="SMS", country_group="2")
    return rate.rate_eur


def test_shipped_files_change_nothing_in_fresh_tables():
    told = run()
    assert "grant_rates.csv: 0 new, 0 changed, 0 kept as the office has them, 55 unchanged" in told
    assert told.endswith("0 rows written.\n")


def test_changed_and_new_rows_are_told_with_their_line_and_written(folder):
    edit(folder, RATE, RATE.replace("540.00", "560.00"))
    last = "KA131-2026,2026,2026,no,,,,,,,yes,,,,,"
    edit(folder, last, f"{last.replace('2026', '2027')}x,y\n{last}", "projects.csv")
    place = next(
        number
        for number, line in enumerate((folder / "grant_rates.csv").read_text().splitlines(), 1)
        if line.startswith(RATE.replace("540.00", "560.00"))
    )
    dry = run("--from", str(folder), "--dry-run")
    assert f"grant_rates.csv, line {place}: changed" in dry
    assert "(rate_eur: '540.00' -> '560.00')" in dry
    assert "projects.csv, line 9: new: KA131-2027" in dry
    assert rate_eur() == 540
    assert run("--from", str(folder)).endswith("2 rows written.\n")
    assert tables_from_database() == tables_from_files(folder)


def test_rows_the_office_has_changed_are_kept_unless_told_otherwise(folder, office_client):
    rate = GrantRate.objects.get(project__code=PROJECT, mobility_type="SMS", country_group="2")
    sent = {
        "project": rate.project_id,
        "mobility_type": "SMS",
        "country_group": "2",
        "unit": "month",
        "day_from": 1,
        "rate_eur": "555",
        "source": "letter of the agency",
    }
    page = reverse("admin:grants_grantrate_change", args=[rate.pk])
    assert office_client.post(page, sent).status_code == 302
    edit(folder, RATE, RATE.replace("540.00", "560.00"))
    assert "kept as the office has it" in run("--from", str(folder))
    assert rate_eur() == 555
    run("--from", str(folder), "--overwrite")
    assert rate_eur() == 560


def test_used_project_needs_reason_and_person(folder, office):
    approved_award(NominationFactory.create(), office, OfficeFactory.create())
    edit(folder, RATE, RATE.replace("540.00", "560.00"))
    files = ("--from", str(folder))
    for missing in ((), ("--reason", "July"), ("--by", office.username)):
        assert "KA131-2025: give --reason and --by." in refused(*files, *missing)
    assert "give --reason" in run(*files, "--dry-run")
    coordinator = CoordinatorFactory.create().username
    assert "nobody of the International Office" in refused(*files, "--by", coordinator)
    assert (rate_eur(), TableChange.objects.count()) == (540, 0)
    run(*files, "--reason", "July", "--by", office.username)
    change = TableChange.objects.get()
    assert (rate_eur(), change.reason, change.by) == (560, "July", office)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (RATE, RATE.replace("540.00", "much"), "rate_eur “much”: “much” value must be a decimal"),
        (RATE, RATE.replace("SMS", "STA"), "mobility_type “STA”: Value 'STA' is not a valid"),
        (RATE, RATE.replace(PROJECT, "KA131-2031"), "project “KA131-2031”: unknown"),
        (RATE, RATE.replace(",2,", ",1,"), "the same row as line"),
        ("rate_eur", "rate", "missing or unknown columns: rate, rate_eur."),
        (RATE, RATE.replace("540.00", "-1.00"), "rate_eur “-1.00”: Ensure this value is greater"),
        (RATE, RATE.replace("1,,", "9,5,"), "grant_rate_days_in_order"),
        (RATE, RATE.replace("1,,", "61,,"), "KA131-2025: Two rates for days 61 and up of the"),
        (RATE, "x" * 131_073, "grant_rates.csv can't be read."),
    ],
)
def test_wrong_files_are_refused_and_write_nothing(folder, before, after, sentence):
    edit(folder, "KA131-2025,2025,2025,yes,60", "KA131-2025,2025,2025,yes,61", "projects.csv")
    edit(folder, before, after)
    told = refused("--from", str(folder))
    assert sentence in told
    assert GrantProject.objects.get(code=PROJECT).minimum_days_study == 60


def test_file_that_is_missing_or_not_in_utf_8_is_named(folder):
    path = folder / "grant_rates.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8-sig")
    assert "55 unchanged" in run("--from", str(folder))
    path.write_bytes(text.encode("utf-16"))
    assert refused("--from", str(folder)) == f"{path} can't be read."
    path.unlink()
    assert refused("--from", str(folder)) == f"{path} can't be read."
