"""Finding universities by any words of their names and places."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.db.models import CharField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, Replace
from django.utils.translation import override
from django_countries import countries

from partners.directory.spelling import DIGRAPHS, folded, words_of

if TYPE_CHECKING:
    from partners.models import HostUniversity

_LANGUAGES = ("en", "de")


class Folded(Func):
    """A column in the spelling of `partners.directory.spelling.folded`."""

    function = "UNACCENT"
    output_field = TextField()
    template = "LOWER(%(function)s(%(expressions)s))"
    for _digraph, _letter in DIGRAPHS:
        template = f"REPLACE({template}, '{_digraph}', '{_letter}')"


class _FoldedOnce(Folded):
    """The same of a value: as a subquery the database folds it once and not for every row."""

    template = f"(SELECT {Folded.template})"


def found_by(hosts: QuerySet[HostUniversity], text: str) -> QuerySet[HostUniversity]:
    """Narrow to the hosts of which every word of the text is found.

    Looked through: both names, city, Erasmus code (with its spaces or without), and the
    country's name in both languages. Neither case nor accents count.
    """
    hosts = hosts.alias(
        written=Folded(
            Concat(
                F("name_en"),
                Value(" "),
                F("name_native"),
                Value(" "),
                F("city"),
                Value(" "),
                F("erasmus_code"),
                Value(" "),
                Replace(F("erasmus_code"), Value(" "), Value("")),
                output_field=TextField(),
            )
        )
    )
    for word in words_of(text):
        found = Q(written__contains=_FoldedOnce(Value(word, output_field=CharField())))
        named = [code for code, names in _names_of_countries().items() if folded(word) in names]
        hosts = hosts.filter(found | Q(country__in=named) if named else found)
    return hosts


@cache
def _names_of_countries() -> dict[str, str]:
    """Return code and folded names of all countries, in both languages."""
    names: dict[str, list[str]] = {}
    for language in _LANGUAGES:
        with override(language):
            for code, name in countries:
                names.setdefault(code, []).append(folded(str(name)))
    return {code: "\n".join(both) for code, both in names.items()}
