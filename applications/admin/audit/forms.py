"""What the log is narrowed to."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.models import Application, AuditEntry, User

# What fits more people than this is no search for one of them.
MOST_FOUND = 200
# The pages of the log itself: most of who reads it is who reads it.
PAGES_OF_THE_LOG = "admin:applications_auditentry_"
# Dates beyond are typing errors, and none of the calendar's ends.
DAYS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31)))


class AuditFilter(forms.Form):
    """Everything may stay empty; what is wrong does not narrow, and is said at its field."""

    person = forms.CharField(label=_("Member of staff"), required=False, max_length=100)
    student = forms.CharField(
        label=_("Student"),
        required=False,
        max_length=100,
        help_text=_("Name, login id, matriculation number or code of an application"),
    )
    action = forms.ChoiceField(
        label=_("What was done"),
        required=False,
        choices=[("", lazystr(_("All"))), *AuditEntry.Action.choices],
    )
    since = forms.DateField(
        label=_("From"),
        required=False,
        validators=DAYS,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        validators=DAYS,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )
    readers = forms.BooleanField(label=_("Show who read this log"), required=False)

    def __init__(self, data: Any, *, by_student: bool) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(data, label_suffix="", auto_id="audit-%s")
        if not by_student:
            del self.fields["student"]
        self.is_valid()

    def clean_person(self) -> str:
        words: str = self.cleaned_data["person"]
        return _with_a_word(words)

    def clean_student(self) -> list[int] | None:
        """Return who was meant, perhaps nobody; None when nobody was asked for."""
        words = _with_a_word(self.cleaned_data["student"])
        if not words:
            return None
        by_code = Application.objects.filter(code__iexact=words).values_list("student", flat=True)
        found = [*_people(words).values_list("pk", flat=True)[: MOST_FOUND + 1], *by_code]
        if len(found) > MOST_FOUND:
            raise ValidationError(
                gettext("More than %(number)d people fit this. Please type more of the name.")
                % {"number": MOST_FOUND}
            )
        return found

    def clean(self) -> dict[str, Any]:
        asked = self.cleaned_data
        since, until = asked.get("since"), asked.get("until")
        if since and until and until < since:
            self.add_error("until", gettext("This day is before the one in “From”."))
        return asked

    def narrow(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        asked = self.cleaned_data
        if words := asked.get("person"):
            entries = entries.filter(person__in=_people(words))
        if (students := asked.get("student")) is not None:
            entries = entries.filter(students__overlap=students)
        if action := asked.get("action"):
            entries = entries.filter(action=action)
        if since := asked.get("since"):
            entries = entries.filter(at__gte=_midnight(since))
        if until := asked.get("until"):
            entries = entries.filter(at__lt=_midnight(until + timedelta(days=1)))
        if not asked.get("readers"):
            entries = entries.exclude(
                action=AuditEntry.Action.LOOKED, place__startswith=PAGES_OF_THE_LOG
            )
        return entries


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _with_a_word(words: str) -> str:
    """Refuse what has no word in it: it would fit everybody."""
    if words and not _words(words):
        raise ValidationError(gettext("Please type a name, a number or a code."))
    return words


def _words(typed: str) -> list[str]:
    return typed.replace(",", " ").split()


def _people(words: str) -> QuerySet[User]:
    asked = Q()
    for word in _words(words):
        asked &= (
            Q(username__iexact=word)
            | Q(matriculation_number__iexact=word)
            | Q(family_name__icontains=word)
            | Q(given_names__icontains=word)
        )
    return User.objects.filter(asked).order_by("pk")
