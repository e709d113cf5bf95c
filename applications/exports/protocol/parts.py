"""What a protocol is made of: parts with a title, the same on paper and in a workbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    Value = str | int | Decimal | None


class Draw(str):
    """An application's number in the draw: whole in a workbook, its beginning on paper."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what is to be known first, single facts, a table.

    `widths` are those of the table's columns on paper, in millimetres.
    """

    title: str
    intro: str = ""
    facts: Sequence[tuple[str, str]] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[Value]] = ()
    widths: Sequence[int] = ()
