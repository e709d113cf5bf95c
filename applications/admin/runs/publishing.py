"""The last look before the results go out, and their publication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from applications import access, selection, texts
from applications.admin.doors import for_call, page, posted, to_round, user_of
from applications.admin.runs import data
from applications.admin.runs.names import Names
from applications.admin.runs.preview import preview

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import AllocationRun, Call


@require_http_methods(["GET", "HEAD", "POST"])
@for_call(access.can_publish)
def publish(request: HttpRequest, call: Call, number: int) -> HttpResponseBase:
    """Name every change and mail; publish on the second yes, to exactly what was shown."""
    run: AllocationRun = data.run_or_404(call, number)
    if request.method != "POST":
        return _preview(request, call, run)
    try:
        selection.publish_allocation(
            run, by=user_of(request), now=timezone.now(), seen=posted(request, "seen")
        )
    except selection.NotPublishable as refused:
        messages.error(request, texts.not_publishable_sentence(refused.code))
        return to_round(call, "run", number)
    messages.success(
        request, gettext("The results are published. The mails go out with the next minute.")
    )
    return to_round(call)


def _preview(request: HttpRequest, call: Call, run: AllocationRun) -> HttpResponseBase:
    reader = user_of(request)
    names = Names(call, reader)
    shown = data.run(run, names)
    if shown["is_ok"]:
        shown |= preview(run, names, reader, now=timezone.now())
    title = gettext("Publish run %(number)s") % {"number": run.number}
    return page(request, "publish", call, title, with_mails=True, **shown)
