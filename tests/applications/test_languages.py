"""In which language a letter is written, whatever names stand in it."""

import pytest

from applications.pdf_inspection.language import language_of
from applications.pdf_inspection.pages import count_words
from tests import pdfs

LETTERS = {
    "full of names": (
        "en",
        (
            "Anna-Katharina Müller-Lüdenscheidt, Universitätsstraße 150, 44801 Bochum. Letter "
            "of Motivation. Dear Professor González Fernández, dear Ms Øverland, I am applying "
            "for the exchange at Universidad Complutense de Madrid, Università Ca' Foscari "
            "Venezia, Universitetet i Oslo, Université Paris-Dauphine and Katholieke "
            "Universiteit Leuven. At Ruhr-Universität Bochum I study Wirtschaftswissenschaft in "
            "the fifth semester. Kind regards, Anna-Katharina Müller-Lüdenscheidt"
        ),
    ),
    "German letterhead": (
        "en",
        (
            "Max Mustermann, Musterstraße 12, max.mustermann@rub.de, An die Ruhr-Universität "
            "Bochum, Fakultät für Wirtschaftswissenschaft, Auslandsstudium. "
            "Motivationsschreiben für ein Auslandssemester. Dear Sir or Madam, with great "
            "interest I would like to apply for an exchange semester. The courses in "
            "econometrics would complete my studies. Mit freundlichen Grüßen, Max Mustermann"
        ),
    ),
    "German with English names": (
        "de",
        (
            "Anna Smith, King's College London. Sehr geehrte Frau Johnson, ich bewerbe mich um "
            "einen Platz an der University of Warwick, der London School of Economics and "
            "Political Science oder der University of Edinburgh, weil dort International "
            "Business and Management, Labour Economics und Behavioural Finance gelehrt werden. "
            "Best regards, Anna Smith"
        ),
    ),
    "a German quotation": (
        "en",
        (
            "I am writing to apply for an exchange semester. Die Fakultät bietet viele Kurse "
            "an. My goals are to learn more about international markets and to improve my "
            "language skills. The programme at your university is a perfect fit for me."
        ),
    ),
    "Spanish": (
        "es",
        (
            "Estimados señores: me gustaría solicitar una plaza de intercambio en Madrid, ya "
            "que los cursos de economía internacional encajan muy bien con mis estudios y "
            "quiero mejorar mi español."
        ),
    ),
    "capitals": (
        "en",
        (
            "I AM WRITING TO APPLY FOR AN EXCHANGE SEMESTER AT YOUR UNIVERSITY BECAUSE THE "
            "COURSES OFFERED THERE SUIT MY DEGREE VERY WELL AND I WOULD LIKE TO LIVE ABROAD"
        ),
    ),
    "nothing but names": ("", "Universidad Complutense Madrid, Anna Weber, Bochum. " * 6),
    "very short": ("", "I would like to study in Lund because of the courses there."),
    "another script": ("zh", "我 想 申请 交换 学期 因为 课程 很 适合 我 的 专业 " * 3),
}


@pytest.mark.parametrize("name", LETTERS)
def test_language_is_told_by_the_running_text(name):
    language, text = LETTERS[name]

    assert language_of(text, 30 if language == "zh" else count_words(text)) == language


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_ordinary_letter_has_its_language(language):
    text = "\n".join(pdfs._LETTER[language])

    assert language_of(text, count_words(text)) == language
