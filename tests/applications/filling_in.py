"""What a browser sends when somebody fills in the form, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from applications import lifecycle
from applications.forms.pages import Page, page_of
from tests import factories

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from applications.models import Application


def complete_answers(application: Application) -> dict[str, Any]:
    """Return all answers of a complete application, as typed; the call has two hosts or more."""
    first, second, *_others = application.call.hosts.order_by("pk")
    degree = application.call.programme.faculty.degreeprogramme_set.get()
    return {
        "family_name": "Nowak",
        "given_names": "Ada",
        "birth_date": "17.05.2004",
        "gender": "2",
        "nationality": "PL",
        "phone": "+49 234 3228000",
        "street": "Universitätsstraße 150",
        "postal_code": "44801",
        "city": "Bochum",
        "country": "DE",
        "degree_programme": str(degree.pk),
        "level_now": "bachelor",
        "level_departure": "bachelor",
        "semester_now": "3",
        "ects_earned": "62,5",
        "average_grade": "1,7",
        "isced_f": "0410",
        "language_1": "en",
        "language_1_level": "B2",
        "language_1_proof": "school",
        "preference_1": str(first.pk),
        "preference_1_semesters": ["W", "S"],
        "preference_2": str(second.pk),
        "preference_2_semesters": ["W"],
        "remarks": "",
    }


def add_documents(application: Application) -> None:
    """Put a file into every required slot of a Bachelor student's draft."""
    for slot in application.call.programme.slots.filter(required=True):
        if slot.applies_to("bachelor"):
            factories.DocumentFactory.create(application=application, slot=slot)


def page_url(application: Application, page: str) -> str:
    return reverse("applications:form_page", args=[application.code, page])


def on_page(answers: dict[str, Any], page: str) -> dict[str, Any]:
    return {name: value for name, value in answers.items() if page_of(name) == page}


class Window:
    """One open page of the form, as a browser holds it without script: sends what it was given."""

    def __init__(self, client: Client, application: Application, page: str) -> None:
        self.client = client
        self.application = application
        self.url = page_url(application, page)
        self.page = page
        self.reload()

    def reload(self) -> HttpResponse:
        self.shown = self.client.get(self.url)
        self._remember(self.shown)
        return self.shown

    def _remember(self, shown: HttpResponse) -> None:
        self.hidden = {"turn": "1"}
        for name in ("copy", "seen"):
            self.hidden[name] = shown.context[name]

    def press(self, answers: dict[str, Any], action: str = "save", **more: Any) -> HttpResponse:
        """Send the answers of this page by a button."""
        sent = {**on_page(answers, self.page), **self.hidden, "action": action, **more}
        response = self.client.post(self.url, sent)
        if response.status_code in {409, 422} and "copy" in response.context:
            self._remember(response)
        return response

    def autosave(self, answers: dict[str, Any], *, answer_lost: bool = False) -> HttpResponse:
        """Send the answers the way the page's script does."""
        self.hidden["turn"] = str(int(self.hidden["turn"]) + 1)
        sent = {**on_page(answers, self.page), **self.hidden}
        response = self.client.post(self.url, sent, headers={"HX-Request": "true"})
        if response.status_code == 200 and not answer_lost:
            self.hidden["seen"] = response.context["seen"]
        return response


def fill_in(client: Client, application: Application, answers: dict[str, Any]) -> None:
    """Save all pages one after the other."""
    for page in (Page.ABOUT, Page.STUDIES, Page.LANGUAGES, Page.PREFERENCES):
        response = Window(client, application, page).press(answers, "continue")
        assert response.status_code == 302, response.context["form"].errors


def keep_typed(application: Application, answers: dict[str, Any]) -> None:
    """Leave the draft that `fill_in` leaves, without its eight requests."""
    lifecycle.save_draft(application, answers, now=timezone.now())


def submit(client: Client, application: Application, **more: str) -> HttpResponse:
    """Open the last page and press its button."""
    url = reverse("applications:form_check", args=[application.code])
    shown = client.get(url)
    return client.post(url, {"action": "submit", "seen": shown.context["seen"], **more})
