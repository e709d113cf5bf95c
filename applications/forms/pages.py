"""The pages of the application form: which answers each asks for, and how far each is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from applications import lifecycle, texts
from applications.forms.application import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from applications.forms.application import ApplicationForm
    from applications.forms.typed import Typed


class Page(StrEnum):
    """In the order they are filled in; the values stand in the addresses."""

    ABOUT = "about"
    STUDIES = "studies"
    LANGUAGES = "languages"
    PREFERENCES = "preferences"
    DOCUMENTS = "documents"
    CHECK = "check"

    @property
    def before(self) -> Page | None:
        pages = list(Page)
        return pages[pages.index(self) - 1] if pages.index(self) else None

    @property
    def after(self) -> Page | None:
        pages = list(Page)
        return pages[pages.index(self) + 1] if self != pages[-1] else None


class Standing(StrEnum):
    """How far a page is: something is missing, something typed is wrong, or neither."""

    OPEN = "open"
    PROBLEMS = "problems"
    DONE = "done"


_STUDIES = frozenset(
    {
        "degree_programme",
        "isced_f",
        "level_now",
        "level_departure",
        "semester_now",
        "ects_earned",
        "average_grade",
        "earlier_months",
    }
)
_ROWS = {
    "language_": Page.LANGUAGES,
    "preference_": Page.PREFERENCES,
    "document_": Page.DOCUMENTS,
}


def page_of(field: str) -> Page:
    """Return the page that asks for this answer, or holds this document."""
    for start, page in _ROWS.items():
        if field.startswith(start):
            return page
    if field == "remarks":
        return Page.PREFERENCES
    return Page.STUDIES if field in _STUDIES else Page.ABOUT


def names_on(form: ApplicationForm, page: Page) -> list[str]:
    """Return the names of the answers a page asks for."""
    return [name for name in form.fields if page_of(name) == page]


def typed_on(form: ApplicationForm, page: Page, sent: Mapping[str, Any]) -> Typed:
    """Return every answer of a page as it came with a request, valid or not.

    What the page did not ask for yet when it was opened did not come, and is left out. Of boxes
    only the ticked ones come: they belong to the choice in front of them.
    """
    typed: Typed = {}
    for name in names_on(form, page):
        if name.removesuffix("_semesters") not in sent:
            continue
        value = form.fields[name].widget.value_from_datadict(sent, {}, name)
        if isinstance(value, list):
            typed[name] = [_storable(item) for item in value]
        else:
            typed[name] = _storable(value)
    return typed


def _storable(value: Any) -> str:  # noqa: ANN401 - what a request holds
    """Return what JSON in PostgreSQL can hold: neither NUL nor half a character."""
    return str(value or "").replace("\x00", "").encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that keeps the application from being submitted.

    `field` is the name of the answer or document; "" where it belongs to no single one.
    """

    page: Page
    field: str
    sentence: str
    missing: bool


def found_in(form: ApplicationForm) -> list[Found]:
    """Return everything missing or wrong, answers and documents, in the order of the pages."""
    found = [*_in_answers(form), *_in_documents(form)]
    order = list(Page)
    return sorted(found, key=lambda one: order.index(one.page))


def _in_answers(form: ApplicationForm) -> Iterable[Found]:
    data = form.errors.as_data()
    for name in ("__all__", *form.fields):
        field = form.fields.get(name)
        for error in data.get(name, ()):
            for sentence in error.messages:
                yield Found(
                    page_of(name) if field else Page.ABOUT,
                    name if field else "",
                    sentence,
                    missing=error.code in MISSING,
                )


def _in_documents(form: ApplicationForm) -> Iterable[Found]:
    level = form.cleaned_data.get("level_departure", "")
    # While the level is open nobody knows whether a slot of certain levels is asked for.
    depends = () if level else [slot.key for slot in form.slots if slot.levels and slot.required]
    if depends:
        sentence = gettext("Choose your level at departure: some documents depend on it.")
        yield Found(Page.DOCUMENTS, "", sentence, missing=True)
    asked = [slot for slot in form.slots if not level or slot.applies_to(level)]
    for problem in lifecycle.problems_in(asked, form.held):
        if problem.field.removeprefix("document_") not in depends:
            yield Found(
                Page.DOCUMENTS,
                problem.field,
                texts.problem_sentence(problem.code, problem.params),
                missing=problem.code == "document_missing",
            )


def standing_of(page: Page, found: Iterable[Found]) -> Standing:
    """Say how far a page is. The last one, where everything is checked, is as far as the others."""
    here = [one for one in found if page in (one.page, Page.CHECK)]
    if any(not one.missing for one in here):
        return Standing.PROBLEMS
    return Standing.OPEN if here else Standing.DONE
