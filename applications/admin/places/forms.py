"""The times of a second round."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import selection
from applications.admin.inputs import BerlinTimeField

if TYPE_CHECKING:
    from datetime import datetime

# What is offered unless somebody types otherwise: open from tomorrow for two weeks, three weeks to
# read and select, and a week to answer.
OPENS_IN = timedelta(days=1)
OPEN_FOR = timedelta(weeks=2)
ANSWERS_AFTER = timedelta(weeks=4)


class SecondRoundForm(forms.Form):
    """Opening, deadline and answer-by instant, in this order and ahead of `now`."""

    opens_at = BerlinTimeField(label=_("Opens"))
    deadline = BerlinTimeField(
        label=_("Deadline"),
        help_text=_("The first instant that is too late: midnight ends the day before."),
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
        return cleaned
