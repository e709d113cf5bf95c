import csv
from pathlib import Path

import pytest

import partners
from partners import erasmus_code


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("D  BOCHUM01", True),
        ("SF LAPPEEN01", True),
        ("IRLCORK01", True),
        ("LUXLUX-VIL01", True),
        ("UK LONDON097", True),
        ("D BOCHUM01", False),
        ("D   BOCHUM01", False),
        ("DBOCHUM01", False),
        ("d  bochum01", False),
        ("D  BOCHUM1", False),
        ("D  BOCHUM0001", False),
        ("D  BOCHUM01\n", False),
        (" D  BOCHUM01", False),
        ("D\u00a0 BOCHUM01", False),
        ("", False),
    ],
)
def test_is_valid_wants_the_form_with_its_spaces(code, expected):
    assert erasmus_code.is_valid(code) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("D BOCHUM01", "D  BOCHUM01"),
        ("  d   bochum01 ", "D  BOCHUM01"),
        ("SF  LAPPEEN01", "SF LAPPEEN01"),
        ("irl cork01", "IRLCORK01"),
        ("D  BOCHUM01", "D  BOCHUM01"),
    ],
)
def test_normalise_puts_the_spaces_right(code, expected):
    assert erasmus_code.normalise(code) == expected


@pytest.mark.parametrize("code", ["", "DBOCHUM01", "BOCHUM", "D  BOCHUM", "D  01"])
def test_normalise_refuses_what_a_person_has_to_look_at(code):
    with pytest.raises(ValueError, match="is not an Erasmus code"):
        erasmus_code.normalise(code)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("D  BOCHUM01", "DE"),
        ("SF OULU01", "FI"),
        ("IRLCORK01", "IE"),
        ("G  IOANNIN01", "GR"),
        ("UK LONDON097", "GB"),
        ("TR ISTANBU01", "TR"),
        ("XX NOWHERE01", None),
        ("D BOCHUM01", None),
    ],
)
def test_country_reads_the_first_letters(code, expected):
    assert erasmus_code.country(code) == expected


def test_country_agrees_with_every_partner_s_own():
    file = Path(partners.__file__).parent / "data" / "partners.csv"
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))

    countries = {row["key"]: row["country"] for row in rows if row["erasmus_code"]}

    assert countries == {
        row["key"]: erasmus_code.country(row["erasmus_code"]) for row in rows if row["erasmus_code"]
    }
