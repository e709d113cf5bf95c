"""Corrections of what a host was told about a nominated student, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext
from django_countries import countries

from applications import mails, texts
from applications.lifecycle.errors import PortalRefusal, Refusal, TransitionRefused
from applications.lifecycle.moves import lock_application
from applications.lifecycle.nominating import nominate, refuse_outsider, tell_nominated
from applications.lifecycle.nomination_news import News, tell_staff
from applications.lifecycle.offers import semesters_to_choose_from
from applications.models import Nomination, NominationCorrection, Placement, Submission
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from applications.models import Application, User

# What a nomination may say otherwise than the submission, by the submission's own fields.
CORRECTABLE = (
    "family_name",
    "given_names",
    "birth_date",
    "gender",
    "nationality",
    "esi",
    "matriculation_number",
    "isced_f",
)
# The one that is no field of the submission: the level in the language of instruction.
LANGUAGE_LEVEL = "language_level"
_DAYS = ("planned_from", "planned_until")
_OF_THE_NOMINATION = (*_DAYS, "comment")
# A remark between the universities; everything else is told to the student.
_NOT_TOLD = frozenset({"comment"})
_STILL_OPEN = frozenset({Nomination.Status.PENDING, Nomination.Status.APPROVED})


def correct_nomination(
    nomination: Nomination,
    values: Mapping[str, Any],
    *,
    by: User,
    now: datetime,
    reason: str,
    seen: int | None = None,
) -> NominationCorrection | None:
    """Correct what the host is told; None when it says all that already.

    `values` by field: those of CORRECTABLE, LANGUAGE_LEVEL, `planned_from`, `planned_until`,
    `comment`, and `semester` where the seat allows another one; what is not named stays. Days set
    for the old semester go with it. `seen`: the number of corrections the person had before them.

    Raises PortalRefusal without a reason, for one's own application, for a semester that is not
    possible, and when it was corrected meanwhile; TransitionRefused for one that has ended or
    for staff of another faculty.
    """
    if not reason.strip():
        raise PortalRefusal(Refusal.REASON_MISSING)
    with transaction.atomic():
        locked = lock_application(nomination.application)
        refuse_outsider(locked, by)
        nomination = Nomination.objects.select_related("placement__host__agreement__host").get(
            pk=nomination.pk
        )
        nomination.application = nomination.placement.application = locked
        if nomination.status not in _STILL_OPEN:
            raise TransitionRefused(Refusal.NOT_NOW, state=locked.state)
        if seen is not None and seen != nomination.corrected.count():
            raise PortalRefusal(Refusal.CHANGED_SINCE)
        correction = _keep(nomination, values, by=by, now=now, reason=reason)
        if correction is None:
            return None
        told = _told(correction)
        if told:
            mails.queue(
                mails.Event.CORRECTED,
                locked.student,
                key=f"{mails.Event.CORRECTED}:{nomination.pk}:{correction.pk}",
                application=locked,
                place=nomination.placement,
                changes=told,
                reason=reason,
            )
        tell_staff(
            locked.call,
            News.CORRECTED,
            [nomination],
            by=by,
            now=now,
            reason=reason,
            cause=correction.pk,
        )
        return correction


def nominate_corrected(
    application: Application, values: Mapping[str, Any], *, by: User, now: datetime, reason: str
) -> Nomination:
    """Nominate with corrections made at once: one mail to the student and to the office.

    Raises what `nominate` and `correct_nomination` raise.
    """
    if not reason.strip():
        raise PortalRefusal(Refusal.REASON_MISSING)
    with transaction.atomic():
        nomination = nominate(application, by=by, now=now, tells_student=False)
        correction = _keep(nomination, values, by=by, now=now, reason=reason)
        tell_nominated(nomination, changes=_told(correction) if correction else (), reason=reason)
        return nomination


def _keep(
    nomination: Nomination, values: Mapping[str, Any], *, by: User, now: datetime, reason: str
) -> NominationCorrection | None:
    """Write what differs, with its record; None when nothing does."""
    changes = _change(nomination, dict(values))
    if not changes:
        return None
    return NominationCorrection.objects.create(
        nomination=nomination, at=now, by=by, reason=reason, changes=changes
    )


def _told(correction: NominationCorrection) -> list[Change]:
    return [row for row in changes_of(correction) if row.field not in _NOT_TOLD]


def _change(nomination: Nomination, values: dict[str, Any]) -> dict[str, list[Any]]:
    """Write what differs to nomination and place; return it as {field: [before, after]}."""
    changes = {
        **_change_semester(nomination, values),
        **_change_own(nomination, values),
        **_change_person(nomination, values),
    }
    if changes:
        nomination.save(update_fields=[*_OF_THE_NOMINATION, "corrections"])
    return changes


def _change_semester(nomination: Nomination, values: dict[str, Any]) -> dict[str, list[Any]]:
    place = nomination.placement
    before, after = place.semester, values.get("semester", place.semester)
    if after == before:
        return {}
    if after not in semesters_to_choose_from(place):
        raise PortalRefusal(Refusal.SEMESTER_NOT_POSSIBLE)
    place.semester = after
    place.save(update_fields=["semester"])
    for name in _DAYS:
        if values.get(name) == getattr(nomination, name):
            values[name] = None
    return {"semester": [before, after]}


def _change_own(nomination: Nomination, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    changes = {}
    for name in _OF_THE_NOMINATION:
        before = getattr(nomination, name)
        if name in values and values[name] != before:
            changes[name] = [_plain(before), _plain(values[name])]
            setattr(nomination, name, values[name])
    return changes


def _change_person(nomination: Nomination, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    changes = {}
    for name, submitted in _submitted(nomination).items():
        before = nomination.corrections.get(name, submitted)
        after = _plain(values.get(name, before))
        if after == before:
            continue
        changes[name] = [before, after]
        nomination.corrections.pop(name, None)
        if after != submitted:
            nomination.corrections[name] = after
    return changes


def _submitted(nomination: Nomination) -> dict[str, Any]:
    """Return what the submission that counts says, as JSON keeps it."""
    submission = nomination.application.submissions.latest()
    language = nomination.placement.host.agreement.language
    skill = submission.languages.filter(language=language).first()
    return {
        **{name: _plain(getattr(submission, name)) for name in CORRECTABLE},
        LANGUAGE_LEVEL: skill.level if skill else "",
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    """Return a field's value as JSON keeps it: days in ISO form, a country by its code."""
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "code", value)


# -- in words ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a correction, in words; read them in the language of the reader."""

    field: str
    was: Any
    becomes: Any

    @property
    def label(self) -> str:
        if self.field == LANGUAGE_LEVEL:
            return gettext("Level in the language of instruction")
        return capfirst(str(_FIELDS[self.field].verbose_name))

    @property
    def before(self) -> str:
        return _in_words(self.field, self.was)

    @property
    def after(self) -> str:
        return _in_words(self.field, self.becomes)


def changes_of(correction: NominationCorrection) -> list[Change]:
    return [Change(name, *pair) for name, pair in correction.changes.items()]


_FIELDS = {
    field.name: field
    for model, names in (
        (Submission, CORRECTABLE),
        (Nomination, _OF_THE_NOMINATION),
        (Placement, ("semester",)),
    )
    for field in model._meta.concrete_fields
    if field.name in names
}


def _day(value: str) -> str:
    return texts.day(date.fromisoformat(value))


_WORDS: dict[str, Callable[[Any], str]] = {
    "birth_date": _day,
    "planned_from": _day,
    "planned_until": _day,
    "gender": lambda value: str(dict(_FIELDS["gender"].flatchoices)[value]),
    "nationality": lambda value: str(countries.name(value)),
    "semester": lambda value: str(Semester(value).label),
}


def _in_words(name: str, value: Any) -> str:  # noqa: ANN401 - what JSON holds
    if value is None or value == "":
        return gettext("as the term of the host") if name in _DAYS else gettext("(empty)")
    return _WORDS.get(name, str)(value)
