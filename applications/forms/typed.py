"""What stands in a draft: every answer as it was typed, valid or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from applications.models.submission import languages_and_wishes_of, newest_submission

if TYPE_CHECKING:
    from applications.models import Application, Submission

# Name of a form field -> the text typed, or the boxes ticked.
Typed = dict[str, str | list[str]]
_SAME_AS_TYPED = (
    "family_name",
    "given_names",
    "gender",
    "nationality",
    "matriculation_number",
    "phone",
    "street",
    "postal_code",
    "city",
    "country",
    "level_now",
    "level_departure",
    "semester_now",
    "ects_earned",
    "average_grade",
    "isced_f",
    "remarks",
)


def known_from_login(application: Application) -> dict[str, str]:
    """Return what comes from the login alone; a number it does not give is asked for."""
    student = application.student
    known = {"email": student.email, "esi": student.esi}
    if student.matriculation_number:
        known["matriculation_number"] = student.matriculation_number
    return known


def has_university_address(email: str) -> bool:
    """Tell whether a mail address is one of the university's (DOMAIN, Who may apply)."""
    return email.rpartition("@")[2].lower() in settings.UNIVERSITY_MAIL_DOMAINS


def typed_so_far(application: Application) -> Typed:
    """Return what the page starts with: the draft, the last submission, or the login's names."""
    if application.draft:
        return {name: _as_typed(name, value) for name, value in application.draft.items()}
    latest = newest_submission(application)
    if latest is not None:
        return typed_from(latest)
    student = application.student
    return {"family_name": student.family_name, "given_names": student.given_names}


def _as_typed(name: str, value: Any) -> str | list[str]:  # noqa: ANN401 - whatever JSON holds
    """Return an answer as the form could have sent it, whatever a draft holds."""
    if name.endswith("_semesters"):
        return [str(item) for item in value] if isinstance(value, list) else []
    return value if isinstance(value, str) else "" if value is None else str(value)


def typed_from(submission: Submission) -> Typed:
    """Return a submission the way it would have been typed."""
    typed: Typed = {name: str(getattr(submission, name)) for name in _SAME_AS_TYPED}
    typed["birth_date"] = submission.birth_date.strftime("%d.%m.%Y")
    months = submission.earlier_months
    typed["earlier_months"] = "" if months is None else str(months)
    typed["degree_programme"] = str(submission.degree_programme_id)
    languages, wishes = languages_and_wishes_of(submission)
    for row, skill in enumerate(languages, start=1):
        typed[f"language_{row}"] = skill.language
        typed[f"language_{row}_level"] = skill.level
        typed[f"language_{row}_proof"] = skill.proof
    for wish in wishes:
        typed[f"preference_{wish.rank}"] = str(wish.host_id)
        typed[f"preference_{wish.rank}_semesters"] = list(wish.semesters)
    return typed
