"""The times of a second round."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import selection, texts
from applications.admin.inputs import BerlinTimeField
from applications.models import Call

if TYPE_CHECKING:
    from datetime import date, datetime

# What is offered unless somebody types otherwise: open from tomorrow for two weeks, three weeks to
# read and select, and a week to answer.
OPENS_IN = timedelta(days=1)
OPEN_FOR = timedelta(weeks=2)
FEEDBACK_WEEKS = 3
ANSWERS_AFTER = timedelta(weeks=FEEDBACK_WEEKS + 1)
# Of a number of weeks; a small second round has an end.
MOST_WEEKS = 52


def _too_early(promised: date) -> str:
    text = gettext("Results are promised by %(day)s: the last day to answer has to come after it.")
    return text % {"day": texts.day(promised)}


class SecondRoundForm(forms.Form):
    """Opening, deadline, promised results and answer-by instant, in this order, ahead of `now`."""

    opens_at = BerlinTimeField(label=_("Opens"))
    deadline = BerlinTimeField(
        label=_("Deadline"),
        help_text=_("The first instant that is too late: midnight ends the day before."),
    )
    feedback_weeks = forms.IntegerField(
        label=_("Results promised within weeks"),
        min_value=1,
        max_value=MOST_WEEKS,
        help_text=_("Counted from the last day of applying; students see the day."),
    )
    answer_by = BerlinTimeField(
        label=_("Answer offers by"),
        help_text=_("The first instant that is too late to accept or decline an offer."),
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        opens = selection.midnight(timezone.localdate(now) + OPENS_IN)
        kwargs["initial"] = {
            "opens_at": opens,
            "deadline": selection.midnight(timezone.localdate(opens + OPEN_FOR)),
            "feedback_weeks": FEEDBACK_WEEKS,
            "answer_by": selection.midnight(timezone.localdate(opens + OPEN_FOR + ANSWERS_AFTER)),
        }
        super().__init__(*args, **kwargs)
        self._now = now

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        opens, deadline, answer = (
            cleaned.get(name) for name in ("opens_at", "deadline", "answer_by")
        )
        if deadline and deadline <= self._now:
            self.add_error("deadline", gettext("The deadline has to lie ahead."))
        elif opens and deadline and deadline <= opens:
            self.add_error("deadline", gettext("The deadline has to come after the opening."))
        if deadline and answer and answer <= deadline:
            self.add_error("answer_by", gettext("This has to come after the deadline."))
        elif deadline and answer and (weeks := cleaned.get("feedback_weeks")):
            promised = Call(deadline=deadline, feedback_weeks=weeks).feedback_by
            # The instant is the first that is too late: a day has to be left to answer on.
            if promised and answer <= selection.midnight(promised + timedelta(days=1)):
                self.add_error("answer_by", _too_early(promised))
        return cleaned

    @property
    def answered_by(self) -> datetime | None:
        """The answer-by instant typed, or the one offered; None where none can be read."""
        if not self.is_bound:
            return cast("datetime", self.initial["answer_by"])
        return self.cleaned_data.get("answer_by") if self.is_valid() else None

    @property
    def times(self) -> selection.Times:
        """The times of a valid form."""
        return selection.Times(**self.cleaned_data)
