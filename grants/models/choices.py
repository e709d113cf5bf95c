"""Choices and conditions of fields that hold one of the calculation's codes."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Q

from grants.calculation import TopUpCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import _StrPromise

Code = TypeVar("Code", bound=StrEnum)


def labelled(labels: Mapping[Code, _StrPromise]) -> list[tuple[str, _StrPromise]]:
    """Return the choices of a field from the codes' texts."""
    return [(code.value, label) for code, label in labels.items()]


@cache
def top_ups_in(stored: str) -> tuple[TopUpCode, ...]:
    """Return the reasons a column holds: their codes joined by commas."""
    return tuple(TopUpCode(code) for code in stored.split(",") if code)


def known(field: str, codes: type[StrEnum]) -> Q:
    """Return the condition that a field holds one of the codes."""
    return Q(**{f"{field}__in": [code.value for code in codes]})
