"""The receipt of a submission as PDF: number, instant, wishes in order, sha256 of each file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localtime
from django.utils.translation import gettext

from applications import texts
from applications.exports.printing import new_pages, pair, section, write, written
from partners.models import Semester

if TYPE_CHECKING:
    from applications.models import Submission


def receipt_as_pdf(submission: Submission) -> bytes:
    """Return the receipt in the language of the request; the same bytes each time."""
    application = submission.application
    heading = gettext("Receipt: submission %(number)d") % {"number": submission.number}
    pdf = new_pages(heading, at=localtime(submission.submitted_at))
    write(pdf, heading, size=18, style="B")
    write(pdf, application.call.title, size=12)
    pdf.ln(4)
    for label, value in _facts(submission):
        pair(pdf, label, value)
    section(pdf, gettext("Preferences"))
    for wish in submission.preferences.select_related("host__agreement__host"):
        semesters = ", ".join(str(Semester(key).label) for key in wish.semesters)
        pair(pdf, f"{wish.rank}.", f"{wish.host} ({semesters})")
    section(pdf, gettext("Documents with their SHA-256"))
    for row in submission.documents.select_related("document__slot"):
        file = row.document
        write(
            pdf, f"{file.slot.title}: {file.original_name}, {texts.file_size(file.size)}", style="B"
        )
        write(pdf, file.sha256, font="Courier", size=9)
        pdf.ln(1)
    pdf.ln(4)
    write(
        pdf,
        gettext(
            "The last submission before the deadline counts. Whoever has one of the files can "
            "compute its SHA-256 and compare it."
        ),
        size=9,
    )
    return written(pdf)


def _facts(submission: Submission) -> list[tuple[str, str]]:
    application = submission.application
    facts = [
        (gettext("Application"), application.code),
        (gettext("Received"), texts.instant(submission.submitted_at, seconds=True)),
        (gettext("Name"), f"{submission.given_names} {submission.family_name}"),
        (gettext("Matriculation number"), submission.matriculation_number),
    ]
    last_minute = application.call.last_minute
    if last_minute is not None:
        facts.append((gettext("Deadline"), texts.instant(last_minute)))
    return facts
