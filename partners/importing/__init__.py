"""Loading partners, agreements and seats from a file: report everything, then apply.

The file is CSV or an XLSX workbook. One format for all three; the columns stand in
`layout.COLUMNS`, their meaning in README ("Partner files"). A row describes a partner, or gives
seats to one, or both:

- `key` names the partner and is always needed. A row with `name_en`, `city`, `country` describes
  it; a row without those adds seats to a partner that is in the file or in the portal already.
- a row with `kind` belongs to an agreement (key, faculty, kind, isced_f); with `academic_year` and
  `seats` it is also one pool of seats (year, level, semester).
- a column that is missing leaves the stored values alone; an empty cell in a column that is there
  clears the value. Nothing is ever deleted. Seats count as real unless `made_up` says yes.

The column names of the university's own survey of partners (`partner_key`, `country_iso2`,
`timezone`, `worldwide_seats` ...) are understood as well; see `layout`.
"""

from partners.importing.applying import Report, import_content, load_demo_seats, reason_of
from partners.importing.planning import Change, Count
from partners.importing.table import Problem
from partners.importing.uploads import apply_upload, keep_upload, purge_uploads

__all__ = [
    "Change",
    "Count",
    "Problem",
    "Report",
    "apply_upload",
    "import_content",
    "keep_upload",
    "load_demo_seats",
    "purge_uploads",
    "reason_of",
]
