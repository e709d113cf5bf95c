"""From a nomination to a paid grant. The International Office alone; students read their own.

Each step is one transaction that locks the nomination and then the award. Every calculation is a
version; what a second person approved never changes (the database refuses it too), and a changed
stay is the next version.
"""

from grants.awards.approving import approve_award, propose_award, send_back
from grants.awards.cancelling import cancel_award
from grants.awards.changing import Change, bound_terms, change_award, create_award, take_back
from grants.awards.evidence import Evidence, note_evidence
from grants.awards.from_nominations import (
    Outcome,
    award_many,
    declared_terms,
    nominations_to_award,
    project_for,
)
from grants.awards.hindrances import why_not_approve, why_not_propose
from grants.awards.listing import (
    DuePayment,
    awaiting_share,
    due_payments,
    make_due,
    make_list,
    mark_paid,
    note_repayment,
    open_repayments,
)
from grants.awards.locking import LIVE, newest
from grants.awards.paying import DUE, ZERO, WouldBeDue, follow, paid, paid_for, would_be_due
from grants.awards.recalculating import (
    Calculation,
    Difference,
    Recalculation,
    calculations,
    compare,
    distances_from_home,
    recalculate,
)
from grants.awards.stored import answer_of
from grants.awards.terms import Terms, payable_stay, terms_of
from grants.awards.writing import answer_for, host_of, moved_by_tables

__all__ = [
    "DUE",
    "LIVE",
    "ZERO",
    "Calculation",
    "Change",
    "Difference",
    "DuePayment",
    "Evidence",
    "Outcome",
    "Recalculation",
    "Terms",
    "WouldBeDue",
    "answer_for",
    "answer_of",
    "approve_award",
    "awaiting_share",
    "award_many",
    "bound_terms",
    "calculations",
    "cancel_award",
    "change_award",
    "compare",
    "create_award",
    "declared_terms",
    "distances_from_home",
    "due_payments",
    "follow",
    "host_of",
    "make_due",
    "make_list",
    "mark_paid",
    "moved_by_tables",
    "newest",
    "nominations_to_award",
    "note_evidence",
    "note_repayment",
    "open_repayments",
    "paid",
    "paid_for",
    "payable_stay",
    "project_for",
    "propose_award",
    "recalculate",
    "send_back",
    "take_back",
    "terms_of",
    "why_not_approve",
    "why_not_propose",
    "would_be_due",
]
