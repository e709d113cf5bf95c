"""How the fields of the form are laid out on its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from applications import lifecycle, texts
from applications.forms.application import LANGUAGE_ROWS, ApplicationForm
from applications.forms.wishes import picks_of, wishes_of
from applications.pdf_inspection import Report
from partners.models import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import BoundField

    from applications.forms.wishes import Wish
    from applications.models import Document, DocumentSlot

# Most students name two or three languages; further rows wait behind a summary.
ROWS_IN_VIEW = 3


@dataclass(frozen=True, slots=True)
class LanguageRow:
    language: BoundField
    level: BoundField
    proof: BoundField

    @property
    def in_use(self) -> bool:
        fields = (self.language, self.level, self.proof)
        return any(field.value() or field.errors for field in fields)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One slot with the file it holds; `advice` says what could be better about that file."""

    slot: DocumentSlot
    levels: tuple[str, ...]
    upload: BoundField
    remove: BoundField
    current: Document | None
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The sections of the page in their order."""

    known: tuple[tuple[str, str], ...]
    about: tuple[BoundField, ...]
    contact: tuple[BoundField, ...]
    degree: tuple[BoundField, ...]
    progress: tuple[BoundField, ...]
    languages: tuple[LanguageRow, ...]
    more_languages: tuple[LanguageRow, ...]
    more_languages_in_use: bool
    wishes: tuple[Wish, ...]
    picks: list[dict[str, Any]]
    only_semester: str
    documents: tuple[DocumentRow, ...]


def parts_of(form: ApplicationForm) -> Parts:
    """Sort the fields of a form into the sections of its page: one query and `wishes_of`."""
    rows = tuple(
        LanguageRow(*(form[f"language_{row}{suffix}"] for suffix in ("", "_level", "_proof")))
        for row in range(1, LANGUAGE_ROWS + 1)
    )
    semesters = form.choices.semesters
    return Parts(
        known=tuple(_known(form)),
        about=_fields(
            form, "given_names family_name birth_date gender nationality matriculation_number"
        ),
        contact=_fields(form, "phone street postal_code city country"),
        degree=_fields(form, "degree_programme isced_f level_now level_departure"),
        progress=_fields(form, "semester_now ects_earned average_grade"),
        languages=rows[:ROWS_IN_VIEW],
        more_languages=rows[ROWS_IN_VIEW:],
        more_languages_in_use=any(row.in_use for row in rows[ROWS_IN_VIEW:]),
        wishes=wishes_of(form),
        picks=picks_of(form),
        only_semester=str(semesters[0][1]) if len(semesters) == 1 else "",
        documents=tuple(_documents(form)),
    )


def _fields(form: ApplicationForm, names: str) -> tuple[BoundField, ...]:
    return tuple(form[name] for name in names.split() if name in form.fields)


def _known(form: ApplicationForm) -> Iterable[tuple[str, str]]:
    labels = {
        "email": gettext("University mail"),
        "matriculation_number": gettext("Matriculation number"),
        "esi": gettext("European Student Identifier"),
    }
    return ((labels[name], value) for name, value in form.known.items() if value)


def _documents(form: ApplicationForm) -> Iterable[DocumentRow]:
    """Give the slots asked of somebody of the level chosen; all of them while none is."""
    held = lifecycle.current_documents(form.application)
    level = str(form["level_departure"].value() or "")
    chosen = level in Level.values
    for slot in form.slots:
        if chosen and not slot.applies_to(level):
            continue
        current = held.get(slot.key)
        yield DocumentRow(
            slot=slot,
            levels=() if chosen else tuple(str(Level(name).label) for name in slot.levels),
            upload=form[f"document_{slot.key}"],
            remove=form[f"remove_{slot.key}"],
            current=current,
            advice=advice_on(current) if current else (),
        )


def advice_on(document: Document) -> tuple[str, ...]:
    """Say what the inspection noticed about a file that was accepted."""
    report = Report.from_dict(document.inspection)
    return tuple(texts.finding_sentence(found.code, found.params) for found in report.findings)
