"""Publication: the preview names every change and mail, and what is shown is what happens."""

from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from applications import mails, selection, texts
from applications.models import (
    Call,
    Directive,
    OutgoingMail,
    Placement,
    PreferenceOutcome,
    PreferenceVerdict,
    Score,
    StateChange,
    User,
)
from applications.states import State
from partners.models import SeatPool
from tests import factories
from tests.applications.desk import page, post, said
from tests.applications.races import at_once
from tests.applications.rounds import application, closed_call, score_all, states_of

pytestmark = pytest.mark.django_db


def ready(coordinator, wishes=([0, 1], [0], [0], [0], [1]), points=("9", "8", "7", "6", "5")):
    """Return a call with a run to be published: seats for three of five, and one for the last."""
    call = closed_call(list(wishes), seats=[3, 1])
    # Named, so that the mails of now and of a moment later are the same.
    Call.objects.filter(pk=call.pk).update(answer_by=timezone.now() + timedelta(days=20))
    call.refresh_from_db()
    User.objects.filter(pk=application(call, 3).student_id).update(language="de")
    score_all(call, coordinator, list(points))
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    return call, selection.propose_allocation(call, by=coordinator, now=timezone.now())


@pytest.fixture
def call_and_run(coordinator):
    return ready(coordinator)


def publish(client, call, run, seen=None):
    return post(client, page(call, "publish", run.number), seen=seen or run.result_sha256)


def rows_of(shown):
    return [row for part in ("offers", "waiting", "without") for row in shown.context[part]]


def untouched(call):
    """Whether nobody was told anything and nothing was given."""
    call.refresh_from_db()
    written = (Placement, PreferenceOutcome, OutgoingMail)
    return (
        call.published_at is None
        and not any(model.objects.exists() for model in written)
        and not StateChange.objects.filter(before=State.ELIGIBLE).exists()
    )


def test_preview_names_every_change(call_and_run, coordinator_client):
    call, run = call_and_run
    hosts = [str(host) for host in call.hosts.order_by("pk")]

    shown = coordinator_client.get(page(call, "publish", run.number))

    assert [(row.application.code, row.host, row.rank) for row in shown.context["offers"]] == [
        ("STUDENT000", hosts[0], 1),
        ("STUDENT001", hosts[0], 1),
        ("STUDENT002", hosts[0], 1),
        ("STUDENT004", hosts[1], 1),
    ]
    assert [row.application.code for row in shown.context["waiting"]] == ["STUDENT003"]
    assert (shown.context["without"], shown.context["mails"]) == ([], 5)
    assert untouched(call)


def test_mails_go_out_as_the_preview_shows_them(call_and_run, coordinator_client):
    call, run = call_and_run
    shown = coordinator_client.get(page(call, "publish", run.number))

    publish(coordinator_client, call, run)

    def letters(found):
        return sorted((one.recipient, one.language, one.subject, one.body) for one in found)

    assert letters(row.letter for row in rows_of(shown)) == letters(OutgoingMail.objects.all())
    assert {row.letter.language for row in rows_of(shown)} == {"en", "de"}
    assert unescape(shown.text).count("Das Ergebnis Ihrer Bewerbung") >= 1


def test_students_read_what_the_preview_showed(call_and_run, coordinator_client, signed_in):
    call, run = call_and_run
    shown = coordinator_client.get(page(call, "run", run.number))
    told = {
        row.application.code: [(one.rank, one.sentences, one.waiting_position) for one in row.told]
        for row in rows_of(shown)
    }

    publish(coordinator_client, call, run)

    for code, expected in told.items():
        row = call.applications.get(code=code)
        client = signed_in(row.student)
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = row.student.language
        status = client.get(reverse("applications:application", args=[code]))
        assert [
            (one.rank, one.sentences, one.waiting_position) for one in status.context["results"]
        ] == expected
    sentences = told["STUDENT003"][0][1]
    assert sentences[1].startswith(
        "3 Plätze; 4 Bewerbungen darauf bekamen nichts Besseres, Ihre stand an Stelle 4."
    )


@pytest.mark.parametrize("seen", ["", "0" * 64])
def test_another_result_than_was_looked_at_is_not_published(call_and_run, coordinator_client, seen):
    call, run = call_and_run

    answer = post(coordinator_client, page(call, "publish", run.number), seen=seen)

    assert said(answer) == [texts.not_publishable_sentence("not_as_seen")]
    assert untouched(call)


def more_seats(_call, _by):
    SeatPool.objects.update(seats=5)


def pinned(call, by):
    host = call.hosts.order_by("pk")[0]
    Directive.objects.create(
        application=application(call, 3),
        kind="pin",
        host=host,
        semester="W",
        reason="Agreed.",
        made_by=by,
    )


def barred(call, by):
    PreferenceVerdict.objects.create(
        application=application(call, 0),
        host=call.hosts.order_by("pk")[0],
        reason="No certificate.",
        decided_by=by,
    )


def rescored(call, _by):
    Score.objects.filter(sheet__application=application(call, 3)).update(points=10)


def ranked_again(call, by):
    selection.make_ranking(call, by=by, now=timezone.now())


def moved(call, by):
    selection.move_application(
        application(call, 3),
        ahead_of=application(call, 0),
        reason="Hardship.",
        by=by,
        now=timezone.now(),
        seen=1,
    )


@pytest.mark.parametrize("change", [more_seats, pinned, barred, rescored, ranked_again, moved])
def test_run_on_data_changed_since_is_refused_with_the_reason(
    call_and_run, coordinator, coordinator_client, change
):
    call, run = call_and_run
    change(call, coordinator)

    answer = publish(coordinator_client, call, run)

    assert said(answer) == [texts.not_publishable_sentence("out_of_date")]
    assert untouched(call)


def test_publication_that_breaks_half_way_leaves_nothing_behind(
    call_and_run, coordinator, monkeypatch
):
    call, run = call_and_run

    def broken(_letters):
        raise RuntimeError("no mail today")

    monkeypatch.setattr(mails, "queue_all", broken)
    with pytest.raises(RuntimeError, match="no mail today"):
        selection.publish_allocation(run, by=coordinator, now=timezone.now())

    run.refresh_from_db()
    assert (run.published_at, states_of(call)) == (None, [State.ELIGIBLE] * 5)
    assert untouched(call)


def test_second_run_of_a_published_call_is_refused(call_and_run, coordinator, coordinator_client):
    call, run = call_and_run
    other = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    publish(coordinator_client, call, run)
    told = OutgoingMail.objects.count()

    answer = publish(coordinator_client, call, other)

    assert said(answer) == [texts.not_publishable_sentence("already_published")]
    assert (OutgoingMail.objects.count(), Placement.objects.count()) == (told, 4)


@pytest.mark.django_db(transaction=True)
def test_two_runs_published_at_once_are_one_publication(coordinator):
    call, run = ready(coordinator)
    other = selection.propose_allocation(call, by=coordinator, now=timezone.now())

    results = at_once(
        *[
            lambda one=one: selection.publish_allocation(
                one, by=coordinator, now=timezone.now(), seen=one.result_sha256
            )
            for one in (run, other)
        ]
    )

    assert sorted(str(result) for result in results) == ["None", "already_published"]
    assert (Placement.objects.count(), OutgoingMail.objects.count()) == (4, 5)


def test_nobody_reads_the_own_result_beforehand(coordinator, coordinator_client):
    call = closed_call([[0], [0]], seats=[1])
    own = application(call, 0)
    type(own).objects.filter(pk=own.pk).update(student=coordinator)
    other = factories.CoordinatorFactory.create(faculty=call.programme.faculty)
    score_all(call, other, ["9", "8"])
    selection.make_ranking(call, by=other, now=timezone.now())
    selection.propose_allocation(call, by=other, now=timezone.now())

    rows = rows_of(coordinator_client.get(page(call, "publish", 1)))

    assert [(bool(row.told), row.letter is None) for row in rows] == [(False, True), (True, False)]


def test_mail_is_shown_to_a_blind_reader_without_the_name(call_and_run, faculty, signed_in):
    call, run = call_and_run
    Call.objects.filter(pk=call.pk).update(blind_reading=True)
    client = signed_in(factories.CoordinatorFactory.create(faculty=faculty))

    row = client.get(page(call, "publish", run.number)).context["offers"][0]

    assert (row.name, row.letter.body.splitlines()[0]) == ("STUDENT000", "Dear STUDENT000,")
