"""The admin tells nothing of another faculty, and takes nothing that was not asked for."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from applications.models import Application, Call, CallHost, ScoreSheet, StateChange
from applications.states import State
from partners.models import SeatPool
from tests import factories
from tests.applications.desk import file_page, page
from tests.applications.rounds import application, closed_call, published_call

pytestmark = pytest.mark.django_db

# Tables whose rows belong to a faculty, and that coordinators may open.
SCOPED = (
    "allocationrun",
    "application",
    "betteroffer",
    "call",
    "exportlog",
    "nomination",
    "placement",
    "programme",
    "ranking",
    "reviewrun",
    "statechange",
    "submissionreview",
)


def listed(client, table, **query) -> list[int]:
    response = client.get(reverse(f"admin:applications_{table}_changelist"), query)
    assert response.status_code == 200
    return [row.pk for row in response.context["cl"].result_list]


def change(row) -> str:
    return reverse(f"admin:applications_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def call(coordinator):
    """A published call of the faculty of `coordinator`: of another one for the foreigner."""
    return published_call([[0], [0]], seats=[1], points=["9", "5"], coordinator=coordinator)


# -- lists, filters, search, autocomplete ----------------------------------------------------------


@pytest.mark.parametrize("table", SCOPED)
@pytest.mark.usefixtures("call")
def test_lists_of_another_faculty_are_empty(foreign_coordinator_client, table):
    assert listed(foreign_coordinator_client, table) == []


@pytest.mark.usefixtures("call")
def test_own_lists_are_not_empty(coordinator_client):
    tables = ("allocationrun", "application", "call", "placement", "programme", "ranking")

    assert [len(listed(coordinator_client, table)) for table in tables] == [1, 2, 1, 1, 1, 1]


def test_filters_name_no_call_programme_or_faculty_of_others(
    call, foreign_coordinator, foreign_coordinator_client
):
    own = [
        factories.CallFactory.create(
            programme__faculty_id=next(iter(foreign_coordinator.faculty_ids)),
            programme__name_en=f"Their own programme {number}",
        )
        for number in range(2)
    ]
    for table in SCOPED:
        response = foreign_coordinator_client.get(reverse(f"admin:applications_{table}_changelist"))
        text = response.content.decode()

        assert call.title not in text
        assert call.programme.faculty.key not in text
    calls = foreign_coordinator_client.get(reverse("admin:applications_ranking_changelist"))
    assert all(each.title in calls.content.decode() for each in own)


@pytest.mark.parametrize(
    "lookup",
    [
        {"student__family_name__startswith": "S"},
        {"draft__family_name": "Student0001"},
        {"draft__icontains": "S"},
        {"code__startswith": "S"},
        {"extended_until__isnull": "True"},
        {"call__programme__faculty__key": "economics"},
        {"call__lottery_secret__startswith": "a"},
        {"student__email__contains": "@"},
    ],
)
@pytest.mark.usefixtures("call")
def test_list_answers_no_question_its_filters_do_not_offer(
    coordinator_client, lookup, error_records
):
    response = coordinator_client.get(reverse("admin:applications_application_changelist"), lookup)

    assert response.status_code == 400
    assert len(error_records.messages) == 1
    error_records.clear()


def test_list_answers_what_its_filters_offer(call, coordinator_client):
    state = {"state__exact": State.OFFERED.value}

    assert listed(coordinator_client, "application", **state) == [application(call, 0).pk]
    assert len(listed(coordinator_client, "application", call__id__exact=call.pk)) == 2


def test_filter_by_a_call_of_others_finds_nothing(call, foreign_coordinator_client):
    assert listed(foreign_coordinator_client, "application", call__id__exact=call.pk) == []


def test_search_finds_own_students_only(call, coordinator_client, foreign_coordinator_client):
    student = application(call, 0).student

    assert listed(coordinator_client, "application", q=student.family_name) == [
        application(call, 0).pk
    ]
    assert listed(foreign_coordinator_client, "application", q=student.family_name) == []
    assert listed(foreign_coordinator_client, "application", q="STUDENT000") == []


@pytest.mark.parametrize(
    ("model", "field"),
    [("callhost", "agreement"), ("nomination", "application"), ("application", "call")],
)
@pytest.mark.usefixtures("call")
def test_autocomplete_offers_own_rows_only(
    coordinator_client, foreign_coordinator_client, model, field
):
    query = {"app_label": "applications", "model_name": model, "field_name": field, "term": ""}

    def offered(client):
        answer = client.get(reverse("admin:autocomplete"), query)
        return len(json.loads(answer.content)["results"])

    assert offered(coordinator_client) >= 1
    assert offered(foreign_coordinator_client) == 0


@pytest.mark.parametrize("page_name", ["change", "history", "delete"])
def test_row_of_another_faculty_answers_like_one_that_never_was(
    call, foreign_coordinator_client, page_name
):
    def status(pk):
        url = reverse(f"admin:applications_call_{page_name}", args=[pk])
        return [
            foreign_coordinator_client.get(url).status_code,
            foreign_coordinator_client.post(url).status_code,
        ]

    assert status(call.pk) == status(999_999_999)


def test_first_page_shows_own_rounds_only(
    call, coordinator_client, foreign_coordinator_client, office_client
):
    def rounds(client):
        return [each.call.pk for each in client.get(reverse("admin:index")).context["rounds"]]

    assert rounds(coordinator_client) == [call.pk]
    assert rounds(foreign_coordinator_client) == []
    assert rounds(office_client) == [call.pk]


def test_first_page_counts_what_waits_for_staff(coordinator_client):
    call = closed_call([[0], [0]], seats=[1])
    factories.ApplicationFactory.create(call=call)  # a draft is nobody's business

    found = coordinator_client.get(reverse("admin:index")).context["rounds"]

    assert [(each.applications, each.waiting) for each in found] == [(2, ("2 to decide on",))]


# -- mass assignment -------------------------------------------------------------------------------


def call_form(call, **changes) -> dict[str, object]:
    return {
        "code": call.code,
        "programme": call.programme_id,
        "title_en": call.title_en,
        "title_de": call.title_de,
        "academic_year": call.academic_year,
        "semesters": call.semesters,
        "opens_at": "2027-10-01T00:00",
        "deadline": "2028-01-11T00:00",
        "feedback_weeks": 8,
        "readers_needed": 1,
        "sheet_distance": 30,
        "tie_breakers_0": "grade",
        "tie_breakers_1": "ects",
        **{
            f"{prefix}-{name}": 0
            for prefix in ("hosts", "criteria")
            for name in ("TOTAL_FORMS", "INITIAL_FORMS")
        },
        **changes,
    }


@pytest.fixture
def open_call(faculty):
    return factories.CallFactory.create(programme__faculty=faculty)


def test_coordinator_changes_a_call_in_berlin_time(open_call, coordinator_client):
    data = call_form(open_call, tie_breakers_0="ects", tie_breakers_1="grade", semesters=["S"])

    assert coordinator_client.post(change(open_call), data).status_code == 302
    open_call.refresh_from_db()
    assert (open_call.tie_breakers, open_call.semesters) == (["ects", "grade"], ["S"])
    assert timezone.localtime(open_call.deadline).isoformat() == "2028-01-11T00:00:00+01:00"


def test_what_the_form_does_not_show_is_not_taken(open_call, coordinator_client):
    before = (open_call.lottery_secret, open_call.closed_at, open_call.published_at)
    data = call_form(
        open_call,
        closed_at="2027-01-01T00:00",
        published_at="2027-01-01T00:00",
        lottery_secret="0" * 64,
        applications_sha256="0" * 64,
    )

    assert coordinator_client.post(change(open_call), data).status_code == 302
    open_call.refresh_from_db()
    assert (open_call.lottery_secret, open_call.closed_at, open_call.published_at) == before
    assert open_call.applications_sha256 == ""


def test_coordinator_moves_no_call_to_another_faculty_and_adds_none_there(
    open_call, coordinator_client
):
    foreign = factories.ProgrammeFactory.create(faculty=factories.FacultyFactory.create())
    data = call_form(open_call, programme=foreign.pk)

    moved = coordinator_client.post(change(open_call), data)
    added = coordinator_client.post(
        reverse("admin:applications_call_add"), {**data, "code": "theirs-2028"}
    )

    assert [list(answer.context["adminform"].errors) for answer in (moved, added)] == [
        ["programme"],
        ["programme"],
    ]
    assert list(Call.objects.values_list("code", "programme")) == [
        (open_call.code, open_call.programme_id)
    ]


def test_coordinator_takes_no_seats_of_another_faculty(open_call, coordinator_client):
    theirs = factories.AgreementFactory.create(faculty=factories.FacultyFactory.create())
    data = call_form(open_call, **{"hosts-TOTAL_FORMS": 1, "hosts-0-agreement": theirs.pk})

    assert coordinator_client.post(change(open_call), data).status_code == 200
    assert CallHost.objects.count() == 0


def test_foreign_coordinator_changes_nothing(open_call, foreign_coordinator_client):
    data = call_form(open_call, title_en="Ours now")

    assert foreign_coordinator_client.post(change(open_call), data).status_code == 404
    open_call.refresh_from_db()
    assert open_call.title_en != "Ours now"


@pytest.mark.parametrize("table", ["application", "nomination", "statechange", "placement"])
def test_records_can_not_be_written(call, coordinator_client, table):
    add = reverse(f"admin:applications_{table}_add")
    states = list(Application.objects.order_by("pk").values_list("state", "student", "call"))

    assert coordinator_client.post(add, {"state": "nominated"}).status_code == 403
    row = application(call, 0)
    coordinator_client.post(change(row), {"state": "nominated", "student": row.student_id})

    assert (
        list(Application.objects.order_by("pk").values_list("state", "student", "call")) == states
    )


def test_identity_of_a_call_is_fixed_once_somebody_applied(open_call, coordinator_client):
    factories.ApplicationFactory.create(call=open_call)
    other = factories.ProgrammeFactory.create(faculty=open_call.programme.faculty)
    data = call_form(open_call, programme=other.pk, code="other", academic_year=2031)

    assert coordinator_client.post(change(open_call), data).status_code == 302
    before = (open_call.programme_id, open_call.code, open_call.academic_year)
    open_call.refresh_from_db()
    assert (open_call.programme_id, open_call.code, open_call.academic_year) == before


def test_rules_of_a_closed_call_are_fixed(coordinator_client):
    call = closed_call([[0]], seats=[1])
    host, criterion = call.hosts.get(), call.criteria.first()
    before = (call.deadline, call.tie_breakers, criterion.weight)
    data = call_form(
        call,
        tie_breakers_0="semester",
        **{
            "hosts-TOTAL_FORMS": 1,
            "hosts-INITIAL_FORMS": 1,
            "hosts-0-id": host.pk,
            "hosts-0-call": call.pk,
            "hosts-0-DELETE": "on",
            "criteria-TOTAL_FORMS": 1,
            "criteria-INITIAL_FORMS": 1,
            "criteria-0-id": criterion.pk,
            "criteria-0-call": call.pk,
            "criteria-0-weight": "99",
        },
    )

    coordinator_client.post(change(call), data)

    call.refresh_from_db()
    criterion.refresh_from_db()
    assert (call.deadline, call.tie_breakers, criterion.weight) == before
    assert CallHost.objects.filter(pk=host.pk).exists()


# -- clear refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        (
            {"deadline": "2027-09-30T23:59"},
            "deadline",
            "The deadline must be later than the opening.",
        ),
        (
            {"answer_by": "2028-01-11T00:00"},
            "answer_by",
            "The day to answer offers must be later than the deadline.",
        ),
        ({"opens_at": ""}, "opens_at", "A call with a deadline needs its opening too."),
        (
            {"tie_breakers_1": "grade"},
            "tie_breakers",
            "Each can stand in one place of the order only.",
        ),
        (
            {"academic_year": 27},
            "academic_year",
            "Please give the year it starts in, such as 2027 for 2027/28.",
        ),
        ({"semesters": []}, "semesters", "This field is required."),
        (
            {"deadline": "2028-03-26T02:30"},
            "deadline",
            (
                "2028-03-26 02:30:00 couldn’t be interpreted in time zone Europe/Berlin; "
                "it may be ambiguous or it may not exist."
            ),
        ),
    ],
)
def test_call_form_refuses_in_a_sentence(open_call, coordinator_client, changes, field, sentence):
    answer = coordinator_client.post(change(open_call), call_form(open_call, **changes))

    assert answer.context["adminform"].errors == {field: [sentence]}


def test_hosts_of_a_call_are_of_its_kind_and_year(open_call, coordinator_client):
    of_kind = {
        "faculty": open_call.programme.faculty,
        "kind": open_call.programme.agreement_kind,
    }
    agreements = [
        factories.AgreementFactory.create(**of_kind | {"kind": "erasmus_teaching"}),
        factories.AgreementFactory.create(**of_kind, valid_until=2026),
    ]
    data = call_form(open_call, **{"hosts-TOTAL_FORMS": 2})
    data |= {f"hosts-{n}-agreement": row.pk for n, row in enumerate(agreements)}

    answer = coordinator_client.post(change(open_call), data)

    assert answer.context["inline_admin_formsets"][0].formset.errors == [
        {"agreement": ["This agreement is not of the kind the programme is for."]},
        {"agreement": ["This agreement is not in force in the call's academic year."]},
    ]


def test_seats_are_not_cut_below_the_places_held(call, coordinator_client):
    pool = SeatPool.objects.get(agreement=call.hosts.get().agreement)
    agreement = pool.agreement
    data = {
        "host": agreement.host_id,
        "faculty": agreement.faculty_id,
        "kind": agreement.kind,
        "isced_f": agreement.isced_f,
        "valid_from": agreement.valid_from,
        "valid_until": agreement.valid_until,
        "language": agreement.language,
        "pools-TOTAL_FORMS": 1,
        "pools-INITIAL_FORMS": 1,
        "pools-0-id": pool.pk,
        "pools-0-agreement": agreement.pk,
        "pools-0-academic_year": pool.academic_year,
        "pools-0-seats": 0,
    }
    url = reverse("admin:partners_agreement_change", args=[agreement.pk])

    answer = coordinator_client.post(url, data)

    assert answer.context["inline_admin_formsets"][0].formset.errors == [
        {"seats": ["More of these seats are taken: students hold places on them."]}
    ]
    pool.refresh_from_db()
    assert pool.seats == 1
    assert coordinator_client.post(url, {**data, "pools-0-seats": 5}).status_code == 302
    pool.refresh_from_db()
    assert pool.seats == 5


# -- blind reading ---------------------------------------------------------------------------------


@pytest.fixture
def blind(faculty):  # noqa: ARG001 - the call is of this faculty
    call = closed_call([[0]], seats=[1], blind_reading=True)
    row = application(call, 0)
    StateChange.objects.create(
        application=row, before="draft", after="submitted", at=timezone.now(), by=row.student
    )
    return row


PAGES_WITH_NAMES = (
    lambda row: page(row.call, "applicants"),
    file_page,
    lambda row: page(row.call, "ranking"),
    lambda _row: reverse("admin:applications_application_changelist"),
    lambda _row: reverse("admin:applications_statechange_changelist"),
    lambda row: reverse("admin:applications_application_history", args=[row.pk]),
)


@pytest.mark.parametrize("url", PAGES_WITH_NAMES)
def test_no_page_names_the_student_to_a_blind_reader(blind, coordinator_client, url):
    student = blind.student

    text = coordinator_client.get(url(blind), follow=True).content.decode()

    assert student.family_name not in text
    assert student.email not in text
    assert student.matriculation_number not in text


def test_blind_reader_finds_by_code_and_not_by_name(blind, coordinator_client, office_client):
    assert listed(coordinator_client, "application", q=blind.code) == [blind.pk]
    assert listed(coordinator_client, "application", q=blind.student.family_name) == []
    assert listed(office_client, "application", q=blind.student.family_name) == [blind.pk]


def test_blind_reader_is_shown_the_person_after_scoring(blind, coordinator, coordinator_client):
    ScoreSheet.objects.create(application=blind, reader=coordinator, completed_at=timezone.now())

    assert listed(coordinator_client, "application", q=blind.student.family_name) == [blind.pk]
    for url in (page(blind.call, "applicants"), file_page(blind)):
        assert blind.student.family_name in coordinator_client.get(url).content.decode()


def test_row_of_an_application_leads_to_its_file(blind, coordinator_client):
    answer = coordinator_client.get(change(blind))

    assert (answer.status_code, answer["Location"]) == (302, file_page(blind))


def test_seed_of_the_draw_is_not_shown_before_the_results(coordinator_client):
    call = closed_call([[0]], seats=[1])
    ranking = factories.RankingFactory.create(call=call, seed=call.lottery_seed)

    for url in (page(call, "ranking"), change(ranking), change(call)):
        assert call.lottery_secret not in coordinator_client.get(url).content.decode()


def test_administrators_see_that_mails_left_and_not_what_they_say(signed_in, call):
    client = signed_in(factories.AdministratorFactory.create())
    url = reverse("admin:applications_outgoingmail_changelist")

    text = client.get(url).content.decode()

    assert application(call, 0).student.email in text
    assert "Your place" not in text
    assert call.title not in text


@pytest.mark.parametrize(
    "address",
    [
        "partners/hostuniversity/?country=%00",
        "applications/call/?q=a%00b",
        "grants/grantaward/?x=%00",
    ],
)
def test_nul_in_a_query_is_a_bad_request(office_client, address):
    response = office_client.get(f"/admin/{address}")
    assert response.status_code == 400
