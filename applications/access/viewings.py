"""Who looked at what: written by whatever shows it, for those who have to answer for it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from applications.access.permissions import reads_blind
from applications.models import Viewing

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Application, Document, User

# The pages of a document are asked for one by one, and a file is opened again and again: within
# this time that is one viewing.
AGAIN_AFTER = timedelta(hours=1)


def note_viewing(
    user: User,
    application: Application,
    *,
    now: datetime,
    document: Document | None = None,
    download: bool = False,
) -> None:
    """Write down that a member of staff sees an application, or one of its documents.

    Nothing is written of students and their own applications. Looking again within the hour is
    the same viewing, unless what was hidden before shows now.
    """
    if application.student_id == user.pk:
        return
    viewing = Viewing(
        application=application,
        document=document,
        person=user,
        what=_what(document, download=download),
        blind=reads_blind(user, application, now),
        at=now,
    )
    same = Viewing.objects.filter(
        application=application,
        document=document,
        person=user,
        what=viewing.what,
        blind=viewing.blind,
        at__gt=now - AGAIN_AFTER,
    )
    if not same.exists():
        viewing.save(force_insert=True)


def _what(document: Document | None, *, download: bool) -> Viewing.What:
    if document is None:
        return Viewing.What.FILE
    return Viewing.What.DOWNLOAD if download else Viewing.What.DOCUMENT
