"""What else people type, or send: each gets one sentence at its field, and nothing else changes."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import QueryDict

from applications.forms.application import ApplicationForm
from tests import factories
from tests.applications.filling_in import complete_answers, page_url

pytestmark = pytest.mark.django_db

MISSING = {
    "given_names": "Enter your given names as in your passport.",
    "family_name": "Enter your family name as in your passport.",
    "phone": "Enter a telephone number under which we can reach you.",
    "street": "Enter street and number of your postal address.",
    "postal_code": "Enter the postal code.",
    "city": "Enter the city.",
}
LONGEST = {
    "given_names": 200,
    "family_name": 200,
    "phone": 40,
    "street": 200,
    "postal_code": 20,
    "city": 100,
}
NO_NUMBER = "Enter a telephone number in digits, such as +49 234 3228000."


@pytest.fixture
def application(student):
    call = factories.CallFactory.create(hosts=6)
    factories.DegreeProgrammeFactory.create(faculty=call.programme.faculty)
    return factories.ApplicationFactory.create(call=call, student=student)


@pytest.fixture
def hosts(application):
    return [str(host.pk) for host in application.call.hosts.order_by("pk")]


@pytest.fixture
def typed(application):
    """A complete application with one wish, as a browser sends it."""
    answers = complete_answers(application)
    return {name: value for name, value in answers.items() if not name.startswith("preference_2")}


def checked(application, typed, **changes) -> ApplicationForm:
    data = QueryDict(mutable=True)
    for name, value in {**typed, **changes}.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return ApplicationForm(data, application=application)


def wishes(*hosts: str) -> dict[str, str | list[str]]:
    """Return the rows of wishes; an empty text leaves its row empty."""
    rows: dict[str, str | list[str]] = {}
    for rank, host in enumerate(hosts, start=1):
        rows[f"preference_{rank}"] = host
        rows[f"preference_{rank}_semesters"] = ["W"] if host else []
    return rows


# -- lines of text ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LONGEST)
def test_300_characters_are_told_how_many_fit(application, typed, name):
    form = checked(application, typed, **{name: "4" * 300})

    sentence = f"At most {LONGEST[name]} characters fit here, not 300."
    assert form.errors == {name: [sentence]}
    assert form[name].value() == "4" * 300


@pytest.mark.parametrize("name", LONGEST)
def test_as_many_characters_as_fit_are_taken(application, typed, name):
    assert checked(application, typed, **{name: "4" * LONGEST[name]}).errors == {}


INVISIBLE = {
    "blanks": " \t\u00a0\u3000",
    "zero width": "\u200b\u2060\ufeff",
    "joiners": "\u200c\u200d",
    "direction": "\u202e\u2066\u2069\u200f",
    "control": "\x00\x07\x1b\x7f",
    "tags": "\U000e0041\U000e007f",
    "dashes": "-–·'",
    "emoji": "🙂🏳️‍🌈",
}


@pytest.mark.parametrize("kind", INVISIBLE)
@pytest.mark.parametrize("name", MISSING)
def test_line_without_letter_or_digit_counts_as_missing(application, typed, name, kind):
    assert checked(application, typed, **{name: INVISIBLE[kind]}).errors == {name: [MISSING[name]]}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Zoë 🙂", "Zoë 🙂"),
        ("No\u202ewak", "Nowak"),
        ("\u2066محمد\u2069", "محمد"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("No\x00wak", "Nowak"),
        ("No\r\nwak", "Nowak"),
        ("  Nowak\u200b ", "Nowak"),
        ("<b>Nowak</b>", "<b>Nowak</b>"),
        ("=1+1", "=1+1"),
    ],
)
def test_names_lose_what_nobody_sees_and_nothing_else(application, typed, sent, kept):
    form = checked(application, typed, family_name=sent)

    assert form.errors == {}
    assert form.answers().values["family_name"] == kept


@pytest.mark.parametrize(
    "number", ["🙂 3228000", "+49 234 \u0663\u0662\u0662", "0234", "call 3228000", "3228000;ext=1"]
)
def test_telephone_that_is_no_number_is_told_how_one_looks(application, typed, number):
    assert checked(application, typed, phone=number).errors == {"phone": [NO_NUMBER]}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("birth_date", "This is not a date. Enter day, month and year, such as 17.05.2004."),
        ("semester_now", "Enter the semester as a whole number, such as 3."),
        ("ects_earned", "Enter the ECTS as a number, such as 60 or 62.5."),
        ("average_grade", "Enter the grade as a number, such as 1.7."),
        ("gender", "Choose an entry for gender."),
        ("nationality", "Choose your nationality."),
        ("degree_programme", "Choose the degree programme you are enrolled in."),
        ("language_1_level", "Choose an entry of the list."),
        ("preference_1", "This host is not part of this call. Choose another one."),
    ],
)
@pytest.mark.parametrize("value", ["\x001", "🙂", "\u202e1", "x" * 300, "1" * 300 + "x"])
def test_nonsense_in_any_kind_of_field_gets_its_sentence(application, typed, name, sentence, value):
    errors = checked(application, typed, **{name: value}).errors

    assert errors[name][0] == sentence
    assert list(errors) == [name]


# -- dates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "sentence"),
    [
        ("06.01.2027", "A date of birth can't lie in the future."),
        ("2027-01-06", "A date of birth can't lie in the future."),
        ("17.05.9999", "A date of birth can't lie in the future."),
        ("05.01.2027", "Check the year: this can't be your date of birth."),
        ("17.05.10000", "This is not a date. Enter day, month and year, such as 17.05.2004."),
        ("00.00.0000", "This is not a date. Enter day, month and year, such as 17.05.2004."),
        ("29.02.2003", "This is not a date. Enter day, month and year, such as 17.05.2004."),
    ],
)
def test_date_of_birth_is_told_what_is_wrong_with_it(application, typed, at, born, sentence):
    at("2027-01-05 23:59")

    assert checked(application, typed, birth_date=born).errors == {"birth_date": [sentence]}


def test_date_of_a_leap_year_is_taken(application, typed):
    form = checked(application, typed, birth_date="29.02.2004")

    assert form.errors == {}
    assert form.answers().values["birth_date"] == date(2004, 2, 29)


# -- the address comes from the login --------------------------------------------------------------


def test_address_of_another_domain_is_explained(application, typed, settings):
    settings.UNIVERSITY_MAIL_DOMAINS = ["ruhr-uni-bochum.de", "rub.de"]
    application.student.email = "ada@example.org"

    form = checked(application, typed, email="ada@rub.de")

    assert form.errors == {
        "__all__": [
            (
                "Your login gives us no address of the university (ruhr-uni-bochum.de, rub.de), "
                "and only such an address can be used. Ask the IT service to correct your account."
            )
        ]
    }


# -- preferences -----------------------------------------------------------------------------------


def test_six_preferences_are_one_too_many(application, typed, hosts):
    form = checked(application, typed, **wishes(*hosts))

    assert len(hosts) == 6
    assert form.errors == {"preference_5": ["Please choose at most 5 host universities."]}


def test_same_host_twice_is_said_at_the_second(application, typed, hosts):
    form = checked(application, typed, **wishes(hosts[0], hosts[1], hosts[0]))

    assert form.errors == {
        "preference_3": [
            "Preference 3: this host stands further up already. Please choose another one."
        ]
    }


@pytest.mark.parametrize("which", ["another call", "no call", "no number", "minus"])
def test_host_of_another_call_is_refused(application, typed, hosts, which):
    other = factories.CallFactory.create(hosts=1).hosts.get()
    sent = {"another call": str(other.pk), "no call": "0", "no number": "lut", "minus": "-1"}

    form = checked(application, typed, **wishes(hosts[0], sent[which]))

    assert form.errors == {
        "preference_2": ["This host is not part of this call. Choose another one."]
    }


@pytest.mark.parametrize("rows", [(1, 3), (2, 5), (4, 5)])
def test_gaps_between_ranks_close_by_themselves(application, typed, hosts, rows):
    listed = [hosts[rows.index(rank)] if rank in rows else "" for rank in range(1, 6)]

    form = checked(application, typed, **wishes(*listed))

    assert form.errors == {}
    assert [str(wish.host_id) for wish in form.answers().preferences] == hosts[:2]


def test_mistake_behind_a_gap_is_said_at_its_own_row(application, typed, hosts):
    form = checked(application, typed, **wishes(hosts[0], "", "", hosts[0]))

    assert list(form.errors) == ["preference_4"]


# -- whole requests --------------------------------------------------------------------------------


@pytest.fixture
def url(application):
    return page_url(application, "preferences")


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("multipart", [True, False], ids=["multipart", "urlencoded"])
def test_10000_fields_get_the_page_about_size_and_change_nothing(
    student_client, application, typed, url, multipart, error_records
):
    many = {**typed, "action": "save", **{f"more_{number}": "x" for number in range(10_000)}}
    sent = {} if multipart else {"content_type": FORM}

    response = student_client.post(
        url, many if multipart else "&".join(f"{name}=x" for name in many), **sent
    )

    assert response.status_code == 413
    assert len(error_records.records) == 1  # Django's own line about a suspicious request
    error_records.clear()
    assert "<h1>What you sent is too large</h1>" in response.text
    application.refresh_from_db()
    assert (application.draft, application.draft_saved_at) == ({}, None)


def test_text_of_two_megabytes_gets_the_page_about_size(student_client, application, typed, url):
    response = student_client.post(url, {**typed, "action": "save", "remarks": "x" * 2_000_000})

    assert response.status_code == 413
    assert "<h1>What you sent is too large</h1>" in response.text
    application.refresh_from_db()
    assert application.draft == {}
