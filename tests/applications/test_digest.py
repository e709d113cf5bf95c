"""The weekly mail of the nomination radar: when, to whom, and what it says."""

from datetime import date

import pytest

from applications import tasks
from applications.models import OutgoingMail
from applications.states import State
from tests import factories
from tests.applications.test_radar import listed, nominated, place, published, wanted_by

pytestmark = pytest.mark.django_db

MONDAY = date(2027, 5, 10)
SEVEN = f"{MONDAY} 07:00"


@pytest.fixture
def call(faculty):
    return published(faculty)


def sent(at, now=SEVEN) -> list[str]:
    """Run the task at this time and return to whom it wrote."""
    before = set(OutgoingMail.objects.values_list("pk", flat=True))
    at(now)
    tasks.send_digest()
    new = OutgoingMail.objects.exclude(pk__in=before)
    return sorted(new.values_list("person__username", flat=True))


@pytest.mark.parametrize(
    ("now", "comes"),
    [
        ("2027-05-09 23:59", False),
        ("2027-05-10 06:59:59", False),
        ("2027-05-10 07:00", True),
        ("2027-05-10 23:59", True),
        ("2027-05-11 07:00", False),
        ("2027-03-29 06:59:59", False),  # the first Monday of summer time
        ("2027-03-29 07:00", True),
    ],
)
def test_mail_comes_on_monday_from_seven_in_bochum(at, call, office, now, comes):
    place(call, "Lund")

    assert sent(at, now) == ([office.username] if comes else [])


def test_mail_comes_once_a_week(at, call, office):
    place(call, "Lund")

    weeks = [SEVEN, SEVEN, f"{MONDAY} 12:00", "2027-05-17 07:00", "2027-05-17 07:10"]
    assert [len(sent(at, now)) for now in weeks] == [1, 0, 0, 1, 0]
    assert office.username == OutgoingMail.objects.first().person.username


@pytest.mark.parametrize(
    ("make", "heading"),
    [
        (lambda call: wanted_by(place(call, "Lund"), -1), "DEADLINE MISSED"),
        (lambda call: wanted_by(place(call, "Lund"), 14), "DEADLINE WITHIN TWO WEEKS"),
        (
            lambda call: wanted_by(place(call, "Lund", State.OFFERED), 14),
            "DEADLINE WITHIN TWO WEEKS",
        ),
        (
            lambda call: wanted_by(place(call, "Lund"), 15),
            "TO BE DONE, WITH MORE TIME OR WITHOUT A KNOWN DEADLINE",
        ),
        (
            lambda call: place(call, "Lund"),
            "TO BE DONE, WITH MORE TIME OR WITHOUT A KNOWN DEADLINE",
        ),
        (
            lambda call: listed(nominated(call, "Lund", days_ago=22)),
            "NO ANSWER OF THE HOST FOR OVER THREE WEEKS",
        ),
        (lambda call: listed(nominated(call, "Lund", days_ago=21)), None),
        (lambda call: wanted_by(place(call, "Lund", State.OFFERED), 15), None),
        (lambda call: listed(nominated(call, "Lund", status="approved")), None),
        (lambda _call: None, None),
    ],
)
def test_mail_comes_only_when_something_is_open(at, call, office, make, heading):
    at(SEVEN)
    make(call)

    assert sent(at) == ([office.username] if heading else [])
    headings = [
        line
        for letter in OutgoingMail.objects.all()
        for line in letter.body.split("\n")
        if line.isupper()
    ]
    assert headings == ([heading] if heading else [])


def test_everybody_who_nominates_reads_of_the_own_faculties(
    at, call, office, coordinator, foreign_coordinator, student
):
    wanted_by(place(call, "Ours"), 6)
    place(published(foreign_coordinator.active_grants[0].faculty), "Theirs")
    factories.AdministratorFactory.create()
    idle = factories.CoordinatorFactory.create()
    gone = factories.CoordinatorFactory.create(faculty=call.programme.faculty, is_active=False)

    assert sent(at) == sorted(
        person.username for person in (office, coordinator, foreign_coordinator)
    )
    told = {
        letter.person: [name for name in ("Ours", "Theirs") if name in letter.body]
        for letter in OutgoingMail.objects.all()
    }
    assert told == {
        office: ["Ours", "Theirs"],
        coordinator: ["Ours"],
        foreign_coordinator: ["Theirs"],
    }
    assert not {idle, gone, student} & set(told)


def test_mail_reads_as_a_list_without_names_of_students(at, call, office):
    at(SEVEN)
    student = place(call, "Lund University")
    student.application.student.family_name = "Secretperson"
    student.application.student.save()
    wanted_by(student, 6)
    place(call, "Oviedo")

    sent(at)

    letter = OutgoingMail.objects.get()
    assert letter.application is None
    assert letter.subject == "Nominations in week 19: what is open"
    assert letter.body == (
        f"Dear {office.get_full_name()},\n"
        "\n"
        "In the nomination radar, on the first page of the administration, this is open:\n"
        "\n"
        "DEADLINE WITHIN TWO WEEKS\n"
        "- Lund University, Winter semester 2027/28\n"
        "  Deadline 16 May 2027 (in 6 days)\n"
        "  * 1 still to be nominated\n"
        "\n"
        "TO BE DONE, WITH MORE TIME OR WITHOUT A KNOWN DEADLINE\n"
        "- Oviedo, Winter semester 2027/28\n"
        "  Deadline not known\n"
        "  * 1 still to be nominated\n"
        "\n"
        "This mail comes on Mondays, and only when something is open.\n"
    )


def test_long_mail_names_the_twenty_most_urgent(at, call, office):
    at(SEVEN)
    for number in range(22):
        wanted_by(place(call, f"Host {number:02d}"), number - 25)

    sent(at)

    body = OutgoingMail.objects.get(person=office).body
    assert body.count("\n- ") == 20
    assert "Host 19" in body
    assert "Host 20" not in body
    assert "2 more stand in the radar." in body
