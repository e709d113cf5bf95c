"""The database refuses what belongs to another call, whatever path it comes by."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from applications.models import (
    Call,
    Directive,
    LanguageSkill,
    Placement,
    Preference,
    PreferenceVerdict,
    RoleGrant,
    SubmittedDocument,
)
from applications.models.people import Role
from applications.states import State
from partners.models import SeatPool
from tests import factories

pytestmark = pytest.mark.django_db


def refused(match="belongs_together"):
    return pytest.raises(IntegrityError, match=match)


def test_preference_for_a_host_of_another_call_is_refused():
    submission = factories.SubmissionFactory.create()
    foreign = factories.CallHostFactory.create()
    with refused(), transaction.atomic():
        Preference.objects.create(submission=submission, rank=1, host=foreign, semesters=["W"])
    own = factories.CallHostFactory.create(call=submission.application.call)
    Preference.objects.create(submission=submission, rank=1, host=own, semesters=["W"])


def test_document_of_another_application_is_refused():
    submission = factories.SubmissionFactory.create()
    with refused(), transaction.atomic():
        SubmittedDocument.objects.create(
            submission=submission, document=factories.DocumentFactory.create()
        )
    own = factories.DocumentFactory.create(application=submission.application)
    SubmittedDocument.objects.create(submission=submission, document=own)


def test_document_in_a_slot_of_another_programme_is_refused():
    with refused(), transaction.atomic():
        factories.DocumentFactory.create(slot=factories.DocumentSlotFactory.create())


@pytest.mark.parametrize("model", [PreferenceVerdict, Directive])
def test_decision_on_a_host_of_another_call_is_refused(model, coordinator):
    application = factories.ApplicationFactory.create()
    who = "decided_by" if model is PreferenceVerdict else "made_by"
    fields = {"application": application, "reason": "because", who: coordinator}
    with refused(), transaction.atomic():
        model.objects.create(host=factories.CallHostFactory.create(), **fields)
    model.objects.create(host=factories.CallHostFactory.create(call=application.call), **fields)


@pytest.mark.parametrize("wrong", ["host", "pool", "year", "semester", "run"])
def test_place_that_does_not_fit_together_is_refused(wrong):
    place = factories.PlacementFactory.create()
    other = factories.PlacementFactory.create()
    change = {
        "host": {"host": other.host},
        "pool": {"pool": other.pool},
        "year": {
            "pool": factories.SeatPoolFactory.create(
                agreement=place.host.agreement, academic_year=2028
            )
        },
        "semester": {
            "pool": factories.SeatPoolFactory.create(agreement=place.host.agreement, semester="S")
        },
        "run": {"run": other.run},
    }[wrong]
    with refused(), transaction.atomic():
        Placement.objects.filter(pk=place.pk).update(**change)


def test_places_written_at_once_are_counted_one_by_one():
    """`bulk_create` is one statement: the guard has to see its own earlier rows."""
    place = factories.PlacementFactory.create()
    rows = [
        Placement(
            application=factories.ApplicationFactory.create(
                call=place.application.call, state=State.OFFERED
            ),
            run=place.run,
            host=place.host,
            semester="W",
            pool=place.pool,
            offered_at=place.offered_at,
            answer_by=place.answer_by,
        )
        for _ in range(2)
    ]
    with refused("seats_never_exceeded"), transaction.atomic():
        Placement.objects.bulk_create(rows)
    assert SeatPool.objects.get(pk=place.pool_id).seats == 2
    assert Placement.objects.filter(pool=place.pool).count() == 1


@pytest.mark.parametrize("model", [Preference, LanguageSkill, SubmittedDocument])
def test_parts_of_a_submission_can_neither_be_changed_nor_deleted(model):
    call = factories.CallFactory.create(hosts=1)
    factories.SubmissionFactory.create(
        application__call=call,
        preferences=[call.hosts.get()],
        languages={"en": "B2"},
        documents=True,
    )
    row = model.objects.first()
    with pytest.raises(ProgrammingError), transaction.atomic():
        row.save()
    with pytest.raises(ProgrammingError), transaction.atomic():
        model.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize(
    "times",
    [
        {"deadline": None, "closed_at": 1},
        {"deadline": 2, "closed_at": 1},
        {"published_at": 3},
        {"deadline": 1, "closed_at": 3, "published_at": 2},
    ],
)
def test_call_is_neither_closed_without_deadline_nor_published_before(times):
    call = factories.CallFactory.create(undated=True)
    start = timezone.now()
    values = {
        name: None if day is None else start + timedelta(days=day) for name, day in times.items()
    }
    with refused("call_"), transaction.atomic():
        Call.objects.filter(pk=call.pk).update(**values)


def test_role_is_found_however_its_login_id_was_typed():
    grant = RoleGrant(login_id=" Office0815 ", role=Role.OFFICE)
    grant.full_clean()
    grant.save()
    person = factories.UserFactory.create(username="office0815")
    assert person.is_office
    with refused("role_login_id_lowercase"), transaction.atomic():
        RoleGrant.objects.create(login_id="Office0816", role=Role.OFFICE)


def test_role_cleaning_leaves_the_checks_alone():
    with pytest.raises(ValidationError):
        RoleGrant(login_id="", role=Role.OFFICE).full_clean()


@pytest.mark.parametrize("before", [State.UNDER_REVIEW, State.ELIGIBLE, State.INELIGIBLE])
@pytest.mark.parametrize("after", [State.ELIGIBLE, State.INELIGIBLE, State.OFFERED])
def test_decision_that_no_person_made_is_refused(before, after, coordinator):
    with refused("decided_by_a_person"), transaction.atomic():
        factories.StateChangeFactory.create(before=before.value, after=after.value)
    factories.StateChangeFactory.create(before=before.value, after=after.value, by=coordinator)


def test_decisions_written_before_the_rule_are_left_as_they_are():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT convalidated FROM pg_constraint WHERE conname = 'decided_by_a_person'"
        )
        assert cursor.fetchall() == [(False,)]
