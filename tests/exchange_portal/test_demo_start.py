"""Where the demonstration may start, and that the real worker and beat play its part in it."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from pathlib import Path

import pgtrigger
import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.urls import NoReverseMatch, reverse

from applications.models import Application, Call, Document, ExportDownload, ExportLog, User
from exchange_portal import urls
from exchange_portal.demo import building, papers
from exchange_portal.demo.people import made_up_students
from exchange_portal.demo.resetting import reset_round
from partners import models
from tests import factories, real_workers

STUDENTS = 12


@pytest.fixture(autouse=True)
def _demonstration(settings) -> None:
    settings.PORTAL_DEMO = True


def demo(*arguments: str) -> str:
    output = io.StringIO()
    call_command("demo", *arguments, stdout=output)
    return output.getvalue()


def review_here(call, _supervisor, _say) -> None:
    """Do in the foreground what worker and beat do: their part was seen the first time."""
    call_command("review_call", call.code, stdout=io.StringIO())
    call.refresh_from_db()


def states(call: Call) -> Counter[str]:
    return Counter(call.applications.values_list("state", flat=True))


# -- where it may run ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_demo_refuses_an_installation_that_is_none(settings):
    settings.PORTAL_DEMO = False

    with pytest.raises(CommandError, match="This is no demonstration") as refusal:
        demo("--no-serve")

    assert refusal.value.returncode == 2
    assert not User.objects.exists()
    assert not Call.objects.exists()


@pytest.mark.django_db
def test_reset_refuses_an_installation_that_is_none(settings):
    call = factories.CallFactory.create(closed=True)
    settings.PORTAL_DEMO = False

    with pytest.raises(PermissionDenied):
        reset_round(call)

    call.refresh_from_db()
    assert call.closed_at is not None


@pytest.mark.django_db
def test_demo_never_empties_a_database_with_real_people():
    application = factories.ApplicationFactory.create()

    with pytest.raises(CommandError, match="people who are not of the demonstration") as refusal:
        demo("--no-serve")

    assert refusal.value.returncode == 2
    assert list(Application.objects.all()) == [application]


@pytest.mark.django_db
def test_round_is_not_set_back_before_there_is_one():
    with pytest.raises(CommandError, match="no past call yet") as refusal:
        demo("--reset-round")
    assert refusal.value.returncode == 2


def test_reset_button_has_no_address_outside_the_demonstration():
    # Imported with this module, before any test could turn the demonstration on.
    assert "demo/" not in {str(pattern.pattern) for pattern in urls.urlpatterns}
    with pytest.raises(NoReverseMatch):
        reverse("demo:reset_round", args=["erasmus-2026"])


def test_made_up_students_are_the_same_each_time():
    few, many = list(made_up_students(5)), list(made_up_students(50))

    assert many[:5] == few
    assert len({student.login_id for student in many}) == 50


def test_papers_are_the_same_each_time():
    assert papers.scan(3) == papers.scan(3)
    assert papers.scan(3) != papers.scan(4)


def stored_names():
    """The files that some row names: documents of students, and a testimonial."""
    told = models.Testimonial.objects.exclude(stored_name="")
    assert told.count() == 1
    return {row.stored_name for row in (*Document.objects.all(), *told)}


# -- the real worker -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_demo_is_reviewed_by_the_real_worker_and_built_anew_when_interrupted(
    monkeypatch, settings, tmp_path
):
    real_workers.load_migrated_data()
    env = real_workers.environment(Path(settings.PORTAL_FILES), queue=1)
    monkeypatch.setattr(
        building, "by_worker", lambda: real_workers.worker_and_beat(env, tmp_path / "logs")
    )
    first = demo("--no-serve", "--students", str(STUDENTS))
    stored = stored_names()
    before = states(building.past_call())

    # As if it had been killed before its last step.
    with pgtrigger.ignore(
        "applications.ExportLog:append_only", "applications.ExportDownload:never_changed"
    ):
        ExportDownload.objects.all().delete()
        ExportLog.objects.all().delete()
    assert building.past_call() is None
    monkeypatch.setattr(building, "by_worker", contextlib.nullcontext)
    monkeypatch.setattr(building, "watch_review", review_here)
    second = demo("--no-serve", "--students", str(STUDENTS))

    assert f"reviewed {STUDENTS} of {STUDENTS} submissions" in first
    assert "removing what is there of the demonstration" in second
    assert states(building.past_call()) == before
    assert stored_names() == stored
    assert {path.name for path in Path(settings.PORTAL_FILES).glob("??/*")} == stored
