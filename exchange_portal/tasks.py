"""Tasks that need every app. As thin as those of applications, and run by the same worker."""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from applications import lifecycle
from applications.exports import jobs
from applications.tasks import alone
from exchange_portal.privacy import purging
from partners import importing


@shared_task
def purge_expired() -> None:
    """Remove whatever is not needed any more."""
    purge_now()


def purge_now() -> dict[str, int] | None:
    """Purge unless somebody else does; return how many of each kind of personal data went.

    Uploaded files go that no row names, or that nobody confirmed; lists the worker made, after a
    day; sessions that are over, in which text kept for signing in again may stand; and what is
    due by the rules of retention, whose files follow with the next run.
    """
    with alone("purge_expired") as won:
        if not won:
            return None
        now = timezone.now()
        lifecycle.purge_files(now=now)
        importing.purge_uploads(now)
        jobs.purge(now=now)
        Session.objects.filter(expire_date__lt=now).delete()
        return purging.purge(now=now)
