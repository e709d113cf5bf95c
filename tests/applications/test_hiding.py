"""Which words name a person, and where they are found however they are written."""

from datetime import date

import pytest

from applications.pdf_inspection.hiding import (
    Pictures,
    allowed_pictures,
    hidden_words,
    is_withheld,
)
from applications.pdf_inspection.matching import places
from applications.pdf_inspection.report import DocumentKind


def hidden(text, words):
    for start, end in reversed(places(text, words)):
        text = f"{text[:start]}#{text[end:]}"
    return text


ANNA = hidden_words(
    given_names="Anna-Maria Ina",
    family_name="von der Müller",
    birth_date=date(2003, 2, 1),
    identifiers=["muellabc", "108012345678", "anna.mueller@rub.de"],
    others=["Norwegian", ""],
)
LI = hidden_words(given_names="Işık", family_name="Li")


def test_words_are_the_names_together_and_apart():
    assert hidden_words(given_names="Jo Ann", family_name="de Vries") == (
        "Jo Ann de Vries",
        "de Vries Jo Ann",
        "Jo de Vries",
        "de Vries Jo",
        "de Vries",
        "Jo",
        "Ann",
        "Vries",
    )
    assert hidden_words(given_names="", family_name="") == ()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Anna-Maria Müller", "# #"),
        ("ANNA MUELLER, Maria Muller", "#, # #"),
        ("Müller, Anna", "#, #"),
        ("von der Müller", "#"),
        ("von der Uni, der Mühle", "von der Uni, der Mühle"),
        ("Annas und Müllers Lebenslauf", "# und # Lebenslauf"),
        ("Anna's letter", "#'s letter"),
        ("Mül-\r\nler, Mül\x02ler, M ¨uller, Mu\u0308ller, M\u00adüller", "#, #, #, #, #"),
        ("M Ü L L E R and A n n a and I NA", "# and # and #"),
        ("I work in a team in Annaberg, Savannah and China", None),
        ("AnnaMüller2 annamaria", "# #"),
        ("write to annam03@example.org now", "write to # now"),
        ("see www.example.org/in/xmariax and CV_anna.pdf", "see # and #"),
        ("108012345678 or 108 012 345 678, Nr108012345678x", "# or #, Nr#x"),
        ("login muellabc", "login #"),
        ("01.02.2003 1.2.2003 01/02/03 2003-02-01 20030201", "# # # # #"),
        ("1 February 2003 or February 1st, 2003 or 1. Feb. 2003", "# or # or #"),
        ("born 1. Februar 2003", "born #"),
        ("12/2003, 2003, 11.2.2003 and 1.2.20035", None),
        ("a norwegian student", "a # student"),
    ],
)
def test_words_are_found_as_they_are_written(text, seen):
    assert hidden(text, ANNA) == (text if seen is None else seen)


@pytest.mark.parametrize(
    ("text", "words", "seen"),
    [
        ("Li Isik, IŞIK. And ışık", LI, "#, #. And #"),
        ("I like li, Li likes me", LI, "I like li, # likes me"),
        ("Straße STRASSE strasse", ["Straße"], "# # #"),
        ("Łukasz Đorđe Æsir", ["lukasz", "dorde", "aesir"], "# # #"),
        ("Østby Oestby Ostby", ["Østby"], "# # #"),
        ("我叫李明。", ["李明"], "我叫#。"),
        ("اسمي علي من لي", ["لي"], "اسمي علي من #"),
        ("12 or 123", ["12"], "12 or 123"),
        ("ΓΕΩΡΓΊΑ Георгий", ["Γεωργία", "георгий"], "# #"),
        ("of\ufb01ce", ["office"], "#"),
        ("", ["x"], ""),
        ("!!", ["!", " "], "!!"),
    ],
)
def test_letters_of_all_kinds_are_found(text, words, seen):
    assert hidden(text, words) == seen


def test_given_name_of_two_letters_is_found_alone_with_a_capital():
    words = hidden_words(given_names="Jo Ann", family_name="de Vries")
    assert hidden("Jo writes: jo-jo, Joan, Bojo. Yours, JO", words) == (
        "# writes: jo-jo, Joan, Bojo. Yours, #"
    )


@pytest.mark.parametrize(
    "written", ["9 September 2003", "Sept 9, 2003", "9th Sept. 2003", "9. Sep. 2003", "9.9.2003"]
)
def test_birth_date_in_september_is_found(written):
    words = hidden_words(given_names="", family_name="", birth_date=date(2003, 9, 9))
    assert hidden(f"born {written} in Bochum", words) == "born # in Bochum"


@pytest.mark.parametrize(
    "phone", ["+49 171 5550000", "0171/5550000", "0049-171-555-0000", "+49 (0)171 5550000"]
)
def test_phone_number_is_found_however_it_is_dialled(phone):
    words = hidden_words(given_names="", family_name="", phones=[phone])
    text = (
        "0171/5550000 or 01715550000 or 0049-171-555-0000 or +49 (0)171 5550000"
        " or +49 171 55 50 000"
    )
    seen = hidden(text, words)
    assert not any(figure in seen for figure in "157")
    if not phone.startswith("0171"):
        assert seen == "# or # or # or +# or +#"


@pytest.mark.parametrize(
    ("phone", "text", "seen"),
    [
        ("+358 40 123 4567", "040 1234567 and (+358)401234567", "# and (+#"),
        ("+1 212 555 0100", "(212) 555-0100 or 1-212-555-0100", "(# or #"),
        ("+44 20 7946 0958", "020 7946 0958, 44 pages", "#, 44 pages"),
        ("0234 3228", "0234/3228 or 234 3228, 2 34", "# or #, 2 34"),
        ("0234 322", "0234 322, 234 322", "#, 234 322"),
        ("+", "+ and 49", "+ and 49"),
    ],
)
def test_phone_number_of_any_country_is_found_but_no_other_figures(phone, text, seen):
    words = hidden_words(given_names="", family_name="", phones=[phone])
    assert hidden(text, words) == seen


@pytest.mark.parametrize("kind", DocumentKind)
def test_only_a_curriculum_vitae_allows_no_picture(kind):
    assert allowed_pictures(kind) is (Pictures.NONE if kind is DocumentKind.CV else Pictures.FEW)


@pytest.mark.parametrize(
    ("images", "covered", "letters", "withheld_from"),
    [
        (0, 0.0, 20, set()),
        (0, 0.0, 19, {Pictures.FEW, Pictures.NONE}),
        (1, 0.0, 20, {Pictures.NONE}),
        (1, 0.4, 20, {Pictures.NONE}),
        (1, 0.41, 2000, {Pictures.FEW, Pictures.NONE}),
    ],
)
def test_page_is_withheld_for_its_pictures_or_its_lack_of_text(
    images, covered, letters, withheld_from
):
    assert {
        pictures
        for pictures in Pictures
        if is_withheld(pictures, images=images, covered=covered, letters=letters)
    } == withheld_from
