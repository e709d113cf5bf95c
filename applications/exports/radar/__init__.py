"""The nomination radar: which partner wants its nominations when, and what is still open there.

Page and weekly mail tell the same: `reading` asks the database, `destinations` holds the rules,
`words` says them; `digest` is the mail.
"""

from applications.exports.radar.destinations import (
    OVERDUE_AFTER,
    SOON,
    Destination,
    SentList,
    Stage,
    Student,
)
from applications.exports.radar.digest import Line, Part, queue_digests
from applications.exports.radar.reading import radar_of
from applications.exports.radar.words import (
    STAGES,
    Said,
    columns_in_words,
    countdown,
    open_things,
    semester_in_words,
    stage_counted,
    waiting_sentences,
)

__all__ = [
    "OVERDUE_AFTER",
    "SOON",
    "STAGES",
    "Destination",
    "Line",
    "Part",
    "Said",
    "SentList",
    "Stage",
    "Student",
    "columns_in_words",
    "countdown",
    "open_things",
    "queue_digests",
    "radar_of",
    "semester_in_words",
    "stage_counted",
    "waiting_sentences",
]
