"""The page on which the office and administrators see how each part of the portal is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from applications import access
from exchange_portal.health import checks
from exchange_portal.health.checks import Part, Status
from exchange_portal.health.trouble import who_mends_it

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.functional import Promise

    from exchange_portal.health.checks import Check

NAMES: dict[Part, Promise] = {
    Part.DATABASE: gettext_lazy("Database"),
    Part.MIGRATIONS: gettext_lazy("Tables of this version"),
    Part.STORAGE: gettext_lazy("Storage of uploaded files"),
    Part.SPACE: gettext_lazy("Free space for files"),
    Part.BROKER: gettext_lazy("Message broker"),
    Part.WORKER: gettext_lazy("Worker"),
    Part.CLOCK: gettext_lazy("Clock of the worker"),
    Part.DEADLINES: gettext_lazy("Deadlines"),
    Part.MAILS: gettext_lazy("Mails"),
    Part.LISTS: gettext_lazy("Lists"),
}
# What it means when the part does not work, for people who do not run servers.
MEANINGS: dict[Part, Promise] = {
    Part.DATABASE: gettext_lazy("Nobody can use the portal."),
    Part.MIGRATIONS: gettext_lazy("An update was not finished: pages may fail."),
    Part.STORAGE: gettext_lazy("No file can be uploaded; what is there can still be submitted."),
    Part.SPACE: gettext_lazy("Soon no file can be uploaded any more."),
    Part.BROKER: gettext_lazy("The worker gets no work; students can apply and submit."),
    Part.WORKER: gettext_lazy("Reviews, mails and long lists wait; students can apply and submit."),
    Part.CLOCK: gettext_lazy(
        "The worker is not told what is due, or is away itself; students can apply and submit."
    ),
    Part.DEADLINES: gettext_lazy("A call is over but not closed; nobody can submit to it late."),
    Part.MAILS: gettext_lazy("Mails wait until the mail server takes them."),
    Part.LISTS: gettext_lazy("A list somebody asked for is not ready after a quarter of an hour."),
}
WORDS: dict[Status, tuple[str, Promise]] = {
    Status.OK: ("success", gettext_lazy("works")),
    Status.DEGRADED: ("warning", gettext_lazy("needs a look")),
    Status.FAILING: ("danger", gettext_lazy("does not work")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One part as the page shows it; `meaning` is empty while it works."""

    name: str
    tone: str
    word: str
    figures: str
    meaning: str


@require_safe
def health(request: HttpRequest) -> TemplateResponse:
    """Show each part's state. Raises PermissionDenied for anybody but office and administrators."""
    if not access.can_see_operation(request.user):
        raise PermissionDenied
    now = timezone.now()
    rows = [_row_of(check) for check in checks.look_at_everything(now)]
    return TemplateResponse(
        request,
        "admin/health.html",
        {
            **admin.site.each_context(request),
            "title": _("State of the portal"),
            "looked_at": now,
            "rows": rows,
            "who_mends_it": who_mends_it() if any(row.meaning for row in rows) else "",
        },
    )


def _row_of(check: Check) -> Row:
    tone, word = WORDS[check.status]
    works = check.status == Status.OK
    return Row(
        name=str(NAMES[check.part]),
        tone=tone,
        word=str(word),
        figures=_figures(check),
        meaning="" if works else str(MEANINGS[check.part]),
    )


def _figures(check: Check) -> str:
    facts = check.facts
    match check.part:
        case Part.SPACE if facts:
            return _("%(count)s MB free") % {
                "count": number_format(facts["free_megabytes"], force_grouping=True)
            }
        case Part.WORKER | Part.CLOCK:
            return _silence(facts)
        case Part.MIGRATIONS if facts["not_applied"]:
            return _counted(
                facts["not_applied"],
                ngettext("%(count)s step missing", "%(count)s steps missing", facts["not_applied"]),
            )
        case Part.DEADLINES:
            count = facts["unclosed_calls"]
            return _counted(
                count, ngettext("%(count)s call not closed", "%(count)s calls not closed", count)
            )
        case Part.MAILS | Part.LISTS:
            count = facts["waiting_too_long"]
            return _counted(
                count, ngettext("%(count)s waits too long", "%(count)s wait too long", count)
            )
    return ""


def _silence(facts: dict[str, int]) -> str:
    seconds = facts.get("seconds_silent")
    if seconds is None:
        return _("no sign of life yet")
    minutes = seconds // 60
    if not minutes:
        return _("last sign of life less than a minute ago")
    return _counted(
        minutes,
        ngettext(
            "last sign of life %(count)s minute ago",
            "last sign of life %(count)s minutes ago",
            minutes,
        ),
    )


def _counted(count: int, sentence: str) -> str:
    return sentence % {"count": number_format(count)} if count else ""
