"""What a form takes, the import takes too: each value is read by the import's own parser.

So everything the office types can be exported, and loaded again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from partners.importing.cells import as_text
from partners.importing.layout import STORED_AS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django import forms

    from partners.importing.cells import Value


def read_as_imported(
    form: forms.ModelForm[Any], parsers: Mapping[str, Callable[[str], Value]]
) -> None:
    """Read what was typed into the fields of these columns as a file's cells are read.

    A problem stands at its field. What is left empty is up to the form.
    """
    for column, parse in parsers.items():
        name = STORED_AS.get(column, column)
        given = form.cleaned_data.get(name)
        if given in (None, "", []):
            continue
        try:
            form.cleaned_data[name] = parse(as_text(column, given))
        except ValueError as problem:
            form.add_error(name, str(problem))
