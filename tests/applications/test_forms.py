"""The application form by itself: what it keeps, what it judges, what it compares."""

from datetime import date
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils import timezone

from applications import lifecycle
from applications.forms.application import ApplicationForm
from applications.forms.comparing import Difference, differences, unsent_changes
from applications.forms.pages import Page, names_on, page_of, typed_on
from applications.forms.typed import typed_from, typed_so_far
from applications.models import Submission
from tests import factories
from tests.applications.filling_in import complete_answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def call():
    return factories.CallFactory.create(hosts=3)


@pytest.fixture
def degree(call):
    return factories.DegreeProgrammeFactory.create(faculty=call.programme.faculty)


@pytest.fixture
def application(call, student):
    return factories.ApplicationFactory.create(call=call, student=student)


def hosts_of(application):
    return list(application.call.hosts.order_by("pk"))


@pytest.fixture
def typed(application, degree):  # noqa: ARG001 - the answers name it
    return complete_answers(application)


def sent(typed, **changes):
    data = QueryDict(mutable=True)
    for name, value in {**typed, **changes}.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def checked(application, typed, **changes):
    return ApplicationForm(sent(typed, **changes), application=application)


def test_complete_answers_become_the_columns_of_a_submission(application, typed, degree):
    first, second, _third = hosts_of(application)
    form = checked(application, typed)

    assert form.errors == {}
    assert form.answers() == lifecycle.Answers(
        values={
            "family_name": "Nowak",
            "given_names": "Ada",
            "birth_date": date(2004, 5, 17),
            "gender": 2,
            "nationality": "PL",
            "matriculation_number": application.student.matriculation_number,
            "esi": "",
            "email": application.student.email,
            "phone": "+49 234 3228000",
            "street": "Universitätsstraße 150",
            "postal_code": "44801",
            "city": "Bochum",
            "country": "DE",
            "degree_programme": degree,
            "level_now": "bachelor",
            "level_departure": "bachelor",
            "semester_now": 3,
            "ects_earned": Decimal("62.5"),
            "average_grade": Decimal("1.7"),
            "isced_f": "0410",
            "remarks": "",
        },
        languages=(lifecycle.LanguageAnswer("en", "B2", "school"),),
        preferences=(
            lifecycle.PreferenceAnswer(first.pk, ("W", "S")),
            lifecycle.PreferenceAnswer(second.pk, ("W",)),
        ),
    )


def test_answers_name_every_column_of_a_submission(application, typed):
    application.call.programme.months_per_cycle = 12
    columns = {field.name for field in Submission._meta.concrete_fields}

    form = checked(application, typed)
    assert form.is_valid()
    assert set(form.answers().values) == columns - {"id", "application", "number", "submitted_at"}


@pytest.mark.parametrize(
    ("limit", "months", "stored"),
    [(12, {"earlier_months": " 5 "}, 5), (12, {}, None), (None, {"earlier_months": "5"}, None)],
)
def test_months_abroad_are_asked_for_where_a_cycle_has_a_limit(
    application, typed, limit, months, stored
):
    application.call.programme.months_per_cycle = limit
    form = checked(application, {**typed, **months})

    assert form.is_valid()
    assert form.answers().values.get("earlier_months") == stored


WRONG = {
    "family_name": [
        ("", "Enter your family name as in your passport."),
        (" - ", "Enter your family name as in your passport."),
        ("x" * 201, "At most 200 characters fit here, not 201."),
    ],
    "birth_date": [
        ("", "Enter your date of birth, such as 17.05.2004."),
        ("31.02.2004", "This is not a date. Enter day, month and year, such as 17.05.2004."),
        ("17.05.2026", "Check the year: this can't be your date of birth."),
        ("17.05.1904", "Check the year: this can't be your date of birth."),
        ("17.05.2031", "A date of birth can't lie in the future."),
    ],
    "gender": [("", "Choose an entry for gender."), ("7", "Choose an entry for gender.")],
    "nationality": [("XX", "Choose your nationality.")],
    "phone": [
        ("", "Enter a telephone number under which we can reach you."),
        ("call me", "Enter a telephone number in digits, such as +49 234 3228000."),
    ],
    "degree_programme": [("0", "Choose the degree programme you are enrolled in.")],
    "level_now": [("staff", "Choose the level you study at now.")],
    "level_departure": [
        ("doctoral", "Choose the level you will study at when you leave."),
    ],
    "semester_now": [
        ("0", "The semester is a number from 1 to 30."),
        ("31", "The semester is a number from 1 to 30."),
        ("3rd", "Enter the semester as a whole number, such as 3."),
    ],
    "ects_earned": [
        ("-1", "ECTS are a number from 0 to 400."),
        ("400.5", "ECTS are a number from 0 to 400."),
        ("10.25", "ECTS have at most one decimal place, such as 62.5."),
        ("many", "Enter the ECTS as a number, such as 60 or 62.5."),
        ("NaN", "Enter the ECTS as a number, such as 60 or 62.5."),
    ],
    "average_grade": [
        ("0.9", "The grade is a number from 1.0 to 5.0."),
        ("5,1", "The grade is a number from 1.0 to 5.0."),
        ("1.777", "The grade has at most two decimal places, such as 1.75."),
        ("good", "Enter the grade as a number, such as 1.7."),
    ],
    "isced_f": [
        ("041", "Choose the field your degree programme belongs to."),
        ("0999", "Choose the field your degree programme belongs to."),
    ],
    "remarks": [("x" * 2001, "At most 2000 characters fit here, not 2001.")],
    "earlier_months": [
        ("many", "Enter the months as a whole number, such as 5."),
        ("5,5", "Enter the months as a whole number, such as 5."),
        ("1_2", "Enter the months as a whole number, such as 5."),
        ("-1", "The months are a whole number from 0 to 36."),
        ("37", "The months are a whole number from 0 to 36."),
    ],
}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [(name, value, sentence) for name, rows in WRONG.items() for value, sentence in rows],
)
def test_wrong_answer_gets_one_sentence_at_its_field(application, typed, at, name, value, sentence):
    at("2027-01-05 12:00")
    application.call.programme.months_per_cycle = 12

    assert checked(application, typed, **{name: value}).errors == {name: [sentence]}


@pytest.mark.parametrize("grade", ["1.7", "1,7", " 1,70 ", "1.70"])
def test_grade_is_read_with_comma_or_point(application, typed, grade):
    form = checked(application, typed, average_grade=grade)

    assert form.errors == {}
    assert form.answers().values["average_grade"] == Decimal("1.7")


@pytest.mark.parametrize("born", ["17.05.2004", "2004-05-17", "17/05/2004", "17. 05. 2004"])
def test_date_of_birth_is_read_in_the_usual_ways(application, typed, born):
    form = checked(application, typed, birth_date=born)

    assert form.errors == {}
    assert form.answers().values["birth_date"] == date(2004, 5, 17)


def test_invisible_marks_are_taken_out_of_names(application, typed):
    form = checked(application, typed, family_name="No\u202ewak\u2066", given_names="Zoë 🙂")

    assert form.errors == {}
    values = form.answers().values
    assert (values["family_name"], values["given_names"]) == ("Nowak", "Zoë 🙂")


def test_all_problems_are_collected_at_once(application):
    form = checked(application, {})

    # In the order of the page, which is that of the error summary.
    assert list(form.errors) == [
        "given_names",
        "family_name",
        "birth_date",
        "gender",
        "nationality",
        "phone",
        "street",
        "postal_code",
        "city",
        "country",
        "degree_programme",
        "isced_f",
        "level_now",
        "level_departure",
        "semester_now",
        "ects_earned",
        "average_grade",
        "preference_1",
    ]


@pytest.mark.parametrize(
    ("now", "departure", "errors"),
    [
        ("bachelor", "master", {}),
        ("master", "master", {}),
        (
            "master",
            "bachelor",
            {
                "level_departure": [
                    "You can't leave at a lower level than the one you study at now."
                ]
            },
        ),
    ],
)
def test_level_at_departure_is_not_below_the_level_now(application, typed, now, departure, errors):
    form = checked(application, typed, level_now=now, level_departure=departure)

    assert form.errors == errors


def test_bachelor_student_may_apply_to_a_programme_for_masters(application, typed):
    programme = application.call.programme
    programme.levels = ["master"]
    programme.save()
    form = checked(
        application,
        typed,
        level_departure="master",
        degree_programme=str(factories.MasterProgrammeFactory.create(faculty=programme.faculty).pk),
    )

    assert form.errors == {}
    assert [key for key, _label in form.fields["level_now"].choices] == ["", "bachelor", "master"]
    assert [key for key, _label in form.fields["level_departure"].choices] == ["", "master"]


# -- what the login knows -------------------------------------------------------------------------


def test_what_the_login_knows_is_not_read_from_the_request(application, typed):
    form = checked(
        application,
        typed,
        email="somebody@example.org",
        matriculation_number="999999",
        esi="urn:forged",
    )

    assert form.errors == {}
    values = form.answers().values
    student = application.student
    assert [values["email"], values["matriculation_number"], values["esi"]] == [
        student.email,
        student.matriculation_number,
        student.esi,
    ]


def test_matriculation_number_is_asked_for_where_the_login_gives_none(application, typed):
    application.student.matriculation_number = ""

    assert checked(application, typed).errors == {
        "matriculation_number": ["Enter your matriculation number."]
    }
    form = checked(application, typed, matriculation_number="108012345678")
    assert form.errors == {}
    assert form.answers().values["matriculation_number"] == "108012345678"


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("ada@ruhr-uni-bochum.de", True),
        ("ada@RUB.de", True),
        ("ada@edu.ruhr-uni-bochum.de", True),
        ("ada@example.org", False),
        ("ada@evil-rub.de", False),
        ("ada@rub.de.example.org", False),
        ("", False),
    ],
)
def test_only_an_address_of_the_university_is_accepted(application, typed, address, accepted):
    application.student.email = address
    form = checked(application, typed)

    assert (form.errors == {}) is accepted
    assert list(form.errors) == ([] if accepted else ["__all__"])


# -- languages ---------------------------------------------------------------------------------


def test_language_begun_must_be_completed(application, typed):
    form = checked(application, typed, language_2="fr")

    assert form.errors == {
        "language_2_level": ["Choose the level of this language."],
        "language_2_proof": ["Choose how you show this language."],
    }


def test_language_may_stand_only_once(application, typed):
    form = checked(
        application, typed, language_4="en", language_4_level="C1", language_4_proof="stay"
    )

    assert form.errors == {
        "language_4": ["This language stands above already. Empty one of the rows."]
    }


def test_empty_language_rows_are_skipped(application, typed):
    form = checked(
        application, typed, language_6="es", language_6_level="A2", language_6_proof="course"
    )

    assert form.errors == {}
    assert [answer.language for answer in form.answers().languages] == ["en", "es"]


# -- preferences ---------------------------------------------------------------------------------


def test_gaps_between_preferences_are_closed_in_order(application, typed):
    first, second, third = hosts_of(application)
    form = checked(
        application,
        typed,
        preference_1="",
        preference_1_semesters=[],
        preference_2=str(third.pk),
        preference_2_semesters=["S"],
        preference_5=str(first.pk),
        preference_5_semesters=["W"],
    )

    assert form.errors == {}
    assert form.answers().preferences == (
        lifecycle.PreferenceAnswer(third.pk, ("S",)),
        lifecycle.PreferenceAnswer(first.pk, ("W",)),
    )
    assert second.pk not in {wish.host_id for wish in form.answers().preferences}


def test_problem_of_a_preference_stands_at_the_row_that_was_typed(application, typed):
    first = hosts_of(application)[0]
    form = checked(
        application,
        typed,
        preference_2="",
        preference_2_semesters=[],
        preference_4=str(first.pk),
        preference_4_semesters=["W"],
    )

    assert list(form.errors) == ["preference_4"]
    assert "stands further up already" in form.errors["preference_4"][0]


def test_preference_needs_a_semester_of_the_call(application, typed):
    form = checked(application, typed, preference_2_semesters=[])

    assert list(form.errors) == ["preference_2_semesters"]


def test_only_semester_of_a_call_is_not_asked_for(application, typed):
    application.call.semesters = ["S"]
    form = checked(application, typed)

    assert "preference_1_semesters" not in form.fields
    assert form.errors == {}
    assert [wish.semesters for wish in form.answers().preferences] == [("S",), ("S",)]


@pytest.mark.parametrize("other", ["host of another call", "no number"])
def test_host_of_another_call_is_refused(application, typed, other):
    foreign = factories.CallHostFactory.create()
    value = str(foreign.pk) if other == "host of another call" else "x"

    assert checked(application, typed, preference_1=value, preference_2="").errors == {
        "preference_1": ["This host is not part of this call. Choose another one."]
    }


def test_further_preferences_than_the_call_allows_are_refused(application, typed):
    form = checked(application, typed, preference_6=str(hosts_of(application)[2].pk))

    assert form.errors == {"preference_5": ["Please choose at most 5 host universities."]}


def test_fewer_preferences_where_the_programme_says_so(application, typed):
    application.call.programme.max_preferences = 1

    assert checked(application, typed).errors == {
        "preference_1": ["Please choose at most 1 host universities."]
    }


# -- the draft -------------------------------------------------------------------------------------


def test_everything_typed_is_kept_by_its_page(application):
    typed = {
        "family_name": "<b>x</b>\x00",
        "birth_date": "31.02.",
        "nationality": "nowhere",
        "average_grade": "very good",
        "preference_1": "999999",
        "preference_1_semesters": ["X", "W"],
        "remarks": "line 1\r\nline 2 🙂",
    }
    form = ApplicationForm({}, application=application)

    kept = {page: typed_on(form, page, sent(typed)) for page in Page}
    assert {name: kept[page_of(name)][name] for name in typed} == {
        **typed,
        "family_name": "<b>x</b>",
    }
    assert {page for page, answers in kept.items() if not answers} == {
        Page.LANGUAGES,  # nothing of it came
        Page.DOCUMENTS,
        Page.CHECK,
    }


def test_form_starts_with_the_draft_then_the_submission_then_the_login(application):
    student = application.student

    def start(*names):
        form = ApplicationForm(typed_so_far(application), application=application)
        return [form[name].value() for name in names]

    assert start("family_name", "city") == [student.family_name, None]

    factories.SubmissionFactory.create(application=application, city="Essen")
    application.state = "submitted"
    assert start("city") == ["Essen"]

    application.draft = {"city": "", "birth_date": "nonsense"}
    assert start("city", "birth_date") == ["", "nonsense"]


def test_errors_of_other_pages_and_gaps_are_left_out_of_a_page(application, typed):
    wrong = {**typed, "city": "", "birth_date": "x", "average_grade": "9", "phone": "no"}

    def shown(*, missing):
        form = checked(application, wrong)
        form.keep_errors(names_on(form, Page.ABOUT), missing=missing, general=True)
        return set(form.errors)

    assert shown(missing=False) == {"birth_date", "phone"}
    assert shown(missing=True) == {"birth_date", "phone", "city"}


# -- comparing -------------------------------------------------------------------------------------


def test_versions_are_compared_by_what_they_say(application, typed):
    form = ApplicationForm({}, application=application)
    first, second, third = hosts_of(application)
    same = {**typed, "average_grade": "1.70", "birth_date": "2004-05-17", "language_1": ""}
    same |= {"language_1_level": "", "language_1_proof": "", "language_3": "en"}
    same |= {"language_3_level": "B2", "language_3_proof": "school"}

    assert differences(form, typed, same) == []

    label = "{}, Oviedo (Spain)"
    other = {**typed, "city": "Essen", "preference_1": str(third.pk), "average_grade": "2"}
    assert differences(form, typed, other) == [
        Difference("City", "Bochum", "Essen"),
        Difference("Current average grade", "1.7", "2"),
        Difference(
            "Preference 1",
            f"{label.format(first)} (winter semester, summer semester)",
            f"{label.format(third)} (winter semester, summer semester)",
        ),
    ]
    assert second != third


@pytest.mark.parametrize("months", ["", "0", "7"])
def test_submission_typed_again_says_the_same(application, typed, months):
    application.call.programme.months_per_cycle = 12
    typed = {**typed, "earlier_months": months}
    form = checked(application, typed)
    assert form.is_valid()
    answers = form.answers()
    submission = factories.SubmissionFactory.create(
        application=application,
        **answers.values,
        languages={"en": "B2"},
        preferences=[
            (application.call.hosts.get(pk=wish.host_id), list(wish.semesters))
            for wish in answers.preferences
        ],
    )

    assert differences(form, typed, typed_from(submission)) == []
    assert typed_from(submission)["earlier_months"] == months


def test_unsent_changes_name_answers_and_documents(application):
    submission = factories.SubmissionFactory.create(application=application, documents=True)
    assert unsent_changes(application, submission) == []

    application.draft = {**typed_from(submission), "city": "Essen"}
    letter = application.call.programme.slots.get(key="letter")
    application.documents.filter(slot=letter).update(current=False)
    factories.DocumentFactory.create(application=application, slot=letter)
    language = application.call.programme.slots.get(key="language")
    factories.DocumentFactory.create(application=application, slot=language)

    assert unsent_changes(application, submission) == ["City", "Letter", "Language"]


# -- hosts that are not for this student -------------------------------------------------------


@pytest.fixture
def closed_host(application):
    """A host of the call whose agreement is for Masters only."""
    host = hosts_of(application)[2]
    host.agreement.levels = ["master"]
    host.agreement.save()
    return host


REASON = "The host has no seats for this level at departure: Bachelor."


def offered(form):
    """The hosts of the first wish as the page lists them: value, label, whether it is disabled."""
    groups = form["preference_1"].field.widget.optgroups("preference_1", [])
    return {
        str(group): [
            (str(option["value"]), str(option["label"]), "disabled" in option["attrs"])
            for option in options
        ]
        for group, options, _index in groups
        if group
    }


def test_hosts_the_student_cannot_go_to_are_listed_with_the_reason_but_not_offered(
    application, typed, closed_host
):
    lifecycle.save_draft(application, typed, now=timezone.now())
    application.refresh_from_db()
    groups = offered(ApplicationForm(application.draft, application=application))
    university = closed_host.agreement.host
    label = f"{university.name_en}, {university.city} ({university.country.name}) · {REASON}"
    assert groups == {"Not open to you": [(str(closed_host.pk), label, True)]}


def test_while_nothing_is_known_every_host_is_offered(application, closed_host):
    form = ApplicationForm({}, application=application)
    assert offered(form) == {}
    assert (str(closed_host.pk)) in {str(value) for value, _ in form.fields["preference_1"].choices}


def test_host_chosen_before_it_was_closed_stays_chosen_and_says_why(
    application, typed, closed_host
):
    wishes = {**typed, "preference_2": str(closed_host.pk), "preference_2_semesters": ["W"]}
    saved = checked(application, wishes)
    assert [disabled for _, _, disabled in offered(saved)["Not open to you"]] == [False]

    form = checked(application, wishes)
    assert form.errors == {"preference_2": [REASON]}
    assert checked(application, wishes, level_departure="master").errors == {}
