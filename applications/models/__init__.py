"""The tables of calls, applications, selection and nomination."""

from applications.models.allocation import (
    AllocationRun,
    BetterOffer,
    Directive,
    Placement,
    PreferenceOutcome,
)
from applications.models.application import (
    Application,
    Concession,
    Document,
    StateChange,
    concessions_with_answers,
)
from applications.models.audit import AuditEntry
from applications.models.calendar import CalendarFeed
from applications.models.call import Call, CallHost, host_id, pk_in
from applications.models.criterion import Criterion, HostWeight, ProgrammeCriterion
from applications.models.desk import Assignment, Comment, ReasonTemplate, Viewing
from applications.models.export import ExportDownload, ExportFormat, ExportJob, ExportLog
from applications.models.guards import expect_many_rows
from applications.models.guidance import HelpTopic, LegalPage
from applications.models.mail import OutgoingMail
from applications.models.nomination import (
    EnrolmentConfirmation,
    Nomination,
    NominationCorrection,
)
from applications.models.nomination_days import (
    closed_at,
    is_over,
    nomination_days,
    nominations_closed,
)
from applications.models.operation import Heartbeat
from applications.models.people import RoleGrant, User
from applications.models.privacy import ErasureRequest, ProcessingActivity, PurgeRun, RetentionRule
from applications.models.programme import DegreeProgramme, DocumentSlot, Programme
from applications.models.ranking import RankedApplication, Ranking, RankingMove, Score, ScoreSheet
from applications.models.review import (
    PreferenceVerdict,
    ReviewRun,
    SubmissionReview,
    counting_reviews,
    newer_submissions,
)
from applications.models.seen import Seen, saw, watching
from applications.models.stays import stays_beside, stays_of_many
from applications.models.submission import (
    LanguageSkill,
    Preference,
    Submission,
    SubmittedDocument,
    counting_submissions,
    latest_submissions,
)

__all__ = [
    "AllocationRun",
    "Application",
    "Assignment",
    "AuditEntry",
    "BetterOffer",
    "CalendarFeed",
    "Call",
    "CallHost",
    "Comment",
    "Concession",
    "Criterion",
    "DegreeProgramme",
    "Directive",
    "Document",
    "DocumentSlot",
    "EnrolmentConfirmation",
    "ErasureRequest",
    "ExportDownload",
    "ExportFormat",
    "ExportJob",
    "ExportLog",
    "Heartbeat",
    "HelpTopic",
    "HostWeight",
    "LanguageSkill",
    "LegalPage",
    "Nomination",
    "NominationCorrection",
    "OutgoingMail",
    "Placement",
    "Preference",
    "PreferenceOutcome",
    "PreferenceVerdict",
    "ProcessingActivity",
    "Programme",
    "ProgrammeCriterion",
    "PurgeRun",
    "RankedApplication",
    "Ranking",
    "RankingMove",
    "ReasonTemplate",
    "RetentionRule",
    "ReviewRun",
    "RoleGrant",
    "Score",
    "ScoreSheet",
    "Seen",
    "StateChange",
    "Submission",
    "SubmissionReview",
    "SubmittedDocument",
    "User",
    "Viewing",
    "closed_at",
    "concessions_with_answers",
    "counting_reviews",
    "counting_submissions",
    "expect_many_rows",
    "host_id",
    "is_over",
    "latest_submissions",
    "newer_submissions",
    "nomination_days",
    "nominations_closed",
    "pk_in",
    "saw",
    "stays_beside",
    "stays_of_many",
    "watching",
]
