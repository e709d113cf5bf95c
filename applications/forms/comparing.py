"""What differs between two versions of an application: two tabs, or the draft and what counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import localize
from django.utils.translation import gettext

from applications import texts
from applications.forms.application import LANGUAGE_ROWS, ApplicationForm
from applications.forms.choices import host_label
from applications.forms.pages import Page, page_of
from applications.forms.typed import typed_from
from applications.models.submission import documents_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from applications.models import Application, Document, Submission

_ROWS = ("language_", "preference_")


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that two versions give differently, in words; "" where one says nothing."""

    label: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Said:
    """One answer as the fields understand it: a text, number or date; "" where none is given."""

    page: Page
    label: str
    value: Any

    @property
    def words(self) -> str:
        """The answer as its reader writes it: 17 May 2004, 1.7 or 1,7."""
        if isinstance(self.value, date):
            return texts.day(self.value)
        return "" if self.value is None else str(localize(self.value))


def differences(
    form: ApplicationForm, first: Mapping[str, Any], second: Mapping[str, Any]
) -> list[Difference]:
    """Compare two versions as typed: "1,7" equals "1.7", an empty row is no answer."""
    return [
        Difference(one.label, one.words, other.words)
        for one, other in zip(said_in(form, first), said_in(form, second), strict=True)
        if one.value != other.value
    ]


def unsent_changes(application: Application, submission: Submission) -> list[str]:
    """Name the answers and documents in which the draft differs from what was submitted."""
    form = ApplicationForm(application.draft, application=application)
    found = differences_from(form, submission)
    return [difference.label for difference in found]


def differences_from(form: ApplicationForm, submission: Submission) -> list[Difference]:
    """Say in what the draft of a form differs from a submission (first), documents included."""
    application = form.application
    form.also_offer(submission)
    answers = (
        differences(form, typed_from(submission), application.draft) if application.draft else []
    )
    handed_in = {document.slot_id: document for document in documents_of(submission)}
    level = _level(application, submission)
    for slot in form.slots:
        before = handed_in.get(slot.pk)
        after = form.held.get(slot.key) if slot.applies_to(level) else None
        if (before and before.sha256) != (after and after.sha256):
            answers.append(Difference(slot.title, _file(before), _file(after)))
    return answers


def _file(document: Document | None) -> str:
    """Name a file so that two of the same name can be told apart."""
    if document is None:
        return ""
    return gettext("%(name)s, uploaded on %(moment)s") % {
        "name": document.original_name,
        "moment": texts.instant(document.uploaded_at),
    }


def _level(application: Application, submission: Submission) -> str:
    return str(application.draft.get("level_departure") or submission.level_departure)


def said_in(
    form: ApplicationForm, typed: Mapping[str, Any], *, wishes: bool = True
) -> Iterator[Said]:
    """Give every answer of a version, in the order of the pages; each time the same labels.

    Without `wishes`, those of the page on preferences are left out.
    """
    said = [
        Said(page_of(name), str(field.label), _answer(field, typed.get(name, "")))
        for name, field in form.fields.items()
        if not name.startswith(_ROWS)
    ]
    yield from (one for one in said if one.page == Page.ABOUT)
    yield from (one for one in said if one.page == Page.STUDIES)
    yield Said(Page.LANGUAGES, gettext("Languages"), "; ".join(sorted(_languages(form, typed))))
    if not wishes:
        return
    chosen = list(_wishes(form, typed))
    for rank in range(1, form.application.call.programme.max_preferences + 1):
        label = gettext("Preference %(rank)d") % {"rank": rank}
        wish = chosen[rank - 1] if rank <= len(chosen) else ""
        yield Said(Page.PREFERENCES, label, wish)
    yield from (one for one in said if one.page == Page.PREFERENCES)


def _languages(form: ApplicationForm, typed: Mapping[str, Any]) -> Iterator[str]:
    for row in range(1, LANGUAGE_ROWS + 1):
        names = [f"language_{row}{suffix}" for suffix in ("", "_level", "_proof")]
        parts = [str(_answer(form.fields[name], typed.get(name, ""))) for name in names]
        if any(parts):
            yield ", ".join(part for part in parts if part)


def _wishes(form: ApplicationForm, typed: Mapping[str, Any]) -> Iterator[str]:
    for rank in range(1, form.application.call.programme.max_preferences + 1):
        name = f"preference_{rank}"
        chosen = str(typed.get(name, "") or "")
        if not chosen:
            continue
        row = form.choices.host(chosen)
        host = host_label(row) if row else gettext("a host that is not part of this call")
        semesters = form.fields.get(f"{name}_semesters")
        ticked = _answer(semesters, typed.get(f"{name}_semesters", [])) if semesters else ""
        yield f"{host} ({ticked})" if ticked else host


def _answer(field: forms.Field, typed: Any) -> Any:  # noqa: ANN401 - as the field cleans it
    """Return what a field makes of the text, a choice by its label, the text where it fails."""
    if isinstance(field, forms.ChoiceField):
        chosen = typed if isinstance(typed, list) else [typed]
        labels = _labels(field, {str(value) for value in chosen if value})
        return ", ".join(labels.get(str(value), str(value)) for value in chosen if value)
    try:
        cleaned = field.clean(typed)
    except ValidationError:
        return str(typed)
    return "" if cleaned is None else cleaned


def _labels(field: forms.ChoiceField, chosen: Container[str]) -> dict[str, str]:
    """Return the labels of the entries chosen; a list of countries has hundreds of others."""
    labels: dict[str, str] = {}
    for key, label in cast("Iterable[tuple[Any, Any]]", field.choices) if chosen else ():
        inner = label if isinstance(label, list | tuple) else [(key, label)]
        labels |= {str(value): str(text) for value, text in inner if str(value) in chosen}
    return labels
