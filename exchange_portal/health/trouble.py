"""What staff are told when nothing is done in the background: what waits, and whom to tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Min
from django.utils.translation import gettext as _

from applications import mails
from applications.models import Heartbeat
from exchange_portal.health import signs
from exchange_portal.templatetags.portal import instant_in_words

if TYPE_CHECKING:
    from datetime import datetime

MAILS_MAY_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that does not work, in whole sentences."""

    title: str
    text: str
    whom_to_tell: str


def troubles(now: datetime) -> list[Trouble]:
    """Return what staff must know. When the worker is away, mails wait for it: said once."""
    worker = signs.last_signs().get(Heartbeat.Name.WORKER)
    if signs.is_silent(worker, now):
        return [_of_the_worker(worker)]
    since = mails.waiting(now, longer_than=MAILS_MAY_WAIT).aggregate(since=Min("due_at"))["since"]
    return [_of_the_mails(since)] if since else []


def _of_the_worker(last: datetime | None) -> Trouble:
    return Trouble(
        title=_("Nothing has been done in the background since %(moment)s")
        % {"moment": instant_in_words(last)}
        if last
        else _("Nothing is done in the background"),
        text=_(
            "Students can apply, submit and answer offers, and you can read, score and decide. "
            "Deadlines count as always. Waiting until it is mended: reviews, mails, long lists and "
            "giving freed seats on. Nothing is lost."
        ),
        whom_to_tell=who_mends_it(),
    )


def _of_the_mails(since: datetime) -> Trouble:
    return Trouble(
        title=_("Mails have been waiting to be sent since %(moment)s")
        % {"moment": instant_in_words(since)},
        text=_(
            "They wait, and go out by themselves as soon as the mail server takes them. "
            "Students read the same in the portal, under Messages."
        ),
        whom_to_tell=who_mends_it(),
    )


def who_mends_it() -> str:
    """Say who mends it."""
    if settings.OPERATION_MAILBOX:
        return _("Please tell %(mailbox)s.") % {"mailbox": settings.OPERATION_MAILBOX}
    return _("Please tell the people who run this portal in the computing centre.")
