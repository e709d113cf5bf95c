"""Lists made by the worker: ordered, made by one of those that look, kept for a day.

The row is the truth. Whoever makes a list holds its lease and renews it as rows are written; a
worker that died lets it end, and the next begins anew under a file name of its own.
"""

from __future__ import annotations

import logging
import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from applications import access
from applications.exports import ewp
from applications.exports.lists import NothingToExport, listing, note_download, note_export, write
from applications.models import ExportFormat, ExportJob, ExportLog, Nomination, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from applications.exports.ewp import LeftOut
    from applications.exports.lists import Listing, Written

    Clock = Callable[[], datetime]


logger = logging.getLogger(__name__)


class Failure(models.TextChoices):
    """Why a list could not be made."""

    NOT_ALLOWED = "not-allowed", _("You may not take the lists of this call any more.")
    NOTHING = "nothing", _("Nobody is nominated any more.")
    NOTHING_FOR_EWP = (
        "nothing-for-ewp",
        _("Nobody can be on an EWP file; below stands what is missing."),
    )
    GAVE_UP = "gave-up", _("Making it went wrong each time. Please order it anew later.")


class LeaseLost(Exception):  # noqa: N818 - an answer
    """The list is not the caller's any more: another worker took it over, or it is gone."""


def ask(
    asked: Listing, file_format: str, *, by: User, now: datetime, german: bool = False
) -> ExportJob:
    """Order a list from the worker; who asks again before it is made gets the one ordered."""
    what = {
        "call": asked.call,
        "host": asked.host,
        "format": file_format,
        "german": german,
        "asked_by": by,
    }
    unfinished = [ExportJob.State.WAITING, ExportJob.State.RUNNING]
    with transaction.atomic():
        # Two clicks come one after the other.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        ordered = ExportJob.objects.filter(**what, state__in=unfinished).first()
        return ordered or ExportJob.objects.create(**what, asked_at=now, total=len(asked.entries))


def is_large(asked: Listing, file_format: str) -> bool:
    """Tell whether a list takes too long for a request."""
    most = settings.EXPORT_AT_ONCE
    # Four files with a letter for each partner.
    return len(asked.entries) > most or (file_format == ExportFormat.ZIP and len(asked.hosts) > 1)


# -- making ----------------------------------------------------------------------------------------


def claim(*, now: datetime) -> ExportJob | None:
    """Lease the list that waits longest to the caller, or say that none is due.

    Those another worker holds are skipped; one whose worker died MOST_ATTEMPTS times has failed.
    """
    with transaction.atomic():
        due = ExportJob.objects.select_for_update(skip_locked=True).filter(
            Q(state=ExportJob.State.WAITING)
            | Q(state=ExportJob.State.RUNNING, leased_until__lte=now)
        )
        for deadly in due.filter(attempts__gte=ExportJob.MOST_ATTEMPTS):
            _fail(deadly, Failure.GAVE_UP, now=now)
        job = due.filter(attempts__lt=ExportJob.MOST_ATTEMPTS).order_by("asked_at").first()
        return None if job is None else _lease(job, now=now)


def claim_own(job: ExportJob, *, now: datetime) -> ExportJob | None:
    """Lease this list to the caller, unless a worker was quicker."""
    with transaction.atomic():
        waiting = ExportJob.objects.select_for_update(skip_locked=True)
        found = waiting.filter(pk=job.pk, state=ExportJob.State.WAITING).first()
        return None if found is None else _lease(found, now=now)


def _lease(job: ExportJob, *, now: datetime) -> ExportJob:
    job.state = ExportJob.State.RUNNING
    job.attempts += 1
    job.done = 0
    job.leased_until = now + timedelta(seconds=settings.EXPORT_LEASE_SECONDS)
    job.save(update_fields=["state", "attempts", "done", "leased_until"])
    return job


def make(job: ExportJob, *, clock: Clock) -> None:
    """Make a list just claimed, of what the asker may see by now.

    The file is complete on the disk before its name exists; the row names it in the transaction
    that logs the export. Raises whatever kept the file from being written: then the list is
    claimed again once the lease has ended.
    """
    try:
        _make(job, clock)
    except LeaseLost:
        logger.info("list %s is being made by another worker", job.pk)


def _make(job: ExportJob, clock: Clock) -> None:
    if not access.can_export(job.asked_by, job.call):
        _end(job, clock, state=ExportJob.State.FAILED, error=Failure.NOT_ALLOWED)
        return
    try:
        asked = listing(job.call, access.nominations_visible_to(job.asked_by), host=job.host)
        _hold(job, clock, total=len(asked.entries))
        _write(job, asked, clock)
    except NothingToExport:
        _end(job, clock, state=ExportJob.State.FAILED, error=Failure.NOTHING)
    except ewp.NothingForEwp as nobody:
        _end(
            job,
            clock,
            state=ExportJob.State.FAILED,
            error=Failure.NOTHING_FOR_EWP,
            left_out=_codes(nobody.left_out),
        )


def _write(job: ExportJob, asked: Listing, clock: Clock) -> None:
    # What is corrected while it is written may be missing in it: the list is of this moment.
    began = clock()
    stored_name = uuid.uuid4().hex
    target = stored_path(stored_name)
    incoming = target.with_suffix(".incoming")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with incoming.open("xb") as file:
            made = write(
                asked,
                job.format,
                file,
                now=began,
                german=job.german,
                step=lambda count: _hold(job, clock, done=F("done") + count),
            )
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        incoming.replace(target)
        _sync(target.parent)
        _finish(job, asked, made, clock, began=began, stored_name=stored_name, size=size)
    except BaseException:
        incoming.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _finish(
    job: ExportJob,
    asked: Listing,
    made: Written,
    clock: Clock,
    *,
    began: datetime,
    stored_name: str,
    size: int,
) -> None:
    with transaction.atomic():
        _end(
            job,
            clock,
            state=ExportJob.State.DONE,
            done=len(asked.entries),
            stored_name=stored_name,
            file_name=made.name,
            size=size,
            left_out=_codes(made.left_out),
        )
        note_export(asked, job.format, made, by=job.asked_by, now=began, job=job.pk)


def _hold(job: ExportJob, clock: Clock, **progress: object) -> None:
    """Write down how far the list is and renew the lease. Raises LeaseLost."""
    _change(
        job, leased_until=clock() + timedelta(seconds=settings.EXPORT_LEASE_SECONDS), **progress
    )


def _end(job: ExportJob, clock: Clock, **values: object) -> None:
    _change(job, leased_until=None, finished_at=clock(), **values)


def _change(job: ExportJob, **values: object) -> None:
    """Change the row if the list is still the caller's. Raises LeaseLost."""
    mine = ExportJob.objects.filter(pk=job.pk, state=ExportJob.State.RUNNING, attempts=job.attempts)
    if not mine.update(**values):
        raise LeaseLost


def _fail(job: ExportJob, failure: Failure, *, now: datetime) -> None:
    job.state = ExportJob.State.FAILED
    job.error = failure
    job.finished_at = now
    job.leased_until = None
    job.save(update_fields=["state", "error", "finished_at", "leased_until"])


def _codes(left_out: tuple[LeftOut, ...]) -> list[list[str]]:
    return [[str(left.nomination), code] for left in left_out for code in left.codes]


# -- fetching and removing -------------------------------------------------------------------------


def stored_path(stored_name: str) -> Path:
    """Return where the file of a list lies: in a folder of its own beside the uploads."""
    return Path(settings.PORTAL_FILES) / "exports" / stored_name


def fetch(job: ExportJob, *, by: User, now: datetime) -> Path:
    """Return where the file lies, and log who fetched it. Raises FileNotFoundError."""
    path = stored_path(job.stored_name)
    if not path.is_file():
        raise FileNotFoundError(path)
    log = ExportLog.objects.get(job=job.pk)
    note_download(log, by=by, now=now)
    named = Nomination.objects.filter(pk__in=log.nominations)
    access.saw(applications=named.values_list("application", flat=True))
    return path


def purge(*, now: datetime) -> int:
    """Remove lists that were kept long enough, and files no row names; returns how many files.

    The log of them stays.
    """
    before = now - settings.EXPORT_KEPT
    over = ExportJob.objects.filter(finished_at__lte=before)
    files = [stored_path(name) for name in over.values_list("stored_name", flat=True) if name]
    over.delete()
    named = set(ExportJob.objects.values_list("stored_name", flat=True))
    # Left by a worker that died; younger ones are being written.
    files += [
        path
        for path in stored_path("").glob("*")
        if path.name not in named and _written_at(path) <= before
    ]
    for path in set(files):
        path.unlink(missing_ok=True)
    return len(set(files))


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
