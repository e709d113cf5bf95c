"""The nomination radar: which partner wants its nominations when, and what is still open there.

Page and weekly mail tell the same: `destinations` holds the rules, `reading` counts who stands how
by the database, `details` reads the people of those told about; `words` says it, `digest` is the
mail.
"""

from applications.exports.radar.destinations import (
    OVERDUE_AFTER,
    SOON,
    Destination,
    SentList,
    Stage,
    Standing,
    Student,
)
from applications.exports.radar.details import detailed
from applications.exports.radar.digest import Line, Part, queue_digests
from applications.exports.radar.reading import Radar, radar_of
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
    "Radar",
    "Said",
    "SentList",
    "Stage",
    "Standing",
    "Student",
    "columns_in_words",
    "countdown",
    "detailed",
    "open_things",
    "queue_digests",
    "radar_of",
    "semester_in_words",
    "stage_counted",
    "waiting_sentences",
]
