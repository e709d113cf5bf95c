"""Statistics in words: tables, the plots beside them, and the workbook of both."""

from applications.exports.statistics.file import export_statistics
from applications.exports.statistics.one_round import statistics_of
from applications.exports.statistics.statistic import Statistic
from applications.exports.statistics.years import statistics_over_years

__all__ = ["Statistic", "export_statistics", "statistics_of", "statistics_over_years"]
