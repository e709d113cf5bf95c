"""Indexes of a kind."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models.functions import Upper


def found_by(field: str, *, name: str) -> GinIndex:
    """Return the index that finds a part of a text, in capitals or not, as lists are searched.

    Of three letters and more; less fits so much that reading everything is as quick.
    """
    return GinIndex(OpClass(Upper(field), name="gin_trgm_ops"), name=name)
