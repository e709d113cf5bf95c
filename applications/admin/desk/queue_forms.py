"""The filters of the queue, and who is asked to read: the small forms above and behind the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from applications.admin.desk import queue as desk_queue

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


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
