"""The demonstration: built once, recognised after, a round played again; never anywhere else."""

from __future__ import annotations

import contextlib
import io
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from applications import lifecycle, selection
from applications.exports import sent
from applications.models import (
    Application,
    BetterOffer,
    Call,
    EnrolmentConfirmation,
    ExportLog,
    Nomination,
    NominationCorrection,
    OutgoingMail,
    Placement,
    RankingMove,
    RoleGrant,
    ScoreSheet,
    StateChange,
    Submission,
    SubmissionReview,
    User,
)
from applications.states import State
from exchange_portal.demo import building, papers
from exchange_portal.demo.resetting import reset_round
from grants.models import GrantAward
from partners import models as partner_models
from partners.models import SeatPool
from tests import real_workers
from tests.exchange_portal import demo_urls

if TYPE_CHECKING:
    from collections.abc import Iterator

STUDENTS = 12
# Of twelve: one draft is never submitted; two persons to sign in as come on top.
SUBMISSIONS = 13


@pytest.fixture(scope="module")
def _built(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Path]:  # noqa: ARG001 - asks for the database
    """Build one small demonstration for the tests of this module, and roll it back at the end.

    Each test then works on a savepoint of it: only tests that ask for `played` stand here.
    """
    state = tmp_path_factory.mktemp("demo")
    own = override_settings(
        PORTAL_DEMO=True, PORTAL_FILES=state / "files", PORTAL_EXPORT_DIR=state / "export"
    )
    with django_db_blocker.unblock(), own, transaction.atomic():
        real_workers.load_migrated_data()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(building, "by_worker", contextlib.nullcontext)
            patch.setattr(building, "watch_review", review_here)
            demo("--no-serve", "--students", str(STUDENTS))
        yield state
        transaction.set_rollback(True)


@pytest.fixture
def played(_built, db, settings) -> Call:  # noqa: ARG001 - asks for the database
    """The past call of a small demonstration, played to its end."""
    settings.PORTAL_DEMO = True
    settings.PORTAL_FILES = _built / "files"
    settings.PORTAL_EXPORT_DIR = _built / "export"
    return building.past_call()


def demo(*arguments: str) -> str:
    output = io.StringIO()
    call_command("demo", *arguments, stdout=output)
    return output.getvalue()


def review_here(call, _supervisor, say) -> None:
    """Do in the foreground what worker and beat do; test_demo_start.py has the real ones."""
    say("review in the foreground")
    call_command("review_call", call.code, stdout=io.StringIO())
    call.refresh_from_db()


def counts() -> dict[str, int]:
    """Count the rows of every table of ours, but those of the running session."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in {"applications", "partners", "grants"}
    }


def states(call: Call) -> Counter[str]:
    return Counter(call.applications.values_list("state", flat=True))


# -- what it builds --------------------------------------------------------------------------------


def test_demo_twice_leaves_the_same_counts(played):
    before = counts()

    second = demo("--no-serve", "--students", str(STUDENTS))

    assert "the demonstration is there" in second
    assert counts() == before
    assert building.past_call() == played


def test_demo_plays_the_round_to_its_end(played, settings):
    found = states(played)

    assert played.published_at is not None
    assert Submission.objects.filter(application__call=played).count() == SUBMISSIONS
    assert found[State.LAPSED] == 1
    assert found[State.WITHDRAWN] == 1
    named = (State.NOMINATED, State.CONFIRMED, State.HOST_REJECTED)
    assert all(found[state] for state in named)
    assert sum(found[state] for state in named) == Nomination.objects.count()
    assert NominationCorrection.objects.count() == 1
    assert GrantAward.objects.exists()
    assert not set(found) & {State.UNDER_REVIEW, State.ELIGIBLE}
    assert all(run.is_certified for run in played.allocation_runs.all())
    assert sorted(path.name for path in Path(settings.PORTAL_EXPORT_DIR).iterdir()) == [
        f"nominations-{played.code}.csv",
        f"nominations-{played.code}.xlsx",
        f"nominations-{played.code}.zip",
    ]
    listed = sent.last_lists([played.pk])
    assert len(sent.changed_since([played.pk], listed)) == 1


def test_demo_finds_the_faults_made_on_purpose(played):
    reviews = SubmissionReview.objects.filter(run__call=played)
    codes = {row["code"] for review in reviews for row in review.findings}

    assert codes >= {
        "damaged",
        "letter_not_english",
        "letter_too_long",
        "no_picture",
        "no_text",
        "same_file_twice",
        "same_letter_elsewhere",
        "transcript_not_verifiable",
    }


def test_demo_round_happened_in_its_season(played):
    """Every step lies between opening and the weeks after the answers, in order."""
    instants = StateChange.objects.filter(application__call=played).values_list("at", flat=True)

    assert played.closed_at - played.deadline == timedelta(seconds=10)
    assert played.opens_at < min(instants)
    assert max(instants) < played.deadline + timedelta(days=120) < timezone.now()
    for application in played.applications.all():
        told = list(application.changes.values_list("pk", flat=True))
        assert told == sorted(told)


def test_demo_has_something_for_each_student_to_choose(played):
    open_call = Call.objects.get(programme=played.programme, closed_at=None)
    of_students = {
        login: list(
            Application.objects.filter(student__username=login).values_list("call", "state")
        )
        for login in ("brandlea", "okafodav", "celiknur")
    }

    assert of_students == {
        "brandlea": [(open_call.pk, "draft")] if open_call.is_open(timezone.now()) else [],
        "okafodav": [(played.pk, "offered")],
        "celiknur": [],
    }
    place = Placement.objects.get(application__student__username="okafodav", live=True)
    assert place.answer_by > timezone.now()


@pytest.mark.usefixtures("played")
def test_demo_gives_the_persons_their_roles():
    roles = RoleGrant.objects.in_force(timezone.localdate()).values_list("login_id", "role")

    assert sorted(roles) == [
        ("aydinfat", "office"),
        ("hoffmjul", "coordinator"),
        ("kleinsop", "office"),
        ("novakjan", "administrator"),
        ("weberann", "coordinator"),
        ("yildimeh", "coordinator"),
    ]


def test_demo_marks_its_seats_as_made_up(played):
    hosts = played.hosts.values_list("agreement", flat=True)
    pools = SeatPool.objects.filter(agreement__in=hosts, academic_year=played.academic_year)

    assert set(pools.values_list("made_up", flat=True)) == {True}


@pytest.mark.usefixtures("played")
def test_demo_tells_of_hosts_and_says_that_it_is_made_up():
    newest = partner_models.SeatPool.objects.filter(made_up=True).latest("academic_year")
    testimonials = partner_models.Testimonial.objects.all()
    told = partner_models.HostTerm.objects.filter(made_up=True)

    for row in testimonials:
        assert "Made up for" in row.text or "erfunden" in row.text
    assert sorted((bool(row.stored_name), bool(row.released_at)) for row in testimonials) == [
        (False, False),
        (False, True),
        (True, True),
    ]
    filed = testimonials.exclude(stored_name="").get()
    assert lifecycle.stored_path(filed.stored_name).stat().st_size == filed.size > 0
    assert len(set(told.values_list("host", flat=True))) == 10
    assert Counter(told.values_list("academic_year", "semester")) == {
        (year, semester): 10
        for year in (newest.academic_year - 1, newest.academic_year)
        for semester in ("W", "S")
    }
    deadlines = partner_models.NominationDeadline.objects.filter(made_up=True)
    assert set(deadlines.values_list("academic_year", flat=True)) == {
        newest.academic_year - 1,
        newest.academic_year,
    }


@pytest.mark.usefixtures("played")
def test_demo_keeps_an_answer_that_was_given():
    """The open offer is renewed at each start, but only while it is one."""
    application = Application.objects.get(student__username="okafodav")
    place = lifecycle.accept_offer(application, by=application.student, now=timezone.now())

    demo("--no-serve", "--students", str(STUDENTS))

    application.refresh_from_db()
    assert application.state == State.ACCEPTED
    answer_by = Placement.objects.get(pk=place.pk).answer_by
    assert answer_by == place.answer_by


# -- the round again -------------------------------------------------------------------------------


def findings(call: Call) -> dict[int, list[object]]:
    reviews = SubmissionReview.objects.filter(run__call=call)
    return {review.submission_id: review.findings for review in reviews}


def test_round_set_back_stands_as_after_its_deadline(played):
    RankingMove.objects.create(
        application=played.applications.first(),
        reason="The letter was misread.",
        made_by=User.objects.get(username="weberann"),
    )
    offer = Placement.objects.get(live=True, application__state=State.OFFERED)
    assert lifecycle.remind_offers(now=offer.answer_by - timedelta(days=1)) == 1
    demo("--reset-round")

    played.refresh_from_db()
    assert (played.closed_at, played.published_at, played.applications_sha256) == (None, None, "")
    assert states(played) == {"submitted": SUBMISSIONS - 1, "draft": 1, "withdrawn": 1}
    left = {
        model._meta.model_name
        for model in (
            BetterOffer,
            EnrolmentConfirmation,
            Placement,
            Nomination,
            NominationCorrection,
            GrantAward,
            RankingMove,
            SubmissionReview,
            *map(apps.get_model, ("applications.Ranking", "applications.AllocationRun")),
            *map(apps.get_model, ("applications.ScoreSheet", "applications.PreferenceOutcome")),
            *map(apps.get_model, ("applications.PreferenceVerdict", "applications.Score")),
        )
        if model._default_manager.exists()
    }
    assert left == set()
    assert set(StateChange.objects.values_list("after", flat=True)) == {"submitted", "withdrawn"}
    causes = {key.partition(":")[0] for key in OutgoingMail.objects.values_list("key", flat=True)}
    assert causes == {"receipt", "withdrawn"}
    # Those lists did leave the portal, so the log of it stays, and the demonstration is complete.
    assert ExportLog.objects.filter(call=played).count() == 3


def test_round_set_back_is_reviewed_to_the_same_findings(played):
    before = findings(played)

    reset_round(played)
    review_here(played, None, str)

    assert findings(played) == before
    assert states(played) == {"under_review": SUBMISSIONS - 1, "lapsed": 1, "withdrawn": 1}


def test_round_set_back_forgets_what_came_late(played):
    reset_round(played)
    review_here(played, None, str)
    application = played.applications.filter(state=State.UNDER_REVIEW).first()
    coordinator = User.objects.get(username="weberann")
    slot = played.programme.slots.get(key="cv")
    now = timezone.now()
    before = list(application.documents.order_by("pk").values("pk", "current"))
    lifecycle.reopen_slot(
        application, slot, now + timedelta(days=1), reason="unreadable", by=coordinator, now=now
    )
    upload = SimpleUploadedFile("cv.pdf", papers.scan(77))
    lifecycle.replace_document(application, slot, upload, now=now)
    assert application.submissions.count() == 2

    reset_round(played)

    assert application.submissions.count() == 1
    assert list(application.documents.order_by("pk").values("pk", "current")) == before
    assert not application.concessions.exists()


def test_round_set_back_can_be_played_by_hand(played):
    reset_round(played)
    review_here(played, None, str)
    coordinator = User.objects.get(username="weberann")
    now = timezone.now()
    for application in played.applications.filter(state=State.UNDER_REVIEW):
        lifecycle.confirm_eligible(application, by=coordinator, now=now)
        selection.save_score_sheet(
            application,
            {"motivation": 5, "fit": 5},
            comment="",
            completed=True,
            version=0,
            by=coordinator,
            now=now,
        )
    selection.make_ranking(played, by=coordinator, now=now)
    run = selection.propose_allocation(played, by=coordinator, now=now)
    selection.publish_allocation(run, by=coordinator, now=now)

    assert states(played)[State.OFFERED] > 0
    answers = Placement.objects.filter(live=True).values_list("answer_by", flat=True)
    assert min(answers) > now + timedelta(days=3)


def test_round_set_back_to_its_scores_comes_to_the_same_places(played):
    before = {
        "states": states(played),
        "sheets": sheets(played),
        "places": first_places(played),
        "mails": sorted(OutgoingMail.objects.values_list("key", flat=True)),
    }
    coordinator = User.objects.get(username="weberann")

    demo("--reset-round", "--keep-scores")

    assert set(states(played)) <= {"eligible", "ineligible", "lapsed", "withdrawn"}
    assert sheets(played) == before["sheets"]
    assert not Placement.objects.exists()
    causes = {key.partition(":")[0] for key in OutgoingMail.objects.values_list("key", flat=True)}
    assert causes <= {"receipt", "withdrawn", "lapsed", "ineligible", "review_done"}
    played.refresh_from_db()
    assert (played.closed_at is None, played.published_at) == (False, None)
    now = timezone.now()
    selection.make_ranking(played, by=coordinator, now=now)
    run = selection.propose_allocation(played, by=coordinator, now=now)
    selection.publish_allocation(run, by=coordinator, now=now)
    assert first_places(played) == before["places"]


def sheets(call: Call) -> list[object]:
    rows = ScoreSheet.objects.filter(application__call=call, completed_at__isnull=False)
    return sorted(rows.values_list("pk", "scores__criterion__key", "scores__points"))


def first_places(call: Call) -> dict[str, object]:
    """Return the place the first published run of the call gave to each application."""
    run = call.allocation_runs.order_by("number").first()
    return json.loads(run.result)["assignment"]


# -- the button ------------------------------------------------------------------------------------


@pytest.fixture
def button(settings) -> str:
    settings.ROOT_URLCONF = demo_urls.__name__
    return "/demo/round/{}/reset/"


@pytest.mark.parametrize("login", ["okafodav", "celiknur", "yildimeh", "kleinsop", "novakjan"])
def test_reset_button_is_the_coordinators_alone(played, button, signed_in, login):
    before = states(played)

    answer = signed_in(User.objects.get(username=login)).post(button.format(played.code))

    assert answer.status_code == 404
    assert states(played) == before


def test_reset_button_sets_the_round_back(played, button, signed_in):
    client = signed_in(User.objects.get(username="weberann"))

    assert client.get(button.format(played.code)).status_code == 405
    answer = client.post(button.format(played.code))

    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/admin/applications/call/{played.pk}/round/",
    )
    assert states(played)[State.SUBMITTED] == SUBMISSIONS - 1


def test_reset_button_leaves_an_open_call_alone(played, button, signed_in):
    open_call = Call.objects.get(programme=played.programme, closed_at=None)

    answer = signed_in(User.objects.get(username="weberann")).post(button.format(open_call.code))

    assert answer.status_code == 404
