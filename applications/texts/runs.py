"""Runs of the allocation in words: what differs, who made room, what the certificate found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from applications.allocation import Differing, Fault, Turn

if TYPE_CHECKING:
    from applications.allocation import Difference
    from applications.texts.words import Sentence

_DIFFERENCES: dict[str, Sentence] = {
    Differing.SEED: gettext_lazy("The draw has another seed."),
    Differing.TIE_BREAKERS: gettext_lazy("The tie-breakers are others, or in another order."),
    Differing.HOST_ADDED: gettext_lazy("%(host)s takes part now."),
    Differing.HOST_GONE: gettext_lazy("%(host)s takes no part any more."),
    Differing.SEATS: gettext_lazy("Seats at %(host)s: %(before)s, then %(after)s."),
    Differing.SEAT_TERMS: gettext_lazy("The seats at %(host)s are for other levels or semesters."),
    Differing.MIN_SCORE: gettext_lazy("Fewest points for %(host)s: %(before)s, then %(after)s."),
    Differing.JOINED: gettext_lazy("Takes part now; did not before."),
    Differing.LEFT: gettext_lazy("Takes no part any more."),
    Differing.POINTS: gettext_lazy("Points: %(before)s, then %(after)s."),
    Differing.OWN_POINTS: gettext_lazy("Points at %(host)s: %(before)s, then %(after)s."),
    Differing.MOVED: gettext_lazy(
        "Moved by hand: counted with %(before)s points, then with %(after)s."
    ),
    Differing.TIES: gettext_lazy("The values for the tie-breakers are others."),
    Differing.STUDIES: gettext_lazy("Level or subject is another one."),
    Differing.WISHES: gettext_lazy("The wishes are others."),
    Differing.BARRED: gettext_lazy("Found not eligible for %(host)s."),
    Differing.UNBARRED: gettext_lazy("Not found ineligible for %(host)s any more."),
    Differing.HELD: gettext_lazy("The offer or place held already is another one."),
    Differing.PINNED: gettext_lazy("Pinned to %(host)s, %(semester)s."),
    Differing.UNPINNED: gettext_lazy("No longer pinned to %(host)s, %(semester)s."),
    Differing.FORBIDDEN: gettext_lazy("Forbidden at %(host)s, %(semester)s."),
    Differing.ALLOWED: gettext_lazy("No longer forbidden at %(host)s, %(semester)s."),
}

_COUNTED: dict[str, Any] = {
    Differing.POINTS: ngettext_lazy(
        "%(count)s application with other points",
        "%(count)s applications with other points",
        "count",
    ),
    Differing.OWN_POINTS: ngettext_lazy(
        "%(count)s time other points at a host with an order of its own",
        "%(count)s times other points at a host with an order of its own",
        "count",
    ),
    Differing.TIES: ngettext_lazy(
        "%(count)s application with other values for the tie-breakers",
        "%(count)s applications with other values for the tie-breakers",
        "count",
    ),
    Differing.JOINED: ngettext_lazy(
        "%(count)s application takes part that did not before",
        "%(count)s applications take part that did not before",
        "count",
    ),
    Differing.HELD: ngettext_lazy(
        "%(count)s application holds another offer or place than before",
        "%(count)s applications hold another offer or place than before",
        "count",
    ),
    Differing.LEFT: ngettext_lazy(
        "%(count)s application takes no part any more",
        "%(count)s applications take no part any more",
        "count",
    ),
}

_TURNS: dict[str, Sentence] = {
    Turn.FREED: gettext_lazy("%(name)s no longer has a seat at %(host)s."),
    Turn.TOOK: gettext_lazy("%(name)s took a seat at %(host)s."),
}

_FAULTS: dict[str, Sentence] = {
    Fault.CONTRADICTION: gettext_lazy(
        "The input contradicts itself, so nobody may be given a place by this run."
    ),
    Fault.NO_ASSIGNMENT: gettext_lazy("There is no result for the applications of this run."),
    Fault.UNKNOWN_PLACE: gettext_lazy("%(applicant)s was given a place that does not exist."),
    Fault.WITHDRAWN_PLACED: gettext_lazy(
        "%(applicant)s takes no part and was given a place at %(host)s."
    ),
    Fault.NOT_WANTED: gettext_lazy(
        "%(applicant)s was given a place at %(host)s that was not wished for, or not possible."
    ),
    Fault.PIN_BROKEN: gettext_lazy("The pin of %(applicant)s was not kept."),
    Fault.OFFER_LOST: gettext_lazy("%(applicant)s is worse off than with the offer held before."),
    Fault.SEATS_EXCEEDED: gettext_lazy("%(host)s has more people than seats."),
    Fault.WRONG_SEAT: gettext_lazy(
        "%(applicant)s sits on a seat at %(host)s that is not for this level or semester."
    ),
    Fault.WASTE: gettext_lazy("A seat at %(host)s stays empty though %(applicant)s wanted it."),
    Fault.ENVY: gettext_lazy(
        "%(applicant)s was passed over at %(host)s in favour of somebody ranked below."
    ),
}

_IN_POINTS = frozenset(
    {Differing.POINTS, Differing.OWN_POINTS, Differing.MOVED, Differing.MIN_SCORE}
)
HUNDREDTHS = 100
_SEATS_FOR = gettext_lazy("Seats at %(host)s for %(seats_for)s: %(before)s, then %(after)s.")
# What the refilling of a seat notes, the older ones included; by its own name it tells nobody
# anything.
_AFTER_A_SEAT_CAME_FREE = frozenset({"freed", "step A", "step B"})


def difference_sentence(row: Difference, *, host: str, semester: str, seats_for: str = "") -> str:
    """Say one thing that differs between two inputs; of a person, the reader knows of whom.

    `seats_for` says for whom the seats of one pool are, where the host has several.
    """
    are_points = row.kind in _IN_POINTS
    sentence = _SEATS_FOR if seats_for else _DIFFERENCES[row.kind]
    return str(sentence) % {
        "host": host,
        "seats_for": seats_for,
        "semester": semester,
        "before": in_points(row.before) if are_points else row.before,
        "after": in_points(row.after) if are_points else row.after,
    }


def in_points(hundredths: int | None) -> str:
    """Write points that the allocation counts in hundredths."""
    if hundredths is None:
        return _("none")
    return number_format(hundredths / HUNDREDTHS, decimal_pos=2)


def differences_counted(kind: str, count: int) -> str:
    """Say how many of one kind there are; "" for kinds that are always named one by one."""
    return str(_COUNTED[kind] % {"count": count}) if kind in _COUNTED else ""


def note_of_run(note: str, *, follows: bool) -> str:
    """Return a run's note in words; `follows`: the run came after another's publication."""
    if follows and note in _AFTER_A_SEAT_CAME_FREE:
        return _("after a seat came free")
    return note


def turn_sentence(turn: str, *, name: str, host: str) -> str:
    return str(_TURNS[turn]) % {"name": name, "host": host}


def fault_sentence(fault: str, *, applicant: str, host: str) -> str:
    """Say what the independent check of a run objects to."""
    return str(_FAULTS[fault]) % {"applicant": applicant, "host": host}
