"""What is typed and sent in these tests, and how to see what became of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from applications import lifecycle
from applications.forms.typed import typed_so_far
from applications.views.form import kept_text
from tests import pdfs
from tests.exchange_portal.fake_provider import LOGIN

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from applications.models import Application
    from tests.exchange_portal.fake_provider import FakeProvider

KEPT = "You were signed out. What you typed is kept: sign in again and it is there."
TOO_LONG = (
    "You were signed out before this was saved, and it is too long to be kept until you have "
    "signed in again."
)
CHOOSE = "Files are not kept: choose them again."
BACK = "What you typed before you were signed out is here again, saved as a draft."
TYPED = {
    "copy": "window",
    "turn": "1",
    "family_name": "Nowak\u202e 🙂",
    "street": "First line & second",
    "city": "Bochum",
    "action": "continue",
}
SCRIPTS = [{"hx-request": "true"}, {"x-requested-with": "fetch"}]


def sealed(application: Application) -> dict[str, object]:
    start = typed_so_far(application)
    return {
        **TYPED,
        "seen": lifecycle.fingerprint(start, start),
        kept_text.SEAL: kept_text.seal_of(application),
    }


def pdf() -> SimpleUploadedFile:
    return SimpleUploadedFile("cv.pdf", pdfs.cv(), content_type="application/pdf")


def stored(application: Application) -> Application:
    application.refresh_from_db()
    return application


def paths_in(client: Client) -> list[str]:
    return [entry["path"] for entry in client.session.get(kept_text.IN_SESSION, ())]


def said(response: HttpResponse) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def paragraphs(answer: HttpResponse) -> list[str]:
    found = re.findall(r"<p>(.*?)</p>", answer.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", text).split()) for text in found]


def sign_in(provider: FakeProvider, client: Client, url: str) -> str:
    """Sign in on the page that was reached, and return where the login leads."""
    client.get(reverse("account_login"), {"next": url})
    return provider.sign_in(client, f"{LOGIN}?next={quote(url)}")["Location"]
