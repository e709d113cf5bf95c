"""Why somebody was not signed in: the sentences and the page that says them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from exchange_portal.claims import Refusal

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

SENTENCES = {
    Refusal.ANSWER_INVALID: _(
        "The login service's answer did not pass our checks, so you were not signed in."
    ),
    Refusal.NO_LOGIN_ID: _(
        "The login service did not tell us your login ID. Without it we can't know who you are."
    ),
    Refusal.NO_ADDRESS: _(
        "The login service did not tell us a confirmed e-mail address of yours. The portal writes "
        "to your university address only."
    ),
    Refusal.FOREIGN_ADDRESS: _(
        "The e-mail address your login carries does not belong to the university. The portal "
        "writes to university addresses only."
    ),
    Refusal.NO_AFFILIATION: _(
        "Your login says that you are neither enrolled nor employed at the university, and no "
        "role here was given to you. Only members of the university can use this portal."
    ),
    Refusal.ROLE_ENDED: _(
        "Your role in this portal has ended, and your login says that you are neither enrolled nor "
        "employed at the university. Only its members can use this portal."
    ),
    Refusal.LOGIN_ID_TAKEN: _(
        "Your login ID is known here under another identity. The International Office has to sort "
        "this out before you can sign in."
    ),
    Refusal.INACTIVE: _("Your access to this portal has been withdrawn."),
    Refusal.CANCELLED: _("You ended the sign-in before it was complete."),
    Refusal.NOT_STARTED_HERE: _(
        "This sign-in was not started in this browser, or it was left open for too long."
    ),
    Refusal.PROVIDER_AWAY: _(
        "The university's login service can't be reached at the moment. Nothing is lost; please "
        "try again in a few minutes."
    ),
}
STATUS = {Refusal.NOT_STARTED_HERE: 400, Refusal.CANCELLED: 400, Refusal.PROVIDER_AWAY: 503}


def refused(request: HttpRequest, refusal: Refusal, *, was_signed_in: bool = False) -> HttpResponse:
    """Return the page that says why somebody was not signed in, or is so no longer."""
    context = {
        "was_signed_in": was_signed_in,
        "refusal": refusal.value,
        "sentence": SENTENCES[refusal],
        "mail_domains": settings.UNIVERSITY_MAIL_DOMAINS
        if refusal in {Refusal.NO_ADDRESS, Refusal.FOREIGN_ADDRESS}
        else [],
    }
    status = STATUS.get(refusal, 403)
    return render(request, "socialaccount/refused.html", context, status=status)


def refuse(request: HttpRequest, refusal: Refusal) -> NoReturn:
    """End the login with a page; the log gets the reason, never who it was."""
    logger.warning("login refused: %s", refusal.value)
    raise ImmediateHttpResponse(refused(request, refusal))
