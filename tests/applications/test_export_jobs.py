"""Lists the worker makes: once, whoever dies; fetched by who ordered them, for a day."""

import io
import zipfile
from datetime import timedelta

import openpyxl
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from applications import tasks
from applications.exports import jobs
from applications.exports.lists import listing
from applications.models import (
    ExportDownload,
    ExportJob,
    ExportLog,
    Nomination,
    NominationCorrection,
    RoleGrant,
)
from tests import factories
from tests.applications.races import at_once
from tests.applications.rounds import published_call
from tests.conftest import berlin

pytestmark = pytest.mark.django_db
HEADER_AND_ONE = 2


@pytest.fixture
def nomination(db):  # noqa: ARG001 - asks for the database
    row = factories.NominationFactory.create()
    factories.SubmissionFactory.create(application=row.application, family_name="Avery")
    return row


@pytest.fixture
def call(nomination):
    return nomination.application.call


def page(call, name, *args):
    return reverse(f"admin:applications_call_{name}", args=[call.pk, *args])


def ordered(call, by, file_format="zip"):
    return jobs.ask(listing(call, Nomination.objects.all()), file_format, by=by, now=timezone.now())


def stored():
    return sorted(path.name for path in jobs.stored_path("").glob("*"))


def job_now(job):
    return ExportJob.objects.get(pk=job.pk)


# -- ordering ------------------------------------------------------------------------------------


def test_short_list_comes_at_once_and_long_one_from_the_worker(
    call, coordinator, coordinator_client, settings
):
    at_once_given = coordinator_client.post(page(call, "export"), {"format": "csv"})
    assert at_once_given.content.decode("utf-8-sig").count("\r\n") == HEADER_AND_ONE
    assert at_once_given["Content-Disposition"] == (
        f'attachment; filename="nominations-{call.code}.csv"'
    )

    settings.EXPORT_AT_ONCE = 0
    led = coordinator_client.post(page(call, "export"), {"format": "csv"})
    job = ExportJob.objects.get()
    assert led.url == page(call, "export_job", job.pk)
    waiting = coordinator_client.get(led.url).content.decode()
    assert f'data-poll="{page(call, "export_progress", job.pk)}"' in waiting
    assert coordinator_client.get(page(call, "export_file", job.pk)).status_code == 404

    tasks.make_exports()

    ready = coordinator_client.get(led.url).content.decode()
    assert ("The list is ready." in ready, "data-poll" in ready) == (True, False)
    fetched = coordinator_client.get(page(call, "export_file", job.pk))
    assert fetched.getvalue() == at_once_given.content
    for header in ("Content-Disposition", "Content-Type", "X-Content-Type-Options"):
        assert fetched[header] == at_once_given[header]
    settings.PORTAL_X_ACCEL_REDIRECT = "/protected-files/"
    again = coordinator_client.get(page(call, "export_file", job.pk))
    job.refresh_from_db()
    assert again["X-Accel-Redirect"] == f"/protected-files/exports/{job.stored_name}"
    assert (again["Content-Type"], again.content) == (fetched["Content-Type"], b"")
    assert [(log.by, log.format, log.job) for log in ExportLog.objects.order_by("pk")] == [
        (coordinator, "csv", None),
        (coordinator, "csv", job.pk),
    ]
    assert [
        (row.export.job, row.by) for row in ExportDownload.objects.select_related("export")
    ] == [(job.pk, coordinator), (job.pk, coordinator), (None, coordinator)]


@pytest.mark.parametrize(("asked", "sheets"), [({"german": "on"}, 2), ({}, 1)])
def test_german_sheet_comes_from_the_worker_too(
    call, nomination, coordinator_client, settings, asked, sheets
):
    settings.EXPORT_AT_ONCE = 0
    coordinator_client.post(page(call, "export"), {"format": "xlsx", **asked})
    tasks.make_exports()
    job = ExportJob.objects.get()
    fetched = coordinator_client.get(page(call, "export_file", job.pk)).getvalue()
    assert len(openpyxl.load_workbook(io.BytesIO(fetched)).sheetnames) == sheets
    assert ExportLog.objects.get().nominations == [nomination.pk]


def test_list_of_one_host_names_it(call, nomination, coordinator_client):
    host = nomination.placement.host.agreement.host
    elsewhere = factories.HostUniversityFactory.create()
    taken = coordinator_client.post(page(call, "export"), {"format": "csv", "host": host.pk})
    assert f"nominations-{call.code}-{host.key}.csv" in taken["Content-Disposition"]
    assert ExportLog.objects.get().host == host

    refused = coordinator_client.post(
        page(call, "export"), {"format": "csv", "host": elsewhere.pk}, follow=True
    )
    assert "Nobody is nominated there." in refused.content.decode()
    assert ExportLog.objects.count() == 1


def test_who_is_in_no_ewp_file_stands_beside_the_list(call, nomination, coordinator_client):
    led = coordinator_client.post(page(call, "export"), {"format": "zip"}, follow=True)
    text = led.content.decode()
    assert "The list is ready." in text
    assert "Not in the EWP file" in text
    assert str(nomination.application.student) in text
    assert "There is no European Student Identifier." in text

    nobody = coordinator_client.post(page(call, "export"), {"format": "ewp"}, follow=True)
    assert "Nobody can be on an EWP file" in nobody.content.decode()
    assert [log.format for log in ExportLog.objects.all()] == ["zip"]


def test_asking_twice_orders_once(call, coordinator):
    first, second = ordered(call, coordinator), ordered(call, coordinator)
    assert first == second
    tasks.make_exports()
    assert ordered(call, coordinator) != first


def test_pages_of_a_list_are_for_who_ordered_it_and_for_a_day(
    call, coordinator, coordinator_client, office_client, at
):
    job = ordered(call, coordinator)
    at("2027-04-01 12:00")
    tasks.make_exports()
    addresses = [
        page(call, name, job.pk) for name in ("export_job", "export_progress", "export_file")
    ]
    other = factories.CallFactory.create(programme=call.programme)

    def statuses(client, asked=addresses):
        answers = [client.get(address) for address in asked]
        for answer in answers:
            b"".join(answer)  # closes the file
        return [answer.status_code for answer in answers]

    assert statuses(coordinator_client) == [200, 200, 200]
    assert statuses(office_client) == [404, 404, 404]
    assert statuses(coordinator_client, [page(other, "export_file", job.pk)]) == [404]
    at("2027-04-02 11:59:59")
    assert statuses(coordinator_client) == [200, 200, 200]
    at("2027-04-02 12:00")
    assert statuses(coordinator_client) == [404, 404, 404]
    assert ExportDownload.objects.count() == 2


def test_protocol_is_given_out_once_published_and_logged(coordinator, coordinator_client):
    hidden = factories.CallFactory.create(closed=True)
    early = coordinator_client.post(page(hidden, "protocol"), {"format": "pdf"}, follow=True)
    assert "once the results are published" in early.content.decode()

    call = published_call([[0]], seats=[1], points=["9"], coordinator=coordinator)
    taken = [
        coordinator_client.post(page(call, "protocol"), {"format": kind})
        for kind in ("pdf", "xlsx")
    ]
    assert [(answer["Content-Disposition"], answer.content[:4]) for answer in taken] == [
        (f'attachment; filename="protocol-{call.code}.pdf"', b"%PDF"),
        (f'attachment; filename="protocol-{call.code}.xlsx"', b"PK\x03\x04"),
    ]
    assert list(
        ExportDownload.objects.order_by("pk").values_list("export__format", "export__call", "by")
    ) == [(kind, call.pk, coordinator.pk) for kind in ("protocol-pdf", "protocol-xlsx")]


def test_log_shows_who_is_on_a_list_and_each_time_it_was_fetched(
    call, nomination, coordinator_client
):
    coordinator_client.post(page(call, "export"), {"format": "csv"})
    log = ExportLog.objects.get()
    records = reverse("admin:applications_exportlog_changelist")
    shown = coordinator_client.get(f"{records}{log.pk}/change/").text
    listed = coordinator_client.get(records)

    assert shown.count('class="form-row has_original') == 1
    address, student = page(call, "nomination", nomination.pk), nomination.application.student
    assert f'<a href="{address}">{student}</a> · {nomination.placement.host}</li>' in shown
    assert shown.count(str(nomination.pk)) == 1
    assert listed.context["cl"].list_display[:2] == ["at", "by"]


def test_log_tells_the_time_by_the_clock_in_bochum(call):
    log = ExportLog(call=call, format="csv", at=berlin("2027-05-10 00:30"))
    assert str(log) == f"{call.code} · csv · 2027-05-10 00:30"
    fetched = ExportDownload(export=log, at=log.at)
    assert str(fetched) == f"{log} · 2027-05-10 00:30"


def test_record_of_a_nomination_leads_to_its_page_and_names_the_corrections(
    nomination, coordinator, coordinator_client
):
    NominationCorrection.objects.create(
        nomination=nomination,
        by=coordinator,
        reason="Married",
        changes={"family_name": ["Avery", "Brecht"]},
    )
    shown = coordinator_client.get(
        reverse("admin:applications_nomination_change", args=[nomination.pk])
    ).text

    assert page(nomination.application.call, "nomination", nomination.pk) in shown
    assert f"{coordinator}: Married (Family name: Avery → Brecht)</li>" in shown


# -- narrowed to one host ------------------------------------------------------------------------


def test_page_of_one_host_offers_its_list_and_stays_with_it(call, nomination, coordinator_client):
    host = nomination.placement.host.agreement.host
    narrowed = f"{page(call, 'nominations')}?host={host.key}"
    shown = coordinator_client.get(narrowed)
    address = f"{page(call, 'export')}?host={host.key}"

    assert shown.context["export"]["form"]["host"].value() == host.pk
    assert f'action="{address}"' in shown.text
    assert coordinator_client.post(address, {"format": "doc"}).url == narrowed


def test_host_that_is_none_of_the_calls_is_not_found(call, coordinator_client):
    other = factories.HostUniversityFactory.create()
    answers = [
        coordinator_client.get(page(call, "nominations"), {"host": key}).status_code
        for key in ("nohost", other.key)
    ]
    assert answers == [404, 404]


# -- the worker ----------------------------------------------------------------------------------


def test_worker_makes_what_the_asker_may_still_see(call, coordinator):
    job = ordered(call, coordinator)
    RoleGrant.objects.filter(login_id=coordinator.username).delete()
    tasks.make_exports()
    found = job_now(job)
    assert (found.state, found.error, stored()) == ("failed", jobs.Failure.NOT_ALLOWED, [])
    assert not ExportLog.objects.exists()


def test_worker_says_when_nobody_is_left(call, coordinator, nomination):
    job = ordered(call, coordinator)
    Nomination.objects.filter(pk=nomination.pk).update(status="cancelled")
    tasks.make_exports()
    assert (job_now(job).state, job_now(job).error) == ("failed", jobs.Failure.NOTHING)


def test_progress_is_written_chunk_by_chunk(call, coordinator, monkeypatch):
    seen = []
    real = jobs._hold

    def noted(job, clock, **progress):
        real(job, clock, **progress)
        seen.append((job_now(job).done, job_now(job).total))

    monkeypatch.setattr(jobs, "_hold", noted)
    job = ordered(call, coordinator)
    tasks.make_exports()
    assert seen == [(0, 1), (1, 1)]
    assert (job_now(job).state, job_now(job).done) == ("done", 1)


def test_list_of_a_dead_worker_is_made_by_the_next(call, coordinator):
    job = ordered(call, coordinator)
    start = timezone.now()
    dead = jobs.claim(now=start)
    assert jobs.claim(now=start) is None
    later = start + timedelta(seconds=settings.EXPORT_LEASE_SECONDS)
    heir = jobs.claim(now=later)
    assert (dead.pk, heir.pk, heir.attempts) == (job.pk, job.pk, 2)

    jobs.make(heir, clock=lambda: later)
    made = stored()
    # The first was not dead, only slow: what it made does not count, and does not stay.
    jobs.make(dead, clock=lambda: later)

    assert (stored(), job_now(job).stored_name) == (made, made[0])
    assert ExportLog.objects.count() == 1


def test_list_that_goes_wrong_is_tried_three_times(call, coordinator, monkeypatch, error_records):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs, "write", full)
    job = ordered(call, coordinator)
    now = timezone.now()
    for _attempt in range(ExportJob.MOST_ATTEMPTS):
        claimed = jobs.claim(now=now)
        with pytest.raises(OSError, match="No space left"):
            jobs.make(claimed, clock=lambda instant=now: instant)
        now += timedelta(seconds=settings.EXPORT_LEASE_SECONDS + 1)
    assert (jobs.claim(now=now), stored()) == (None, [])
    assert (job_now(job).state, job_now(job).error) == ("failed", jobs.Failure.GAVE_UP)

    again = ordered(call, coordinator)
    tasks.make_exports()
    assert error_records.messages == [f"exportjob {again.pk} could not be handled"]
    error_records.clear()


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_two_lists(call, coordinator):
    both = {ordered(call, coordinator, kind).pk for kind in ("zip", "csv")}
    now = timezone.now()
    taken = at_once(*[lambda: jobs.claim(now=now)] * 3)
    assert {job.pk for job in taken if job} == both
    assert sum(job is None for job in taken) == 1


def test_file_goes_after_a_day_and_the_log_stays(call, coordinator):
    job = ordered(call, coordinator)
    tasks.make_exports()
    left = jobs.stored_path("left-by-a-dead-worker.incoming")
    left.write_bytes(b"half")
    with zipfile.ZipFile(jobs.stored_path(job_now(job).stored_name)) as archive:
        assert archive.testzip() is None

    before = job_now(job).finished_at + settings.EXPORT_KEPT - timedelta(seconds=1)
    assert jobs.purge(now=before) == 0
    assert jobs.purge(now=before + timedelta(seconds=2)) == 2
    assert (stored(), ExportJob.objects.count(), ExportLog.objects.get().job) == ([], 0, job.pk)
