"""The lists that leave the house. Rows come from `access`, each export is logged."""

from applications.exports.columns import COLUMNS, columns_for
from applications.exports.lists import FORMATS, NothingToExport, export_nominations

__all__ = ["COLUMNS", "FORMATS", "NothingToExport", "columns_for", "export_nominations"]
