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

    What is due by the rules of retention goes; sessions that are over, in which text kept for
    signing in again may stand; lists the worker made, after a day; and uploaded files that no row
    names, or that nobody confirmed. The files come last: what they lie on may be out of reach.
    """
    with alone("purge_expired") as won:
        if not won:
            return None
        now = timezone.now()
        done = purging.purge(now=now)
        with purging.on_its_own("sessions"):
            Session.objects.filter(expire_date__lt=now).delete()
        with purging.on_its_own("lists"):
            jobs.purge(now=now)
        with purging.on_its_own("uploads of the administration"):
            importing.purge_uploads(now)
        with purging.on_its_own("uploaded files"):
            lifecycle.purge_files(now=now)
        return done
