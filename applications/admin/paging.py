"""Pages of lists that grow for years: what a page costs follows from what it shows."""

from __future__ import annotations

from typing import Generic, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

M = TypeVar("M", bound=Model)

# Nobody turns so many pages: who looks for an older row narrows the list.
MOST_COUNTED = 10_000


class FirstPages(Paginator[M], Generic[M]):
    """Counts and pages the first MOST_COUNTED rows; `has_more` tells that there are others."""

    object_list: QuerySet[M]

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list.order_by().values("pk")
        return rows[: MOST_COUNTED + 1].count()

    @property
    def has_more(self) -> bool:
        return self._counted > MOST_COUNTED

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST_COUNTED)

    def page(self, number: int | str) -> Page[M]:
        """Read a page further down by its keys: what is skipped is not joined and not read."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        if not first:
            return super().page(number)
        beyond = min(first + self.per_page, self.count)
        keys = list(self.object_list.values_list("pk", flat=True)[first:beyond])
        return Page(self.object_list.filter(pk__in=keys), number, self)
