"""Whoever's name, mail or code stands in an answer to staff stands in the audit log: every page.

The pages are not listed: they are found as people find them, by following links through a portal
in which every page has something to show.
"""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pypdf
import pytest
from django.urls import get_resolver, resolve, reverse

from applications.models import Application, AuditEntry, Nomination, Submission, User
from applications.states import State
from exchange_portal.audited import OWN_PAGES, is_impersonal
from grants import awards
from grants.models import GrantProject, PaymentList
from tests import factories
from tests.browser.house import furnish
from tests.exchange_portal.test_auditing import names_of
from tests.grants.awarded import NOW, PROJECT, approved_award, award_for
from tests.grants.declared import declare
from tests.test_urls import paper_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

LINKS = re.compile(r'\b(?:href|src|hx-get)="([^"#]+)')
# Written down as taken; it is read while it is sent, and of others holds what mails told.
OWN_DATA = "privacy:own_data_download"
# Named by no link: each acts, is asked by a script, or has nothing to show in this house.
NOT_LINKED = (
    {
        "admin:applications_application_" + name
        for name in ["comment", "concede", "decide", "direct", "exclude_host", "score"]
    }
    | {
        "admin:applications_call_" + name
        for name in [
            "allocate",
            "assign",
            "cancel",
            "close",
            "compare",
            "complete",
            "confirm",
            "enrolment",
            "export_file",
            "export_job",
            "export_progress",
            "give_on",
            "host_answer",
            "host_confirmed",
            "nominate",
            "progress",
            "rank",
            "ranking_host",
            "ranking_move",
            "ranking_move_end",
            "ranking_older",
            "review_again",
            "review_resume",
            "review_stop",
        ]
    }
    | {
        "admin:grants_grantaward_" + name
        for name in [
            "again",
            "approve",
            "award_one",
            "award_ticked",
            "cancel",
            "evidence",
            "propose",
            "send_back",
            "take_back",
            "together",
        ]
    }
    | {
        "admin:applications_auditentry_export",
        "admin:applications_betteroffer_change",
        "admin:applications_erasurerequest_change",
        "admin:applications_purgerun_change",
        "admin:autocomplete",
        "admin:grants_paymentlist_first",
        "admin:grants_paymentlist_paid",
        "admin:partners_testimonial_change",
        "admin:privacy_decide",
        "privacy:own_data_download",
    }
)
# Tables of the login: nobody may open them.
OF_THE_LOGIN = ("admin:account_", "admin:socialaccount_")


@pytest.fixture
def house(db):  # noqa: ARG001 - asks for the database
    house = furnish()
    second = factories.OfficeFactory.create()
    for listed in (True, False):
        nomination = factories.NominationFactory.create()
        declare(nomination)
        award = approved_award(nomination, house.office, second)
        paper_of(nomination)
        if listed:
            project = GrantProject.objects.get(code=PROJECT)
            awards.make_list(project, [award.payments.get().pk], by=second, now=NOW)
    award_for(factories.NominationFactory.create(), house.office)
    return house


class Signs:
    """What tells of one student wherever it stands."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}
        for person in User.objects.filter(applications__isnull=False).distinct():
            for sign in (person.username, person.family_name, person.matriculation_number):
                self.of[sign] = person.pk
        self.of |= dict(Application.objects.values_list("code", "student"))
        self.of |= dict(Submission.objects.values_list("email", "application__student"))
        self.found = re.compile(r"\b(" + "|".join(map(re.escape, self.of)) + r")\b")

    def students_in(self, text: str) -> set[int]:
        return {self.of[sign] for sign in self.found.findall(text)}


def text_of(answer) -> str:
    """Return what can be read in an answer: in workbooks, archives and PDFs too."""
    body = b"".join(answer) if answer.streaming else answer.content
    kind = answer["Content-Type"]
    if "pdf" in kind and b"/Contents" in body:
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    if "zip" in kind or "spreadsheet" in kind:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return "\n".join(
                archive.read(name).decode(errors="replace") for name in archive.namelist()
            )
    return unescape(body.decode(errors="replace"))


class Walker:
    """Follows every link, and compares each answer with what the log says of it."""

    def __init__(self, client: Client, signs: Signs) -> None:
        self.client, self.signs = client, signs
        self.seen: set[str] = set()
        self.unnamed: list[tuple[str, list[str]]] = []

    def ask(self, address: str, data: dict[str, object] | None = None) -> str:
        self.seen.add(resolve(address.partition("?")[0]).view_name)
        before = AuditEntry.objects.count()
        answer = self.client.get(address) if data is None else self.client.post(address, data)
        text = text_of(answer)
        entries = AuditEntry.objects.order_by("pk")[before:]
        told = {student for entry in entries for student in entry.students}
        missing = self.signs.students_in(text) - told
        if missing or len(entries) > 1:
            found = sorted(
                {s for s in self.signs.found.findall(text) if self.signs.of[s] in missing}
            )
            self.unnamed.append((address, found[:5]))
        return text

    def walk(self, *starts: str) -> None:
        waiting = list(starts)
        while waiting:
            address = waiting.pop(0)
            place = resolve(address.partition("?")[0]).view_name
            if place not in self.seen and place != OWN_DATA:
                waiting += self.links(address, self.ask(address))

    def links(self, address: str, text: str) -> Iterator[str]:
        for link in LINKS.findall(text):
            found = urljoin(address, link)
            if found.startswith("/") and not found.startswith(("/static/", "//", "/accounts/")):
                yield found


def starts(house) -> list[str]:
    """Where the walk begins: pages with something to show, and the first page of all."""
    reviewed = house.reviewed_call.applications.order_by("pk")[1]
    pending = Nomination.objects.get(application=house.in_state(State.NOMINATED))
    return [
        reverse("admin:applications_application_file", args=[reviewed.code]),
        *(
            reverse(f"admin:applications_call_{page}", args=[call.pk])
            for page, call in (
                ("round", house.published_call),
                ("applicants", house.reviewed_call),
                ("suppose", house.published_call),
            )
        ),
        *(
            reverse(f"admin:applications_call_{page}", args=[house.published_call.pk, 1])
            for page in ("run", "run_hosts", "advice", "publish", "instance", "result")
        ),
        *(
            reverse(f"admin:applications_call_{page}", args=[house.published_call.pk, pending.pk])
            for page in ("nomination", "nomination_copy", "correct")
        ),
        reverse("admin:index"),
        "/",
    ]


def downloads(house) -> list[tuple[str, dict[str, str]]]:
    """What is taken by a button: the address and what it sends."""
    call, listed = house.published_call, PaymentList.objects.get()
    to = {
        page: reverse(f"admin:applications_call_{page}", args=[call.pk])
        for page in ("export", "protocol", "statistics_export")
    }
    return [
        *((to["export"], {"format": each}) for each in ("csv", "xlsx", "zip", "ewp")),
        *((to["protocol"], {"format": each}) for each in ("pdf", "xlsx")),
        (to["statistics_export"], {}),
        (reverse("admin:applications_call_years_export"), {"programme": call.programme.key}),
        *(
            (reverse("admin:grants_paymentlist_file", args=[listed.pk]), {"format": each})
            for each in ("csv", "xlsx")
        ),
    ]


def test_whoever_stands_in_an_answer_stands_in_the_log(house, signed_in):
    signs = Signs()
    walkers = [Walker(signed_in(person), signs) for person in (house.office, house.coordinator)]
    for walker in walkers:
        walker.walk(*starts(house))
        for address, data in downloads(house):
            walker.ask(address, data)

    assert {
        place
        for place in AuditEntry.objects.values_list("place", flat=True)
        if is_impersonal(place)
    } == set()
    reached = set().union(*(walker.seen for walker in walkers))
    personal = {
        name
        for name in names_of(get_resolver())
        if not (is_impersonal(name) or name in OWN_PAGES or name.startswith(OF_THE_LOGIN))
        and not name.endswith(("_add", "_delete", "_history"))
    }
    assert personal - reached - NOT_LINKED == set()
    assert [walker.unnamed for walker in walkers] == [[], []]
