"""From the closed call to the filled seats: review, ranking, allocation, publication.

Everything here is repeatable: a second call after a crash gives the same end state.
"""

from applications.selection.allocating import (
    NotRanked,
    build_instance,
    host_id,
    pk_in,
    propose_allocation,
    replays,
)
from applications.selection.assigning import (
    ToRead,
    assign_readers,
    assigned_in,
    shared_out,
    take_away,
)
from applications.selection.closing import (
    CLOSING_GRACE,
    close_call,
    close_extended,
    due_calls,
)
from applications.selection.copying import CallCopy, CallExists, copies_of, copy_calls
from applications.selection.filling import (
    cancel,
    decline,
    expire_offers,
    fill_freed_seat,
    nominations_closed,
    reject,
    withdraw,
)
from applications.selection.findings import Grounds, findings_on, host_offers
from applications.selection.planning import (
    add_criteria,
    agreements_with_seats,
    midnight,
    plan_calls,
)
from applications.selection.progress import (
    Progress,
    expected_end,
    failed_reviews,
    review_progress,
)
from applications.selection.publishing import (
    PLACED,
    TOO_LATE,
    NotPublishable,
    Preview,
    publication_preview,
    publish_allocation,
    why_not_publishable,
)
from applications.selection.ranking import (
    MissingScores,
    NothingToRank,
    criteria_of,
    facts_of,
    latest_ranking,
    make_ranking,
    score_application,
    sheets_of,
)
from applications.selection.reading import (
    SCORABLE_STATES,
    SheetConflict,
    save_score_sheet,
    sheets_readable_by,
)
from applications.selection.reviewing import (
    CHUNK,
    DATABASE_AWAY,
    claim_reviews,
    due_reviews,
    finish_review,
    next_due,
    review_claimed,
    review_submission,
    run_under_way,
    start_review,
)
from applications.selection.steering import resume_review, review_again, stop_review

__all__ = [
    "CHUNK",
    "CLOSING_GRACE",
    "DATABASE_AWAY",
    "PLACED",
    "SCORABLE_STATES",
    "TOO_LATE",
    "CallCopy",
    "CallExists",
    "Grounds",
    "MissingScores",
    "NotPublishable",
    "NotRanked",
    "NothingToRank",
    "Preview",
    "Progress",
    "SheetConflict",
    "ToRead",
    "add_criteria",
    "agreements_with_seats",
    "assign_readers",
    "assigned_in",
    "build_instance",
    "cancel",
    "claim_reviews",
    "close_call",
    "close_extended",
    "copies_of",
    "copy_calls",
    "criteria_of",
    "decline",
    "due_calls",
    "due_reviews",
    "expected_end",
    "expire_offers",
    "facts_of",
    "failed_reviews",
    "fill_freed_seat",
    "findings_on",
    "finish_review",
    "host_id",
    "host_offers",
    "latest_ranking",
    "make_ranking",
    "midnight",
    "next_due",
    "nominations_closed",
    "pk_in",
    "plan_calls",
    "propose_allocation",
    "publication_preview",
    "publish_allocation",
    "reject",
    "replays",
    "resume_review",
    "review_again",
    "review_claimed",
    "review_progress",
    "review_submission",
    "run_under_way",
    "save_score_sheet",
    "score_application",
    "shared_out",
    "sheets_of",
    "sheets_readable_by",
    "start_review",
    "stop_review",
    "take_away",
    "why_not_publishable",
    "withdraw",
]
