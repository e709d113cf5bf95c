"""The pages of the form on which one types: kept as typed, in order, by one window at a time."""

from datetime import timedelta

import pytest
from django.urls import reverse

from applications.forms.pages import Page
from applications.models import Submission
from tests import factories
from tests.applications.filling_in import (
    Window,
    add_documents,
    fill_in,
    keep_typed,
    on_page,
    page_url,
)

pytestmark = pytest.mark.django_db
TYPED = ["about", "studies", "languages", "preferences"]


def stored(application):
    application.refresh_from_db()
    return application


# -- the way through the pages ---------------------------------------------------------------------


def standings(response):
    return {
        step.page.value: (step.standing.value, step.words) for step in response.context["steps"]
    }


def test_form_leads_to_the_first_page_with_something_to_do(student_client, application, answers):
    url = reverse("applications:form", args=[application.code])
    assert student_client.get(url).url == page_url(application, "about")

    Window(student_client, application, "about").press(answers)
    assert student_client.get(url).url == page_url(application, "studies")

    fill_in(student_client, application, answers)
    assert student_client.get(url).url == page_url(application, "documents")

    add_documents(application)
    assert student_client.get(url).url == page_url(application, "check")


def test_every_page_says_how_far_all_pages_are(student_client, application, answers):
    window = Window(student_client, application, "studies")
    assert standings(window.shown) == {
        "about": ("open", "8 missing"),
        "studies": ("open", "7 missing"),
        "languages": ("open", "none named yet"),
        "preferences": ("open", "1 missing"),
        "documents": ("open", "4 missing"),
        "check": ("open", "not ready yet"),
    }

    window.press({**answers, "average_grade": "6", "ects_earned": "many"})

    assert standings(window.reload())["studies"] == ("problems", "2 to correct")
    fill_in(student_client, application, answers)
    add_documents(application)
    assert set(standings(window.reload()).values()) == {
        ("done", "done"),
        ("done", "ready to submit"),
    }


@pytest.mark.parametrize(
    ("button", "next_page"),
    [
        ({"action": "save"}, "studies"),
        ({"action": "continue"}, "languages"),
        ({"action": "back"}, "about"),
        ({"action": "", "goto": "check"}, "check"),
        ({"action": "", "goto": "about"}, "about"),
        ({"action": "", "goto": "nowhere"}, "studies"),
        ({"action": "submit"}, "studies"),
    ],
)
def test_every_button_saves_then_goes_where_it_says(
    student_client, application, answers, button, next_page
):
    response = Window(student_client, application, "studies").press(answers, **button)

    assert (response.status_code, response.url) == (302, page_url(application, next_page))
    assert stored(application).draft["average_grade"] == "1,7"


def test_enter_saves_for_that_button_comes_first(student_client, application):
    for page in TYPED:
        text = student_client.get(page_url(application, page)).text
        first = text.index('form="page-form" type="submit"')
        assert text[first:].startswith('form="page-form" type="submit" name="action" value="save"')


def test_pages_before_and_after_keep_their_answers(student_client, application, answers):
    fill_in(student_client, application, answers)

    Window(student_client, application, "studies").press({**answers, "semester_now": "4"})

    draft = stored(application).draft
    assert {name: draft[name] for name in answers} == {**answers, "semester_now": "4"}
    # What other tests begin with.
    other = factories.ApplicationFactory.create(call=application.call)
    keep_typed(other, {**answers, "semester_now": "4"})
    assert stored(other).draft == draft


def test_first_page_saved_keeps_what_was_submitted_before(student_client, application, answers):
    """A submission without a draft: the pages not opened yet must not become empty."""
    host = application.call.hosts.first()
    factories.SubmissionFactory.create(application=application, preferences=[host], city="Witten")
    type(application).objects.filter(pk=application.pk).update(state="submitted")

    Window(student_client, application, "languages").press(answers)

    draft = stored(application).draft
    assert (draft["city"], draft["preference_1"]) == ("Witten", str(host.pk))


@pytest.mark.parametrize("page", ["", "nowhere", "ABOUT"])
def test_other_pages_do_not_exist(student_client, application, page):
    url = reverse("applications:form", args=[application.code])
    assert student_client.post(f"{url}{page or 'x'}/").status_code == 404


# -- saving ----------------------------------------------------------------------------------------


def test_saving_keeps_everything_typed_valid_or_not(student_client, application, at):
    now = at("2027-01-03 12:00")
    application.call.deadline = now + timedelta(days=3)
    application.call.opens_at = now - timedelta(days=3)
    application.call.save()
    nonsense = {"birth_date": "31.02.", "city": "<script>alert('x')</script> 🙂", "phone": "no"}
    window = Window(student_client, application, "about")

    response = window.press(nonsense)

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "birth_date": ["This is not a date. Enter day, month and year, such as 17.05.2004."],
        "phone": ["Enter a telephone number in digits, such as +49 234 3228000."],
    }
    assert "Everything you typed is saved as a draft." in response.text
    assert 'href="#id_birth_date"' in response.text
    assert "<title>Error:" in response.text
    saved = stored(application)
    assert {name: saved.draft[name] for name in nonsense} == nonsense
    assert (saved.draft_saved_at, saved.state) == (now, "draft")
    shown = window.reload()
    assert shown.status_code == 200
    assert 'value="31.02."' in shown.text
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; 🙂" in shown.text
    assert "<script>alert" not in shown.text
    assert "This is not a date." in shown.text
    assert "data-error-summary" not in shown.text


def test_going_back_or_elsewhere_is_not_held_up_by_mistakes(student_client, application):
    wrong = {"average_grade": "9"}
    window = Window(student_client, application, "studies")

    assert window.press(wrong, "back").status_code == 302
    assert (
        Window(student_client, application, "studies").press(wrong, "", goto="check").status_code
        == 302
    )
    held_up = Window(student_client, application, "studies").press(wrong, "continue")
    assert held_up.status_code == 422
    assert page_url(application, "languages") in held_up.text


def test_gaps_are_no_mistakes_until_they_are_asked_for(student_client, application):
    window = Window(student_client, application, "about")
    assert window.press({"city": "Bochum"}, "continue").status_code == 302

    assert window.reload().context["form"].errors == {}
    asked = student_client.get(f"{window.url}?check=1")
    assert asked.context["form"].errors["phone"] == [
        "Enter a telephone number under which we can reach you."
    ]
    assert "data-error-summary" in asked.text
    assert "average_grade" not in asked.context["form"].errors


def test_page_shows_what_the_login_knows_and_does_not_ask_for_it(
    student_client, student, application
):
    text = student_client.get(page_url(application, "about")).text

    assert student.email in text
    assert student.matriculation_number in text
    for name in ("email", "matriculation_number", "esi"):
        assert f'name="{name}"' not in text


def test_forged_fields_change_nothing(student_client, application, answers):
    forged = {
        "email": "x@example.org",
        "matriculation_number": "111111",
        "state": "accepted",
        "student": "1",
        "extended_until": "2099-01-01",
        "average_grade": "1.0",
    }

    Window(student_client, application, "about").press(answers, **forged)

    saved = stored(application)
    assert not forged.keys() & saved.draft.keys()
    assert (saved.state, saved.extended_until) == ("draft", None)


def test_sixth_preference_is_refused_in_words(student_client, application, answers):
    host = str(application.call.hosts.last().pk)

    response = Window(student_client, application, "preferences").press(answers, preference_6=host)

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "preference_5": ["Please choose at most 5 host universities."]
    }


# -- when a call changes ---------------------------------------------------------------------------


def test_preferences_beyond_what_a_call_allows_by_now_are_taken_out_in_words(
    student_client, application, answers
):
    third = str(application.call.hosts.order_by("pk")[2].pk)
    wishes = {**answers, "preference_3": third, "preference_3_semesters": ["W"]}
    Window(student_client, application, "preferences").press(wishes)
    application.call.programme.max_preferences = 2
    application.call.programme.save()

    response = Window(student_client, application, "preferences").press(answers, "continue")

    assert response.status_code == 302
    draft = stored(application).draft
    assert (draft["preference_2"], draft["preference_3"], draft["preference_3_semesters"]) == (
        answers["preference_2"],
        "",
        [],
    )
    page = student_client.get(response.url)
    assert [str(message) for message in page.context["messages"]] == [
        "This call has fewer preferences now: those too many were taken out."
    ]


@pytest.mark.parametrize("odd", [None, 5, True, [1, None], {"a": 1}])
@pytest.mark.parametrize("name", ["birth_date", "city", "preference_1", "preference_1_semesters"])
def test_draft_with_odd_values_can_be_opened_and_saved(
    student_client, application, answers, name, odd
):
    application.draft = {**answers, name: odd}
    application.save()

    windows = [Window(student_client, application, page) for page in TYPED]
    shown = [window.shown for window in windows]
    shown += [student_client.get(page_url(application, page)) for page in ("documents", "check")]
    assert [page.status_code for page in shown] == [200] * 6
    saved = [window.press(answers, "continue") for window in windows]
    assert [answer.status_code for answer in saved] == [302] * 4
    assert stored(application).draft[name] == answers[name]


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "latin-1"])
def test_only_utf_8_is_read(student_client, application, charset):
    body = b'--B\r\nContent-Disposition: form-data; name="city"\r\n\r\n+2AA-\r\n--B--\r\n'
    kind = f"multipart/form-data; boundary=B; charset={charset}"

    response = student_client.generic(
        "POST", page_url(application, "about"), body, content_type=kind
    )

    assert response.status_code == 400
    assert stored(application).draft == {}


# -- when it is too late, and for whom it is -------------------------------------------------------


@pytest.mark.parametrize("page", [*TYPED, "check"])
def test_form_after_the_deadline_says_why_it_is_closed(student_client, application, at, page):
    at(application.call.deadline)

    response = student_client.get(page_url(application, page))

    assert response.status_code == 200
    assert "can't be changed any more" in response.text
    assert "Nothing was submitted in this application" in response.text
    assert "page-form" not in response.text


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["button", "autosave"])
def test_saving_after_the_deadline_is_refused_with_one_sentence(
    student_client, application, answers, at, headers
):
    window = Window(student_client, application, "about")
    at(application.call.deadline)

    response = student_client.post(
        window.url, {**on_page(answers, "about"), **window.hidden}, headers=headers
    )

    assert response.status_code == 409
    assert "The deadline has passed" in response.text
    assert ("<html" in response.text) is (headers == {})
    assert stored(application).draft == {}


def test_own_extension_keeps_the_form_open(student_client, application, at):
    at(application.call.deadline)
    application.extended_until = application.call.deadline + timedelta(days=2)
    application.save()

    response = student_client.get(page_url(application, "about"))

    assert 'name="action" value="continue"' in response.text


def test_withdrawn_application_can_not_be_changed(student_client, application, answers):
    window = Window(student_client, application, "about")
    application.state = "withdrawn"
    application.save()

    assert "can't be changed any more" in student_client.get(window.url).text
    assert window.press(answers).status_code == 409
    assert stored(application).draft == {}


@pytest.mark.parametrize("who", ["other_student", "coordinator", "foreign_coordinator", "office"])
@pytest.mark.parametrize("page", [*TYPED, "check"])
def test_form_of_somebody_else_does_not_exist(request, application, answers, page, who):
    client = request.getfixturevalue(f"{who}_client")
    url = page_url(application, page)

    assert client.get(url).status_code == 404
    assert client.post(url, {**on_page(answers, page), "action": "save"}).status_code == 404
    assert stored(application).draft == {}
    assert not Submission.objects.exists()


QUERIES = {Page.ABOUT: 7, Page.STUDIES: 7, Page.LANGUAGES: 7, Page.PREFERENCES: 9}


@pytest.mark.parametrize("page", QUERIES)
@pytest.mark.parametrize("hosts", [1, 3])
def test_pages_keep_their_number_of_queries(
    student_client, student, django_assert_num_queries, hosts, page
):
    call = factories.CallFactory.create(hosts=hosts)
    factories.DegreeProgrammeFactory.create_batch(hosts, faculty=call.programme.faculty)
    application = factories.ApplicationFactory.create(call=call, student=student)
    for slot in call.programme.slots.all()[:hosts]:
        factories.DocumentFactory.create(application=application, slot=slot)

    with django_assert_num_queries(QUERIES[page]):
        student_client.get(page_url(application, page))
