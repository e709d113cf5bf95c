"""The pages the law wants public: the office's words, and what the portal knows itself."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client

from applications.models import LegalPage, ProcessingActivity, RetentionRule
from tests import factories

RECORD = "/admin/applications/processingactivity/record/"


def keep(key: str, text: str) -> None:
    LegalPage.objects.update_or_create(key=key, defaults={"text_en": text, "text_de": f"De {text}"})


def main_of(page) -> str:
    return page.text.partition("<main")[2].partition("</main>")[0]


@pytest.mark.django_db
@pytest.mark.parametrize("key", LegalPage.Key.values)
def test_page_shows_the_offices_words_in_both_languages(key, settings):
    settings.DEFAULT_FROM_EMAIL = "Exchange <exchange@rub.de>"
    keep(key, "## Who\n\nWrite to {contact}, <b>not</b> {elsewhere}.")

    english = Client().get(f"/{key}/").text
    german = Client(headers={"accept-language": "de"}).get(f"/{key}/").text

    mailbox = '<a href="mailto:exchange@rub.de">exchange@rub.de</a>'
    words = f"<p>Write to {mailbox}, &lt;b&gt;not&lt;/b&gt; {{elsewhere}}.</p>"
    assert "<h2>Who</h2>" in english
    assert words in english
    assert "<h2>Who</h2>" not in german
    assert words in german
    assert "De ## Who" in german


@pytest.mark.django_db
@pytest.mark.parametrize("key", LegalPage.Key.values)
def test_loaded_text_leaves_no_mark_and_says_what_the_law_asks(key):
    text = Client().get(f"/{key}/").text

    assert re.findall(r"\{\w+\}", text) == []
    assert {
        "imprint": ["Publisher", "Contact", "Content and links"],
        "privacy": [
            "Who is responsible",
            "What is processed, and for what",
            "Who gets to see it",
            "Decisions are made by people",
            "How long data are kept",
            "Cookies",
            "Your rights",
            "What you can do here",
        ],
        "accessibility": [
            "What is asked of it",
            "How far it is",
            "Tell us",
            "If our answer does not help",
        ],
    }[key] == re.findall(r"<h2[^>]*>([^<]*)</h2>", text)


@pytest.mark.django_db
@pytest.mark.parametrize("key", LegalPage.Key.values)
def test_page_is_there_before_the_office_has_written_one(key):
    loaded = main_of(Client().get(f"/{key}/"))
    LegalPage.objects.all().delete()

    assert main_of(Client().get(f"/{key}/")) == loaded


@pytest.mark.django_db
def test_privacy_page_tells_how_long_data_are_kept():
    RetentionRule.objects.all().delete()
    for kind, months in (("drafts", 6), ("mails", 1), ("audit", None)):
        RetentionRule.objects.create(
            kind=kind,
            months=12,
            months_in_force=months,
            then="delete",
            counted_from_en="the deadline",
            counted_from_de="-",
            reason_en=f"The reason for {kind}.",
            reason_de="-",
        )
    keep("privacy", "Before.\n\n{periods}\n\nAfter.")

    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", Client().get("/privacy/").text))

    told = text[text.index("Before.") : text.index("After.")]
    assert told == (
        "Before. How long data are kept "
        "drafts that were never submitted 6 months . Counted from: the deadline. "
        "Then they are deleted. The reason for drafts. "
        "mails to students 1 month . Counted from: the deadline. "
        "Then they are deleted. The reason for mails. "
        "audit log and histories not in force yet . Counted from: the deadline. "
        "Then they are deleted. The reason for audit. "
    )


@pytest.mark.django_db
def test_office_changes_a_page_and_its_history_is_kept(office_client):
    page = LegalPage.objects.get(key="imprint")

    answer = office_client.post(
        f"/admin/applications/legalpage/{page.pk}/change/", {"text_en": "New.", "text_de": "Neu."}
    )

    assert (answer.status_code, answer.url) == (302, "/admin/applications/legalpage/")
    assert "<p>New.</p>" in Client().get("/imprint/").text
    assert page.pgh_event_model.objects.filter(pgh_obj=page).order_by("pgh_id").last().text_de == (
        "Neu."
    )


@pytest.mark.django_db
def test_page_needs_both_languages(office_client):
    page = LegalPage.objects.get(key="imprint")

    answer = office_client.post(
        f"/admin/applications/legalpage/{page.pk}/change/", {"text_en": "New.", "text_de": ""}
    )

    assert answer.status_code == 200
    page.refresh_from_db()
    assert page.text_en != "New."


# -- the record of processing ----------------------------------------------------------------------


def test_record_shows_every_activity_with_what_article_30_asks(office_client, signed_in):
    activities = list(ProcessingActivity.objects.all())
    administrator = signed_in(factories.AdministratorFactory.create())

    for client in (office_client, administrator):
        text = client.get(RECORD).text
        assert [
            (number, title)
            for number, title in re.findall(r"<h2 id=\"[\w-]+\">(\d+)\. ([^<]*)</h2>", text)
        ] == [(str(number), each.title) for number, each in enumerate(activities, start=1)]
    assert len(activities) >= 8
    for each in activities:
        said = (each.purpose, each.people, each.data, each.recipients, each.measures)
        assert "" not in said


def test_record_is_given_out_without_formulas(office_client):
    ProcessingActivity.objects.filter(key="mails").update(title_en="=1+1")

    answer = office_client.get(f"{RECORD}export/")

    assert answer.headers["Content-Disposition"].startswith('attachment; filename="record-of-')
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == [
        "activity",
        "purpose",
        "legal basis",
        "whose data",
        "which data",
        "recipients",
        "outside the EU",
        "protection",
    ]
    assert [row[0] for row in rows[1:]] == [
        "'=1+1" if each.key == "mails" else each.title for each in ProcessingActivity.objects.all()
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_record_takes_the_same_queries_for_one_and_three(
    count, office_client, django_assert_num_queries
):
    kept = ProcessingActivity.objects.values_list("pk", flat=True)[:count]
    ProcessingActivity.objects.exclude(pk__in=list(kept)).delete()

    with django_assert_num_queries(7):
        office_client.get(RECORD)
