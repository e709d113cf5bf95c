"""The tables of calls, applications, selection and nomination."""

from applications.models.allocation import (
    AllocationRun,
    Directive,
    Placement,
    PreferenceOutcome,
)
from applications.models.application import Application, Concession, Document, StateChange
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
from applications.models.ranking import RankedApplication, Ranking, Score, ScoreSheet
from applications.models.review import PreferenceVerdict, ReviewRun, SubmissionReview
from applications.models.submission import (
    LanguageSkill,
    Preference,
    Submission,
    SubmittedDocument,
    latest_submissions,
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
