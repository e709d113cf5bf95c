"""How points came about, as sentences: a formula with an applicant's figures, or in general."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy, ngettext

from applications.scoring import CriterionKind, Formula
from partners.models import CefrLevel, Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from applications.texts.words import Sentence

_FORMULAS: dict[str, Sentence] = {
    Formula.GRADE: gettext_lazy(
        "(%(worst)s − average grade %(grade)s) ÷ %(span)s = %(share)s of the points"
    ),
    Formula.GRADE_BEST: gettext_lazy(
        "Average grade %(grade)s: %(best)s or better gives all points"
    ),
    Formula.GRADE_WORST: gettext_lazy(
        "Average grade %(grade)s: %(worst)s or worse gives no points"
    ),
    Formula.GRADE_MISSING: gettext_lazy("The average grade is not known."),
    Formula.ECTS: gettext_lazy(
        "%(ects)s ECTS earned ÷ %(expected)s expected (%(each)s × completed semesters:"
        " %(semesters)s) = %(share)s of the points"
    ),
    Formula.ECTS_ALL: gettext_lazy(
        "%(ects)s ECTS earned, %(expected)s expected (%(each)s × completed semesters:"
        " %(semesters)s): all points, more than that gives no more"
    ),
    Formula.ECTS_FIRST_SEMESTER: gettext_lazy(
        "First semester: no ECTS are expected yet, so all points"
    ),
    Formula.ECTS_MISSING: gettext_lazy("The ECTS earned are not known."),
    Formula.LANGUAGE: gettext_lazy(
        "%(language)s %(level)s is step %(step)s of %(steps)s = %(share)s of the points"
    ),
    Formula.LANGUAGE_NATIVE: gettext_lazy(
        "%(language)s is the native language: step %(step)s of %(steps)s, so all points"
    ),
    Formula.LANGUAGE_MISSING: gettext_lazy("No level was given for this language: %(language)s."),
}

# Criteria in general, with the bounds: for who applies, and for who sets them up.
_GENERAL: dict[str, Sentence] = {
    CriterionKind.MANUAL: gettext_lazy("Given by readers: the mean of all complete score sheets."),
    CriterionKind.GRADE: gettext_lazy(
        "Computed: (4.0 − average grade) ÷ 3.0 of the points. 1.0 or better gives all, 4.0 or"
        " worse none."
    ),
    CriterionKind.ECTS: gettext_lazy(
        "Computed: ECTS earned ÷ ECTS expected by now (30 for each completed semester) of the"
        " points, at most all. In the first semester all."
    ),
    CriterionKind.LANGUAGE: gettext_lazy(
        "Computed: six equal steps from A1 (one sixth of the points) to C2 and native speakers"
        " (all). What counts is the level in this language: %(language)s."
    ),
}


def formula_sentence(formula: str, figures: Mapping[str, Any]) -> str:
    """Say how a criterion's points came about, with the figures of one application."""
    words = {name: _word(name, value) for name, value in figures.items()}
    if formula == Formula.READERS:
        return ngettext(
            "The points of %(count)s reader",
            "The mean of the points of %(count)s readers",
            figures["count"],
        ) % {"count": figures["count"]}
    if formula == Formula.READERS_MISSING:
        return ngettext(
            "%(count)s of %(needed)s reader needed is complete.",
            "%(count)s of %(needed)s readers needed are complete.",
            figures["needed"],
        ) % {"count": figures["count"], "needed": figures["needed"]}
    return str(_FORMULAS[formula]) % words


def formula_in_general(kind: str, language: str = "") -> str:
    """Say how points for such a criterion come about; `language` is the one whose level counts."""
    return str(_GENERAL[kind]) % {"language": _word("language", language)}


def weighed(shares: Iterable[tuple[str, str, Decimal]]) -> str:
    """Name criteria, each with the language whose level counts ("" for none), and their weights.

    "Language level (Spanish) 60 %, Average grade 40 %".
    """
    return ", ".join(
        gettext("%(name)s %(percent)s\N{NO-BREAK SPACE}%%")
        % {
            "name": gettext("%(criterion)s (%(language)s)")
            % {"criterion": name, "language": _word("language", language)}
            if language
            else name,
            "percent": percent_word(percent),
        }
        for name, language, percent in shares
    )


def percent_word(percent: Decimal) -> str:
    """Say a percentage without its sign; a whole one without decimals: "60", "33.3"."""
    return number_format(percent, decimal_pos=0 if percent == int(percent) else 1)


def _word(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a formula carries
    if name == "language":
        return str(Language(value).label) if value in Language.values else str(value)
    if name == "level":
        return str(CefrLevel(value).label) if value in CefrLevel.values else str(value)
    return number_format(value) if isinstance(value, Decimal) else str(value)
