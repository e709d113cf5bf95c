"""The columns a host wants: chosen in order with the deadline, used where a list is its alone."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from applications.exports import columns_for, export_nominations
from applications.exports.columns import default_columns
from applications.models import Nomination
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 4, 1, 8, tzinfo=UTC)
USUAL = [column.key for column in default_columns()]
WANTED = ["family_name", "given_names", "birth_date"]


def change(deadline):
    return reverse("admin:partners_nominationdeadline_change", args=[deadline.pk])


def typed(deadline, *columns, **changes):
    return {
        "host": deadline.host_id,
        "academic_year": "2027/28",
        "semester": "W",
        "deadline": "2027-05-15",
        "channel": "mail",
        "mailbox": deadline.mailbox,
        **{f"columns_{place}": key for place, key in enumerate(columns)},
        **changes,
    }


@pytest.mark.parametrize(
    ("columns", "keys"),
    [
        ([], USUAL),
        (["email", "family_name"], ["email", "family_name"]),
        (["email", "shoe_size", "family_name"], ["email", "family_name"]),
        (["shoe_size"], USUAL),
        (["email", "email"], ["email"]),
        (["home_student_id"], ["home_student_id"]),
    ],
)
def test_columns_are_the_hosts_without_what_is_unknown(columns, keys):
    deadline = factories.NominationDeadlineFactory.build(columns=columns)

    assert [column.key for column in columns_for(deadline)] == keys


def test_without_a_deadline_it_is_the_usual_list():
    assert columns_for(None) == default_columns()


def test_office_chooses_columns_in_order(office_client):
    deadline = factories.NominationDeadlineFactory.create(columns=["email", "shoe_size"])

    html = office_client.get(change(deadline)).content.decode()
    response = office_client.post(change(deadline), typed(deadline, "birth_date", "", "email"))

    assert '<option value="email" selected>E-mail</option>' in html
    assert "shoe_size" not in html
    assert response.status_code == 302
    deadline.refresh_from_db()
    assert (deadline.columns, deadline.academic_year) == (["birth_date", "email"], 2027)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (["email", "email"], "Each can stand in one place of the order only."),
        (
            ["shoe_size"],
            "Select a valid choice. shoe_size is not one of the available choices.",
        ),
    ],
)
def test_column_twice_or_unknown_is_refused_at_the_field(office_client, columns, sentence):
    deadline = factories.NominationDeadlineFactory.create()

    response = office_client.post(change(deadline), typed(deadline, *columns))

    assert response.context["adminform"].form.errors == {"columns": [sentence]}
    deadline.refresh_from_db()
    assert deadline.columns == []


def test_coordinator_reads_the_columns_by_their_headers(coordinator_client, faculty):
    agreement = factories.AgreementFactory.create(faculty=faculty)
    deadline = factories.NominationDeadlineFactory.create(
        host=agreement.host, columns=["email", "family_name"]
    )

    html = coordinator_client.get(change(deadline)).content.decode()

    assert "E-mail, Family name (as in passport)" in html
    assert "columns_0" not in html


# -- the list --------------------------------------------------------------------------------------


def nominated(call, host, semester="W"):
    application = factories.ApplicationFactory.create(call=call, state="nominated")
    factories.SubmissionFactory.create(application=application)
    run = factories.AllocationRunFactory.create(ranking__call=call)
    place = factories.PlacementFactory.create(
        application=application, host=host, semester=semester, run=run
    )
    return factories.NominationFactory.create(placement=place, application=application)


def headers_of(call):
    _name, content = export_nominations(call, Nomination.objects.all(), "csv", by=None, now=NOW)
    return next(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def headers(*keys):
    deadline = factories.NominationDeadlineFactory.build(columns=list(keys))
    return [column.header for column in columns_for(deadline)]


@pytest.fixture
def call():
    return factories.CallFactory.create(closed=True, academic_year=2027)


def wants(host, semester, *keys):
    factories.NominationDeadlineFactory.create(
        host=host.agreement.host, semester=semester, academic_year=2027, columns=list(keys)
    )


def test_list_for_one_host_has_the_columns_it_wants(call):
    host = factories.CallHostFactory.create(call=call)
    nominated(call, host)
    wants(host, "W", *WANTED)
    wants(host, "S", "email")

    assert headers_of(call) == headers(*WANTED)


def test_list_for_several_hosts_or_different_wishes_is_the_usual_one(call):
    host = factories.CallHostFactory.create(call=call)
    nominated(call, host)
    nominated(call, host, "S")
    wants(host, "W", *WANTED)
    assert headers_of(call) == headers()

    wants(host, "S", *WANTED)
    assert headers_of(call) == headers(*WANTED)

    nominated(call, factories.CallHostFactory.create(call=call))
    assert headers_of(call) == headers()
