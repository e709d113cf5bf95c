"""The start page: what to do until when, what is new, the own applications and the open calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, DateTimeField
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from applications import access, lifecycle, texts
from applications.forms.comparing import unsent_changes
from applications.models import (
    Application,
    BetterOffer,
    Concession,
    Placement,
    StateChange,
)
from applications.models.application import concessions_of
from applications.states import END_STATES, State
from applications.timeline import Limit, step_of
from exchange_portal.templatetags.portal import day_in_words, instant_in_words, last_minute
from grants.student_tasks import grant_tasks_of
from partners.prepared import Given, IsOneOf, Prepared, keep_related, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise

    from applications.models import Call, User

NEWS_AGE = timedelta(days=60)
MOST_NEWS = 5
# No mail tells of these; of every other change one does.
_TOLD_BY_NO_MAIL = (State.UNDER_REVIEW.value, State.ELIGIBLE.value)


@dataclass(frozen=True, slots=True)
class NextThing:
    """What a student has to do about an application (`todo`), or what happens without them."""

    application: Application
    sentence: str
    action: str
    url: str
    todo: bool = False


WAITING: dict[str, _StrPromise] = {
    State.ELIGIBLE: gettext_lazy("You meet the conditions. The places are being given out."),
    State.INELIGIBLE: gettext_lazy(
        "You do not meet the conditions of this call. The reasons are shown with the application."
    ),
    State.WAITLISTED: gettext_lazy(
        "You are on the waiting list. If a place becomes free, you get an offer by mail."
    ),
    State.NOT_PLACED: gettext_lazy(
        "There was no place for you in this round. The result of each preference says why."
    ),
    State.ACCEPTED: gettext_lazy("You took the place. The university nominates you to the host."),
    State.NOMINATED: gettext_lazy("You are nominated. The host university will write to you."),
    State.CONFIRMED: gettext_lazy("The host university confirmed your place."),
}


def may_move_up(application: Application) -> bool:
    """Tell whether a better place is offered beside the one held."""
    return any(offer.is_open for offer in application.better_offers.all())


def next_thing(application: Application, now: datetime) -> NextThing:
    """Say what comes next for the student, with the page where it is done."""
    call = application.call
    form = reverse("applications:form", args=[application.code])
    status = reverse("applications:application", args=[application.code])
    in_time = access.is_in_time(application, now)
    if application.state == State.DRAFT and in_time:
        return NextThing(
            application,
            _("Not submitted yet. Only what you submit before the deadline counts."),
            _("Continue the application"),
            form,
            todo=True,
        )
    if application.state == State.SUBMITTED and in_time:
        return NextThing(
            application,
            _("Submitted. You may change it and submit again until the deadline."),
            _("View or change"),
            status,
        )
    if application.state in {State.SUBMITTED, State.UNDER_REVIEW} and call.feedback_by:
        sentence = _("Nothing to do. You get an answer by %(day)s.") % {
            "day": day_in_words(call.feedback_by)
        }
        return NextThing(application, sentence, _("View"), status)
    if application.state == State.OFFERED:
        offers = [placement for placement in application.placements.all() if placement.live]
        if offers and now < offers[0].answer_by:
            moment = {"moment": instant_in_words(last_minute(offers[0].answer_by))}
            if may_move_up(application):
                sentence = _("You hold a place and may move up. Choose by %(moment)s.") % moment
                return NextThing(application, sentence, _("Choose your place"), status, todo=True)
            sentence = _("A place is offered to you. Answer by %(moment)s.") % moment
            return NextThing(application, sentence, _("Answer the offer"), status, todo=True)
    return NextThing(application, str(WAITING.get(application.state, "")), _("View"), status)


# -- tasks -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Task:
    """Something only the student can do. `when` is meant as `limit` says; None: no date."""

    sentence: str
    application: Application
    url: str
    when: datetime | None
    limit: Limit = Limit.BEFORE


def tasks_of(applications: Iterable[Application], unsent: set[int], now: datetime) -> list[Task]:
    """Return what is to do, the most urgent first, what has no date last.

    The applications come with their live `placements` (`lifecycle.with_wishes`), their
    `concessions` and open `better_offers`; `unsent` are the pks of those with changes saved after
    the submission.
    """
    tasks = [task for row in applications for task in _tasks_of(row, now, unsent=row.pk in unsent)]
    return sorted(tasks, key=lambda task: (task.when is None, task.when or now))


def _tasks_of(application: Application, now: datetime, *, unsent: bool) -> Iterator[Task]:
    status = reverse("applications:application", args=[application.code])
    form = reverse("applications:form", args=[application.code])
    if access.is_in_time(application, now):
        until = application.last_minute
        if application.state == State.DRAFT:
            yield Task(_("Finish and submit"), application, form, until, Limit.UNTIL)
        elif application.state == State.SUBMITTED and unsent:
            sentence = _("Check and submit the changes you saved later")
            yield Task(sentence, application, form, until, Limit.UNTIL)
    if lifecycle.is_being_read(application):
        for given in application.concessions.all():
            answered = given.answered  # type: ignore[attr-defined]  # by concessions_with_answers
            if given.slot is not None and now < given.until and not answered:
                sentence = _("Replace a document: %(title)s") % {"title": given.slot.title}
                url = f"{status}#open-{given.slot.key}"
                yield Task(sentence, application, url, given.until)
    for place in application.placements.all():
        if application.state == State.OFFERED and now < place.answer_by:
            answer = reverse("applications:answer", args=[application.code])
            sentence = (
                _("Choose between two places")
                if may_move_up(application)
                else _("Accept or decline the place")
            )
            yield Task(sentence, application, answer, place.answer_by)
        if application.state == State.ACCEPTED and lifecycle.has_semester_choice(place):
            sentence = _("Choose the semester, until you are nominated")
            yield Task(sentence, application, f"{status}#place", None)


def _grant_tasks(user: AbstractBaseUser | AnonymousUser, now: datetime) -> list[Task]:
    """Return what is to do for the own grants; none of it has a date."""
    return [
        Task(
            task.sentence,
            task.application,
            reverse("grants:mine", args=[task.application.code]),
            None,
        )
        for task in grant_tasks_of(user, now)
    ]


# -- news ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class News:
    """A message or a change of state. `language` is the one it is written in, "" the page's."""

    at: datetime
    text: str
    url: str
    language: str = ""
    about: str = ""


def news_of(user: User, own: list[Application], now: datetime) -> list[News]:
    """Return the last messages, and changes of one's applications no mail tells of."""
    since = now - NEWS_AGE
    by_pk = {row.pk: row for row in own}
    mails, changes = together(
        access.newest_messages_of(user, since), _UNTOLD.asked(applications=list(by_pk), since=since)
    )
    news = [
        News(
            mail.created_at,
            mail.subject,
            reverse("applications:message", args=[mail.pk]),
            mail.language,
        )
        for mail in mails[:MOST_NEWS]
    ]
    news += [
        News(
            change.at,
            texts.step_sentence(step_of(change.before, change.after)),
            reverse("applications:application", args=[by_pk[change.application_id].code]),
            about=by_pk[change.application_id].call.title,
        )
        for change in changes
    ]
    return sorted(news, key=lambda line: line.at, reverse=True)[:MOST_NEWS]


_UNTOLD = Prepared(
    lambda: (
        StateChange.objects.filter(
            IsOneOf("application", Given("applications", ArrayField(BigIntegerField()))),
            after__in=_TOLD_BY_NO_MAIL,
            at__gte=Given("since", DateTimeField()),
        )
        .exclude(before=State.INELIGIBLE.value)
        .order_by("-at", "-pk")[:MOST_NEWS]
    )
)


# -- the page --------------------------------------------------------------------------------------


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show a student what to do and what is new; staff get the way to their desks."""
    now = timezone.now()
    own, calls = access.own_applications_and_calls(request.user)
    _read_what_they_hold(own)
    newer = lifecycle.newer_drafts(own)
    # Saved later does not mean that it says something else.
    unsent = {
        row.pk for row in own if row.pk in newer and unsent_changes(row, row.submissions.latest())
    }
    applications = [next_thing(application, now) for application in own]
    applied = {thing.application.call_id for thing in applications}
    context: dict[str, Any] = {
        "tasks": [*tasks_of(own, unsent, now), *_grant_tasks(request.user, now)],
        "news": news_of(request.user, own, now) if access.known(request.user) else [],
        "under_way": [t for t in applications if t.application.state not in END_STATES],
        "ended": [t for t in applications if t.application.state in END_STATES],
        "open_calls": [call for call in calls if call.is_open(now) and call.pk not in applied],
        "coming_calls": [call for call in calls if _is_coming(call, now)],
    }
    return render(request, "pages/home.html", context)


_APPLICATIONS = Given("applications", ArrayField(BigIntegerField()))
_PLACES = Prepared(
    lambda: lifecycle.with_wishes(
        Placement.objects.filter(IsOneOf("application", _APPLICATIONS), live=True)
    )
)
_BETTER_OFFERS = Prepared(
    lambda: BetterOffer.objects.filter(IsOneOf("application", _APPLICATIONS), is_open=True)
)


def _read_what_they_hold(own: list[Application]) -> None:
    """Add to each its live `placements`, its `concessions` and open `better_offers`."""
    if not own:
        return
    pks = [row.pk for row in own]
    places, concessions, offers = together(
        _PLACES.asked(applications=pks), concessions_of(own), _BETTER_OFFERS.asked(applications=pks)
    )
    held: list[tuple[str, list[Any], type[Any]]] = [
        ("placements", places, Placement),
        ("concessions", concessions, Concession),
        ("better_offers", offers, BetterOffer),
    ]
    for name, rows, model in held:
        for application in own:
            theirs = [row for row in rows if row.application_id == application.pk]
            keep_related(application, name, theirs, model)


def _is_coming(call: Call, now: datetime) -> bool:
    """Announced, but not open yet; the opening or the deadline may still be unknown."""
    return not call.is_open(now) and (call.deadline is None or now < call.deadline)
