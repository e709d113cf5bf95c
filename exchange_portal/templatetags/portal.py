"""What every template may use: instants with their zone, sizes, badges, deadlines, error links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django import template
from django.forms import BaseForm, BaseFormSet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import ngettext, pgettext

from applications import texts
from applications.models import Application
from applications.models.application import STATE_CHOICES
from applications.states import State
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import BoundField
    from django.utils.functional import Promise
    from django.utils.safestring import SafeString

    from applications.models import Call

register = template.Library()

# Deadlines are set and kept by this clock whatever the reader's or the server's zone is (DOMAIN).
CAMPUS_ZONE = ZoneInfo("Europe/Berlin")
# From here on a deadline is shown as near.
SOON = timedelta(days=7)

TONES_OF_STATES: dict[str, str] = {
    State.DRAFT: "warning",
    State.SUBMITTED: "success",
    State.LAPSED: "neutral",
    State.UNDER_REVIEW: "info",
    State.ELIGIBLE: "info",
    State.INELIGIBLE: "danger",
    State.OFFERED: "warning",
    State.WAITLISTED: "info",
    State.NOT_PLACED: "neutral",
    State.ACCEPTED: "success",
    State.DECLINED: "neutral",
    State.EXPIRED: "neutral",
    State.NOMINATED: "success",
    State.CONFIRMED: "success",
    State.HOST_REJECTED: "danger",
    State.WITHDRAWN: "neutral",
    State.CANCELLED: "neutral",
}
TONES_OF_MESSAGES = {"error": "danger", "debug": "neutral"}


def _zone_name(moment: datetime) -> str:
    if moment.dst():
        return pgettext("Central European Summer Time", "CEST")
    return pgettext("Central European Time", "CET")


@register.filter
def instant_in_words(moment: datetime | None) -> str:
    """Say an aware instant by the university's clock, with the zone's name: for mails."""
    if moment is None:
        return ""
    local = moment.astimezone(CAMPUS_ZONE)
    words = date_format(local, pgettext("date and time format", "j F Y, H:i"), use_l10n=False)
    return f"{words} {_zone_name(local)}"


@register.filter
def day_in_words(value: date) -> str:
    """Say a day in words: for mails."""
    return texts.day(value)


@register.filter
def last_minute(moment: datetime | None) -> datetime | None:
    """Return the last minute before the first instant that is too late, as deadlines are shown."""
    return moment and moment - timedelta(minutes=1)


@register.filter
def second_in_words(moment: datetime) -> str:
    """Say an aware instant to the second, with the zone's name: for receipts."""
    local = moment.astimezone(CAMPUS_ZONE)
    words = date_format(
        local, pgettext("date and time format, to the second", "j F Y, H:i:s"), use_l10n=False
    )
    return f"{words} {_zone_name(local)}"


@register.filter
def instant(moment: datetime | None) -> SafeString | str:
    """Show an aware instant by the university's clock as a <time> element."""
    if moment is None:
        return ""
    local = moment.astimezone(CAMPUS_ZONE)
    return format_html(
        '<time datetime="{}">{}</time>',
        local.isoformat(timespec="minutes"),
        instant_in_words(local),
    )


@register.filter
def semesters_in_words(semesters: Iterable[str]) -> str:
    """Say the semesters that fit a preference: "Winter semester, Summer semester"."""
    return ", ".join(str(Semester(semester).label) for semester in semesters)


@register.filter
def day(value: date | None) -> SafeString | str:
    """Show a date; of an instant, the day it is in Bochum."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(CAMPUS_ZONE).date()
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), day_in_words(value))


@register.filter
def size(number: int | None) -> str:
    """Show the size of a stored file."""
    return "" if number is None else texts.file_size(number)


@register.filter
def tone(level_tag: str) -> str:
    """Turn the level of a message into the tone of an alert."""
    return TONES_OF_MESSAGES.get(level_tag, level_tag)


@register.inclusion_tag("components/icon.html")
def icon(name: str) -> dict[str, str]:
    return {"name": name}


@register.inclusion_tag("components/badge.html")
def state_badge(state: Application | str) -> dict[str, str | Promise]:
    """Say the state of an application in words, toned."""
    value = state.state if isinstance(state, Application) else state
    return {"tone": TONES_OF_STATES[value], "text": dict(STATE_CHOICES)[value]}


def time_left(rest: timedelta) -> str:
    """Put the time to a deadline into words, rounded down: days, else hours, else minutes."""
    minutes = int(rest.total_seconds() // 60)
    if minutes >= 48 * 60:  # two days: "1 day" would be too vague near the end
        count = minutes // (24 * 60)
        return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    if minutes >= 120:  # noqa: PLR2004 - two hours
        count = minutes // 60
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


@register.inclusion_tag("components/deadline.html")
def deadline(call: Call, until: datetime | None = None) -> dict[str, object]:
    """Show the deadline of a call (or the student's own, `until`) and the time that is left.

    `until` is the first instant that is too late; the last minute that counts is shown.
    """
    now = timezone.now()
    end = until or call.deadline
    rest = end - now if end else None
    return {
        "call": call,
        "end": end,
        "now": now,
        "last_minute": end and end - timedelta(minutes=1),
        "over": rest is not None and rest <= timedelta(0),
        "soon": rest is not None and timedelta(0) < rest <= SOON,
        "rest": time_left(rest) if rest else "",
        "not_yet": not call.has_opened(now),
    }


@dataclass(frozen=True, slots=True)
class ErrorLink:
    """One line of the error summary. An empty `anchor` belongs to no single field."""

    anchor: str
    text: str


def _anchor(field: BoundField) -> str:
    if field.is_hidden:
        return ""
    # A group of radios or checkboxes has no id of its own for the label: its first input does.
    return field.id_for_label or (f"{field.auto_id}_0" if field.auto_id else "")


def _links_of_form(form: BaseForm) -> Iterable[ErrorLink]:
    for message in form.non_field_errors():
        yield ErrorLink("", str(message))
    for field in form:
        for message in field.errors:
            yield ErrorLink(_anchor(field), f"{str(field.label).rstrip('.:?')}: {message}")


def error_links(*forms: BaseForm | BaseFormSet[BaseForm]) -> list[ErrorLink]:
    """List the errors of forms and formsets in the order of their fields."""
    links: list[ErrorLink] = []
    for form in forms:
        if not form:
            continue
        if isinstance(form, BaseFormSet):
            links += [ErrorLink("", str(message)) for message in form.non_form_errors()]
            for part in form.forms:
                links += _links_of_form(part)
        else:
            links += _links_of_form(form)
    return links


@register.inclusion_tag("components/error_summary.html")
def error_summary(
    *forms: BaseForm | BaseFormSet[BaseForm],
    problems: Iterable[tuple[str, str]] = (),
    saved: bool = False,
) -> dict[str, object]:
    """Show what is wrong on the page, each line a link to its field.

    `problems` are further (anchor without #, sentence) pairs; `saved` says that the draft is
    kept although something is wrong.
    """
    links = error_links(*forms) + [ErrorLink(anchor, str(text)) for anchor, text in problems]
    return {"links": links, "saved": saved}
