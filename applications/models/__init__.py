"""The tables of calls, applications, selection and nomination."""

from applications.models.application import (
    Application,
    Concession,
    Document,
    LanguageSkill,
    Preference,
    StateChange,
    Submission,
    SubmittedDocument,
    latest_submissions,
)
from applications.models.call import (
    Call,
    CallHost,
    Criterion,
    DegreeProgramme,
    DocumentSlot,
    Programme,
)
from applications.models.mail import OutgoingMail
from applications.models.nomination import ExportLog, Nomination
from applications.models.people import RoleGrant, User
from applications.models.selection import (
    AllocationRun,
    Directive,
    Placement,
    PreferenceOutcome,
    PreferenceVerdict,
    RankedApplication,
    Ranking,
    ReviewRun,
    Score,
    ScoreSheet,
    SubmissionReview,
)

__all__ = [
    "AllocationRun",
    "Application",
    "Call",
    "CallHost",
    "Concession",
    "Criterion",
    "DegreeProgramme",
    "Directive",
    "Document",
    "DocumentSlot",
    "ExportLog",
    "LanguageSkill",
    "Nomination",
    "OutgoingMail",
    "Placement",
    "Preference",
    "PreferenceOutcome",
    "PreferenceVerdict",
    "Programme",
    "RankedApplication",
    "Ranking",
    "ReviewRun",
    "RoleGrant",
    "Score",
    "ScoreSheet",
    "StateChange",
    "Submission",
    "SubmissionReview",
    "SubmittedDocument",
    "User",
    "latest_submissions",
]
