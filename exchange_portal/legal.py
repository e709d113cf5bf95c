"""The pages the law wants public: the office's text, with what the portal itself knows in it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.db.models import CharField
from django.shortcuts import render
from django.views.decorators.http import require_safe

from applications import models
from applications.models import LegalPage, RetentionRule
from exchange_portal.accessibility import statement
from exchange_portal.wording import filled
from partners.prepared import Given, Prepared

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


SHIPPED = Path(models.__file__).resolve().parent.parent / "data" / "legal_pages.csv"


@dataclass(frozen=True, slots=True)
class Text:
    """A page's Markdown in two parts: what the portal adds stands between them."""

    before: str
    after: str


def page_of(key: LegalPage.Key) -> LegalPage:
    """Return the office's text, or the one that came with the portal: the law wants one always."""
    found = _PAGE(key=key.value)
    if found:
        return found[0]
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return next(LegalPage(**row) for row in csv.DictReader(file) if row["key"] == key)


_PAGE = Prepared(lambda: LegalPage.objects.filter(key=Given("key", CharField())))


def text_of(page: LegalPage, mark: str) -> Text:
    """Part the text at the line that holds `mark` alone; without one, the addition comes last."""
    lines = page.text.splitlines()
    at = next((number for number, line in enumerate(lines) if line.strip() == mark), len(lines))
    return Text(filled("\n".join(lines[:at])), filled("\n".join(lines[at + 1 :])))


@login_not_required
@require_safe
def imprint(request: HttpRequest) -> HttpResponse:
    page = page_of(LegalPage.Key.IMPRINT)
    return render(request, "pages/imprint.html", {"text": filled(page.text)})


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the office's text, and from the tables how long which data are kept."""
    page = page_of(LegalPage.Key.PRIVACY)
    rules = RetentionRule.objects.all()
    return render(
        request, "pages/privacy.html", {"text": text_of(page, "{periods}"), "rules": rules}
    )


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show the office's text, and what the tests of all pages found."""
    page = page_of(LegalPage.Key.ACCESSIBILITY)
    return render(
        request,
        "pages/accessibility.html",
        {
            "text": text_of(page, "{tests}"),
            "results": statement.results(),
            "gaps": statement.gaps(),
        },
    )
