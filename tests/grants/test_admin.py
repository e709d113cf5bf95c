from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from applications.models import Nomination
from grants import awards
from grants.models import GrantAward, GrantProject, GrantRate
from partners.models import HostUniversity
from tests.factories import NominationFactory

pytestmark = pytest.mark.usefixtures("grant_tables")
NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
LIST = reverse("admin:grants_grantaward_changelist")
ADD = reverse("admin:grants_grantaward_add")
TABLES = ["grantproject", "grantrate", "countrystatus", "topup", "travelband", "grantaward"]


@pytest.fixture
def nomination(grant_tables):  # noqa: ARG001 - the tables come first
    return NominationFactory.create()


@pytest.fixture
def award(nomination, office):
    return awards.calculate_award(
        GrantAward(
            nomination=nomination,
            project=GrantProject.objects.get(code="KA131-2025"),
            start=date(2025, 9, 1),
            end=date(2026, 1, 31),
            top_ups=["social_disability"],
        ),
        by=office,
        now=NOW,
    )


def terms(nomination, **changes):
    return {
        "nomination": str(nomination.pk),
        "project": str(GrantProject.objects.get(code="KA131-2025").pk),
        "mobility_type": "SMS",
        "start": "2025-09-01",
        "end": "2026-01-31",
        "earlier_days": "0",
        "travel_days": "0",
        **changes,
    }


def change_page(award):
    return reverse("admin:grants_grantaward_change", args=[award.pk])


def act(client, action, award, **more):
    return client.post(
        LIST, {"action": action, "_selected_action": [award.pk], **more}, follow=True
    )


def said(response):
    return [str(message) for message in response.context["messages"]]


# -- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("reader", "status"),
    [
        ("office_client", 200),
        ("coordinator_client", 403),
        ("foreign_coordinator_client", 403),
        ("student_client", 302),
    ],
)
@pytest.mark.parametrize("page", ["changelist", "add"])
def test_grant_pages_are_for_the_office_alone(request, reader, status, table, page):
    client = request.getfixturevalue(reader)
    assert client.get(reverse(f"admin:grants_{table}_{page}")).status_code == status


@pytest.mark.parametrize("reader", ["coordinator_client", "student_client"])
@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_award_tells_others_nothing(request, reader, page, award):
    client = request.getfixturevalue(reader)
    url = reverse(f"admin:grants_grantaward_{page}", args=[award.pk])
    response = client.get(url)
    assert response.status_code in (302, 403)
    assert b"isability" not in response.content
    assert client.post(change_page(award), terms(award.nomination)).status_code in (302, 403)
    assert act(client, "freeze", award).status_code in (200, 403)
    assert GrantAward.objects.get().frozen_at is None


def test_nobody_deletes_an_award(office_client, award):
    url = reverse("admin:grants_grantaward_delete", args=[award.pk])
    assert office_client.get(url).status_code == 403


# -- the office's work ---------------------------------------------------------------------------


def test_office_awards_a_grant(office_client, office, nomination):
    response = office_client.post(ADD, terms(nomination, top_ups=["social_child"], green="on"))
    assert response.status_code == 302
    award = GrantAward.objects.get()
    assert (award.nomination, award.total) == (nomination, Decimal("4367.00"))
    assert (award.created_by, award.top_ups, award.green) == (office, ["social_child"], True)


def test_terms_without_a_grant_are_refused_on_the_form(office_client, nomination):
    host = awards.host_of(nomination)
    HostUniversity.objects.filter(pk=host.pk).update(country="CH")
    response = office_client.post(ADD, terms(nomination))
    assert response.context["adminform"].form.non_field_errors() == [
        "ERASMUS does not pay for stays in Switzerland: the Swiss host does (SEMP)."
    ]
    assert not GrantAward.objects.exists()


def test_days_in_the_wrong_order_are_refused_on_the_form(office_client, nomination):
    response = office_client.post(ADD, terms(nomination, end="2025-08-31"))
    assert response.context["adminform"].form.non_field_errors() == [
        "The last day lies before the first day."
    ]


@pytest.mark.usefixtures("award")
def test_only_live_nominations_without_an_award_are_offered(office_client):
    waiting = NominationFactory.create()
    NominationFactory.create(status=Nomination.Status.CANCELLED)
    field = office_client.get(ADD).context["adminform"].form.fields["nomination"]
    assert list(field.queryset) == [waiting]


def test_changed_terms_are_calculated_again(office_client, award):
    response = office_client.post(change_page(award), terms(award.nomination, cap_days="100"))
    assert response.status_code == 302
    stored = GrantAward.objects.get()
    assert (stored.funded_days, stored.top_ups, stored.total) == (100, [], Decimal("2109.00"))


def test_award_page_shows_lines_with_sources_and_notes(office_client, award):
    page = office_client.get(change_page(award)).content.decode()
    assert "Grant by the month, counted in days" in page
    assert "KA131-2025: https://uole.de/en/erasmus/funding" in page
    assert "4,259.00" in page
    assert "Travel days are not included" in page
    assert "1,330.7 km" in page


def test_list_shows_each_award_in_few_queries(office_client, award, django_assert_max_num_queries):
    page = office_client.get(LIST).content.decode()
    assert award.nomination.application.code in page
    assert "4,259.00" in page
    with django_assert_max_num_queries(20):
        office_client.get(LIST)


@pytest.mark.parametrize(
    ("status", "shown"), [("open", 1), ("frozen", 0), ("cancelled", 0), ("", 1)]
)
@pytest.mark.usefixtures("award")
def test_list_can_be_narrowed_to_a_status(office_client, status, shown):
    response = office_client.get(LIST, {"status": status} if status else {})
    assert response.context["cl"].result_count == shown


def test_calculating_again_takes_new_rates_and_the_stored_terms(office_client, award):
    GrantRate.objects.filter(project=award.project, unit="month").update(rate_eur=600)
    assert said(act(office_client, "calculate_again", award)) == ["1 award done."]
    assert GrantAward.objects.get().total == Decimal("4559.00")


def test_frozen_award_is_read_only(office_client, office, award):
    assert said(act(office_client, "freeze", award)) == ["1 award done."]
    stored = GrantAward.objects.get()
    assert stored.frozen_by == office
    assert office_client.post(change_page(award), terms(award.nomination)).status_code == 403
    assert office_client.get(change_page(award)).status_code == 200
    assert said(act(office_client, "calculate_again", award)) == [
        f"{award}: The award is frozen: cancel it and make a new one instead."
    ]
    assert office_client.get(LIST, {"status": "frozen"}).context["cl"].result_count == 1


def test_award_is_cancelled_with_a_reason(office_client, award):
    assert said(act(office_client, "cancel", award)) == [f"{award}: Please give the reason."]
    assert said(act(office_client, "cancel", award, reason="gave up")) == ["1 award done."]
    stored = GrantAward.objects.get()
    assert (stored.cancel_reason, stored.cancelled_at is None) == ("gave up", False)
    assert office_client.get(LIST, {"status": "cancelled"}).context["cl"].result_count == 1


def test_refused_award_does_not_keep_the_others_back(office_client, office, award):
    other = NominationFactory.create()
    provisional = awards.calculate_award(
        GrantAward(
            nomination=other,
            project=GrantProject.objects.get(code="KA131-2026"),
            start=date(2026, 9, 1),
            end=date(2027, 1, 31),
        ),
        by=office,
        now=NOW,
    )
    response = office_client.post(
        LIST,
        {"action": "freeze", "_selected_action": [provisional.pk, award.pk]},
        follow=True,
    )
    assert sorted(said(response)) == sorted(
        [
            (
                f"{provisional}: The rates of this project are not established yet, so the award "
                "can't be frozen."
            ),
            "1 award done.",
        ]
    )
    assert [row.frozen_at is None for row in (refreshed(award), refreshed(provisional))] == [
        False,
        True,
    ]


def refreshed(award):
    award.refresh_from_db()
    return award


def test_form_that_was_overtaken_is_told_so(office_client, nomination, award):
    other = NominationFactory.create()
    Nomination.objects.filter(pk=nomination.pk).update(status=Nomination.Status.REJECTED)
    response = office_client.post(change_page(award), terms(other), follow=True)
    assert said(response) == ["The nomination was cancelled or rejected by the host."]
    assert refreshed(award).calculated_at == NOW


def test_log_of_the_admin_names_no_reason(office_client, award):
    office_client.post(
        change_page(award), terms(award.nomination, top_ups=["social_chronic_illness"])
    )
    entries = LogEntry.objects.values_list("change_message", "object_repr")
    assert "illness" not in str(list(entries))


@pytest.mark.usefixtures("award")
@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_the_tables_can_be_opened(office_client, table):
    listed = office_client.get(reverse(f"admin:grants_{table}_changelist"))
    row = listed.context["cl"].queryset.first()
    page = reverse(f"admin:grants_{table}_change", args=[row.pk])
    assert office_client.get(page).status_code == 200


def test_office_keeps_the_tables(office_client):
    rate = GrantRate.objects.get(project__code="KA131-2025", mobility_type="SMS", country_group="1")
    page = reverse("admin:grants_grantrate_change", args=[rate.pk])
    fields = ["mobility_type", "country_group", "unit", "day_from", "source", "note"]
    data = {name: getattr(rate, name) for name in fields}
    response = office_client.post(page, {**data, "project": rate.project_id, "rate_eur": "-1"})
    assert "rate_eur" in response.context["adminform"].form.errors
    response = office_client.post(page, {**data, "project": rate.project_id, "rate_eur": "612.50"})
    assert response.status_code == 302
    rate.refresh_from_db()
    assert rate.rate_eur == Decimal("612.50")
