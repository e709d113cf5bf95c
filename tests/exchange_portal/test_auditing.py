"""The audit log: what of a request is written down, what is not, and that nothing slips past it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, ProgrammingError, transaction
from django.http import HttpResponse
from django.urls import URLPattern, get_resolver, reverse

from applications import access
from applications.models import AuditEntry, RoleGrant, User
from exchange_portal.audited import (
    NOTHING_PERSONAL,
    OWN_PAGES,
    PAGES_OF_A_TABLE,
    TABLES_OF_NOBODY,
    is_impersonal,
)
from exchange_portal.auditing import Audit
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(faculty, student):
    """An application that was handed in to a call of `faculty`."""
    made = factories.ApplicationFactory.create(
        student=student, call__programme__faculty=faculty, state="submitted"
    )
    document = factories.DocumentFactory.create(application=made)
    factories.SubmissionFactory.create(application=made).documents.create(document=document)
    return made


def written() -> list[tuple[object, ...]]:
    return [
        (entry.person, entry.action, entry.place, entry.target, entry.status, entry.students)
        for entry in AuditEntry.objects.select_related("person").order_by("pk")
    ]


def file_of(application) -> str:
    return reverse("admin:applications_application_file", args=[application.code])


def test_look_change_file_and_refusal_are_one_row_each(
    coordinator_client, coordinator, foreign_coordinator_client, foreign_coordinator, application
):
    document = application.documents.get()
    named = f"code={application.code}"
    comment = reverse("admin:applications_application_comment", args=[application.code])

    coordinator_client.get(file_of(application), {"words": "Kim"})
    coordinator_client.post(comment, {"text": "Ask for the certificate."})
    file = coordinator_client.get(f"/applications/{application.code}/documents/{document.pk}/")
    b"".join(file)  # closes it
    foreign_coordinator_client.get(file_of(application))

    about = [application.student_id]
    place = "admin:applications_application_"
    assert written() == [
        (coordinator, "looked", f"{place}file", named, 200, about),
        (coordinator, "changed", f"{place}comment", named, 302, about),
        (coordinator, "taken", "applications:document", f"{named}, pk={document.pk}", 200, about),
        (foreign_coordinator, "refused", f"{place}file", "", 404, []),
    ]


def test_changes_of_the_request_are_found_by_its_context(office_client):
    office_client.post(
        reverse("admin:applications_rolegrant_add"),
        {"login_id": "newcomer", "role": "office", "valid_from": "2026-11-01"},
    )

    events = RoleGrant.pgh_event_model.objects.filter(login_id="newcomer")
    assert [event.pgh_context_id for event in events] == [AuditEntry.objects.get().context]


def test_question_before_a_change_is_a_look(office_client, student):
    people = "/admin/applications/user/"
    asked = {"action": "withdraw_access", "_selected_action": student.pk}

    office_client.post(people, asked)
    office_client.post(people, asked | {"confirmed": "yes"})

    changed = User.pgh_event_model.objects.filter(pgh_obj=student, is_active=False).get()
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "status", "context")) == [
        ("looked", 200, None),
        ("changed", 302, changed.pgh_context_id),
    ]


def test_students_write_nothing_and_pay_nothing(student_client, application, monkeypatch):
    address = f"/applications/{application.code}/"
    student_client.get(address)
    with monkeypatch.context() as patch:
        patch.setattr(access, "write_entry", None)
        student_client.get(address)
        student_client.get(f"/applications/{application.code[::-1]}/")

    assert not AuditEntry.objects.exists()


def test_staff_reading_their_own_data_write_nothing(signed_in, coordinator, faculty):
    own = factories.ApplicationFactory.create(student=coordinator, call__programme__faculty=faculty)
    client = signed_in(coordinator)

    assert client.get(f"/applications/{own.code}/").status_code == 200
    assert client.get("/messages/").status_code == 200
    assert client.get("/applications/NOTHING/").status_code == 404

    assert [row[1:5] for row in written()] == [("refused", "applications:application", "", 404)]


def test_page_that_asks_again_writes_only_whom_it_showed_first(coordinator_client, application, at):
    address = reverse("admin:applications_call_applicants", args=[application.call_id])

    def ask(moment, **headers) -> int:
        at(moment)
        coordinator_client.get(address, headers=headers)
        return AuditEntry.objects.count()

    counts = [ask(f"2026-11-26 12:0{minute}", hx_request="true") for minute in (0, 1)]
    other = factories.ApplicationFactory.create(call=application.call, state="submitted")
    factories.SubmissionFactory.create(application=other)
    counts += [ask(f"2026-11-26 12:0{minute}", hx_request="true") for minute in (2, 3)]
    counts += [ask("2026-11-26 12:04"), ask("2026-11-26 12:20", hx_request="true")]

    assert counts == [1, 1, 2, 2, 3, 4]


def test_what_can_not_be_written_is_not_shown(
    coordinator_client, application, monkeypatch, error_records
):
    def fails(*_args, **_kwargs):
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(access, "write_entry", fails)
    coordinator_client.raise_request_exception = False

    page = coordinator_client.get(file_of(application))
    file = coordinator_client.get(
        f"/applications/{application.code}/documents/{application.documents.get().pk}/"
    )

    assert (page.status_code, file.status_code) == (500, 500)
    assert application.student.family_name not in page.content.decode()
    error_records.clear()


def test_change_whose_row_could_not_be_written_still_names_its_author(
    office_client, office, monkeypatch, error_records
):
    def fails(*_args, **_kwargs):
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(access, "write_entry", fails)
    office_client.raise_request_exception = False
    address = reverse("admin:applications_rolegrant_add")

    answer = office_client.post(
        address, {"login_id": "newcomer", "role": "office", "valid_from": "2026-11-01"}
    )

    happened = RoleGrant.pgh_event_model.objects.filter(login_id="newcomer")
    event = happened.select_related("pgh_context").get()
    assert (answer.status_code, AuditEntry.objects.count()) == (500, 0)
    assert event.pgh_context.metadata == {"user": office.pk, "url": address}
    error_records.clear()


def test_neither_secrets_nor_what_was_typed_are_written(office_client, application):
    token = factories.CalendarFeedFactory.create(user=application.student).token

    assert office_client.get(f"/calendar/{token}.ics").status_code == 200
    office_client.get("/admin/applications/user/Kim Student/change/", {"q": "Kim"})
    office_client.get("/applications/kim-student/")
    office_client.post("/admin/applications/application/file/kim-student/paper/7/text/")

    assert [row[1:6] for row in written()] == [
        ("looked", "applications:calendar", "", 200, [application.student_id]),
        ("refused", "admin:applications_user_change", "", 404, []),
        ("refused", "applications:application", "", 404, []),
        ("refused", "admin:applications_application_paper_text", "pk=7", 405, []),
    ]


@pytest.mark.usefixtures("coordinator")
def test_colleagues_are_not_whom_a_page_is_about(office_client, application):
    factories.ApplicationFactory.create(student=(both := factories.CoordinatorFactory.create()))

    office_client.get("/admin/applications/user/")

    assert written()[0][5] == sorted([application.student_id, both.pk])


def test_rows_of_the_log_are_never_changed(coordinator_client, application):
    coordinator_client.get(file_of(application))

    for change in (
        lambda: AuditEntry.objects.update(status=404),
        lambda: AuditEntry.objects.all().delete(),
    ):
        with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
            change()


# -- no address slips past -------------------------------------------------------------------------


def names_of(resolver, spaces: tuple[str, ...] = ()) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield ":".join([*spaces, pattern.name or pattern.lookup_str])
        else:
            inside = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from names_of(pattern, inside)


def places_written(rf, person: User, status: int) -> set[str]:
    """Return which addresses leave a row when they are answered without reading anybody."""
    for name in names_of(get_resolver()):
        request = rf.get("/")
        request.user = person
        request.resolver_match = SimpleNamespace(view_name=name, kwargs={})
        Audit(lambda _request: HttpResponse(status=status))(request)
    return set(AuditEntry.objects.values_list("place", flat=True))


def test_every_address_is_audited_unless_it_is_listed(rf, office):
    names = set(names_of(get_resolver()))
    personal = {name for name in names if not is_impersonal(name)}

    assert places_written(rf, office, 200) == personal - OWN_PAGES.keys()
    assert places_written(rf, office, 404) == personal


def test_listed_addresses_exist_and_say_why():
    names = set(names_of(get_resolver())) | {"demo:reset_round"}
    tables = {f"admin:{table}_{page}" for table in TABLES_OF_NOBODY for page in PAGES_OF_A_TABLE}

    assert NOTHING_PERSONAL.keys() | OWN_PAGES.keys() | tables <= names
    assert not NOTHING_PERSONAL.keys() & (OWN_PAGES.keys() | tables)
    assert all([*NOTHING_PERSONAL.values(), *OWN_PAGES.values(), *TABLES_OF_NOBODY.values()])
