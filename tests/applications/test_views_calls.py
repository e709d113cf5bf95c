"""The list of calls and one call's page."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from applications.models import Application, HostWeight
from tests import factories

pytestmark = pytest.mark.django_db
LIST = reverse("applications:calls")


def page(call):
    return reverse("applications:call", args=[call.code])


def titles(entries):
    return [entry.call.code for entry in entries]


def test_calls_are_sorted_by_what_they_mean_for_a_student(student_client, at):
    at("2026-12-01 12:00")
    now = timezone.now()
    factories.CallFactory.create(code="later", deadline=now + timedelta(days=50))
    factories.CallFactory.create(code="soon", deadline=now + timedelta(days=5))
    factories.CallFactory.create(code="announced", upcoming=True)
    factories.CallFactory.create(code="undated", undated=True)
    factories.CallFactory.create(code="past", closed=True)
    # The deadline has come, the closing task has not yet.
    factories.CallFactory.create(code="due", deadline=now)

    response = student_client.get(LIST)

    assert {name: titles(response.context[name]) for name in ("open", "upcoming", "past")} == {
        "open": ["soon", "later"],
        "upcoming": ["announced", "undated"],
        "past": ["due", "past"],
    }
    assert "5 days" in response.text


def test_own_application_stands_with_its_call(student_client, student):
    own = factories.ApplicationFactory.create(student=student)
    factories.ApplicationFactory.create(call=own.call)

    response = student_client.get(LIST)

    assert [entry.application for entry in response.context["open"]] == [own]


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_calls_keeps_its_number_of_queries(
    student_client, student, django_assert_num_queries, count
):
    for call in factories.CallFactory.create_batch(count):
        factories.ApplicationFactory.create(call=call, student=student)

    # session, person, calls, own applications, programmes
    with django_assert_num_queries(5):
        student_client.get(LIST)


@pytest.mark.parametrize("count", [1, 3])
def test_page_of_a_call_keeps_its_number_of_queries(
    student_client, django_assert_num_queries, count
):
    call = factories.CallFactory.create(hosts=count, criteria=True)
    factories.DegreeProgrammeFactory.create_batch(count, faculty=call.programme.faculty)

    # session, person, call, own application, degree programmes (named, all), slots, hosts with
    # pools, criteria, own weights
    with django_assert_num_queries(11):
        student_client.get(page(call))


def test_call_tells_all_its_rules_before_anybody_applies(student_client, at):
    at("2026-12-01 12:00")
    call = factories.CallFactory.create(
        hosts=1,
        criteria=True,
        deadline=at("2027-01-11 00:00"),
        opens_at=at("2026-11-01 00:00"),
    )
    at("2026-12-01 12:00")
    host = call.hosts.get()
    host.agreement.language_level = "B2"
    host.agreement.certificate_needed = True
    host.agreement.save()

    text = " ".join(student_client.get(page(call)).text.split())

    for said in (
        "10 January 2027, 23:59 CET</time> (Europe/Berlin)",
        "what our server handles before",
        "11 January 2027, 00:00 CET",
        # eight weeks after the last day
        "7 March 2027",
        "English B2",
        "certificate needed",
        "2 seats",
        "made up",
        "60 %",
        "40 %",
        "Better average grade",
        "More ECTS earned",
        call.lottery_commitment,
        "Start the application",
    ):
        assert said in text, said
    assert call.lottery_secret not in text


@pytest.mark.parametrize("trait", ["closed", "upcoming", "undated"])
def test_call_that_is_not_open_offers_no_start(student_client, trait):
    call = factories.CallFactory.create(**{trait: True})

    response = student_client.get(page(call))

    assert (response.status_code, response.context["can_start"]) == (200, False)
    assert "Start the application" not in response.text


def test_staff_can_read_a_call_but_not_start(coordinator_client, office_client):
    call = factories.CallFactory.create()

    for client in (coordinator_client, office_client):
        response = client.get(page(call))
        assert (response.status_code, response.context["can_start"]) == (200, False)


def test_unknown_call_is_not_found(student_client):
    assert student_client.get(reverse("applications:call", args=["nothing"])).status_code == 404


def test_start_makes_one_application_and_goes_to_its_form(student_client, student):
    call = factories.CallFactory.create()
    start = reverse("applications:start", args=[call.code])

    first, second = student_client.post(start), student_client.post(start)

    application = Application.objects.get()
    assert (application.call, application.student) == (call, student)
    form = reverse("applications:form", args=[application.code])
    assert [first.url, second.url] == [form, form]


@pytest.mark.parametrize(
    ("trait", "sentence"),
    [
        ("closed", "The deadline has passed"),
        ("upcoming", "not open yet"),
        ("undated", "its deadline is still to be announced"),
    ],
)
def test_start_outside_the_time_is_refused_with_the_reason(student_client, trait, sentence):
    call = factories.CallFactory.create(**{trait: True})

    response = student_client.post(reverse("applications:start", args=[call.code]))

    assert response.status_code == 409
    assert sentence in response.text
    assert not Application.objects.exists()


def test_start_is_for_students(coordinator_client):
    call = factories.CallFactory.create()

    response = coordinator_client.post(reverse("applications:start", args=[call.code]))

    assert response.status_code == 409
    assert "Only students of the university can apply" in response.text
    assert not Application.objects.exists()


def test_start_is_a_post(student_client):
    call = factories.CallFactory.create()

    assert student_client.get(reverse("applications:start", args=[call.code])).status_code == 405


def test_weights_are_shares_of_the_whole(student_client):
    call = factories.CallFactory.create()
    factories.CriterionFactory.create(call=call, key="a", position=1, weight=Decimal(1))
    factories.CriterionFactory.create(call=call, key="b", position=2, weight=Decimal(3))

    response = student_client.get(page(call))

    assert [row.percent for row in response.context["criteria"]] == [25, 75]


def test_call_tells_how_points_come_about_and_which_hosts_have_an_order_of_their_own(
    student_client,
):
    call = factories.CallFactory.create(criteria=True, readers_needed=2)
    call.criteria.filter(key="motivation").update(
        anchors_en="10: outstanding\n\n 0: no reasons", scale_max=Decimal(10)
    )
    spanish = factories.CriterionFactory.create(
        call=call, key="language", name_en="Language", kind="language", weight=0, position=900
    )
    own = factories.CallHostFactory.create(call=call, agreement__language="es")
    factories.CallHostFactory.create(call=call)
    for criterion, weight in ((spanish, 60), (call.criteria.get(key="grade"), 40)):
        HostWeight.objects.create(host=own, criterion=criterion, weight=weight)

    response = student_client.get(page(call))

    assert [
        (row.criterion.key, row.percent, row.criterion.anchors, row.formula)
        for row in response.context["criteria"]
    ] == [
        (
            "motivation",
            60,
            ["10: outstanding", "0: no reasons"],
            "Given by readers: the mean of all complete score sheets.",
        ),
        (
            "grade",
            40,
            [],
            (
                "Computed: (4.0 − average grade) ÷ 3.0 of the points. 1.0 or better gives all,"
                " 4.0 or worse none."
            ),
        ),
    ]
    text = " ".join(response.text.split())
    assert f"<li><strong>{own}</strong> orders its applicants by: " in text
    assert "Average grade 40 %" in text
    assert "Language (Spanish) 60 %" in text
    assert len(response.context["own_orders"]) == 1
    assert "At least 2 people read each application and score it, each alone first." in text


def test_call_says_what_was_agreed_beside_the_seats(student_client):
    call = factories.CallFactory.create(hosts=1)
    agreement = call.hosts.get().agreement
    agreement.note_en = "30 places shared by four universities."
    agreement.save()

    html = student_client.get(reverse("applications:call", args=[call.code])).text

    assert "30 places shared by four universities." in html
