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
from typing import Any

from _rush_browser import Answer, Browser, Failed, form_of

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

    def apply(self, call: str, papers: Mapping[str, list[bytes]], receipts: str) -> None:
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
        action, fields, _offered = form_of(page, 'action="[^"]*/oidc/')
        page = self.browser.post(action, pairs(fields))
        self.wait(CHOOSES_PERSON)
        action, fields, _offered = form_of(page, 'action="/login/"')
        return self.browser.post(
            f"{page.url.split('/login/')[0]}{action}",
            pairs({**fields, "person": [self.result.login]}),
        )

    def start(self, page: Answer) -> Answer:
        self.wait(READS)
        action, fields, _offered = form_of(page, 'action="[^"]*/start/"')
        page = self.browser.post(action, pairs(fields))
        match = re.search(r"/applications/([^/]+)/form/", page.url)
        if match is None:
            raise Failed(f"the application starts at {page.url}")
        self.result.code = match[1]
        return page

    # -- the four pages on which one types ---------------------------------------------------------

    def fill_in(self, page: Answer, name: str) -> Answer:
        expect(page, f"/form/{name}/")
        action, fields, offered = form_of(page, 'id="page-form"')
        headers = {
            "HX-Request": "true",
            "HX-Trigger": "page-form",
            "HX-Target": "save-state",
            "HX-Current-URL": page.url,
        }
        for pasted in self.typed_on(page, name, offered):
            self.wait(PASTES)
            for key, values in pasted.items():
                if key not in offered or not (set(values) <= offered[key] or not offered[key]):
                    raise Failed(f"{name}: {key} does not take {values}")
                fields[key] = values
            fields["turn"] = [str(int(fields["turn"][0]) + 1)]
            saved = self.browser.post(action, pairs(fields), headers=headers)
            fields["seen"] = [saved.find(r'id="seen" value="([^"]*)"')]
        self.wait(PASTES)
        fields["turn"] = [str(int(fields["turn"][0]) + 1)]
        return self.browser.post(action, pairs({**fields, "action": ["continue"]}))

    def typed_on(
        self, page: Answer, name: str, offered: Mapping[str, set[str]]
    ) -> list[dict[str, list[str]]]:
        if name == "preferences":
            return self.wishes(page)
        pasted = [{key: [value] for key, value in part.items()} for part in PASTED[name]]
        if name == "studies":
            degrees = sorted(offered["degree_programme"] - {""})
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
        action, fields, _offered = form_of(page, 'id="page-form"')
        token = fields["csrfmiddlewaretoken"][0]
        headers = {"X-Requested-With": "fetch", "X-CSRFToken": token}
        for slot in SLOTS:
            self.wait(PICKS_FILE)
            base = self.chance.choice(papers[slot])
            # Behind the end of the file readers see a comment; to the portal it is another file.
            content = b"%s%%%% %s\n" % (base, self.result.login.encode())
            section = page.find(rf'<section ([^>]*data-slot="{slot}"[^>]*)>')
            url, held = re.search(r'data-url="([^"]*)"', section), re.search(
                r'data-held="([^"]*)"', section
            )
            if url is None or held is None:
                raise Failed(f"the slot {slot} says neither where to send a file nor what it holds")
            answer = self.browser.post(
                url[1], [("held", held[1])], {"file": (f"{slot}.pdf", content)}, headers
            )
            fields[f"held_{slot}"] = [answer.find(rf'name="held_{slot}" value="(\d+)"')]
            self.result.sent[slot] = (hashlib.sha256(content).hexdigest(), len(content))
        self.wait(PASTES)
        slots = [name.removeprefix("held_") for name in fields if name.startswith("held_")]
        empty = {f"document_{slot}": ("", b"") for slot in slots}
        return self.browser.post(action, pairs({**fields, "action": ["continue"]}), empty)

    def submit(self, page: Answer) -> Answer:
        expect(page, "/form/check/")
        self.wait(CHECKS)
        action, fields, _offered = form_of(page, 'action="[^"]*/form/check/"')
        page = self.browser.post(action, pairs({**fields, "action": ["submit"]}))
        expect(page, "/receipts/1/")
        self.result.submitted = time.time()
        return page

    def read(self, page: Answer, receipts: str) -> None:
        """Read the checksums on the receipt and keep it as PDF."""
        self.result.receipt = re.findall(r'class="code small">([0-9a-f]{64})<', page.text)
        self.wait(READS)
        pdf = self.browser.get(page.find(r'href="([^"]*/receipts/1/pdf/)"'))
        with open(f"{receipts}/{self.result.code}.pdf", "wb") as file:
            file.write(pdf.body)


def pairs(fields: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in fields.items() for value in values]


def expect(page: Answer, end: str) -> None:
    if not page.url.endswith(end):
        raise Failed(f"the way leads to {page.url}, not to {end}")
