"""What the log is narrowed to."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from applications.models import Application, AuditEntry, User

# A word that fits more people than this finds the first of them.
MOST_FOUND = 200


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
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def __init__(self, data: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(data, label_suffix="", auto_id="audit-%s")
        self.is_valid()

    def narrow(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        asked = self.cleaned_data
        if words := asked.get("person"):
            entries = entries.filter(person__in=_people(words))
        if words := asked.get("student"):
            entries = entries.filter(students__overlap=_students(words))
        if action := asked.get("action"):
            entries = entries.filter(action=action)
        if since := asked.get("since"):
            entries = entries.filter(at__gte=_midnight(since))
        if until := asked.get("until"):
            entries = entries.filter(at__lt=_midnight(until + timedelta(days=1)))
        return entries


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _people(words: str) -> QuerySet[User]:
    asked = Q()
    for word in words.replace(",", " ").split():
        asked &= (
            Q(username__iexact=word)
            | Q(matriculation_number__iexact=word)
            | Q(family_name__icontains=word)
            | Q(given_names__icontains=word)
        )
    return User.objects.filter(asked).order_by("pk")


def _students(words: str) -> list[int]:
    by_code = Application.objects.filter(code__iexact=words.strip())
    return [
        *_people(words).values_list("pk", flat=True)[:MOST_FOUND],
        *by_code.values_list("student", flat=True),
    ]
