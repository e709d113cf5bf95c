"""Own orders of hosts: kept by the coordinators until the call is closed, then only shown."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from applications.admin import orders
from applications.models import Call, HostWeight
from tests import factories
from tests.applications.desk import page, post, said

pytestmark = pytest.mark.django_db

IN_WORDS = "Motivation 75\N{NO-BREAK SPACE}%, Average grade 25\N{NO-BREAK SPACE}%"


@pytest.fixture
def call(faculty):
    call = factories.CallFactory.create(criteria=True, programme__faculty=faculty)
    for key in ("A", "B"):
        factories.CallHostFactory.create(call=call, agreement__host__name_en=key)
    return call


def fields(call) -> dict[str, str]:
    """Return {"A motivation": name of the field} for each host and criterion."""
    return {
        f"{host} {criterion.key}": f"weight_{host.pk}_{criterion.pk}"
        for host in call.hosts.select_related("agreement__host")
        for criterion in call.criteria.all()
    }


def stored(call) -> dict[str, Decimal]:
    return {
        f"{row.host} {row.criterion.key}": row.weight
        for row in HostWeight.objects.filter(host__call=call).select_related(
            "host__agreement__host", "criterion"
        )
    }


def send(client, call, *, seen=None, query="", **weights):
    """Type these weights ("A_motivation") into the page as it is shown, and save."""
    url = page(call, "orders") + query
    if seen is None:
        seen = client.get(url).context["form"].seen_now
    names = fields(call)
    typed = {names[key.replace("_", " ")]: value for key, value in weights.items()}
    return post(client, url, seen=seen, **typed)


def test_weights_are_saved_read_as_percent_and_taken_back(call, coordinator, coordinator_client):
    saved = send(coordinator_client, call, A_motivation="37,5", A_grade="12.5", B_grade="0")

    assert said(saved) == ["The order of 1 host was changed."]
    assert stored(call) == {"A motivation": Decimal("37.5"), "A grade": Decimal("12.5")}
    (row,) = saved.context["own"]
    assert str(row.host) == "A"
    assert IN_WORDS in saved.content.decode()
    assert list(LogEntry.objects.values_list("user", "object_id", "change_message")) == [
        (coordinator.pk, str(call.pk), "The order of 1 host was changed.")
    ]

    same = send(coordinator_client, call, A_motivation="37.5", A_grade="12.5")
    assert said(same) == ["Nothing was changed."]
    back = send(coordinator_client, call, A_motivation="", A_grade="")
    assert (stored(call), back.context["own"]) == ({}, [])


def test_every_mistake_is_said_at_its_field_and_nothing_is_lost(call, coordinator_client):
    names = fields(call)

    answer = send(coordinator_client, call, A_motivation="-1", A_grade="7", B_motivation="much")

    form = answer.context["form"]
    wrong = {names["A motivation"], names["B motivation"]}
    assert (set(form.errors), stored(call)) == (wrong, {})
    html = answer.content.decode()
    for name in wrong:
        assert f'aria-describedby="id_{name}_error"' in html
        assert f'id="id_{name}_error"' in html
        assert f'href="#id_{name}"' in html
    for typed in ("-1", "7", "much"):
        assert f'value="{typed}"' in html


def test_two_windows_do_not_overwrite_each_other(call, coordinator_client):
    seen = coordinator_client.get(page(call, "orders")).context["form"].seen_now
    send(coordinator_client, call, A_motivation="40")

    wrong = send(coordinator_client, call, seen=seen, A_motivation="x")
    late = send(coordinator_client, call, seen=wrong.context["form"].seen_now, A_motivation="60")

    assert stored(call) == {"A motivation": Decimal(40)}
    html = late.content.decode()
    assert "Somebody else saved orders of these hosts meanwhile" in html
    assert ("stored now: 40" in html, 'value="60"' in html) == (True, True)
    send(coordinator_client, call, seen=late.context["form"].seen_now, A_motivation="60")
    assert stored(call) == {"A motivation": Decimal(60)}


def test_closed_call_shows_its_orders_and_takes_none(call, coordinator_client):
    send(coordinator_client, call, A_motivation="3", A_grade="1")
    seen = coordinator_client.get(page(call, "orders")).context["form"].seen_now
    deadline = timezone.now() - timedelta(hours=1)
    Call.objects.filter(pk=call.pk).update(deadline=deadline, closed_at=deadline)

    late = send(coordinator_client, call, seen=seen, A_motivation="99")

    assert said(late) == [
        "The call is closed, so the orders of its hosts can't be changed any more."
    ]
    assert stored(call) == {"A motivation": Decimal(3), "A grade": Decimal(1)}
    html = late.content.decode()
    assert late.context["form"] is None
    assert IN_WORDS in html
    assert "students were told these orders before they applied" in html
    assert "1 other host goes by the common order." in html


def test_office_reads_the_orders_and_changes_none(call, office_client):
    name = fields(call)["A motivation"]

    refused = office_client.post(page(call, "orders"), {name: "5", "seen": ""})

    assert (refused.status_code, stored(call)) == (403, {})
    assert "you can read them here" in office_client.get(page(call, "orders")).content.decode()


def test_more_hosts_than_a_request_may_bring_go_on_the_next_page(
    call, coordinator_client, monkeypatch
):
    monkeypatch.setattr(orders, "MOST_INPUTS", 2)

    send(coordinator_client, call, query="?page=2", B_grade="5")
    first = send(coordinator_client, call, A_grade="7")

    assert stored(call) == {"B grade": Decimal(5), "A grade": Decimal(7)}
    assert [str(row.host) for row in (*first.context["own"], *first.context["common"])] == ["A"]


@pytest.mark.parametrize("count", [1, 3])
def test_page_keeps_its_number_of_queries(
    coordinator_client, faculty, django_assert_num_queries, count
):
    call = factories.CallFactory.create(criteria=True, programme__faculty=faculty, hosts=count)
    for host in call.hosts.all():
        HostWeight.objects.create(host=host, criterion=call.criteria.first(), weight=1)

    # session, person, role grants, call, Django's own permissions (person, groups); criteria,
    # hosts, weights
    with django_assert_num_queries(10):
        coordinator_client.get(page(call, "orders"))
