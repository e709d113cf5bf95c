"""The list of wishes: what stands in each row of the form, and how rows change places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from applications.forms.choices import seats_sentence
from applications.forms.wish_facts import WishFacts, facts_of
from partners.directory.spelling import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.forms import BoundField

    from applications.forms.application import ApplicationForm
    from applications.forms.typed import Typed

_WISH = re.compile(r"preference_([1-9][0-9]?)(?:_semesters)?\Z", re.ASCII)
_MOVE = re.compile(r"(up|down|out)-([1-9][0-9]?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wish:
    """One row of the list. `semesters` is None where the call has one semester only.

    `facts` is None while no host is chosen. `chosen` and `ticked` are what the facts were made
    for: the pk of the host ("" for none) and the semesters ticked ("WS").
    """

    rank: int
    host: BoundField
    semesters: BoundField | None
    chosen: str
    ticked: str
    facts: WishFacts | None
    is_first: bool
    is_last: bool


def ranks_of(form: ApplicationForm) -> range:
    """Return the ranks a wish may have in this call."""
    return range(1, form.application.call.programme.max_preferences + 1)


def wishes_of(form: ApplicationForm) -> tuple[Wish, ...]:
    """Return the rows of the list with what is to know of each host chosen so far.

    Reads what was typed, valid or not. No query while no host is chosen; else four, however many
    hosts there are.
    """
    ranks = ranks_of(form)
    facts = facts_of(form, ranks)
    return tuple(_wish(form, rank, facts.get(rank), last=ranks[-1]) for rank in ranks)


def _wish(form: ApplicationForm, rank: int, facts: WishFacts | None, *, last: int) -> Wish:
    boxes = f"preference_{rank}_semesters"
    semesters = form[boxes] if boxes in form.fields else None
    host = form[f"preference_{rank}"]
    return Wish(
        rank=rank,
        host=host,
        semesters=semesters,
        chosen=str(host.value() or ""),
        ticked="".join(key for key in ("W", "S") if semesters and key in (semesters.value() or ())),
        facts=facts,
        is_first=rank == 1,
        is_last=rank == last,
    )


def picks_of(form: ApplicationForm) -> list[dict[str, Any]]:
    """Return the hosts of the call for the search as you type: those open to the student first.

    `search` is in the one spelling names are compared in (`partners.directory.spelling`);
    `closed` says why a host can't be chosen, "" when it can.
    """
    picks = []
    for row in form.choices.hosts:
        agreement, university = row.agreement, row.agreement.host
        country = university.country.name
        picks.append(
            {
                "value": str(row.pk),
                "name": university.name_en,
                "place": f"{university.city}, {country}",
                "seats": seats_sentence(row),
                "language": " ".join(
                    str(part)
                    for part in (
                        agreement.get_language_display(),
                        agreement.get_language_level_display(),
                    )
                    if part
                ),
                "closed": form.closed.get(str(row.pk), ""),
                "search": folded(
                    f"{university.name_en} {university.name_native} {university.city} {country}"
                ),
            }
        )
    return sorted(picks, key=lambda pick: bool(pick["closed"]))


def surplus(typed: Mapping[str, Any], ranks: int) -> Typed:
    """Return the answers of wishes beyond the ranks a call has (by now), emptied."""
    return {
        name: [] if isinstance(value, list) else ""
        for name, value in typed.items()
        if value and (match := _WISH.match(name)) and int(match[1]) > ranks
    }


def moved(typed: Typed, move: str, ranks: int) -> Typed:
    """Return the answers with one wish moved: "up-2", "down-2", or "out-3" to take it out.

    Up and down exchange a wish with its neighbour; taking one out lets those below it move up.
    Any other text, and a move beyond the list, changes nothing. `ranks` is how many rows there
    are.
    """
    match = _MOVE.fullmatch(move)
    if match is None:
        return dict(typed)
    rank = int(match[2])
    rows = [_row(typed, number) for number in range(1, ranks + 1)]
    if match[1] == "out":
        if rank > ranks:
            return dict(typed)
        rows.append(_emptied(rows.pop(rank - 1)))
    else:
        other = rank + (1 if match[1] == "down" else -1)
        if not (1 <= rank <= ranks and 1 <= other <= ranks):
            return dict(typed)
        rows[rank - 1], rows[other - 1] = rows[other - 1], rows[rank - 1]
    return _with_rows(typed, rows)


# The answers of one row by the end of their names; what was never sent is missing.
_Row = dict[str, "str | list[str]"]
_SUFFIXES = ("", "_semesters")


def _row(typed: Mapping[str, str | list[str]], rank: int) -> _Row:
    names = {suffix: f"preference_{rank}{suffix}" for suffix in _SUFFIXES}
    return {suffix: typed[name] for suffix, name in names.items() if name in typed}


def _emptied(row: _Row) -> _Row:
    return {suffix: [] if suffix else "" for suffix in row}


def _with_rows(typed: Typed, rows: list[_Row]) -> Typed:
    new = dict(typed)
    for rank, row in enumerate(rows, start=1):
        for suffix in _SUFFIXES:
            new.pop(f"preference_{rank}{suffix}", None)
            if suffix in row:
                new[f"preference_{rank}{suffix}"] = row[suffix]
    return new
