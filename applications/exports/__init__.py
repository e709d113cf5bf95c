"""The lists that leave the house. Rows come from `access`, each export is logged."""

from applications.exports.nominations import FORMATS, NothingToExport, export_nominations

__all__ = ["FORMATS", "NothingToExport", "export_nominations"]
