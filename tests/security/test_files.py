"""Hostile files through the real upload: what each is answered, and how the rest is given out."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from applications.lifecycle import stored_path
from applications.models import Document
from tests import factories, pdfs
from tests.applications.uploads import SCRIPT, held, pdf, slot_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(student):
    return factories.ApplicationFactory.create(
        student=student, draft={"level_departure": "bachelor"}
    )


REFUSED = {
    "a page of HTML before the PDF": pdfs.polyglot_html,
    "a page of HTML behind the PDF": lambda: pdfs.polyglot_html(leading=False),
    "PDF and ZIP in one": pdfs.polyglot_zip,
    "PDF and JPEG in one": pdfs.polyglot_jpeg,
    "JavaScript": pdfs.javascript,
    "JavaScript behind escaped names": pdfs.javascript_disguised,
    "JavaScript in a packed object": pdfs.javascript_in_object_stream,
    "JavaScript in a later revision": pdfs.javascript_in_update,
    "a program to launch": pdfs.launch,
    "an embedded file": pdfs.embedded_file,
    "rich media": pdfs.rich_media,
    "an XFA form": pdfs.xfa,
    "an address that opens by itself": pdfs.opens_address,
    "a stream kept elsewhere": pdfs.external_stream,
    "a bomb of 2,000 MB": pdfs.bomb,
    "100,000 nested lists": pdfs.deep_nesting,
    "forms within forms, 2 to the 20th": pdfs.form_explosion,
    "a page tree without end": pdfs.page_tree_cycle,
    "a script called .pdf": lambda: b"#!/bin/sh\nrm -rf /\n",
    "an image with a PDF's name": lambda: b"\x89PNG\r\n\x1a\n" + b"x" * 90,
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_hostile_file_is_refused_with_a_sentence_and_nothing_is_kept(
    student_client, application, make
):
    answer = student_client.post(
        slot_url(application), {"file": pdf(make(), "x.pdf")}, headers=SCRIPT
    )

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert held(application) == {}


NAMES = {
    "upwards": "../../../../etc/passwd.pdf",
    "upwards, Windows": "..\\..\\boot.pdf",
    "absolute": "/etc/shadow.pdf",
    "NUL": "a\x00.exe.pdf",
    "300 characters": "n" * 300 + ".pdf",
    "written backwards": "annexe\u202efdp.exe.pdf",
    "a header in it": 'a".pdf\r\nX-Evil: 1',
    "markup": "<img src=x onerror=alert(1)>.pdf",
    "emoji": "🧨🧨.pdf",
    "a device": "CON.pdf",
    "a formula": "=cmd|' /C calc'!A0.pdf",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_name_of_a_file_reaches_neither_the_disk_nor_a_header(student_client, application, name):
    student_client.post(slot_url(application), {"file": pdf(pdfs.cv(), name)}, headers=SCRIPT)

    document = Document.objects.get(application=application)
    assert re.fullmatch(r"[0-9a-f]{64}\.pdf", document.stored_name)
    assert stored_path(document.stored_name).is_file()
    page = student_client.get(reverse("applications:form_documents", args=[application.code]))
    assert "<img src=x" not in page.text
    answer = student_client.get(
        reverse("applications:document", args=[application.code, document.pk])
    )
    b"".join(answer)
    assert "X-Evil" not in answer.headers
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert not re.search(r"[\r\n\x00\u202e]|\.\./", answer.headers["Content-Disposition"])
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/files/{name}",
        "/media/{name}",
        "/static/{name}",
        "/static/../.portal/files/{folder}/{name}",
        "/static/%2e%2e/%2e%2e/exchange_portal/settings.py",
        "/static//etc/passwd",
        "/static/..%2f..%2fmanage.py",
        "/protected-files/{folder}/{name}",
        "/.env",
        "/.git/config",
    ],
)
def test_stored_file_and_source_have_no_address(student_client, application, path):
    student_client.post(slot_url(application), {"file": pdf(pdfs.cv(), "cv.pdf")}, headers=SCRIPT)
    name = Document.objects.get(application=application).stored_name

    answer = student_client.get(path.format(name=name, folder=name[:2]))

    assert answer.status_code == 404
    assert b"%PDF" not in answer.content
