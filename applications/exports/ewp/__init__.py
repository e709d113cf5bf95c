"""Nominations as XML for Erasmus Without Paper, one file per partner."""

from applications.exports.ewp.checks import EwpProblem
from applications.exports.ewp.document import (
    EwpFile,
    LeftOut,
    NothingForEwp,
    document,
    problems_of,
)

__all__ = ["EwpFile", "EwpProblem", "LeftOut", "NothingForEwp", "document", "problems_of"]
