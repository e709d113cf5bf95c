"""What the review finds by the rules on eligibility: read from the rows, stored with the run."""

import pytest

from applications import texts
from applications.models import stays_beside
from applications.selection import Grounds, findings_on
from applications.states import PLACED_STATES, State
from partners.models import AgreementKind
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def call():
    return factories.CallFactory.create(closed=True, programme__months_per_cycle=12)


@pytest.fixture
def application(call, student):
    return factories.ApplicationFactory.create(call=call, student=student, state=State.UNDER_REVIEW)


@pytest.fixture
def hand_in(call, application):
    """Hand in one wish for the winter, or for `semesters`; further names go to the factory."""

    def submit(semesters=("W",), **values):
        host = factories.CallHostFactory.create(call=call)
        return factories.SubmissionFactory.create(
            application=application,
            preferences=[(host, list(semesters))],
            languages={"en": "C1"},
            documents=True,
            **values,
        )

    return submit


@pytest.fixture
def placed(student):
    """Give the student a place in another call, of this year unless told otherwise."""

    def place(state=State.ACCEPTED, kind=AgreementKind.ERASMUS_STUDIES, **values):
        year = values.pop("year", 2027)
        call = factories.CallFactory.create(
            title_en="Another call",
            title_de="Andere Ausschreibung",
            academic_year=year,
            **values.pop("of_call", {}),
        )
        application = factories.ApplicationFactory.create(student=student, call=call, state=state)
        level = values.pop("level", "bachelor")
        factories.SubmissionFactory.create(application=application, level_departure="doctoral")
        factories.SubmissionFactory.create(application=application, level_departure=level)
        host = factories.CallHostFactory.create(
            call=call, agreement__kind=kind, agreement__host__name_en="Lund University"
        )
        return factories.PlacementFactory.create(application=application, host=host, **values)

    return place


def on_wishes(submission):
    """Return what does not concern the files, which are no real ones here."""
    return [finding for finding in all_of(submission) if not finding["slot"]]


def all_of(submission):
    grounds = Grounds.of(submission.application.call)
    return findings_on(grounds.dossiers([submission.pk])[submission.pk], grounds)


def finding(code, severity, preference, **params):
    return {
        "code": code,
        "severity": severity,
        "slot": "",
        "preference": preference,
        "params": params,
    }


HELD = {
    "host": "Lund University",
    "call_en": "Another call",
    "call_de": "Andere Ausschreibung",
    "semester": "W",
    "place": "accepted",
}


def test_place_and_months_are_found_with_their_figures(hand_in, placed):
    placed()
    submission = hand_in(earlier_months=8)

    assert on_wishes(submission) == [
        finding("months_running_out", "information", None, months=8, limit=12),
        finding("semester_taken", "blocking", 1, **HELD),
    ]
    assert on_wishes(hand_in("WS")) == [finding("semester_partly_taken", "information", 1, **HELD)]


def test_place_of_another_faculty_is_told_to_staff_without_its_names(
    hand_in, placed, call, student
):
    placed(of_call={"programme__faculty__key": "arts", "programme__key": "arts-abroad"})

    [found] = on_wishes(hand_in())

    unnamed = {**HELD, "host": "", "call_en": "", "call_de": ""}
    assert found == finding("semester_taken", "blocking", 1, **unnamed)
    said = texts.finding_sentence(found["code"], found["params"])
    assert said.startswith("There is a place in this semester already, from a call of another fac")
    assert [stay.host for stay in stays_beside(call, student)] == ["Lund University"]


@pytest.mark.parametrize("state", State)
def test_only_live_places_of_the_student_in_other_calls_count(placed, call, student, state):
    placed(state)
    placed(State.DECLINED, live=False)
    factories.PlacementFactory.create(application__call__academic_year=2027)
    here = factories.ApplicationFactory.create(call=call, student=student, state=State.ACCEPTED)
    factories.PlacementFactory.create(application=here)

    assert [stay.accepted for stay in stays_beside(call, student)] == (
        [state != State.OFFERED] if state in PLACED_STATES else []
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (AgreementKind.ERASMUS_STUDIES, (True, True)),
        (AgreementKind.ERASMUS_DOCTORAL, (True, True)),
        (AgreementKind.WORLDWIDE, (True, False)),
        (AgreementKind.SUMMER_SCHOOL, (False, False)),
    ],
)
def test_kind_of_the_agreement_says_what_a_stay_takes(placed, call, student, kind, expected):
    placed(kind=kind, year=2026, level="master")
    [stay] = stays_beside(call, student)

    assert (stay.for_a_term, stay.erasmus) == expected
    assert (stay.same_year, stay.level) == (False, "master")


def test_enrolment_is_that_of_the_login_and_the_faculty(hand_in, call):
    assert on_wishes(hand_in()) == []

    abroad = factories.DegreeProgrammeFactory.create(faculty__key="arts", on_condition=True)
    elsewhere = hand_in(degree_programme=abroad)
    assert [found["code"] for found in on_wishes(elsewhere)] == [
        "not_enrolled",
        "degree_on_condition",
    ]
    call.programme.degree_programmes.add(abroad)
    assert [found["code"] for found in on_wishes(elsewhere)] == ["degree_on_condition"]

    elsewhere.application.student.affiliations = ["alum"]
    elsewhere.application.student.save(update_fields=["affiliations"])
    assert [found["code"] for found in on_wishes(elsewhere)] == [
        "not_enrolled",
        "degree_on_condition",
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_reviews_of_a_few_cost_the_queries_of_one(
    placed, call, application, django_assert_num_queries, count
):
    hosts = factories.CallHostFactory.create_batch(count, call=call)
    others = [application] + [
        factories.ApplicationFactory.create(call=call) for _other in range(count - 1)
    ]
    submissions = [
        factories.SubmissionFactory.create(
            application=each, preferences=hosts, languages={"en": "C1", "es": "B2"}, documents=True
        )
        for each in others
    ]
    for _each in range(count):
        placed()

    with django_assert_num_queries(4):
        grounds = Grounds.of(call)
    with django_assert_num_queries(5):
        dossiers = grounds.dossiers([submission.pk for submission in submissions])
    with django_assert_num_queries(0):
        found = [findings_on(dossiers[submission.pk], grounds) for submission in submissions]
    assert len([each for each in found[0] if each["preference"] == 1]) == count
