"""What differs between two versions of an application: two tabs, or the draft and what counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from applications import lifecycle
from applications.forms.application import LANGUAGE_ROWS, ApplicationForm
from applications.forms.typed import typed_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from applications.models import Application, Submission

_ROWS = ("language_", "preference_", "document_", "remove_")


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that two versions give differently, in words; "" where one says nothing."""

    label: str
    first: str
    second: str


def differences(
    form: ApplicationForm, first: Mapping[str, Any], second: Mapping[str, Any]
) -> list[Difference]:
    """Compare two versions as typed: "1,7" equals "1.7", an empty row is no answer."""
    return [
        Difference(label, _words(in_first), _words(in_second))
        for (label, in_first), (_label, in_second) in zip(
            _said(form, first), _said(form, second), strict=True
        )
        if in_first != in_second
    ]


def unsent_changes(application: Application, submission: Submission) -> list[str]:
    """Name the answers and documents in which the draft differs from what was submitted."""
    form = ApplicationForm(application=application)
    labels = (
        [found.label for found in differences(form, application.draft, typed_from(submission))]
        if application.draft
        else []
    )
    handed_in = {
        row.document.slot_id: row.document_id
        for row in submission.documents.select_related("document")
    }
    asked = [slot for slot in form.slots if slot.applies_to(_level(application, submission))]
    held = {
        document.slot_id: document.pk
        for document in lifecycle.current_documents(application).values()
    }
    return labels + [slot.title for slot in asked if handed_in.get(slot.pk) != held.get(slot.pk)]


def _level(application: Application, submission: Submission) -> str:
    return str(application.draft.get("level_departure") or submission.level_departure)


def _words(said: Any) -> str:  # noqa: ANN401 - text or number, as the fields clean it
    return "" if said is None else str(said)


def _said(form: ApplicationForm, typed: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, field in form.fields.items():
        if not name.startswith(_ROWS):
            yield str(field.label), _answer(field, typed.get(name, ""))
    yield gettext("Languages"), "; ".join(sorted(_languages(form, typed)))
    wishes = list(_wishes(form, typed))
    for rank in range(1, form.application.call.programme.max_preferences + 1):
        label = gettext("Preference %(rank)d") % {"rank": rank}
        yield label, wishes[rank - 1] if rank <= len(wishes) else ""


def _languages(form: ApplicationForm, typed: Mapping[str, Any]) -> Iterator[str]:
    for row in range(1, LANGUAGE_ROWS + 1):
        names = [f"language_{row}{suffix}" for suffix in ("", "_level", "_proof")]
        parts = [str(_answer(form.fields[name], typed.get(name, ""))) for name in names]
        if any(parts):
            yield ", ".join(part for part in parts if part)


def _wishes(form: ApplicationForm, typed: Mapping[str, Any]) -> Iterator[str]:
    for rank in range(1, form.application.call.programme.max_preferences + 1):
        name = f"preference_{rank}"
        host = str(_answer(form.fields[name], typed.get(name, "")))
        if not host:
            continue
        semesters = form.fields.get(f"{name}_semesters")
        ticked = _answer(semesters, typed.get(f"{name}_semesters", [])) if semesters else ""
        yield f"{host} ({ticked})" if ticked else host


def _answer(field: forms.Field, typed: Any) -> Any:  # noqa: ANN401 - as the field cleans it
    """Return what a field makes of the text, a choice by its label, the text where it fails."""
    if isinstance(field, forms.ChoiceField):
        labels = _labels(field)
        chosen = typed if isinstance(typed, list) else [typed]
        return ", ".join(labels.get(str(value), str(value)) for value in chosen if value)
    try:
        return field.clean(typed) or ""
    except ValidationError:
        return str(typed)


def _labels(field: forms.ChoiceField) -> dict[str, str]:
    labels: dict[str, str] = {}
    for key, label in cast("Iterable[tuple[Any, Any]]", field.choices):
        inner = label if isinstance(label, list | tuple) else [(key, label)]
        labels.update((str(value), str(text)) for value, text in inner)
    return labels
