"""Criteria in the administration: what is asked for each, and what a common order needs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from applications.models import Call, Criterion
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(faculty):
    return factories.CallFactory.create(criteria=True, programme__faculty=faculty)


def change_page(call):
    return reverse("admin:applications_call_change", args=[call.pk])


def typed(call, client) -> dict[str, object]:
    """Return the page of the call as it is filled in."""
    context = client.get(change_page(call)).context
    forms = [context["adminform"].form]
    sent: dict[str, object] = {}
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for field in form:
            value = field.value()
            if field.name in {"opens_at", "deadline"}:
                value = value.strftime("%Y-%m-%dT%H:%M:%S")
            if field.name == "tie_breakers":
                sent |= {f"tie_breakers_{place}": key for place, key in enumerate(value)}
            elif value is not None and value is not False:
                sent[field.html_name] = value
    return sent


def test_texts_language_and_anchors_of_a_criterion_are_typed(call, coordinator_client):
    form = typed(call, coordinator_client)
    form |= {
        "criteria-0-about_en": "Are the reasons clear?",
        "criteria-0-about_de": "Sind die Gründe klar?",
        "criteria-0-anchors_en": "10: outstanding",
        "criteria-0-anchors_de": "10: hervorragend",
        "criteria-0-language": "es",
        "readers_needed": "2",
        "sheet_distance": "25",
    }

    answer = coordinator_client.post(change_page(call), form)

    assert answer.status_code == 302
    columns = ("about_en", "about_de", "anchors_en", "anchors_de", "language")
    first = call.criteria.order_by("position", "pk").values_list(*columns).first()
    assert first == (
        "Are the reasons clear?",
        "Sind die Gründe klar?",
        "10: outstanding",
        "10: hervorragend",
        "es",
    )
    call.refresh_from_db()
    assert (call.readers_needed, call.sheet_distance) == (2, 25)


@pytest.mark.parametrize(("weight", "is_refused"), [("0", True), ("0.01", False)])
def test_common_order_needs_a_weight(call, coordinator_client, weight, is_refused):
    form = typed(call, coordinator_client)
    form |= {"criteria-0-weight": "0", "criteria-1-weight": weight}

    answer = coordinator_client.post(change_page(call), form)

    sentence = "At least one criterion needs a weight above 0"
    assert (sentence in answer.content.decode()) == is_refused
    first = Criterion.objects.filter(call=call).order_by("position", "pk")[0]
    assert (first.weight == 0) != is_refused


def test_key_stands_once_in_a_call(call, coordinator_client):
    form = typed(call, coordinator_client) | {"criteria-1-key": "motivation"}

    answer = coordinator_client.post(change_page(call), form)

    assert "Please correct the duplicate" in answer.content.decode()
    assert set(call.criteria.values_list("key", flat=True)) == {"motivation", "grade"}


def test_each_criterion_says_how_its_points_come_about(call, coordinator_client):
    html = coordinator_client.get(change_page(call)).content.decode()

    for sentence in (
        "Given by readers: the mean of all complete score sheets.",
        "Computed: (4.0 − average grade) ÷ 3.0 of the points.",
    ):
        assert sentence in html


def test_readers_and_distance_are_words_once_the_call_is_closed(call, coordinator_client):
    deadline = timezone.now() - timedelta(hours=1)
    Call.objects.filter(pk=call.pk).update(
        deadline=deadline, closed_at=deadline, readers_needed=3, sheet_distance=40
    )

    shown = coordinator_client.get(change_page(call))

    assert {"readers_needed", "sheet_distance"}.isdisjoint(shown.context["adminform"].form.fields)
    assert "40 % of the scale" in shown.content.decode()
    coordinator_client.post(change_page(call), {"readers_needed": 1, "sheet_distance": Decimal(1)})
    call.refresh_from_db()
    assert (call.readers_needed, call.sheet_distance) == (3, 40)
