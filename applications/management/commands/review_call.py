"""`manage.py review_call CODE`: what the worker does after the deadline, in the foreground."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from applications import pdf_inspection, selection, texts
from applications.models import Call, ReviewRun
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser

WAIT_SECONDS = 0.5
# A worker that has the rest in hand may be done with it, or the run be stopped, long before the
# next row is due.
LONGEST_WAIT_SECONDS = 5.0
SAY_SECONDS = 5.0
# A restart of the database takes seconds; whoever has it away for longer looks after it.
DATABASE_PATIENCE = timedelta(minutes=5)


class Command(OneSentenceCommand):
    help = (
        "Close a call whose deadline has passed and review its submissions. Safe to repeat, and"
        " beside workers; a run that was stopped goes on with --resume only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE")
        parser.add_argument("--resume", action="store_true", help="go on with a stopped run")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        code = options["code"]
        # PostgreSQL refuses to be asked for a NUL or for bytes that are no text.
        call = Call.objects.filter(code=code).first() if code.isprintable() else None
        if call is None:
            raise CommandError(f"There is no call {code!r}.", returncode=2)
        if options["resume"]:
            selection.resume_review(call, by=None)
        run = selection.run_under_way(call)
        if run is not None and run.state == ReviewRun.State.STOPPED:
            hint = f"`review_call {call.code} --resume` goes on with it."
            raise CommandError(f"{self._stopped(run)} {hint}", returncode=2)
        now = timezone.now()
        if call.closed_at is None and not selection.close_call(call, now=now):
            call.refresh_from_db()
            if call.closed_at is None:
                raise CommandError(
                    f"The deadline of {call.code!r} has not passed; nothing was reviewed.",
                    returncode=2,
                )
        selection.close_extended(call, now=now)
        selection.start_review(call, now=now)
        run = selection.run_under_way(call)
        if run is not None:
            self._go_through(run)
        progress = selection.review_progress(call)
        self.stdout.write(
            f"{progress.total} submissions: {progress.done} reviewed, {progress.failed} failed."
        )
        for review in selection.failed_reviews(call):
            self.stdout.write(f"{review.submission.application.code} failed: {review.error}")

    def _go_through(self, run: ReviewRun) -> None:
        """Review until the run is done, whoever else reviews beside."""
        answered = timezone.now()
        self._said, self._say_at = "", time.monotonic()
        with pdf_inspection.Inspector() as inspector:
            while True:
                try:
                    self._say_progress(run)
                    wait = self._review_next(run, inspector)
                except selection.DATABASE_AWAY as error:
                    # Without this the broken connection would be asked again.
                    connection.close()
                    if timezone.now() - answered > DATABASE_PATIENCE:
                        raise CommandError(
                            "The database does not answer. What was reviewed is kept:"
                            " start the command again when it does."
                        ) from error
                    wait = WAIT_SECONDS
                else:
                    answered = timezone.now()
                if wait is None:
                    return
                time.sleep(wait)

    def _review_next(self, run: ReviewRun, inspector: pdf_inspection.Inspector) -> float | None:
        """Review one submission; return the seconds to wait before the next, None at the end."""
        claimed = selection.claim_reviews(run, now=timezone.now(), most=1)
        for pk in claimed:
            selection.review_submission(pk, now=timezone.now(), inspector=inspector)
        if selection.finish_review(run, now=timezone.now()):
            return None
        if claimed:
            return 0.0
        current = ReviewRun.objects.select_related("call", "stopped_by").get(pk=run.pk)
        if current.state == ReviewRun.State.DONE:
            return None
        if current.state == ReviewRun.State.STOPPED:
            raise CommandError(f"{self._stopped(current)} What was reviewed until then is kept.")
        # Others have the rest in hand, or it failed and waits before it is tried again.
        due = selection.next_due(run) or timezone.now()
        rest = (due - timezone.now()).total_seconds()
        return min(max(rest, WAIT_SECONDS), LONGEST_WAIT_SECONDS)

    def _say_progress(self, run: ReviewRun) -> None:
        """Say how far it is, every few seconds and when something changed."""
        if time.monotonic() < self._say_at:
            return
        self._say_at = time.monotonic() + SAY_SECONDS
        progress, due = selection.review_progress(run.call), selection.next_due(run)
        line = (
            f"{progress.done} of {progress.total} reviewed, {progress.failed} failed,"
            f" {progress.left} left."
        )
        if due is not None and due > timezone.now():
            line += f" The next is due by {timezone.localtime(due):%H:%M:%S}."
        if line != self._said:
            self._said = line
            self.stdout.write(line)

    @staticmethod
    def _stopped(run: ReviewRun) -> str:
        if run.stopped_at is None:
            raise ValueError("This run was not stopped.")
        when = texts.instant(run.stopped_at)
        return f"The review of {run.call.code} was stopped by {run.stopped_by} on {when}."
