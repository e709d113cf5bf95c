"""What a publication leaves of a call made by `_rounds`: offers, places, nominations, mails."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import _portal  # noqa: F401 - sets Django up
from django.utils import timezone

from applications import models
from partners.models import SeatPool

BATCH = 2_000
# Who is out of a call that is over, and how.
ENDS = (
    ("nominated", 30),
    ("confirmed", 25),
    ("accepted", 5),
    ("declined", 5),
    ("not_placed", 20),
    ("ineligible", 10),
    ("withdrawn", 5),
)
HOLDING = {"nominated", "confirmed", "accepted"}
NAMED = {"nominated": "pending", "confirmed": "approved"}


def results(
    by: models.User,
    call: models.Call,
    applications: Sequence[models.Application],
    submissions: Sequence[models.Submission],
    random: Random,
) -> None:
    """Write what a publication leaves: ranking, run, outcomes, places, nominations, mails."""
    told = call.deadline + timedelta(days=20)
    models.Call.objects.filter(pk=call.pk).update(published_at=told)
    ranking = models.Ranking.objects.create(
        call=call, number=1, created_by=by, rule_version="1", seed="bench"
    )
    models.RankedApplication.objects.bulk_create(
        (
            models.RankedApplication(
                ranking=ranking,
                application=row,
                position=place,
                score=Decimal(50),
                counted_score=Decimal(50),
                breakdown=[],
                lottery=f"{row.pk:064x}",
            )
            for place, row in enumerate(applications, start=1)
        ),
        batch_size=BATCH,
    )
    run = models.AllocationRun.objects.create(
        call=call,
        number=1,
        ranking=ranking,
        created_by=by,
        engine_version="1",
        instance="{}",
        instance_sha256="0" * 64,
        result=json.dumps({"status": "ok", "assignment": {}, "waitlists": {}}),
        result_sha256="0" * 64,
        certificate={"ok": True},
        published_at=told,
        published_by=by,
    )
    first = {
        wish.submission_id: wish
        for wish in models.Preference.objects.filter(submission__application__call=call, rank=1)
    }
    of = {row.application_id: first[row.pk] for row in submissions}
    models.PreferenceOutcome.objects.bulk_create(
        (
            models.PreferenceOutcome(
                run=run,
                application=row,
                host_id=of[row.pk].host_id,
                semester=of[row.pk].semesters[0],
                rank=1,
                reason="placed" if row.state in HOLDING else "below_cutoff",
            )
            for row in applications
        ),
        batch_size=BATCH,
    )
    _places(by, run, [row for row in applications if row.state in HOLDING], of, random)
    _mails(call, applications, told)


def _places(
    by: models.User,
    run: models.AllocationRun,
    placed: Sequence[models.Application],
    wish_of: dict[int, models.Preference],
    random: Random,
) -> None:
    told = run.published_at or timezone.now()
    pools: dict[int, SeatPool] = {}
    rows = SeatPool.objects.filter(academic_year=run.call.academic_year).order_by("-level")
    hosts = dict(run.call.hosts.values_list("pk", "agreement"))
    for pool in rows:
        pools[pool.agreement_id] = pool
    taken: Counter[int] = Counter()
    places = []
    for row in placed:
        wish = wish_of[row.pk]
        pool = pools[hosts[wish.host_id]]
        taken[pool.pk] += 1
        fits = taken[pool.pk] <= pool.seats
        places.append(
            models.Placement(
                application=row,
                run=run,
                host_id=wish.host_id,
                semester=wish.semesters[0],
                pool=pool if fits else None,
                extra_seat=not fits,
                offered_at=told,
                answer_by=told + timedelta(days=14),
                answered_at=told + timedelta(days=3),
            )
        )
    models.Placement.objects.bulk_create(places, batch_size=BATCH)
    named = [row for row in places if row.application.state in NAMED]
    models.EnrolmentConfirmation.objects.bulk_create(
        (
            models.EnrolmentConfirmation(application=row.application, confirmed_by=by)
            for row in named
        ),
        batch_size=BATCH,
    )
    models.Nomination.objects.bulk_create(
        (
            models.Nomination(
                application=row.application,
                placement=row,
                status=NAMED[row.application.state],
                enrolment_confirmed=True,
                nominated_at=told + timedelta(days=random.randint(15, 30)),
                nominated_by=by,
            )
            for row in named
        ),
        batch_size=BATCH,
    )


def _mails(call: models.Call, applications: Sequence[models.Application], told: datetime) -> None:
    models.OutgoingMail.objects.bulk_create(
        (
            models.OutgoingMail(
                key=f"bench:{what}:{row.pk}",
                person=row.student,
                application=row,
                recipient=row.student.email,
                language=row.student.language,
                subject=f"Bench {what}",
                body="Dear student, this is what a mail looks like. " * 10,
                created_at=moment,
                sent_at=moment,
            )
            for row in applications
            for what, moment in (("receipt", call.deadline), ("result", told))
        ),
        batch_size=BATCH,
    )
