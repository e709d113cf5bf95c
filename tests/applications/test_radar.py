"""The nomination radar: what stands where, in which order, and for whom."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from applications import texts
from applications.admin.radar.shown import rows_of
from applications.exports import export_nominations
from applications.exports.ewp.checks import EwpProblem
from applications.exports.radar import detailed, radar_of
from applications.models import (
    EnrolmentConfirmation,
    ExportLog,
    Nomination,
    NominationCorrection,
)
from applications.states import State
from tests import factories
from tests.conftest import berlin

pytestmark = pytest.mark.django_db

URL = "/admin/applications/radar/"
NOW = "2027-05-10 12:00"
TODAY = date(2027, 5, 10)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def now(at):
    return at(NOW)


@pytest.fixture
def call(faculty):
    return published(faculty)


def published(faculty, **more):
    return factories.CallFactory.create(
        programme__faculty=faculty,
        opens_at=berlin("2026-11-01 00:00"),
        deadline=berlin("2027-01-11 00:00"),
        closed_at=berlin("2027-01-11 00:01"),
        published_at=berlin("2027-03-01 10:00"),
        **more,
    )


def place(call, name, state=State.ACCEPTED, *, host=None, esi="urn:esi", **more):
    """Give somebody called `name` a place, at a host of its own unless one is named."""
    host = host or factories.CallHostFactory.create(call=call, agreement__host__name_en=name)
    placement = factories.PlacementFactory.create(
        application__call=call,
        application__state=state.value,
        application__student__given_names="",
        application__student__family_name=name,
        host=host,
        offered_at=berlin("2027-03-01 10:00"),
        answer_by=more.pop("answer_by", berlin("2027-05-20 00:00")),
        **more,
    )
    factories.SubmissionFactory.create(
        application=placement.application, given_names="Kim", esi=esi, languages={"en": "B2"}
    )
    return placement


def nominated(call, name, *, status=Nomination.Status.PENDING, days_ago=1, **more):
    states = {"pending": State.NOMINATED, "approved": State.CONFIRMED, "cancelled": State.CANCELLED}
    placement = place(call, name, states[status], live=status != "cancelled", **more)
    return factories.NominationFactory.create(
        placement=placement, status=status, nominated_at=timezone.now() - days_ago * DAY
    )


def wanted_by(placement, days, **more):
    """Set the partner's deadline, so many days from today."""
    return factories.NominationDeadlineFactory.create(
        host=placement.host.agreement.host,
        semester=placement.semester,
        deadline=TODAY + days * DAY,
        **more,
    )


def listed(*nominations, at=NOW, file_format="xlsx"):
    call = nominations[0].application.call
    return ExportLog.objects.create(
        at=berlin(at), call=call, format=file_format, nominations=[row.pk for row in nominations]
    )


def shown(client, **asked):
    """Return what the page says: {host: (countdown, tone, open things)}, in its order."""
    return {
        str(row.there.host): (
            row.countdown.text,
            row.countdown.tone,
            [each.text for each in row.open],
        )
        for row in client.get(URL, asked).context["rows"]
    }


def test_late_ones_come_first_then_the_soonest_then_unknown_ones(office_client, call):
    wanted_by(place(call, "Soon"), 6)
    place(call, "Unknown")
    wanted_by(place(call, "Missed"), -3)
    wanted_by(place(call, "Asked too late", State.OFFERED), -1)
    wanted_by(place(call, "Today"), 0)
    wanted_by(place(call, "Far"), 30)
    done = nominated(call, "Done")
    wanted_by(done.placement, -5)
    listed(done)

    todo = ["1 still to be nominated"]
    assert list(shown(office_client).items()) == [
        ("Missed", ("over for 3 days", "danger", todo)),
        (
            "Asked too late",
            (
                "over for 1 day",
                "danger",
                [
                    "1 offer may be answered after the nomination deadline",
                    "1 offer not answered yet",
                ],
            ),
        ),
        ("Today", ("today", "warning", todo)),
        ("Soon", ("in 6 days", "warning", todo)),
        ("Far", ("in 4 weeks and 2 days", "neutral", todo)),
        ("Unknown", ("not known", "warning", todo)),
        ("Done", ("over for 5 days", "neutral", [])),
    ]


def test_row_tells_everything_of_one_partner_and_semester(office_client, call, coordinator):
    host = factories.CallHostFactory.create(call=call, seats=9, agreement__host__name_en="Lund")
    first = place(call, "Ready", host=host)
    EnrolmentConfirmation.objects.create(application=first.application, confirmed_by=coordinator)
    place(call, "Without", host=host, esi="")
    place(call, "Slow", State.OFFERED, host=host)
    old = nominated(call, "Old", host=host, days_ago=22)
    nominated(call, "New", host=host, days_ago=21)
    nominated(call, "Sure", host=host, status="approved")
    place(call, "Elsewhere", host=host, semester="S")
    wanted_by(first, 6, columns=["email", "esi"], channel="portal", mailbox="in@lund.example")
    listed(old, at="2027-04-19 09:00")

    page = office_client.get(URL)

    row = page.context["rows"][0]
    assert (row.semester, row.columns) == ("Winter semester 2027/28", "own list with 2 columns")
    assert row.counts == ["2 to nominate", "1 offer", "2 nominated", "1 confirmed"]
    assert [(said.text, said.tone) for said in row.open] == [
        ("2 still to be nominated", "warning"),
        ("1 nomination on no list yet", "warning"),
        ("1 student with missing data", "warning"),
        ("1 offer may be answered after the nomination deadline", "danger"),
        ("1 offer not answered yet", "info"),
        ("1 nomination unanswered for over three weeks", "warning"),
    ]
    assert {person.name: person.notes for person in [*row.people.named, *row.settled.named]} == {
        "Ready": ("to be nominated",),
        "Without": (
            "to be nominated",
            "enrolment at departure not confirmed",
            "missing: European Student Identifier",
        ),
        "Slow": ("offer not answered", "may answer until 19 May 2027, 23:59 (Europe/Berlin)"),
        "Old": ("nominated", "since 18 April 2027"),
        "New": ("nominated", "since 19 April 2027", "on no list yet"),
        "Sure": ("confirmed by the host",),
    }
    assert [person.name for person in row.settled.named] == ["Sure"]
    for said in ("the partner&#x27;s web portal", "in@lund.example", "19 April 2027"):
        assert said in page.text
    nominations = reverse("admin:applications_call_nominations", args=[call.pk])
    assert nominations in page.text
    assert [each.semester for each in (one.there for one in page.context["rows"])] == ["W", "S"]


def test_offer_answered_on_the_last_day_that_counts_is_in_time(office_client, call):
    wanted_by(place(call, "Last", State.OFFERED, answer_by=berlin("2027-05-17 00:00")), 6)
    wanted_by(place(call, "Later", State.OFFERED, answer_by=berlin("2027-05-17 00:01")), 6)

    assert {name: what for name, (_left, _tone, what) in shown(office_client).items()} == {
        "Last": ["1 offer not answered yet"],
        "Later": [
            "1 offer may be answered after the nomination deadline",
            "1 offer not answered yet",
        ],
    }


def test_partner_that_takes_ewp_files_is_told_what_keeps_students_out(office_client, call):
    wanted_by(place(call, "Lund", esi=""), 6, channel="ewp")

    (row,) = office_client.get(URL).context["rows"]

    assert "1 student with missing data" in [said.text for said in row.open]
    (person,) = row.people.named
    assert texts.ewp_sentence(EwpProblem.ESI_MISSING) in person.notes


def test_better_place_on_offer_stands_at_both_partners(office_client, call):
    held = place(call, "Held", State.OFFERED)
    above = factories.CallHostFactory.create(call=call, agreement__host__name_en="Above")
    factories.BetterOfferFactory.create(placement=held, host=above)

    rows = office_client.get(URL).context["rows"]

    notes = {str(row.there.host): [person.notes for person in row.people.named] for row in rows}
    until = "may answer until 19 May 2027, 23:59 (Europe/Berlin)"
    assert notes == {
        "Above": [("offer not answered", "offered beside the place held", until)],
        "Held": [("offer not answered", until)],
    }


def test_list_is_out_of_date_until_the_next_one(office_client, office, call):
    nomination = nominated(call, "Lund", days_ago=20)
    listed(nomination, at="2027-05-01 09:00")
    settled = {"Lund": ("not known", "neutral", [])}
    assert shown(office_client) == settled

    NominationCorrection.objects.create(
        nomination=nomination,
        at=berlin("2027-05-02 09:00"),
        by=office,
        reason="Married",
        changes={"family_name": ["A", "B"]},
    )
    outdated = ["1 nomination changed since the last list"]
    assert shown(office_client) == {"Lund": ("not known", "warning", outdated)}

    listed(nomination, at="2027-05-03 09:00")
    assert shown(office_client) == settled


def test_cancellation_after_the_list_is_still_to_be_told(office_client, call):
    nomination = nominated(call, "Lund", status="cancelled")
    assert shown(office_client) == {}
    listed(nomination, at="2027-05-01 09:00")
    factories.StateChangeFactory.create(
        application=nomination.application,
        before="nominated",
        after="cancelled",
        at=berlin("2027-05-04 09:00"),
    )

    nominations = reverse("admin:applications_call_nominations", args=[call.pk])

    def is_changed():
        (row,) = office_client.get(nominations).context["nominated"]
        return row.is_changed

    assert shown(office_client) == {
        "Lund": ("not known", "warning", ["1 nomination changed since the last list"])
    }
    assert is_changed()

    export_nominations(
        call, Nomination.objects.all(), "csv", by=None, now=berlin("2027-05-05 09:00")
    )
    assert shown(office_client) == {}
    assert not is_changed()


@pytest.mark.parametrize(
    ("file_format", "is_told"), [("xlsx", False), ("csv", False), ("ewp", True), ("zip", True)]
)
def test_list_of_several_hosts_tells_none_unless_each_has_its_folder(
    office_client, call, file_format, is_told
):
    listed(nominated(call, "Lund"), nominated(call, "Turku"), file_format=file_format)

    still_to_do = [] if is_told else ["1 nomination on no list yet"]
    assert [things for _left, _tone, things in shown(office_client).values()] == [still_to_do] * 2


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (6, "The next could still be nominated: 6 days left."),
        (1, "The next could still be nominated: 1 day left."),
        (0, "Today is the last day to nominate the next."),
        (-1, "It is too late to nominate the next."),
        (None, "Whether the next could still be nominated is not known."),
    ],
)
def test_waiting_list_says_whether_the_next_is_in_time(office, call, now, days, sentence):
    placement = place(call, "Lund")
    if days is not None:
        wanted_by(placement, days)
    older = placement.run
    newest = factories.AllocationRunFactory.create(ranking__call=call, published_at=now)
    drafted = factories.AllocationRunFactory.create(ranking__call=call)
    # Two wait; one left since, one was on an older list only, one is in a run nobody published.
    for state, run in (
        (State.WAITLISTED, newest),
        (State.NOT_PLACED, newest),
        (State.WITHDRAWN, newest),
        (State.WAITLISTED, older),
        (State.WAITLISTED, drafted),
    ):
        factories.PreferenceOutcomeFactory.create(
            run=run,
            application=factories.ApplicationFactory.create(call=call, state=state.value),
            host=placement.host,
            reason="OUTRANKED",
            waiting_position=1,
        )

    radar = radar_of(office, now)
    (there,) = detailed(radar, radar.destinations)

    (row,) = rows_of([there])
    assert row.waiting == ["2 wait for a place.", sentence]


def test_filters_narrow_the_rows(office_client, call):
    wanted_by(place(call, "Mail"), 6)
    wanted_by(place(call, "Portal", semester="S"), 6, channel="portal")
    place(call, "Unknown")
    done = nominated(call, "Done", status="approved")
    listed(done)
    next_year = published(call.programme.faculty, academic_year=2028)
    place(next_year, "Next year")
    place(published(call.programme.faculty, academic_year=2025), "Long ago")
    place(factories.CallFactory.create(closed=True), "Not published")

    names = ["Mail", "Portal", "Next year", "Unknown"]
    assert list(shown(office_client)) == names
    assert list(shown(office_client, year="2028")) == ["Next year"]
    assert list(shown(office_client, semester="S")) == ["Portal"]
    assert list(shown(office_client, channel="portal")) == ["Portal"]
    assert list(shown(office_client, channel="unknown")) == ["Next year", "Unknown"]
    assert list(shown(office_client, done="on")) == [*names, "Done"]
    assert list(shown(office_client, year="MMXXVII", channel="pigeon")) == names
    figures = office_client.get(URL, {"channel": "mail"}).context["figures"]
    assert figures == [
        (0, "deadlines missed"),
        (1, "deadline within 14 days"),
        (1, "student to be nominated"),
        (0, "nominations long unanswered"),
    ]


def test_office_sees_all_faculties_and_coordinators_their_own(
    call, signed_in, office_client, coordinator_client, foreign_coordinator
):
    host = factories.CallHostFactory.create(call=call, agreement__host__name_en="Shared", seats=3)
    place(call, "Ours", host=host)
    theirs = foreign_coordinator.active_grants[0].faculty
    other = published(theirs)
    agreement = factories.AgreementFactory.create(host=host.agreement.host, faculty=theirs)
    place(other, "Theirs", host=factories.CallHostFactory.create(call=other, agreement=agreement))

    def names(client, **asked):
        rows = client.get(URL, asked).context["rows"]
        return [sorted(person.name for person in row.people.named) for row in rows]

    assert names(office_client) == [["Ours", "Theirs"]]
    assert names(office_client, faculty=theirs.pk) == [["Theirs"]]
    assert names(coordinator_client) == [["Ours"]]
    assert names(coordinator_client, faculty=theirs.pk) == [["Ours"]]
    page = signed_in(foreign_coordinator).get(URL)
    assert [person.name for person in page.context["rows"][0].people.named] == ["Theirs"]
    assert "Ours" not in page.text
    assert call.title not in page.text


def test_of_many_people_the_first_are_named_and_the_rest_is_counted(office_client, call):
    host = factories.CallHostFactory.create(call=call, seats=20, agreement__host__name_en="Lund")
    wanted = wanted_by(place(call, "Complete", host=host), 6, columns=["esi"])
    for number in range(6):
        place(call, f"Lacking {number}", host=host, esi="")
        listed(nominated(call, f"Sure {number}", host=host, status="approved"))

    page = office_client.get(URL)

    (row,) = page.context["rows"]
    assert [(len(people.named), people.more) for people in (row.people, row.settled)] == [
        (3, 4),
        (3, 3),
    ]
    lacking = sum("missing: European Student Identifier" in each.notes for each in row.people.named)
    assert [said.text for said in row.open] == [
        "7 still to be nominated",
        f"{lacking} of those named with missing data",
    ]
    rest = reverse("admin:applications_call_nominations", args=[call.pk])
    assert f'<a href="{rest}?host={wanted.host.key}">and 4 more' in page.text


@pytest.mark.parametrize("count", [1, 3])
def test_page_keeps_its_number_of_queries(office_client, django_assert_num_queries, count):
    for number in range(count):
        call = published(factories.FacultyFactory.create())
        wanted_by(place(call, f"A{number}"), 6)
        listed(nominated(call, f"B{number}"))

    # session, person, grants; calls, corrections, cancellations, who stands how (2), deadlines,
    # hosts; of those shown who is there (2), the check lists (7), the other people, lists, waiting
    # lists; the frame's rights (2), the choice of faculties
    with django_assert_num_queries(26):
        assert len(office_client.get(URL).context["rows"]) == 2 * count


def test_first_page_leads_to_the_radar(office_client, coordinator_client):
    for client in (office_client, coordinator_client):
        assert f'href="{URL}"' in client.get("/admin/").text
