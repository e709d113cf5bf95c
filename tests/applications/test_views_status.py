"""The page of one's own application, and the decisions taken there."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import Application, Placement, PreferenceVerdict, StateChange
from applications.states import State
from tests import factories
from tests.applications.rounds import application as nth
from tests.applications.rounds import places, published_call, states_of

pytestmark = pytest.mark.django_db


def url(application, name="application"):
    return reverse(f"applications:{name}", args=[application.code])


@pytest.fixture
def submitted(student):
    call = factories.CallFactory.create(hosts=1)
    application = factories.ApplicationFactory.create(call=call, student=student, state="submitted")
    factories.SubmissionFactory.create(
        application=application, preferences=list(call.hosts.all()), documents=True
    )
    return application


@pytest.fixture
def round_(coordinator):
    """Two students want one seat at the same host; the first got it, the second waits."""
    return published_call([[0], [0]], seats=[1], points=["9", "5"], coordinator=coordinator)


@pytest.fixture
def offered(round_):
    return nth(round_, 0)


@pytest.fixture
def waiting(round_):
    return nth(round_, 1)


@pytest.fixture
def offered_client(signed_in, offered):
    return signed_in(offered.student)


# -- what the page says ------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_its_page(student_client, student, state):
    application = factories.ApplicationFactory.create(student=student, state=state.value)

    response = student_client.get(url(application))

    assert response.status_code == 200
    assert response.context["sentence"] in response.text or "&#x27;" in response.text


def test_page_says_which_submission_counts_and_what_the_draft_changed(student_client, submitted):
    text = student_client.get(url(submitted)).text
    assert "Submission 1 of" in text
    assert "Your draft differs" not in text

    submitted.draft, submitted.draft_saved_at = {"city": "Essen"}, timezone.now()
    submitted.save()
    response = student_client.get(url(submitted))

    assert "Your draft differs" in response.text
    assert "City" in response.context["changes"]


def test_page_of_a_withdrawn_application_says_that_nothing_counts(student_client, submitted):
    lifecycle.withdraw(submitted, by=submitted.student, now=timezone.now())

    html = student_client.get(url(submitted)).content.decode()

    assert (
        "Nothing counts any more: you withdrew. What you had submitted last is submission 1" in html
    )
    assert " counts." not in html


def test_page_of_a_draft_says_that_nothing_is_submitted(student_client, student):
    application = factories.ApplicationFactory.create(student=student)

    text = student_client.get(url(application)).text

    assert "Nothing is submitted. A draft alone is not considered." in text
    assert reverse("applications:form", args=[application.code]) in text


def test_timeline_tells_what_happened_what_is_now_and_what_is_to_come(
    student_client, submitted, at, coordinator
):
    def moved(before, after, when, reason=""):
        factories.StateChangeFactory.create(
            application=submitted,
            before=before,
            after=after,
            at=at(when),
            reason=reason,
            by=coordinator,
        )

    Application.objects.filter(pk=submitted.pk).update(created_at=at("2027-01-01 10:00"))
    call = submitted.call
    call.opens_at, call.deadline = at("2026-12-01 00:00"), at("2027-01-11 00:00")
    call.closed_at = at("2027-01-11 00:01")
    call.answer_by = at("2027-03-31 00:00")
    call.save()
    factories.SubmissionFactory.create(
        application=submitted, number=2, submitted_at=at("2027-01-09 10:00")
    )
    moved("draft", "submitted", "2027-01-09 10:00")
    moved("submitted", "under_review", "2027-01-11 00:01", "internal note")
    factories.ConcessionFactory.create(
        application=submitted,
        slot=call.programme.slots.get(key="letter"),
        granted_at=at("2027-01-12 09:00"),
        until=at("2027-01-20 12:00"),
        reason="secret ground",
    )
    moved("under_review", "ineligible", "2027-02-01 09:00", "Not enrolled at the faculty.")
    moved("ineligible", "eligible", "2027-02-02 09:00", "another note")
    Application.objects.filter(pk=submitted.pk).update(state="under_review")
    at("2027-02-03 12:00")

    response = student_client.get(url(submitted))

    lines = [
        (step.tense, str(step.when)[:16], step.sentence, step.who_acts, step.reason)
        for step in response.context["steps"]
        if step.sentence != "Submission 1 arrived."
    ]
    assert lines == [
        ("done", "2027-01-01 09:00", "You started the application.", "", ""),
        ("done", "2027-01-09 09:00", "Submission 2 arrived.", "", ""),
        ("done", "2027-01-10 23:01", "The call closed and the review began.", "", ""),
        ("done", "2027-01-12 08:00", "A document was opened once more for you: Letter.", "", ""),
        (
            "done",
            "2027-02-01 08:00",
            "The exchange team decided that you can't take part.",
            "",
            "Not enrolled at the faculty.",
        ),
        (
            "done",
            "2027-02-02 08:00",
            "The exchange team corrected its decision: you take part.",
            "",
            "",
        ),
        (
            "now",
            "None",
            "All applications are read and reviewed together.",
            "The faculty acts",
            "",
        ),
        (
            "ahead",
            "2027-03-07",
            "You get the result of each preference, with its reason.",
            "Then the faculty acts",
            "",
        ),
        (
            "ahead",
            "2027-03-30 22:00",
            "If a place is offered to you, accept or decline it.",
            "Then it is your turn",
            "",
        ),
        ("ahead", "None", "You are nominated to the host university.", "Then the faculty acts", ""),
        (
            "ahead",
            "None",
            "The host university confirms your place and writes to you.",
            "Then the host university acts",
            "",
        ),
    ]
    for kept_back in ("internal note", "another note", "secret ground", coordinator.family_name):
        assert kept_back not in response.text


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_one_next_step_and_says_who_acts(student_client, student, state):
    application = factories.ApplicationFactory.create(student=student, state=state.value)

    response = student_client.get(url(application))

    assert response.text.count('aria-current="step"') == 1
    (now,) = [step for step in response.context["steps"] if step.is_now]
    assert response.context["next_step"] == now
    assert now.who_acts
    assert now.sentence


def test_open_document_is_the_next_step_until_its_time_is_over(student_client, student, at):
    application = factories.ApplicationFactory.create(
        student=student, call__closed=True, state=State.UNDER_REVIEW.value
    )
    concession = factories.ConcessionFactory.create(
        application=application, slot=application.call.programme.slots.get(key="cv")
    )

    def next_step():
        step = student_client.get(url(application)).context["next_step"]
        return step.sentence, step.when, step.who

    at(concession.until - timedelta(microseconds=1))
    assert next_step() == ("Hand in this document again: Cv.", concession.until, "you")
    at(concession.until)
    assert next_step() == ("All applications are read and reviewed together.", None, "faculty")


def test_timeline_names_the_places_that_were_offered(offered_client, offered):
    response = offered_client.get(url(offered))

    place = offered.placements.get()
    done = [step.sentence for step in response.context["steps"] if step.tense == "done"]
    assert done[-2:] == ["The results were published.", f"You were offered a place: {place.host}."]
    now = response.context["next_step"]
    assert (now.when, now.limit, now.who) == (place.answer_by, "before", "you")


def test_documents_show_what_the_inspection_noticed(student_client, submitted):
    document = submitted.documents.get(slot__key="letter")
    document.inspection = {
        **document.inspection,
        "findings": [
            {"code": "letter_too_long", "severity": "soft", "params": {"pages": 4, "limit": 2}}
        ],
    }
    document.save()

    text = student_client.get(url(submitted)).text

    assert "The letter has 4 pages; about one to two are asked for." in text


def test_results_stand_per_preference_with_their_reason(signed_in, waiting):
    response = signed_in(waiting.student).get(url(waiting))

    assert [
        (result.rank, result.sentences[0], result.waiting_position)
        for result in response.context["results"]
    ] == [(1, "All seats you could use went to applicants ranked above you.", 1)]
    assert "You are number 1 on the waiting list." in response.text


def test_result_of_a_wish_taken_out_tells_the_reason_written_down(signed_in, coordinator):
    outcome = factories.PreferenceOutcomeFactory.create(reason="INELIGIBLE")
    PreferenceVerdict.objects.create(
        application=outcome.application,
        host=outcome.host,
        reason="The certificate is older than the host accepts.",
        decided_by=coordinator,
    )

    response = signed_in(outcome.application.student).get(url(outcome.application))

    assert [result.sentences for result in response.context["results"]] == [
        [
            "You do not meet this host's conditions.",
            "The certificate is older than the host accepts.",
        ]
    ]


def test_results_are_not_shown_before_the_publication(student_client, submitted):
    response = student_client.get(url(submitted))

    assert (response.context["results"], response.context["place"]) == ([], None)


@pytest.mark.parametrize("who", ["other_student", "coordinator", "foreign_coordinator", "office"])
@pytest.mark.parametrize("name", ["application", "withdraw", "answer"])
def test_pages_of_somebody_else_do_not_exist(request, submitted, who, name):
    client = request.getfixturevalue(f"{who}_client")

    assert client.get(url(submitted, name)).status_code == 404
    assert client.post(url(submitted, "withdraw")).status_code == 404
    assert client.post(url(submitted, "semester"), {"semester": "W"}).status_code == 404
    assert Application.objects.get().state == "submitted"


@pytest.mark.parametrize("count", [1, 3])
def test_page_keeps_its_number_of_queries(
    student_client, student, django_assert_num_queries, count
):
    call = factories.CallFactory.create(hosts=count)
    application = factories.ApplicationFactory.create(call=call, student=student, state="submitted")
    for _ in range(count):
        factories.SubmissionFactory.create(
            application=application, preferences=list(call.hosts.all()), documents=True
        )
        factories.StateChangeFactory.create(application=application)

    # session, person, application; submissions; places and better offers; whether the draft is
    # newer; concessions and changes; outcomes and verdicts; documents
    with django_assert_num_queries(9):
        student_client.get(url(application))


# -- answering the offer -------------------------------------------------------------------------


def test_offer_is_shown_with_its_time_and_both_answers(offered_client, offered):
    place = offered.placements.get()
    status = offered_client.get(url(offered))
    assert url(offered, "answer") in status.text

    response = offered_client.get(url(offered, "answer"))

    assert response.status_code == 200
    assert str(place.host) in response.text
    assert "Accept the place" in response.text
    assert f"{url(offered, 'answer')}?choice=decline" in response.text


def test_accepting_takes_the_place(offered_client, offered):
    response = offered_client.post(url(offered, "answer"), {"choice": "accept", "semester": "W"})

    assert (response.status_code, response.url) == (302, url(offered))
    offered.refresh_from_db()
    assert offered.state == State.ACCEPTED
    assert offered.placements.get(live=True).answered_at is not None


def test_accepting_with_the_semester_chosen(signed_in, student):
    call = factories.CallFactory.create(hosts=1, closed=True)
    host = call.hosts.get()
    place = factories.PlacementFactory.create(
        application__call=call, application__student=student, host=host, semester="W"
    )
    factories.SubmissionFactory.create(
        application=place.application, preferences=[(host, ["W", "S"])]
    )
    client = signed_in(student)
    page = client.get(url(place.application, "answer"))
    assert [key for key, _label in page.context["form"].fields["semester"].choices] == ["W", "S"]

    refused = client.post(url(place.application, "answer"), {"choice": "accept", "semester": "X"})
    assert refused.status_code == 422
    assert "Choose one of the semesters shown." in refused.text
    assert Application.objects.get().state == "offered"

    client.post(url(place.application, "answer"), {"choice": "accept", "semester": "S"})
    place.refresh_from_db()
    assert (Application.objects.get().state, place.semester) == ("accepted", "S")

    # Until the nomination the semester can be changed.
    assert url(place.application, "semester") in client.get(url(place.application)).text
    client.post(url(place.application, "semester"), {"semester": "W"})
    place.refresh_from_db()
    assert place.semester == "W"
    assert client.post(url(place.application, "semester"), {"semester": "X"}).status_code == 409


def test_declining_asks_first_and_gives_the_seat_on(offered_client, offered, round_):
    asked = offered_client.get(url(offered, "answer") + "?choice=decline")
    assert "Decline the offer?" in asked.text
    assert states_of(round_) == ["offered", "waitlisted"]

    response = offered_client.post(url(offered, "answer"), {"choice": "decline"})

    assert response.url == url(offered)
    assert states_of(round_) == ["declined", "offered"]


@pytest.mark.parametrize("choice", ["accept", "decline"])
def test_answer_at_the_last_instant_and_after_it(offered_client, offered, at, choice):
    place = offered.placements.get()
    at(place.answer_by)
    late = offered_client.post(url(offered, "answer"), {"choice": choice, "semester": "W"})
    assert late.status_code == 409
    assert "The time to answer this offer ended on" in late.text
    assert Application.objects.get(pk=offered.pk).state == "offered"

    at(place.answer_by - timedelta(microseconds=1))
    in_time = offered_client.post(url(offered, "answer"), {"choice": choice, "semester": "W"})
    assert in_time.status_code == 302
    assert Application.objects.get(pk=offered.pk).state == f"{choice}d".replace(
        "acceptd", "accepted"
    )


def test_each_form_of_an_offer_carries_its_token(offered_client, offered):
    """The client of tests does not ask for it, a browser's POST is refused without."""
    html = offered_client.get(url(offered, "answer")).text

    assert html.count('name="csrfmiddlewaretoken"') == html.count('method="post"')


def test_answer_given_twice_is_refused_the_second_time(offered_client, offered):
    offered_client.post(url(offered, "answer"), {"choice": "accept", "semester": "W"})

    again = offered_client.post(url(offered, "answer"), {"choice": "decline"})

    assert again.status_code == 409
    assert Application.objects.get(pk=offered.pk).state == "accepted"


def test_same_answer_given_twice_leads_to_where_it_stands(offered_client, offered):
    for _time in range(2):
        answered = offered_client.post(
            url(offered, "answer"), {"choice": "accept", "semester": "W"}
        )
        assert answered.url == url(offered, "application")


def test_answer_without_a_choice_of_semester_changes_nothing(offered_client, offered):
    response = offered_client.post(url(offered, "answer"), {"choice": "accept"})

    assert response.status_code == 422
    assert Application.objects.get(pk=offered.pk).state == "offered"


# -- a better place beside the one held ------------------------------------------------------------


@pytest.fixture
def moving(coordinator):
    """Return a call where 0 left host 0: 1 holds host 1 and wanted 0 more, 2 and 3 wait."""
    call = published_call(
        [[0], [(0, ["W", "S"]), 1], [1], [0]],
        seats=[1, 1],
        points=["9", "8", "7", "6"],
        coordinator=coordinator,
    )
    first = nth(call, 0)
    selection.decline(first, by=first.student, now=timezone.now())
    return call


@pytest.fixture
def chooser(moving):
    return nth(moving, 1)


@pytest.fixture
def chooser_client(signed_in, chooser):
    return signed_in(chooser.student)


def post_answer(client, application, choice, *, above=None, **data):
    """Send an answer from a page that showed the better offer `above` (a pk)."""
    sent = {"choice": choice, "above": above or "", "semester": "W", **data}
    return client.post(url(application, "answer"), sent)


def test_status_shows_both_places_with_one_time_to_answer(chooser_client, chooser):
    held, above = chooser.placements.get(), chooser.better_offers.get()

    response = chooser_client.get(url(chooser))

    assert response.context["better"] == above
    assert f"You may move up: {above.host}" in response.text
    assert "Choose one of the two places by" in response.text
    assert "Answer by" not in response.text
    step = response.context["next_step"]
    assert (step.sentence, step.when, step.limit) == (
        (
            f"Choose: move up to {above.host}, or keep the place you hold. Without an answer both"
            " lapse."
        ),
        held.answer_by,
        "before",
    )
    done = [step.sentence for step in response.context["steps"] if step.tense == "done"]
    assert done[-2:] == [
        f"You were offered a place: {held.host}.",
        f"You were offered to move up: {above.host}.",
    ]


def test_answer_page_says_what_each_choice_means(chooser_client, chooser):
    held, above = chooser.placements.get().host, chooser.better_offers.get().host

    page = chooser_client.get(url(chooser, "answer")).text
    declining = chooser_client.get(url(chooser, "answer"), {"choice": "decline"}).text

    for said in (
        f"Move up to {above}",
        f"Your place at {held} goes to somebody else at once.",
        f"Keep {held}",
        f"The place at {above} goes to somebody else at once.",
        "You leave every waiting list of this call.",
        "Decline both places",
    ):
        assert said in page
    assert f"The places at {held} and {above} go to others at once" in declining


@pytest.mark.parametrize(
    ("choice", "hosts", "states"),
    [
        (
            "better",
            {"STUDENT001": (0, "S"), "STUDENT002": (1, "W")},
            ["accepted", "offered", "waitlisted"],
        ),
        (
            "accept",
            {"STUDENT001": (1, "W"), "STUDENT003": (0, "W")},
            ["accepted", "waitlisted", "offered"],
        ),
        (
            "decline",
            {"STUDENT002": (1, "W"), "STUDENT003": (0, "W")},
            ["declined", "offered", "offered"],
        ),
    ],
)
def test_answer_gives_on_what_it_leaves(chooser_client, chooser, moving, choice, hosts, states):
    above = chooser.better_offers.get()

    response = post_answer(
        chooser_client, chooser, choice, above=above.pk, **{"better-semester": "S"}
    )

    assert (response.status_code, response.url) == (302, url(chooser))
    assert places(moving) == hosts
    assert states_of(moving)[1:] == states


def test_who_moved_up_reads_of_each_offer_once(chooser_client, chooser):
    held, above = chooser.placements.get(), chooser.better_offers.get()
    post_answer(chooser_client, chooser, "better", above=above.pk, **{"better-semester": "W"})

    response = chooser_client.get(url(chooser))

    done = [step.sentence for step in response.context["steps"] if step.tense == "done"]
    assert done[-3:] == [
        f"You were offered a place: {held.host}.",
        f"You were offered to move up: {above.host}.",
        "You accepted the place.",
    ]
    assert response.context["place"].host == above.host
    assert response.context["better"] is None


@pytest.mark.parametrize("choice", ["accept", "better", "decline"])
def test_answer_from_an_older_page_changes_nothing(chooser_client, chooser, moving, choice):
    """The page showed no better place, or another one: what would be lost was never seen."""
    before = places(moving)
    answers = [
        post_answer(chooser_client, chooser, choice, above=seen, **{"better-semester": "W"})
        for seen in ("", 999_999_999)
    ]

    assert [(each.status_code, each.url) for each in answers] == [(302, url(chooser, "answer"))] * 2
    page = chooser_client.get(url(chooser, "answer"))
    assert "What is offered to you has changed since you opened the page." in page.text
    assert (places(moving), states_of(moving)[1]) == (before, "offered")
    assert chooser.better_offers.get().is_open


def test_better_place_that_is_gone_is_not_taken(offered_client, offered):
    response = post_answer(offered_client, offered, "better", **{"better-semester": "W"})

    assert (response.status_code, response.url) == (302, url(offered, "answer"))
    assert Application.objects.get(pk=offered.pk).state == "offered"


def test_semester_of_the_better_place_is_asked_for(chooser_client, chooser):
    above = chooser.better_offers.get()

    response = post_answer(chooser_client, chooser, "better", above=above.pk)

    assert response.status_code == 422
    assert 'href="#id_better-semester_0"' in response.text
    assert Application.objects.get(pk=chooser.pk).state == "offered"


def test_withdrawing_gives_both_places_on(chooser_client, chooser, moving):
    above = chooser.better_offers.get()
    asked = chooser_client.get(url(chooser, "withdraw")).text
    assert f"the one you may move up to, at {above.host}, go to others at once" in asked

    chooser_client.post(url(chooser, "withdraw"))

    assert states_of(moving)[1:] == ["withdrawn", "offered", "offered"]


# -- withdrawing -----------------------------------------------------------------------------------


def test_withdrawing_asks_first(student_client, submitted):
    response = student_client.get(url(submitted, "withdraw"))

    assert response.status_code == 200
    assert "Withdraw the application?" in response.text
    assert Application.objects.get().state == "submitted"


def test_withdrawing_is_for_good_and_keeps_the_reason(student_client, submitted, student):
    response = student_client.post(url(submitted, "withdraw"), {"reason": "I stay here."})

    assert response.url == url(submitted)
    change = StateChange.objects.get(after="withdrawn")
    assert (change.by, change.reason) == (student, "I stay here.")
    assert student_client.post(url(submitted, "withdraw")).status_code == 409


def test_withdrawing_gives_the_seat_on(offered_client, offered, round_):
    assert "goes to somebody else" in offered_client.get(url(offered, "withdraw")).text

    offered_client.post(url(offered, "withdraw"))

    assert states_of(round_) == ["withdrawn", "offered"]
    assert Placement.objects.filter(live=True).count() == 1


@pytest.mark.parametrize("state", ["nominated", "confirmed", "lapsed", "declined"])
def test_withdrawing_is_refused_where_it_leads_nowhere(student_client, student, state):
    application = factories.ApplicationFactory.create(student=student, state=state)

    for response in (
        student_client.get(url(application, "withdraw")),
        student_client.post(url(application, "withdraw")),
    ):
        assert response.status_code == 409
        assert "not possible at this stage" in response.text
    assert url(application, "withdraw") not in student_client.get(url(application)).text
    assert Application.objects.get().state == state


def test_too_long_a_reason_is_refused(student_client, submitted):
    response = student_client.post(url(submitted, "withdraw"), {"reason": "x" * 501})

    assert response.status_code == 422
    assert "At most 500 characters fit here, not 501." in response.text
    assert Application.objects.get().state == "submitted"


def test_now_is_what_the_clock_says(student_client, submitted, at):
    now = at(timezone.now() + timedelta(hours=1))

    student_client.post(url(submitted, "withdraw"))

    assert StateChange.objects.get(after="withdrawn").at == now
