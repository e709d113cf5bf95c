"""The part of a ranking that is shown: a page of its lines, and on which page somebody stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import Count, Q

from applications.admin.doors import to_round
from applications.selection.ranking import RANKED_STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponseRedirect

    from applications.models import Application, Call, RankedApplication, Ranking

PAGE_SIZE = 100
# The word in place of a page's number: all lines on one page, for paper.
ALL = "all"
# Digits of a place; more than anybody means.
LONGEST_PLACE = 9


@dataclass(frozen=True, slots=True)
class Around:
    """Those who compete and stand on other pages: how many in all and before, and who is next."""

    count: int
    before: int
    next: str


class Lines:
    """The lines of one page of a ranking."""

    def __init__(self, ranking: Ranking, asked: str | None) -> None:
        self._entries = ranking.entries.order_by("position")
        self.is_all = asked == ALL
        rows = self._entries.select_related(
            "application__student",
            "move__application__student",
            "move__ahead_of__student",
            "move__made_by",
        )
        self._paginator = Paginator(rows, PAGE_SIZE)
        if self.is_all:
            self._paginator.per_page = max(self._paginator.count, 1)
        self.page = self._paginator.get_page(asked)

    @cached_property
    def shown(self) -> list[RankedApplication]:
        return list(self.page.object_list)

    @property
    def numbers(self) -> Iterator[str | int]:
        return self._paginator.get_elided_page_range(self.page.number, on_each_side=2, on_ends=1)

    @property
    def is_long(self) -> bool:
        """Tell whether there are more lines than a page has."""
        return self._paginator.count > PAGE_SIZE

    def around(self) -> Around | None:
        """Return who competes on other pages; None where there is only this one."""
        if not self.page.has_other_pages() or not self.shown:
            return None
        competing = self._entries.filter(application__state__in=RANKED_STATES)
        first, last = self.shown[0].position, self.shown[-1].position
        counted = competing.order_by().aggregate(
            count=Count("pk"), before=Count("pk", filter=Q(position__lt=first))
        )
        following = competing.filter(position__gt=last).values_list("application__code", flat=True)
        return Around(**counted, next=following.first() or "last")


def line_asked_for(ranking: Ranking, asked: str) -> int | None:
    """Return the place meant by a place or an application's code; None for neither of them."""
    found = None
    if asked.isascii() and asked.isdecimal() and len(asked) <= LONGEST_PLACE:
        found = ranking.entries.filter(position=int(asked)).first()
    found = found or ranking.entries.filter(application__code=asked.upper()).first()
    return None if found is None else found.position


def to_line(
    call: Call, ranking: Ranking, place: int, *, older: bool = False
) -> HttpResponseRedirect:
    """Lead to the page on which this place of a ranking stands, and there to its line."""
    number = ranking.entries.filter(position__lt=place).count() // PAGE_SIZE + 1
    address = ("ranking_older", ranking.number) if older else ("ranking",)
    answer = to_round(call, *address, query=f"page={number}" if number > 1 else "")
    answer["Location"] += f"#place-{place}"
    return answer


def to_application(call: Call, ranking: Ranking, application: Application) -> HttpResponseRedirect:
    """Lead to where an application stands in the newest ranking; to the top if it is not in it."""
    place = line_asked_for(ranking, application.code)
    return to_round(call, "ranking") if place is None else to_line(call, ranking, place)
