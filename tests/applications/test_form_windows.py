"""A page of the form that saves itself, and two windows that show it: no text is lost."""

import re
from datetime import timedelta

import pytest

from tests.applications.filling_in import Window, on_page, page_url

pytestmark = pytest.mark.django_db


def stored(application):
    application.refresh_from_db()
    return application


# -- saving in the background ----------------------------------------------------------------------


def test_autosave_answers_with_the_time_and_how_far_all_pages_are(
    student_client, application, answers, at
):
    now = at(application.call.deadline - timedelta(hours=30))
    window = Window(student_client, application, "about")

    response = window.autosave({**answers, "city": "Es"})

    assert response.status_code == 200
    assert stored(application).draft["city"] == "Es"
    assert application.draft_saved_at == now
    assert "<html" not in response.text
    assert "Saved as a draft:" in response.text
    assert 'id="step-about" hx-swap-oob="true"' in response.text
    assert 'id="seen"' in response.text
    # Mistakes are not held against anybody who is still typing.
    assert window.autosave({**answers, "birth_date": "17."}).status_code == 200


def test_autosave_then_button_then_autosave_is_one_window(student_client, application, answers):
    window = Window(student_client, application, "about")
    window.autosave({**answers, "city": "E"})
    # The answer got lost on the way: the page goes on with what it knew.
    window.autosave({**answers, "city": "Es"}, answer_lost=True)
    assert window.autosave({**answers, "city": "Ess"}).status_code == 200
    window.hidden["turn"] = "9"

    assert window.press({**answers, "city": "Essen"}, "continue").status_code == 302
    assert stored(application).draft["city"] == "Essen"


def test_replayed_autosave_does_not_bring_back_what_was_typed_before(
    student_client, application, answers
):
    window = Window(student_client, application, "about")
    old = {**on_page(answers, "about"), **window.hidden, "city": "Hagen", "turn": "2"}
    student_client.post(window.url, old, headers={"HX-Request": "true"})
    window.hidden["turn"] = "2"
    window.autosave({**answers, "city": "Essen"})

    replayed = student_client.post(window.url, old, headers={"HX-Request": "true"})

    assert replayed.status_code == 409
    assert stored(application).draft["city"] == "Essen"


def test_autosave_obeys_no_button(student_client, application, answers):
    """The page's script sends the last button pressed along: a wish must not move twice."""
    window = Window(student_client, application, "preferences")
    sent = {**on_page(answers, "preferences"), **window.hidden, "turn": "2", "move": "out-1"}

    response = student_client.post(window.url, sent, headers={"HX-Request": "true"})

    assert response.status_code == 200
    assert stored(application).draft["preference_1"] == answers["preference_1"]


def test_move_by_a_button_is_stored_and_stays_on_the_page(student_client, application, answers):
    window = Window(student_client, application, "preferences")

    response = window.press(answers, "", move="down-1")

    assert (response.status_code, response.url) == (302, window.url)
    draft = stored(application).draft
    assert (draft["preference_1"], draft["preference_1_semesters"]) == (
        answers["preference_2"],
        answers["preference_2_semesters"],
    )
    assert draft["preference_2"] == answers["preference_1"]


# -- two windows -----------------------------------------------------------------------------------


def test_older_window_is_told_and_nothing_is_overwritten(student_client, application, answers):
    old, new = (Window(student_client, application, "about") for _ in range(2))
    new.press({**answers, "city": "Essen"})

    response = old.press({**answers, "city": "Hagen"}, "continue")

    assert response.status_code == 409
    assert [(row.label, row.first, row.second) for row in response.context["conflict"]] == [
        ("City", "Essen", "Hagen")
    ]
    assert stored(application).draft["city"] == "Essen"
    # The page holds what was typed and the newer version: saving it now is a decision, which
    # nothing but the button takes.
    assert "data-autosave" not in response.text
    assert 'name="goto"' not in response.text
    assert "Not saved yet" in response.text
    assert 'value="Hagen"' in response.text
    assert "<title>Error:" in response.text
    assert old.press({**answers, "city": "Hagen"}).status_code == 302
    assert stored(application).draft["city"] == "Hagen"


def test_older_window_is_told_while_it_saves_by_itself(student_client, application, answers):
    old, new = (Window(student_client, application, "about") for _ in range(2))
    new.autosave({**answers, "city": "Essen"})

    response = old.autosave({**answers, "city": "Hagen"})

    assert response.status_code == 409
    assert "Nothing was overwritten." in response.text
    assert stored(application).draft["city"] == "Essen"


def test_two_windows_with_different_pages_do_not_disturb_each_other(
    student_client, application, answers
):
    about = Window(student_client, application, "about")
    studies = Window(student_client, application, "studies")

    assert studies.press(answers).status_code == 302
    assert about.press(answers).status_code == 302
    assert (stored(application).draft["city"], application.draft["semester_now"]) == ("Bochum", "3")


def test_same_text_from_two_windows_is_no_conflict(student_client, application, answers, at):
    first, second = (Window(student_client, application, "about") for _ in range(2))
    saved = at(application.call.deadline - timedelta(hours=3))
    first.press(answers)
    at(application.call.deadline - timedelta(hours=2))

    assert second.press(answers).status_code == 302
    assert stored(application).draft_saved_at == saved


@pytest.mark.parametrize("hidden", ["", "x", "-1", "²", "99999999999999999999", "\x00"])
def test_unreadable_marks_of_a_window_overwrite_nothing(
    student_client, application, answers, hidden
):
    Window(student_client, application, "about").press({**answers, "city": "Essen"})
    window = Window(student_client, application, "about")
    window.hidden = {"turn": hidden, "copy": hidden, "seen": hidden}

    assert window.press(answers).status_code == 409
    assert stored(application).draft["city"] == "Essen"


def test_same_answers_in_other_letters_are_no_conflict(student_client, application, answers):
    first, second = (Window(student_client, application, "studies") for _ in range(2))
    first.press({**answers, "average_grade": "1.7"})

    assert second.press({**answers, "average_grade": "1,70"}).status_code == 302
    assert stored(application).draft["average_grade"] == "1,70"


def test_late_autosave_never_overtakes_a_newer_one_that_said_the_same(
    student_client, application, answers
):
    window = Window(student_client, application, "about")
    window.autosave(answers)
    window.hidden["turn"] = "6"
    window.autosave(answers)  # turn 7 says what stands there already
    window.hidden["turn"] = "4"

    assert window.autosave({**answers, "city": "Essen"}).status_code == 409  # turn 5, late
    assert stored(application).draft["city"] == "Bochum"


def test_request_without_the_name_of_its_window_overwrites_nothing(
    student_client, application, answers
):
    application.draft = {"city": "Essen"}
    application.save()

    response = student_client.post(
        page_url(application, "about"), {**on_page(answers, "about"), "turn": "1"}
    )

    assert response.status_code == 409
    assert stored(application).draft == {"city": "Essen"}


def test_what_did_not_come_stays_as_it_was(student_client, application, answers):
    window = Window(student_client, application, "about")
    window.press(answers)
    window.reload()

    window.client.post(window.url, {**window.hidden, "city": "Essen"})

    assert stored(application).draft["family_name"] == "Nowak"


def test_field_names_never_repeat_so_that_going_back_brings_no_old_text(
    student_client, application
):
    """Browsers fill in what stood in a page before, by the names of its first fields."""
    url = page_url(application, "about")
    firsts = [
        re.search(r'id="page-form".*?name="([^"]+)"', student_client.get(url).text, re.DOTALL)[1]
        for _ in range(2)
    ]
    assert firsts[0] != firsts[1]
    assert all(first.startswith("copy-") for first in firsts)
