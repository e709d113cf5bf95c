"""Each code of the rules has its sentence in both languages."""

import ast
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import translation

from applications import texts
from applications.eligibility import EligibilityCode
from applications.exports.ewp.checks import EwpProblem
from applications.lifecycle import Refusal
from applications.models import Submission
from applications.models.application import STATE_CHOICES
from applications.pdf_inspection import FindingCode
from applications.scoring import CriterionKind, DecidedBy, Formula, TieBreak
from applications.selection import telling
from applications.states import State
from applications.timeline import Step, Tense, Who
from exchange_portal import claims
from exchange_portal.login.refusals import SENTENCES as LOGIN_SENTENCES
from grants import calculation
from grants import texts as grant_texts
from grants.errors import AwardRefusal, AwardRefused, DeclarationRefusal, PaymentRefusal
from grants.states import AwardState, Occasion, PaymentKind

APPLICATIONS = Path(texts.__file__).parent.parent
LAST_MINUTE = datetime(2027, 1, 10, 22, 59, tzinfo=UTC)

# What the rules give with a code, as tests/applications/test_eligibility.py and
# test_pdf_inspection.py pin it; a code that is not here comes with nothing a sentence needs.
LEVELS = {"level_now": "bachelor", "level_departure": "doctoral"}
NEEDS_B2 = {"language": "en", "needed": "B2"}
HELD = {
    "host": "Lund University",
    "call_en": "ERASMUS studies 2027/28",
    "call_de": "ERASMUS-Studium 2027/28",
    "semester": "W",
    "place": "offered",
}
FIGURES = {
    EligibilityCode.ENROLMENT_MAY_END: {"ects": "181.5", "needed": "180"},
    EligibilityCode.MONTHS_USED_UP: {"months": 11, "limit": 12},
    EligibilityCode.MONTHS_RUNNING_OUT: {"months": 8, "limit": 12},
    EligibilityCode.SEMESTER_TAKEN: HELD,
    EligibilityCode.SEMESTER_PARTLY_TAKEN: {**HELD, "place": "accepted"},
    EligibilityCode.LEVEL_NOT_IN_PROGRAMME: {"level": "doctoral", "allowed": ["bachelor"]},
    EligibilityCode.LEVEL_STEPS_BACK: LEVELS,
    EligibilityCode.LEVEL_SKIPS: LEVELS,
    EligibilityCode.LEVEL_CHANGES: LEVELS,
    EligibilityCode.DEGREE_LEVEL_DIFFERS: {"level_now": "bachelor", "degree_level": "master"},
    EligibilityCode.DEGREE_NOT_IN_PROGRAMME: {"degree": "bsc-me"},
    EligibilityCode.DEGREE_ON_CONDITION: {"degree": "bsc-me"},
    EligibilityCode.SUBJECT_CODE_INVALID: {"isced_f": "041", "suggestions": ["0410", "0413"]},
    EligibilityCode.ECTS_TOO_FEW: {"ects": "95", "needed": "95.5"},
    EligibilityCode.GRADE_TOO_LOW: {"grade": "2.1", "needed": "2.0"},
    EligibilityCode.GRADE_NOT_PASSED: {"grade": "4.3"},
    EligibilityCode.NO_SEATS_FOR_LEVEL: {"level": "bachelor", "offered": ["master"]},
    EligibilityCode.ONLY_LEFT_OVER_SEATS: {"level": "bachelor", "first": ["master"]},
    EligibilityCode.NO_SEATS_IN_SEMESTER: {"wished": ["W"], "offered": ["S"]},
    EligibilityCode.SEMESTER_LIMITED: {"wished": ["S", "W"], "offered": ["W"]},
    EligibilityCode.SUBJECT_DIFFERS: {"isced_f": "0413", "agreement": "0613"},
    EligibilityCode.SUBJECT_FITS_OTHER_CODE: {
        "isced_f": "0413",
        "agreement": "0311",
        "fitting": ["0311"],
    },
    EligibilityCode.LANGUAGE_MISSING: NEEDS_B2,
    EligibilityCode.LANGUAGE_TOO_LOW: {**NEEDS_B2, "level": "B1"},
    EligibilityCode.LANGUAGE_BY_PLANNED_COURSE: NEEDS_B2,
    EligibilityCode.CERTIFICATE_MISSING: NEEDS_B2,
    EligibilityCode.CERTIFICATE_DOCUMENT_MISSING: NEEDS_B2,
    FindingCode.TOO_LARGE: {"size": 2_340_000, "limit": 1_048_576},
    FindingCode.TOO_MANY_PAGES: {"pages": 501, "limit": 500},
    FindingCode.BLANK_PAGES: {"pages": "1, 2", "count": 2},
    FindingCode.TEXT_NOT_READ: {"pages": "1", "count": 1},
    FindingCode.LETTER_TOO_LONG: {"pages": 3, "limit": 2},
    FindingCode.LETTER_TOO_SHORT: {"pages": 1, "words": 9, "limit": 120},
    FindingCode.LETTER_NOT_ENGLISH: {"language": "de"},
    FindingCode.WRONG_LANGUAGE: {"language": "en", "expected": "fr"},
    FindingCode.MORE_PAGES_THAN_ASKED: {"pages": 4, "limit": 3},
    FindingCode.FEWER_PAGES_THAN_ASKED: {"pages": 1, "limit": 2},
}


def in_both(say, *args, **kwargs):
    """Return what `say` says in English and in German."""
    said = []
    for language in ("en", "de"):
        with translation.override(language):
            said.append(say(*args, **kwargs))
    return tuple(said)


def assert_said_in_both(say, *args, **kwargs):
    english, german = in_both(say, *args, **kwargs)
    assert english
    assert german
    assert english != german
    assert "%(" not in english + german


def constants(*names):
    """Return the codes written in capitals in these files of `applications`."""
    return {
        node.value
        for name in names
        for node in ast.walk(ast.parse((APPLICATIONS / name).read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[A-Z]+(_[A-Z]+)*", node.value)
        and len(node.value) > 1
    }


def calls(function, *files):
    """Yield each call of a function in these files of `applications`."""
    for name in files:
        for node in ast.walk(ast.parse((APPLICATIONS / name).read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == function:
                yield node


def named_in(sentence):
    return set(re.findall(r"%\((\w+)\)", str(sentence)))


# -- findings --------------------------------------------------------------------------------------


def test_findings_on_files_and_applications_have_one_sentence_each():
    assert set(texts._DOCUMENTS) == set(FindingCode)
    assert set(texts._ELIGIBILITY) == set(EligibilityCode)
    assert set(FindingCode) & set(EligibilityCode) & set(texts._REVIEW) == set()


@pytest.mark.parametrize("code", [*FindingCode, *EligibilityCode, *texts._REVIEW])
def test_finding_is_said_in_both_languages(code):
    assert_said_in_both(texts.finding_sentence, code, FIGURES.get(code, {}))


def test_findings_have_one_label_each_and_those_on_answers_their_place():
    sentences = {*texts._DOCUMENTS, *texts._ELIGIBILITY, *texts._REVIEW}
    answers = {field.name for field in Submission._meta.get_fields()}

    assert set(texts._LABELS) == sentences
    assert len({texts.finding_label(code) for code in sentences}) == len(sentences)
    assert set(texts._PLACES) == set(EligibilityCode)
    assert {texts.finding_place(code) for code in EligibilityCode} <= answers
    assert texts.finding_place(FindingCode.NO_TEXT) == ""


@pytest.mark.parametrize("code", texts._LABELS)
def test_label_of_a_finding_is_short_and_said_in_both_languages(code):
    assert_said_in_both(texts.finding_label, code)
    assert max(map(len, in_both(texts.finding_label, code))) <= 40


@pytest.mark.parametrize(
    ("code", "english", "german"),
    [
        (
            EligibilityCode.SEMESTER_TAKEN,
            (
                "There is a place in this semester already: Lund University, Winter semester"
                " (ERASMUS studies 2027/28; offered, not answered yet)."
            ),
            (
                "Für dieses Semester gibt es schon einen Platz: Lund University, Wintersemester"
                " (ERASMUS-Studium 2027/28; angeboten, noch nicht beantwortet)."
            ),
        ),
        (
            EligibilityCode.LANGUAGE_TOO_LOW,
            "The host needs English at level B2; stated is B1.",
            "Die Gasthochschule verlangt Englisch auf Niveau B2; angegeben ist B1.",
        ),
        (
            EligibilityCode.NO_SEATS_IN_SEMESTER,
            "The host has no seats in the semester wished for (Winter semester).",
            "Die Gasthochschule hat im gewünschten Semester keine Plätze (Wintersemester).",
        ),
        (
            EligibilityCode.LEVEL_NOT_IN_PROGRAMME,
            "The programme is not for this level at departure: Doctorate.",
            "Das Programm ist nicht für dieses Studienniveau bei der Ausreise: Promotion.",
        ),
    ],
)
def test_codes_among_the_figures_are_said_in_words(code, english, german):
    assert in_both(texts.finding_sentence, code, FIGURES[code]) == (english, german)


def test_numbers_are_written_as_each_language_does():
    code = EligibilityCode.ECTS_TOO_FEW

    assert in_both(texts.size, 2_340_000) == ("2.4 MB", "2,4 MB")
    assert in_both(texts.finding_sentence, code, FIGURES[code]) == (
        "95 ECTS earned; 95.5 are needed.",
        "95 ECTS erworben; nötig sind 95,5.",
    )
    limits = {"criterion": "Motivation", "most": "7.5"}
    assert in_both(texts.refusal_sentence, Refusal.SCORE_OUT_OF_RANGE, limits) == (
        "Points for “Motivation” must lie between 0 and 7.5.",
        "Punkte für „Motivation“ müssen zwischen 0 und 7,5 liegen.",
    )


# -- submitting, refusals --------------------------------------------------------------------------


PROBLEMS = list(calls("Problem", "lifecycle/documents.py", "lifecycle/handing_in.py"))


def test_problems_have_one_sentence_each():
    assert {ast.literal_eval(call.args[0]) for call in PROBLEMS} == set(texts._PROBLEMS)


@pytest.mark.parametrize("call", PROBLEMS, ids=lambda call: ast.unparse(call.args[0]))
def test_problem_is_said_with_the_figures_it_comes_with(call):
    given = {ast.literal_eval(key): "7" for key in call.args[2].keys} if call.args[2:] else {}

    assert_said_in_both(texts.problem_sentence, ast.literal_eval(call.args[0]), given)


def refusals():
    """Yield each refusal made in the sources with the figures it comes with."""
    folders = ("lifecycle", "selection", "views", "admin")
    files = [path for folder in folders for path in sorted((APPLICATIONS / folder).rglob("*.py"))]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = ast.unparse(node.args[0]).removeprefix("lifecycle.")
                if name.startswith("Refusal.") and ast.unparse(node.func) != "isinstance":
                    code = Refusal[name.removeprefix("Refusal.")]
                    yield code, {keyword.arg for keyword in node.keywords}


def test_refusals_have_one_sentence_each():
    assert set(texts._REFUSALS) == set(Refusal)


@pytest.mark.parametrize(("code", "given"), list(refusals()))
def test_refusal_is_said_with_the_figures_it_comes_with(code, given):
    instants = {"opens_at", "deadline", "answer_by", "saved_at"}
    figures = {name: LAST_MINUTE if name in instants else "7" for name in given}

    assert_said_in_both(texts.refusal_sentence, code, figures)


def test_refusal_names_the_instant_in_words():
    figures = {"opens_at": LAST_MINUTE}

    assert in_both(texts.refusal_sentence, Refusal.NOT_OPEN_YET, figures) == (
        "This call is not open yet. It opens on 10 January 2027, 23:59 (Europe/Berlin).",
        (
            "Diese Ausschreibung ist noch nicht offen. Sie öffnet am"
            " 10. Januar 2027, 23:59 Uhr (Europe/Berlin)."
        ),
    )


@pytest.mark.parametrize("code", EwpProblem)
def test_reason_against_an_ewp_file_is_said_in_both_languages(code):
    assert_said_in_both(texts.ewp_sentence, code)


# -- allocation ------------------------------------------------------------------------------------


def test_errors_and_reasons_of_an_allocation_have_one_sentence_each():
    """Warnings (wishes.py) stay in the run's own record; publishing adds reasons of its own."""
    engine = constants("allocation/contest.py", "allocation/decisions.py", "allocation/explain.py")
    made = engine | {
        telling.PLACED,
        telling.MOVE_OFFERED,
        telling.NOT_TAKEN,
        telling.TOO_LATE,
        telling.TAKEN_ELSEWHERE,
    }

    assert made == set(texts._ALLOCATION_ERRORS) | set(texts._OUTCOMES)


@pytest.mark.parametrize("code", texts._ALLOCATION_ERRORS)
def test_allocation_error_is_said_in_both_languages(code):
    assert_said_in_both(texts.allocation_error_sentence, code, host="LUT", applicant="K7Q3")


@pytest.mark.parametrize("code", texts._NOT_PUBLISHABLE)
def test_why_a_run_is_not_published_is_said_in_both_languages(code):
    assert_said_in_both(texts.not_publishable_sentence, code)


def test_whatever_keeps_a_run_from_being_published_has_its_sentence():
    tree = ast.parse((APPLICATIONS / "selection" / "publishing.py").read_text("utf-8"))
    returned = {
        part.value
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and ast.unparse(function.returns) == "str"
        for node in ast.walk(function)
        if isinstance(node, ast.Return)
        for part in ast.walk(node.value)
        if isinstance(part, ast.Constant)
    }
    raised = {
        call.args[0].value
        for call in calls("NotPublishable", "selection/publishing.py")
        if isinstance(call.args[0], ast.Constant)
    }

    assert (returned | raised) - {""} == set(texts._NOT_PUBLISHABLE)


@pytest.mark.parametrize("reason", texts._OUTCOMES)
def test_outcome_is_said_in_both_languages(reason):
    assert_said_in_both(texts.outcome_sentences, reason, {})


@pytest.mark.parametrize("decided_by", texts._DECIDED_BY)
def test_figures_of_an_outcome_are_said_in_both_languages(decided_by):
    figures = {"seats": 2, "wanted": 9, "position": 5, "decided_by": decided_by}
    scores = {"cutoff_score": "83.50", "own_score": "78.05"}

    english, german = in_both(texts.outcome_sentences, "OUTRANKED", {**figures, **scores})
    assert english[1:3] == [
        "2 seats, 9 wanted them and got nothing better; you were number 5.",
        "The last placed had 83.50 points, you 78.05.",
    ]
    assert german[1:3] == [
        "2 Plätze; 9 Bewerbungen darauf bekamen nichts Besseres, Ihre stand an Stelle 5.",
        "Die letzte Person mit Platz hatte 83,50 Punkte, Sie hatten 78,05.",
    ]
    assert len(english) == len(german) == 4
    assert english[3] != german[3]


def test_points_of_the_last_placed_are_kept_back_in_both_languages():
    english, german = in_both(texts.outcome_sentences, "OUTRANKED", {"own_score": "78.05"})

    assert len(english) == len(german) == 2
    assert english[1] != german[1]


WORKED_OUT = {
    Formula.GRADE: {"grade": "2.3", "worst": "4.0", "span": "3.0", "share": "0.5667"},
    Formula.GRADE_BEST: {"grade": "1.0", "best": "1.0"},
    Formula.GRADE_WORST: {"grade": "4.3", "worst": "4.0"},
    Formula.ECTS: {"ects": "45", "expected": 60, "each": 30, "semesters": 2, "share": "0.75"},
    Formula.ECTS_ALL: {"ects": "62.5", "expected": 60, "each": 30, "semesters": 2},
    Formula.LANGUAGE: {"language": "es", "level": "B2", "step": 4, "steps": 6, "share": "0.6667"},
    Formula.LANGUAGE_NATIVE: {"language": "es", "level": "NS", "step": 6, "steps": 6},
    Formula.LANGUAGE_MISSING: {"language": "es"},
    Formula.READERS: {"count": 2, "needed": 1},
    Formula.READERS_MISSING: {"count": 1, "needed": 2},
}


@pytest.mark.parametrize("formula", Formula)
def test_formula_is_said_in_both_languages(formula):
    assert_said_in_both(texts.formula_sentence, formula, WORKED_OUT.get(formula, {}))


@pytest.mark.parametrize("kind", CriterionKind)
def test_criterion_is_explained_in_both_languages(kind):
    assert_said_in_both(texts.formula_in_general, kind, "es")


def test_figures_of_a_formula_are_read_in_each_language():
    figures = {
        "grade": Decimal("2.30"),
        "worst": Decimal("4.0"),
        "span": Decimal("3.0"),
        "share": Decimal("0.5667"),
    }

    english, german = in_both(texts.formula_sentence, Formula.GRADE, figures)

    assert english == "(4.0 − average grade 2.30) ÷ 3.0 = 0.5667 of the points"
    assert german == "(4,0 − Durchschnittsnote 2,30) ÷ 3,0 = 0,5667 der Punkte"


def test_everything_that_decides_a_ranking_has_a_name():
    assert {*TieBreak, *DecidedBy} <= set(texts._DECIDERS)
    for code in set(texts._DECIDERS) - {"", "ects"}:
        assert_said_in_both(texts.decider, code)


# -- states ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_state_is_said_in_both_languages(state):
    assert_said_in_both(texts.state_sentence, state)
    assert_said_in_both(lambda: str(dict(STATE_CHOICES)[state]))


@pytest.mark.parametrize("step", Step)
def test_step_of_the_way_is_said_in_both_languages(step):
    assert_said_in_both(texts.step_sentence, step, number=2, name="Oulu")


def test_who_acts_and_when_is_said_in_both_languages():
    for who in Who:
        assert_said_in_both(texts.who_acts, who, now=True)
        assert_said_in_both(texts.who_acts, who, now=False)
    for tense in Tense:
        assert_said_in_both(texts.tense_word, tense)


# -- signing in and grants -------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", claims.Refusal)
def test_refusal_of_a_login_is_said_in_both_languages(refusal):
    assert_said_in_both(lambda: str(LOGIN_SENTENCES[refusal]))


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (grant_texts.MOBILITIES, calculation.MobilityType),
        (grant_texts.GROUPS, calculation.CountryGroup),
        (grant_texts.STATUSES, calculation.FundingStatus),
        (grant_texts.FUNDS, calculation.Fund),
        (grant_texts.RATE_UNITS, calculation.RateUnit),
        (grant_texts.TOP_UP_UNITS, calculation.TopUpUnit),
        (grant_texts.STAY_LENGTHS, calculation.StayLength),
        (grant_texts.AUDIENCES, calculation.TravelAudience),
        (grant_texts.LINES, calculation.LineCode),
        (grant_texts.TOP_UPS, calculation.TopUpCode),
        (grant_texts.STATES, AwardState),
        (grant_texts.OCCASIONS, Occasion),
        (grant_texts.PAYMENTS, PaymentKind),
        (grant_texts.AWARDS, AwardRefusal),
        (grant_texts.DECLARATIONS, DeclarationRefusal),
        (grant_texts.PAYMENT_REFUSALS, PaymentRefusal),
        (grant_texts.WARNINGS, calculation.Warn),
        (grant_texts.REASONS, calculation.Reason),
    ],
)
def test_words_of_a_grant_are_said_in_both_languages(table, codes):
    assert set(table) == set(codes)
    for code in codes:
        english, german = in_both(lambda code=code: str(table[code]))
        assert english != german


@pytest.mark.parametrize("warning", calculation.Warn)
def test_warning_of_a_grant_is_said_with_its_figures(warning):
    answer = SimpleNamespace(project="2027", basis="2026", warnings=(warning,), reason=None)

    assert_said_in_both(lambda: grant_texts.warning_texts(answer, "Schweden")[0])
    assert grant_texts.reason_text(answer, "Schweden") == ""


@pytest.mark.parametrize("reason", calculation.Reason)
def test_reason_without_a_grant_is_said_with_its_figures(reason):
    answer = SimpleNamespace(project="2027", days=41, reason=reason)

    assert_said_in_both(grant_texts.reason_text, answer, "Schweden")
    refused = AwardRefused(AwardRefusal.NO_GRANT, answer)
    assert_said_in_both(grant_texts.refusal_text, refused, "Schweden")
