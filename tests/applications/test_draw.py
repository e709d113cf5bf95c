"""What students may know of the draw: its promise from the opening on, its proof afterwards."""

import hashlib

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from applications import selection
from tests import factories
from tests.applications.rounds import application, closed_call, publish, score_all

pytestmark = pytest.mark.django_db


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_students_can_draw_again_once_the_results_are_out(coordinator, signed_in):
    call = closed_call([[0], [0]], seats=[1])
    row = application(call, 0)
    client, url = signed_in(row.student), reverse("applications:call", args=[call.code])
    score_all(call, coordinator, ["9", "7"])

    before = client.get(url).content.decode()

    listed = sha256("STUDENT000\nSTUDENT001")
    assert sha256(call.lottery_secret) in before
    assert listed in before
    assert call.lottery_secret not in before

    publish(call, coordinator)
    after = client.get(url).content.decode()

    seed = f"{call.lottery_secret}:{listed}"
    assert f"printf %s '{call.lottery_secret}' | sha256sum" in after
    assert f"printf %s '{seed}:STUDENT000' | sha256sum" in after
    entry = selection.latest_ranking(call).entries.get(application=row)
    assert sha256(f"{seed}:STUDENT000") == entry.lottery
    assert f'Your number: <span class="code">{entry.lottery}</span>' in after


def test_a_draw_says_nothing_before_the_publication(coordinator):
    call = closed_call([[0]], seats=[1])
    score_all(call, coordinator, ["9"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())

    draw = selection.draw_of(call)

    assert (draw.is_open, draw.secret, draw.seed, draw.number("STUDENT000")) == (False, "", "", "")


def test_secret_whose_hash_is_shown_cannot_be_exchanged():
    call = factories.CallFactory.create()
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        type(call).objects.filter(pk=call.pk).update(lottery_secret="0" * 64)
