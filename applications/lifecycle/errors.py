"""The refusals. Views turn each into one page with one clear sentence (applications.texts)."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from applications.models import Application
    from applications.pdf_inspection import Report


class Refusal(StrEnum):
    """Why a wish of a person was refused; each has its sentence in `applications.texts`."""

    NOT_OPEN_YET = "not_open_yet"
    DEADLINE_PASSED = "deadline_passed"
    NO_DEADLINE_YET = "no_deadline_yet"
    NOT_A_STUDENT = "not_a_student"
    HANDLED_BY_OFFICE = "handled_by_office"
    OWN_APPLICATION = "own_application"
    COMPETES = "competes"
    UNTIL_TOO_EARLY = "until_too_early"
    NOT_NOW = "not_now"  # state
    ANSWER_TOO_LATE = "answer_too_late"
    BETTER_OFFER_GONE = "better_offer_gone"
    SEMESTER_NOT_POSSIBLE = "semester_not_possible"
    SEMESTER_TAKEN = "place_for_semester_taken"
    REASON_MISSING = "reason_missing"
    CHANGED_SINCE = "changed_since"
    ENROLMENT_NOT_CONFIRMED = "enrolment_not_confirmed"
    DATA_MISSING = "data_missing"  # missing
    ANSWERED_BEFORE = "answered_before"  # nominated
    NEWER_DRAFT = "newer_draft"
    NEWER_FILE = "newer_file"
    INCOMPLETE = "incomplete"
    DOCUMENT_REFUSED = "document_refused"
    SLOT_NOT_ASKED = "slot_not_asked"
    NEWER_SHEET = "newer_sheet"
    NEWER_RANKING = "newer_ranking"
    SCORE_MISSING = "score_missing"
    SCORE_OUT_OF_RANGE = "score_out_of_range"


class PortalRefusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """Something a person asked for can't be done now; nothing was changed."""

    def __init__(self, code: Refusal, **params: Any) -> None:  # noqa: ANN401 - figures of a sentence
        super().__init__(code.value)
        self.code = code
        self.params = params


class TransitionRefused(PortalRefusal):
    """The application is in a state from which this step does not lead on."""


class DeadlinePassed(PortalRefusal):
    """The server's clock had reached the deadline when the request was handled."""


class DraftConflict(PortalRefusal):
    """Another tab or device saved a newer draft; `application` holds it."""

    def __init__(self, application: Application) -> None:
        super().__init__(Refusal.NEWER_DRAFT, saved_at=application.draft_saved_at)
        self.application = application


class NewerFile(PortalRefusal):
    """Another tab or device changed the file of this slot since it was shown."""

    def __init__(self) -> None:
        super().__init__(Refusal.NEWER_FILE)


class DocumentRefused(PortalRefusal):
    """The file has a hard finding; `report` says which. Nothing of it was kept."""

    def __init__(self, report: Report) -> None:
        super().__init__(Refusal.DOCUMENT_REFUSED)
        self.report = report


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a submission from being made, and the field it belongs to."""

    code: str
    field: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict, hash=False)


class Incomplete(PortalRefusal):
    """The complete list of what is missing or wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(Refusal.INCOMPLETE)
        self.problems = tuple(problems)
