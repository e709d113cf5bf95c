"""What a page of the form shows: the way through all pages, and its fields in their groups."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from applications.forms.application import LANGUAGE_ROWS, ApplicationForm
from applications.forms.comparing import said_in
from applications.forms.pages import Found, Page, Standing, found_in, standing_of
from applications.forms.wishes import picks_of, wishes_of
from applications.models.submission import newest_submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.forms import BoundField
    from django.utils.functional import Promise

    from applications.forms.comparing import Said
    from applications.forms.wishes import Wish
    from applications.models import Application

TITLES: dict[Page, Promise] = {
    Page.ABOUT: gettext_lazy("About you"),
    Page.STUDIES: gettext_lazy("Studies"),
    Page.LANGUAGES: gettext_lazy("Languages"),
    Page.PREFERENCES: gettext_lazy("Preferences"),
    Page.DOCUMENTS: gettext_lazy("Documents"),
    Page.CHECK: gettext_lazy("Check and submit"),
}
KNOWN: dict[str, Promise] = {
    "email": gettext_lazy("University mail"),
    "matriculation_number": gettext_lazy("Matriculation number"),
    "esi": gettext_lazy("European Student Identifier"),
}
# Most students name two or three languages; further rows wait behind a summary.
ROWS_IN_VIEW = 3


# -- the way through the pages ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the form in the list of all; `words` say how far it is."""

    page: Page
    number: int
    title: str
    url: str
    standing: Standing
    words: str
    current: bool


def page_url(application: Application, page: Page) -> str:
    """Return the address of one page of the form."""
    return reverse("applications:form_page", args=[application.code, page.value])


def frame(
    form: ApplicationForm, page: Page, found: Iterable[Found] | None = None
) -> dict[str, Any]:
    """Return what stands around every page of the form; `found` is what is missing or wrong."""
    application = form.application
    if page == Page.PREFERENCES:
        form.choices.read_hosts()
    return {
        "application": application,
        "call": application.call,
        "page": page,
        "title": TITLES[page],
        "steps": steps_to(page, form, found_in(form) if found is None else found),
        "submission": newest_submission(application),
    }


def steps_to(current: Page, form: ApplicationForm, found: Iterable[Found]) -> list[Step]:
    """List all pages with how far each is; `found` is everything missing or wrong."""
    everything = list(found)
    steps = []
    for number, page in enumerate(Page, start=1):
        standing, words = standing_of(page, everything), _words(page, everything)
        if page == Page.LANGUAGES and not has_languages(form) and standing == Standing.DONE:
            # None is needed, but a green tick on an empty page would mislead.
            standing, words = Standing.OPEN, gettext("none named yet")
        url = page_url(form.application, page)
        steps.append(Step(page, number, str(TITLES[page]), url, standing, words, page == current))
    return steps


def has_languages(form: ApplicationForm) -> bool:
    """Tell whether any language is named so far."""
    return any(form.data.get(f"language_{row}") for row in range(1, LANGUAGE_ROWS + 1))


def _words(page: Page, found: list[Found]) -> str:
    here = [one for one in found if one.page == page]
    wrong = sum(not one.missing for one in here)
    if page == Page.CHECK:
        return gettext("not ready yet") if found else gettext("ready to submit")
    if wrong:
        return ngettext("%(count)d to correct", "%(count)d to correct", wrong) % {"count": wrong}
    if here:
        count = len(here)
        return ngettext("%(count)d missing", "%(count)d missing", count) % {"count": count}
    return gettext("done")


def first_to_do(found: Iterable[Found]) -> Page:
    """Return the first page on which something is missing or wrong; else the last."""
    return next((one.page for one in found), Page.CHECK)


# -- the fields of a page --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together; those in a `row` are short enough to stand side by side."""

    title: str
    fields: tuple[BoundField, ...]
    row: tuple[BoundField, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageRow:
    number: int
    language: BoundField
    level: BoundField
    proof: BoundField

    @property
    def in_use(self) -> bool:
        fields = (self.language, self.level, self.proof)
        return any(field.value() or field.errors for field in fields)


@dataclass(frozen=True, slots=True)
class LanguageRows:
    shown: tuple[LanguageRow, ...]
    more: tuple[LanguageRow, ...]

    @property
    def more_in_use(self) -> bool:
        return any(row.in_use for row in self.more)


@dataclass(frozen=True, slots=True)
class Preferences:
    """The list of wishes. `picks` are the hosts for the search as you type (`picks_of`).

    `only_semester` names it where the call has one; else "".
    """

    wishes: tuple[Wish, ...]
    picks: list[dict[str, Any]]
    only_semester: str


def about_you(form: ApplicationForm) -> list[Group]:
    """Return the groups of the page on the person."""
    person = "given_names family_name birth_date gender nationality matriculation_number"
    return [
        Group(gettext("As in your passport"), _fields(form, person)),
        Group(gettext("Contact"), _fields(form, "phone street postal_code city country")),
    ]


def studies(form: ApplicationForm) -> list[Group]:
    """Return the groups of the page on the studies."""
    earlier = Group(gettext("Earlier stays abroad"), _fields(form, "earlier_months"))
    return [
        Group(
            gettext("Your degree programme"),
            _fields(form, "degree_programme isced_f level_now level_departure"),
        ),
        Group(
            gettext("How far you are"),
            (),
            _fields(form, "semester_now ects_earned average_grade"),
        ),
        *([earlier] if earlier.fields else []),
    ]


def languages(form: ApplicationForm) -> LanguageRows:
    """Return the rows of the page on languages."""
    rows = tuple(
        LanguageRow(row, *(form[f"language_{row}{suffix}"] for suffix in ("", "_level", "_proof")))
        for row in range(1, LANGUAGE_ROWS + 1)
    )
    return LanguageRows(rows[:ROWS_IN_VIEW], rows[ROWS_IN_VIEW:])


def preferences(form: ApplicationForm) -> Preferences:
    """Return the list of the page on preferences."""
    semesters = form.choices.semesters
    only = str(semesters[0][1]) if len(semesters) == 1 else ""
    return Preferences(wishes_of(form), picks_of(form), only)


def _fields(form: ApplicationForm, names: str) -> tuple[BoundField, ...]:
    return tuple(form[name] for name in names.split() if name in form.fields)


@dataclass(frozen=True, slots=True)
class Section:
    """One page's answers to read, with the address where they are changed."""

    page: Page
    title: str
    url: str
    answers: list[Said]


def sections_of(
    form: ApplicationForm, typed: Mapping[str, Any], *, wishes: bool = True
) -> list[Section]:
    """Return one version of all answers, page by page; those on preferences only with `wishes`."""
    return [
        Section(page, str(TITLES[page]), page_url(form.application, page), _worth_reading(answers))
        for page, answers in groupby(said_in(form, typed, wishes=wishes), lambda said: said.page)
    ]


def _worth_reading(answers: Iterable[Said]) -> list[Said]:
    """Leave out the ranks below the first that nobody used."""
    rows = list(answers)
    return [
        row
        for rank, row in enumerate(rows)
        if row.words or row.page != Page.PREFERENCES or rank == 0
    ]


def from_login(form: ApplicationForm) -> list[tuple[str, str]]:
    """Return what the login knows and nobody types, with its labels."""
    return [(str(KNOWN[name]), value) for name, value in form.known.items() if value]
