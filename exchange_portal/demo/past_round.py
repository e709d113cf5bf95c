"""The past call after its deadline: reviewed by the real worker, decided by made-up people.

The dates are those such a round has: feedback within eight weeks, answers two weeks later,
nominations in April. Each is given to the portal's own functions as `now`.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import pgtrigger
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from applications import access, exports, lifecycle, selection, texts
from applications.models import (
    Application,
    Call,
    ExportFormat,
    Nomination,
    Placement,
    PreferenceVerdict,
    ReviewRun,
    StateChange,
    SubmissionReview,
)
from applications.states import State
from exchange_portal import processes
from exchange_portal.demo.catalogue import keep_deadlines_near
from exchange_portal.demo.people import (
    APPLIED_BEFORE,
    COLLEAGUE,
    COORDINATOR,
    NOMINATED,
    OFFICE,
    SECOND_OFFICE,
    SEED,
)
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from applications.models import User

    Say = Callable[[str], None]

POLL = "1"  # seconds between two looks of worker and beat, while somebody waits for them
LONGEST_REVIEW = 300.0  # seconds
ANSWERING_DAYS = 14  # the offer that waits for the visitor


class ReviewTooSlow(Exception):  # noqa: N818 - reads as what happened
    """The worker did not end the review in time; its log says why."""


def by_worker(*programs: processes.Program) -> processes.Supervisor:
    """Return a supervisor of worker and beat that look for work every second."""
    quick = {"PORTAL_POLL_SECONDS": POLL}
    chosen = programs or (processes.worker(), processes.beat())
    return processes.portal_supervisor(
        *(replace(program, env={**program.env, **quick}) for program in chosen)
    )


def watch_review(call: Call, supervisor: processes.Supervisor, say: Say) -> None:
    """Wait until beat and worker have closed the call and reviewed every submission.

    Raises ProgramFailed or ReviewTooSlow.
    """
    limit = time.monotonic() + LONGEST_REVIEW
    shown = -1
    while time.monotonic() < limit:
        supervisor.check()
        call.refresh_from_db()
        progress = selection.review_progress(call)
        if progress.total and progress.percent // 20 != shown:
            shown = progress.percent // 20
            say(f"the worker has reviewed {progress.done} of {progress.total} submissions")
        runs = ReviewRun.objects.filter(call=call)
        running = runs.filter(state=ReviewRun.State.RUNNING).exists()
        if call.closed_at and progress.total and not progress.left and not running:
            return
        time.sleep(0.2)
    raise ReviewTooSlow(f"The review of {call.code} did not end within {LONGEST_REVIEW:.0f} s.")


def put_clock_back(call: Call) -> None:
    """Date what the worker just did to the night of the deadline, when it would have done it."""
    if call.deadline is None or call.closed_at is None:
        raise ValueError("The past call was not closed.")
    closed = call.deadline + timedelta(seconds=10)
    late = call.closed_at - closed
    with transaction.atomic(), pgtrigger.ignore("applications.StateChange:append_only"):
        StateChange.objects.filter(
            application__call=call, by=None, after__in=[State.UNDER_REVIEW, State.LAPSED]
        ).update(at=F("at") - late)
        ReviewRun.objects.filter(call=call).update(
            started_at=F("started_at") - late, finished_at=F("finished_at") - late
        )
        SubmissionReview.objects.filter(run__call=call).update(reviewed_at=F("reviewed_at") - late)
        Call.objects.filter(pk=call.pk).update(closed_at=closed)
    call.refresh_from_db()


class PastRound:
    """The made-up people's work on one reviewed call, step by step."""

    def __init__(
        self, call: Call, people: Mapping[str, User], qualities: Mapping[int, float]
    ) -> None:
        """`qualities`: of the letters, 0 to 1, by the student's pk."""
        if call.deadline is None or call.answer_by is None:
            raise ValueError("The past call has no deadline.")
        self.call = call
        self.deadline: datetime = call.deadline
        self.answer_by: datetime = call.answer_by
        self.coordinator = people[COORDINATOR]
        self.colleague = people[COLLEAGUE]
        self.office = people[OFFICE]
        self.second_office = people[SECOND_OFFICE]
        self.visitor = people[APPLIED_BEFORE]
        self.nominated = people[NOMINATED]
        self.qualities = qualities
        self.chance = random.Random(SEED)  # noqa: S311 - the same decisions each time

    def after(self, days: float) -> datetime:
        return self.deadline + timedelta(days=days)

    def in_state(self, state: State) -> list[Application]:
        rows = self.call.applications.filter(state=state).select_related("student", "call")
        return list(rows.order_by("student__username"))

    def confirm(self) -> None:
        """Decide on what the machine proposed: a person confirms each application."""
        reviews = {
            review.submission.application_id: review
            for review in SubmissionReview.objects.filter(run__call=self.call).select_related(
                "submission"
            )
        }
        with transaction.atomic():
            for application in self.in_state(State.UNDER_REVIEW):
                self._decide(application, reviews[application.pk])

    def _decide(self, application: Application, review: SubmissionReview) -> None:
        now = self.after(14)
        blocking = [row for row in review.findings if row["severity"] == "blocking"]
        for row in blocking:
            if row["preference"] is not None:
                wish = review.submission.preferences.get(rank=row["preference"])
                PreferenceVerdict.objects.get_or_create(
                    application=application,
                    host=wish.host,
                    defaults={
                        "reason": texts.finding_sentence(row["code"], row["params"]),
                        "decided_by": self.coordinator,
                        "decided_at": now,
                    },
                )
        whole = [row for row in blocking if row["preference"] is None]
        if any(not row["slot"] for row in whole):
            reason = "Level and degree programme contradict each other, and nobody answered."
            lifecycle.confirm_ineligible(application, by=self.coordinator, now=now, reason=reason)
        else:
            reason = "The file was fine when it was handed in; seen on paper." if whole else ""
            lifecycle.confirm_eligible(application, by=self.coordinator, now=now, reason=reason)

    def score(self) -> None:
        """Both readers score every letter and every list of wishes, each alone."""
        for reader, days in ((self.coordinator, 20), (self.colleague, 24)):
            with transaction.atomic():
                for application in self.in_state(State.ELIGIBLE):
                    quality = self.qualities.get(application.student_id, 0.5)
                    points = {key: self._points(quality) for key in ("motivation", "fit")}
                    selection.save_score_sheet(
                        application,
                        points,
                        comment="",
                        completed=True,
                        version=0,
                        by=reader,
                        now=self.after(days),
                    )

    def _points(self, quality: float) -> Decimal:
        seen = min(max(quality + self.chance.gauss(0, 0.08), 0), 1) * 20
        return Decimal(seen).quantize(Decimal(1), ROUND_HALF_UP) / 2

    def publish(self) -> None:
        """Rank, allocate and publish; raises what the selection raises."""
        selection.make_ranking(self.call, by=self.coordinator, now=self.after(40))
        run = selection.propose_allocation(
            self.call, by=self.coordinator, now=self.after(42), note="first run"
        )
        selection.publish_allocation(run, by=self.coordinator, now=self.after(50))
        self.call.refresh_from_db()
        keep_offer_open(self.call)

    def answer(self) -> None:
        """Most accept, some decline, a few stay silent until their offers lapse."""
        offered = [row for row in self.in_state(State.OFFERED) if row.student != self.visitor]
        for number, application in enumerate(offered):
            now = self.after(51 + number % 10)
            if application.student == self.nominated:
                selection.accept(application, by=application.student, now=now)
            elif number % 11 == 3:  # noqa: PLR2004 - one in so many, as below
                selection.decline(application, by=application.student, now=now)
            elif number % 17 != 5:  # noqa: PLR2004 - one in so many
                self._accept(application, now)
        keep_offer_open(self.call)
        selection.expire_offers(now=self.answer_by + timedelta(minutes=1))
        # Seats that came free were offered on: those offers run two weeks from their day.
        for application in self.in_state(State.OFFERED):
            if application.student != self.visitor:
                self._accept(application, self.answer_by + timedelta(days=1))
        keep_offer_open(self.call)

    def _accept(self, application: Application, now: datetime) -> None:
        selection.accept(application, by=application.student, now=now)
        place = application.placements.get(live=True)
        possible = lifecycle.semesters_to_choose_from(place)
        if len(possible) > 1 and self.chance.random() < 0.4:  # noqa: PLR2004 - some like the other
            lifecycle.choose_semester(application, self.chance.choice(possible))

    def nominate(self) -> list[Nomination]:
        """Name all of the winter, who is over there by now, and some of the summer.

        The first hosts have answered, one of them with a no; one nomination was corrected after
        the list was sent. Returns those that stand.
        """
        keep_deadlines_near(self.call, timezone.localdate())
        winter = self._accepted(Semester.WINTER)
        summer = self._accepted(Semester.SUMMER)
        with transaction.atomic():
            for number, application in enumerate([*winter, *summer]):
                if number % 4 or application in winter:
                    lifecycle.confirm_enrolment(
                        application,
                        by=self.coordinator,
                        now=self.after(84),
                        note="Certificate of enrolment seen." if number % 3 else "",
                    )
            done = self._name(winter, self.after(85)) + self._name(summer[::3], self.after(90))
            lifecycle.confirm_nominations(self.call, done[::3], by=self.office, now=self.after(100))
            for refused in done[1:2]:
                selection.reject(
                    refused,
                    by=self.office,
                    now=self.after(101),
                    reason="No course in the field left.",
                )
            for nomination in done[2:3]:
                self._correct(nomination)
        self._answer_late()
        return done[:1] + done[2:]

    def _accepted(self, semester: Semester) -> list[Application]:
        return [
            application
            for application in self.in_state(State.ACCEPTED)
            if application.placements.filter(live=True, semester=semester).exists()
        ]

    def _name(self, applications: Sequence[Application], now: datetime) -> list[Nomination]:
        together = lifecycle.nominate_all(
            self.call, applications, by=self.coordinator, now=now, missing={}
        )
        return together.done

    def _correct(self, nomination: Nomination) -> None:
        person = nomination.application.submissions.latest()
        lifecycle.correct_nomination(
            nomination,
            {"given_names": f"{person.given_names} Maria", "comment": "Arrives by night train."},
            by=self.coordinator,
            now=self.after(112),
            reason="The passport has a second given name.",
        )

    def _answer_late(self) -> None:
        """Whoever got the seat the host's no freed takes it, and is nominated in time."""
        for application in self.in_state(State.OFFERED):
            if application.student != self.visitor:
                selection.accept(application, by=application.student, now=self.after(102))
                lifecycle.nominate(
                    application, by=self.coordinator, now=self.after(103), enrolment_confirmed=True
                )
        keep_offer_open(self.call)

    def export(self, directory: Path) -> list[Path]:
        """Write the list as XLSX and CSV, and the folders, which are what the hosts got.

        The log of it is the mark that all is done.
        """
        directory.mkdir(parents=True, exist_ok=True)
        visible = access.nominations_visible_to(self.office)
        written = []
        with transaction.atomic():
            for file_format in (ExportFormat.XLSX, ExportFormat.CSV, ExportFormat.ZIP):
                name, content = exports.export_nominations(
                    self.call, visible, file_format, by=self.office, now=self.after(110)
                )
                (directory / name).write_bytes(content)
                written.append(directory / name)
        return written


def keep_offer_open(call: Call) -> None:
    """Give the student one can sign in as time to answer, counted from today, when it runs out."""
    now = timezone.now()
    Placement.objects.filter(
        application__call=call,
        application__student__username=APPLIED_BEFORE,
        application__state=State.OFFERED,
        live=True,
        answer_by__lt=now + timedelta(days=ANSWERING_DAYS / 2),
    ).update(answer_by=now + timedelta(days=ANSWERING_DAYS))
