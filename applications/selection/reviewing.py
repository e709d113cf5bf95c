"""The machine's review of all submissions of a closed call. It proposes; people decide.

The rows of `SubmissionReview` are the queue: claimed under a lease, each reviewed in its own
transaction, a failure written on its row. A worker may die after any line: the lease runs out and
the row is taken again.
"""

from __future__ import annotations

import logging
import traceback
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, F, Max, Q

from applications import eligibility, pdf_inspection
from applications.lifecycle import expectation, lock_call, stored_path
from applications.models import (
    Application,
    Call,
    Document,
    ReviewRun,
    Submission,
    SubmissionReview,
    latest_submissions,
)
from applications.states import State
from partners.models import SeatPool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 4
CHUNK = 5
FRAMES_KEPT = 8
REVIEWED_STATES = frozenset({State.UNDER_REVIEW, State.ELIGIBLE, State.INELIGIBLE})


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a review stands, counted from its rows."""

    total: int
    done: int
    failed: int

    @property
    def left(self) -> int:
        return self.total - self.done - self.failed

    @property
    def percent(self) -> int:
        return 100 if not self.total else 100 * (self.done + self.failed) // self.total


def start_review(call: Call, *, now: datetime) -> ReviewRun | None:
    """Start a run over every submission that counts and was not reviewed yet.

    None when there is nothing to do, or a run is under way already.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        if locked.closed_at is None:
            return None
        if ReviewRun.objects.filter(call=locked, state=ReviewRun.State.RUNNING).exists():
            return None
        waiting = set(
            Application.objects.filter(call=locked, state__in=REVIEWED_STATES).values_list(
                "pk", flat=True
            )
        )
        counting = {
            pk: newest for pk, newest in latest_submissions(locked).items() if pk in waiting
        }
        reviewed = set(
            SubmissionReview.objects.filter(submission__in=counting.values()).values_list(
                "submission_id", flat=True
            )
        )
        due = sorted(set(counting.values()) - reviewed)
        if not due:
            return None
        run = ReviewRun.objects.create(call=locked, started_at=now)
        SubmissionReview.objects.bulk_create(
            SubmissionReview(run=run, submission_id=pk) for pk in due
        )
    logger.info("review run %s started with %d submissions", run.pk, len(due))
    return run


def claim_reviews(run: ReviewRun, *, now: datetime, most: int = CHUNK) -> list[int]:
    """Lease up to `most` waiting rows to the caller and return their pks.

    Rows another worker holds are skipped, not waited for; a row whose lease ran out (its worker
    died) is waiting again. Who reviews them one after the other claims one at a time: the lease is
    long enough for one.
    """
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    with transaction.atomic():
        # A submission that took its worker down each time must not do so for ever.
        SubmissionReview.objects.filter(
            free, run=run, state=SubmissionReview.State.PENDING, attempts__gte=MOST_ATTEMPTS
        ).update(state=SubmissionReview.State.FAILED, error="The worker died each time.")
        rows = list(
            SubmissionReview.objects.select_for_update(skip_locked=True)
            .filter(free, run=run, state=SubmissionReview.State.PENDING)
            .order_by("attempts", "pk")
            .values_list("pk", flat=True)[:most]
        )
        SubmissionReview.objects.filter(pk__in=rows).update(
            leased_until=now + LEASE, attempts=F("attempts") + 1
        )
    return rows


def review_submission(
    review_pk: int, *, now: datetime, inspector: pdf_inspection.Inspector | None = None
) -> bool:
    """Review one submission in its own transaction; True when this call wrote the findings.

    An error is logged and stored on the row; the row is tried again until its attempts are used
    up, then it is `failed` and shown to a person.
    """
    try:
        with transaction.atomic():
            review = (
                SubmissionReview.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("submission__application__call__programme")
                .filter(pk=review_pk, state=SubmissionReview.State.PENDING)
                .first()
            )
            if review is None:
                return False
            if State(review.submission.application.state) not in REVIEWED_STATES:
                review.findings = []  # withdrawn meanwhile: nobody reads those files any more
            else:
                review.findings = findings_on(review.submission, inspector)
            review.codes = sorted({found["code"] for found in review.findings})
            review.blocking = sum(found["severity"] == "blocking" for found in review.findings)
            review.state = SubmissionReview.State.DONE
            review.reviewed_at = now
            review.error = ""
            review.leased_until = None
            review.save(
                update_fields=[
                    "findings",
                    "codes",
                    "blocking",
                    "state",
                    "reviewed_at",
                    "error",
                    "leased_until",
                ]
            )
            return True
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one must not stop the others
        place = _where(error)
        logger.error("review %s failed: %s", review_pk, place)  # noqa: TRY400 - see _where
        _note_failure(review_pk, place)
        return False


def _where(error: Exception) -> str:
    """Return what went wrong and the lines it came through, without the error's own words.

    Those may quote a student's row or file, and neither logs nor error texts hold personal data.
    """
    lines = [
        f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})"
        for frame in traceback.extract_tb(error.__traceback__)[-FRAMES_KEPT:]
    ]
    return f"{type(error).__name__} in {' > '.join(lines)}"


def _note_failure(review_pk: int, error: str) -> None:
    rows = SubmissionReview.objects.filter(pk=review_pk, state=SubmissionReview.State.PENDING)
    rows.update(error=error, leased_until=None)
    rows.filter(attempts__gte=MOST_ATTEMPTS).update(state=SubmissionReview.State.FAILED)


def finish_review(run: ReviewRun, *, now: datetime) -> bool:
    """Mark a run as done once no row is waiting. True when this call did it."""
    waiting = SubmissionReview.objects.filter(run=run, state=SubmissionReview.State.PENDING)
    if waiting.exists():
        return False
    changed = ReviewRun.objects.filter(pk=run.pk, state=ReviewRun.State.RUNNING).update(
        state=ReviewRun.State.DONE, finished_at=now
    )
    return changed == 1


def review_progress(call: Call) -> Progress:
    """Count the reviews of a call over all its runs."""
    counts = SubmissionReview.objects.filter(run__call=call).aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(state=SubmissionReview.State.DONE)),
        failed=Count("pk", filter=Q(state=SubmissionReview.State.FAILED)),
    )
    return Progress(counts["total"], counts["done"], counts["failed"])


def newest_reviews(submissions: Iterable[int]) -> dict[int, SubmissionReview]:
    """Return the newest finished review of each submission (by pk)."""
    newest = (
        SubmissionReview.objects.filter(
            submission__in=list(submissions), state=SubmissionReview.State.DONE
        )
        .values("submission")
        .annotate(newest=Max("pk"))
        .values_list("newest", flat=True)
    )
    return {row.submission_id: row for row in SubmissionReview.objects.filter(pk__in=newest)}


# -- what is found ---------------------------------------------------------------------------------


def findings_on(
    submission: Submission, inspector: pdf_inspection.Inspector | None = None
) -> list[dict[str, Any]]:
    """Return all findings on a submission: its documents, its completeness, its wishes.

    Each is {"code", "severity", "slot", "preference", "params"}; `slot` and `preference` (rank)
    say what it points to, empty where it is the whole application.
    """
    return [
        *_document_findings(submission, inspector),
        *_eligibility_findings(submission),
    ]


def _finding(
    code: str,
    severity: str,
    *,
    slot: str = "",
    preference: int | None = None,
    params: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "code": code,
        "severity": severity,
        "slot": slot,
        "preference": preference,
        "params": dict(params or {}),
    }


def _document_findings(
    submission: Submission, inspector: pdf_inspection.Inspector | None
) -> list[dict[str, Any]]:
    rows = submission.documents.select_related("document__slot")
    documents = [row.document for row in rows]
    found: list[dict[str, Any]] = []
    held = {document.slot_id for document in documents}
    for slot in submission.application.call.programme.slots.order_by("position"):
        if slot.required and slot.applies_to(submission.level_departure) and slot.pk not in held:
            found.append(_finding("document_missing", "blocking", slot=slot.key))  # noqa: PERF401 - three conditions
    inspect = inspector.inspect if inspector is not None else pdf_inspection.inspect
    letters: dict[str, Document] = {}
    for document in documents:
        report = inspect(stored_path(document.stored_name), expectation(document.slot))
        found.extend(
            _finding(
                remark.code.value,
                "blocking" if remark.severity is pdf_inspection.Severity.HARD else "information",
                slot=document.slot.key,
                params=remark.params,
            )
            for remark in report.findings
        )
        if document.slot.kind == pdf_inspection.DocumentKind.LETTER and report.text_sha256:
            letters[report.text_sha256] = document
    found.extend(_same_file_twice(documents))
    found.extend(_same_letter_elsewhere(submission, letters))
    return found


def _same_file_twice(documents: list[Document]) -> list[dict[str, Any]]:
    slots = defaultdict(list)
    for document in documents:
        slots[document.sha256].append(document.slot.key)
    return [
        _finding("same_file_twice", "information", slot=keys[1], params={"other": keys[0]})
        for keys in slots.values()
        if len(keys) > 1
    ]


def _same_letter_elsewhere(
    submission: Submission, letters: dict[str, Document]
) -> list[dict[str, Any]]:
    found = []
    for digest, document in letters.items():
        others = (
            Document.objects.filter(
                inspection__text_sha256=digest,
                submitted__isnull=False,
                slot__kind=pdf_inspection.DocumentKind.LETTER,
                application__call=submission.application.call,
            )
            .exclude(application=submission.application)
            .values("application")
            .distinct()
            .count()
        )
        if others:
            found.append(
                _finding(
                    "same_letter_elsewhere",
                    "information",
                    slot=document.slot.key,
                    params={"count": others},
                )
            )
    return found


def _eligibility_findings(submission: Submission) -> list[dict[str, Any]]:
    call = submission.application.call
    degree = submission.degree_programme
    has_certificate = submission.documents.filter(document__slot__proves_language=True).exists()
    applicant = eligibility.Applicant(
        level_now=submission.level_now,
        level_departure=submission.level_departure,
        semester=submission.semester_now,
        degree_programme=degree.key,
        degree_level=degree.level,
        isced_f=submission.isced_f,
        isced_f_of_degree=frozenset(degree.isced_f),
        languages=tuple(
            eligibility.LanguageSkill(row.language, row.level, eligibility.Proof(row.proof))
            for row in submission.languages.all()
        ),
        has_certificate_document=has_certificate,
        ects=submission.ects_earned,
        average_grade=submission.average_grade,
    )
    rules = eligibility.ProgrammeRules(
        levels=frozenset(call.programme.levels),
        degree_programmes=frozenset(call.programme.degree_programmes.values_list("key", flat=True)),
        on_condition=frozenset({degree.key} if degree.on_condition else ()),
    )
    preferences = list(submission.preferences.select_related("host__agreement").order_by("rank"))
    offers = host_offers(call)
    wishes = tuple(
        eligibility.Preference(row.rank, str(row.host_id), frozenset(row.semesters))
        for row in preferences
    )
    return [
        _finding(
            remark.code.value,
            remark.severity.value,
            preference=remark.preference,
            params={
                name: list(value) if isinstance(value, tuple) else value
                for name, value in remark.params.items()
            },
        )
        for remark in eligibility.review(applicant, rules, wishes, offers)
    ]


def host_offers(call: Call) -> tuple[eligibility.HostOffer, ...]:
    """Return what the call's hosts offer, as the eligibility rules want to know it."""
    hosts = list(call.hosts.select_related("agreement"))
    pools = defaultdict(list)
    for pool in SeatPool.objects.filter(
        agreement__in=[host.agreement_id for host in hosts], academic_year=call.academic_year
    ):
        pools[pool.agreement_id].append(pool)
    return tuple(host.as_offer(pools[host.agreement_id]) for host in hosts)
