"""`manage.py review_call CODE`: what the worker does after the deadline, in the foreground."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from applications import pdf_inspection, selection
from applications.models import Call, ReviewRun
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser

WAIT_SECONDS = 0.5


class Command(OneSentenceCommand):
    help = "Close a call whose deadline has passed and review its submissions. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        call = Call.objects.filter(code=options["code"]).first()
        if call is None:
            raise CommandError(f"There is no call {options['code']!r}.", returncode=2)
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
        for run in ReviewRun.objects.filter(call=call, state=ReviewRun.State.RUNNING):
            self._finish(run)
        progress = selection.review_progress(call)
        self.stdout.write(
            f"{progress.total} submissions: {progress.done} reviewed, {progress.failed} failed."
        )

    def _finish(self, run: ReviewRun) -> None:
        with pdf_inspection.Inspector() as inspector:
            while not selection.finish_review(run, now=timezone.now()):
                claimed = selection.claim_reviews(run, now=timezone.now(), most=1)
                for pk in claimed:
                    selection.review_submission(pk, now=timezone.now(), inspector=inspector)
                if not claimed:
                    if ReviewRun.objects.get(pk=run.pk).state == ReviewRun.State.DONE:
                        return
                    # A worker holds the rest under a lease: wait for it, or for it to run out.
                    time.sleep(WAIT_SECONDS)
