"""How much may be sent to each address, and how often: the whole of it stands here.

The numbers leave room for a student who has put off everything to the last hour, and for a lecture
hall behind one address. What is slow or costly to answer gets less.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

MEBIBYTE: Final = 1_048_576
WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class By(StrEnum):
    """Whose requests are counted together."""

    PERSON = "person"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `amount` requests within `seconds`, counted from one full multiple to the next."""

    name: str
    amount: int
    seconds: int
    by: By


# -- how often -------------------------------------------------------------------------------------

# The university's login service guards its passwords itself; this keeps floods off. One login is
# one beginning, and up to three requests around it: its page, the way back, and the end of that.
# A campus may share one address: 1,000 students in the last ten minutes begin up to 320 a minute.
SIGN_IN: Final = Pace("sign_in", 600, 60, By.ADDRESS)
AROUND_IT: Final = Pace("around_sign_in", 3 * SIGN_IN.amount, 60, By.ADDRESS)
# Calendars ask a few times a day; what guesses addresses asks all the time.
CALENDAR: Final = Pace("calendar", 120, 60, By.ADDRESS)
SUBMIT: Final = Pace("submit", 20, 600, By.PERSON)
UPLOAD: Final = Pace("upload", 60, 600, By.PERSON)
SAVE: Final = Pace("save", 120, 60, By.PERSON)
EXPORT: Final = Pace("export", 60, 600, By.PERSON)
# Who reads a hundred applications opens some hundreds of files and pages of them.
FILE: Final = Pace("file", 300, 600, By.PERSON)
PICTURE: Final = Pace("picture", 600, 60, By.PERSON)
SEARCH: Final = Pace("search", 240, 60, By.PERSON)
ESTIMATE: Final = Pace("estimate", 120, 60, By.PERSON)
ANYTHING: Final = Pace("anything", 600, 60, By.PERSON)
# Of nobody signed in: the public pages, and forms whose text is kept through the login.
SIGNED_OUT: Final = Pace("signed_out", 1200, 60, By.ADDRESS)
KEPT_TEXT: Final = Pace("kept_text", 120, 60, By.ADDRESS)

# By the name of the view, whatever the method.
ALWAYS: Final = {
    **dict.fromkeys(("openid_connect_login", "saml_login"), SIGN_IN),
    **dict.fromkeys(
        (
            "account_login",
            "admin:login",
            "openid_connect_callback",
            "saml_acs",
            "saml_finish_acs",
            "saml_sls",
            "saml_metadata",
        ),
        AROUND_IT,
    ),
    "applications:calendar": CALENDAR,
    **dict.fromkeys(
        (
            "applications:document",
            "applications:receipt_pdf",
            "applications:testimonial",
            "grants:stay_document",
        ),
        FILE,
    ),
    **dict.fromkeys(("applications:preview", "admin:applications_application_paper_page"), PICTURE),
    **dict.fromkeys(
        (
            "admin:applications_auditentry_export",
            "admin:applications_call_export_file",
            "admin:applications_call_instance",
            "admin:applications_call_result",
            "admin:applications_processingactivity_export",
            "admin:partners_catalogue_export",
            "privacy:own_data_download",
        ),
        EXPORT,
    ),
    **dict.fromkeys(("admin:autocomplete", "partners:hosts", "partners:map"), SEARCH),
    "grants:estimate": ESTIMATE,
}
# By the name of the view, when something is sent to it.
SENDING: Final = {
    "applications:form_check": SUBMIT,
    **dict.fromkeys(
        (
            "applications:form_documents",
            "applications:slot",
            "applications:late_document",
            "grants:upload",
            "admin:partners_catalogue_load",
            "admin:partners_testimonial_add",
            "admin:partners_testimonial_change",
        ),
        UPLOAD,
    ),
    "applications:form_page": SAVE,
    **dict.fromkeys(
        (
            "admin:applications_call_export",
            "admin:applications_call_protocol",
            "admin:applications_call_statistics_export",
            "admin:applications_call_years_export",
            "admin:grants_paymentlist_file",
        ),
        EXPORT,
    ),
}


def pace_of(request: HttpRequest, view_name: str, *, known: bool) -> Pace:
    """Return how often this may be asked; nobody signed in is counted by address."""
    writing = request.method in WRITING
    pace = SENDING.get(view_name) if writing else None
    pace = pace or ALWAYS.get(view_name) or ANYTHING
    if known or pace.by == By.ADDRESS:
        return pace
    return KEPT_TEXT if writing else SIGNED_OUT


# -- how much --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Size:
    """The most bytes a body may have; `file_bytes` is what one file in it may have, if any."""

    most: int
    file_bytes: int = 0


TEXT: Final = Size(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
# Room for six files of 1 MB, and for a larger one that is then named at its slot with its size.
# The proxy takes no more either (nginx/nginx.conf.template).
MOST: Final = 8 * MEBIBYTE
DOCUMENTS: Final = Size(MOST, file_bytes=MEBIBYTE)
CATALOGUE: Final = Size(MOST, file_bytes=5 * MEBIBYTE)

SIZES: Final = {
    **dict.fromkeys(
        (
            "applications:form_documents",
            "applications:slot",
            "applications:late_document",
            "grants:upload",
            "admin:partners_testimonial_add",
            "admin:partners_testimonial_change",
        ),
        DOCUMENTS,
    ),
    "admin:partners_catalogue_load": CATALOGUE,
}


def size_of(view_name: str) -> Size:
    return SIZES.get(view_name, TEXT)
