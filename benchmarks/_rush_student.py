"""The way of one student from the link in a mail to the receipt, as a browser goes it. No Django.

The texts were written elsewhere and are pasted, field by field; the page saves by itself after
each pause. Hidden fields, versions, tokens and what lists offer come from the pages.
"""

import hashlib
import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from _rush_browser import Answer, Browser
from _rush_forms import Failed, Form, attributes

SLOTS = ("cv", "letter", "transcript", "abitur")
WISHES = 3
# Seconds before each step, for somebody who has everything ready: (least, most).
READS = (4.0, 12.0)
CHOOSES_PERSON = (3.0, 8.0)
PASTES = (2.0, 7.0)
PICKS_FILE = (4.0, 10.0)
CHECKS = (10.0, 30.0)
# What is pasted on each page, one pause after the other.
PASTED: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "about": (
        {"birth_date": "17.05.2004", "gender": "2", "nationality": "PL"},
        {"phone": "+49 234 3228000", "street": "Universitätsstraße 150"},
        {"postal_code": "44801", "city": "Bochum", "country": "DE"},
    ),
    "studies": (
        {"isced_f": "0410", "level_now": "bachelor", "level_departure": "bachelor"},
        {"semester_now": "3", "ects_earned": "62,5", "average_grade": "1,7"},
    ),
    "languages": (
        {"language_1": "en", "language_1_level": "B2", "language_1_proof": "school"},
        {"language_2": "es", "language_2_level": "A2", "language_2_proof": "course"},
    ),
}


def login_of(number: int) -> str:
    return f"rush{number:05d}"


@dataclass(slots=True)
class Result:
    """What a student knows in the end; `sent` is the sha256 and the size of each file."""

    login: str
    code: str = ""
    sent: dict[str, tuple[str, int]] = field(default_factory=dict)
    receipt: list[str] = field(default_factory=list)
    began: float = 0.0
    submitted: float = 0.0
    error: str = ""


class Student:
    """Goes the whole way once. `pace` is 1 for people and 0 for a closed loop."""

    def __init__(self, browser: Browser, login: str, *, pace: float) -> None:
        self.browser = browser
        self.result = Result(login)
        self.chance = random.Random(login)
        self.pace = pace

    def apply(self, call: str, papers: Mapping[str, list[bytes]], receipts: Path) -> None:
        self.result.began = time.time()
        page = self.sign_in(call)
        page = self.start(page)
        for name in ("about", "studies", "languages", "preferences"):
            page = self.fill_in(page, name)
        page = self.upload(page, papers)
        page = self.submit(page)
        self.read(page, receipts)

    def wait(self, seconds: tuple[float, float]) -> None:
        time.sleep(self.pace * self.chance.uniform(*seconds))

    def sign_in(self, call: str) -> Answer:
        page = self.browser.get(f"/calls/{call}/")
        self.wait(READS)
        form = page.form('action="[^"]*/oidc/')
        page = self.browser.post(form.action, form.pairs())
        self.wait(CHOOSES_PERSON)
        form = page.form('action="/login/"')
        address = urljoin(page.url, form.action)
        return self.browser.post(address, form.pairs(person=self.result.login))

    def start(self, page: Answer) -> Answer:
        self.wait(READS)
        form = page.form('action="[^"]*/start/"')
        page = self.browser.post(form.action, form.pairs())
        match = re.search(r"/applications/([^/]+)/form/", page.url)
        if match is None:
            raise Failed(f"the application starts at {page.url}")
        self.result.code = match[1]
        return page

    # -- the four pages on which one types ---------------------------------------------------------

    def fill_in(self, page: Answer, name: str) -> Answer:
        expect(page, f"/form/{name}/")
        form = page.form('id="page-form"')
        headers = {
            "HX-Request": "true",
            "HX-Trigger": "page-form",
            "HX-Target": "save-state",
            "HX-Current-URL": page.url,
        }
        for pasted in self.typed_on(page, name, form):
            self.wait(PASTES)
            form.choose(pasted)
            take_turn(form)
            saved = self.browser.post(form.action, form.pairs(), headers=headers)
            form.sent["seen"] = [saved.find(r'id="seen" value="([^"]*)"')]
        self.wait(PASTES)
        take_turn(form)
        return self.browser.post(form.action, form.pairs(action="continue"))

    def typed_on(self, page: Answer, name: str, form: Form) -> list[dict[str, list[str]]]:
        if name == "preferences":
            return self.wishes(page)
        pasted = [{key: [value] for key, value in part.items()} for part in PASTED[name]]
        if name == "studies":
            degrees = sorted(form.offered["degree_programme"] - {""})
            pasted[0]["degree_programme"] = [self.chance.choice(degrees)]
        return pasted

    def wishes(self, page: Answer) -> list[dict[str, list[str]]]:
        """Choose among the hosts the page brought along: its search asks nobody."""
        picks: list[dict[str, Any]] = json.loads(
            page.find(r'(?s)<script id="[^"]*" type="application/json">(.*?)</script>')
        )
        wanted = self.chance.sample([pick for pick in picks if not pick["closed"]], WISHES)
        return [
            {f"preference_{rank}": [pick["value"]], f"preference_{rank}_semesters": ["W", "S"]}
            for rank, pick in enumerate(wanted, start=1)
        ]

    # -- files, submission, receipt ----------------------------------------------------------------

    def upload(self, page: Answer, papers: Mapping[str, list[bytes]]) -> Answer:
        """Send each file as soon as it is picked, then go on with the page's own button."""
        expect(page, "/form/documents/")
        form = page.form('id="page-form"')
        token = form.sent["csrfmiddlewaretoken"][0]
        headers = {"X-Requested-With": "fetch", "X-CSRFToken": token}
        for slot in SLOTS:
            self.wait(PICKS_FILE)
            # Behind its end readers see a comment; to the portal it is another file.
            paper = self.chance.choice(papers[slot])
            content = b"%s%%%% %s\n" % (paper, self.result.login.encode())
            about = attributes(page.find(rf'<section ([^>]*data-slot="{slot}"[^>]*)>'))
            answer = self.browser.post(
                about["data-url"],
                [("held", about["data-held"])],
                {"file": (f"{slot}.pdf", content)},
                headers,
            )
            form.sent[f"held_{slot}"] = [answer.find(rf'name="held_{slot}" value="(\d+)"')]
            self.result.sent[slot] = (hashlib.sha256(content).hexdigest(), len(content))
        self.wait(PASTES)
        slots = [name.removeprefix("held_") for name in form.sent if name.startswith("held_")]
        unchosen = {f"document_{slot}": ("", b"") for slot in slots}
        return self.browser.post(form.action, form.pairs(action="continue"), unchosen)

    def submit(self, page: Answer) -> Answer:
        expect(page, "/form/check/")
        self.wait(CHECKS)
        form = page.form('action="[^"]*/form/check/"')
        page = self.browser.post(form.action, form.pairs(action="submit"))
        expect(page, "/receipts/1/")
        self.result.submitted = time.time()
        return page

    def read(self, page: Answer, receipts: Path) -> None:
        """Read the checksums on the receipt and keep it as PDF."""
        self.result.receipt = re.findall(r'class="code small">([0-9a-f]{64})<', page.text)
        self.wait(READS)
        pdf = self.browser.get(page.find(r'href="([^"]*/receipts/1/pdf/)"'))
        (receipts / f"{self.result.code}.pdf").write_bytes(pdf.body)


def take_turn(form: Form) -> None:
    """Count as the page's script does: a repeated request is told from a new one by it."""
    form.sent["turn"] = [str(int(form.sent["turn"][0]) + 1)]


def expect(page: Answer, end: str) -> None:
    if not page.url.endswith(end):
        raise Failed(f"the way leads to {page.url}, not to {end}")
