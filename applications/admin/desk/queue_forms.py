"""The filters of the queue, and who is asked to read: the small forms above and behind the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from applications import access, selection, texts
from applications.admin.desk import queue as desk_queue
from applications.models import SubmissionReview
from partners.models import Level

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from applications.admin.desk.queue import Queue
    from applications.models import Call, User

OUTCOMES: dict[str, _StrPromise] = {
    desk_queue.BLOCKING: _("blocking findings"),
    desk_queue.REMARKS: _("remarks only"),
    desk_queue.NONE: _("no findings"),
    desk_queue.NOT_REVIEWED: _("not reviewed yet"),
}
READERS = {desk_queue.MINE: _("assigned to me"), desk_queue.NOBODY: _("assigned to nobody")}
READ = {
    desk_queue.NOT_BY_ME: _("not by me yet"),
    desk_queue.NOT_BY_ANYONE: _("not by anyone yet"),
}
