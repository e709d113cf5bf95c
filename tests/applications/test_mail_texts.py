"""The text of each mail, in the language of its reader and as plain text."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from applications import lifecycle, mails
from applications.exports import radar
from tests import factories

LAST_MINUTE = datetime(2027, 1, 10, 22, 59, tzinfo=UTC)


@pytest.fixture
def letters(faculty):
    """Return what each mail is rendered with, as `lifecycle` and `selection` do."""
    place = factories.PlacementFactory.create(application__call__programme__faculty=faculty)
    application = place.application
    submission = factories.SubmissionFactory.create(
        application=application, preferences=[(place.host, ["W"])], documents=True
    )
    documents = [row.document for row in submission.documents.all()]
    placed = {"application": application, "place": place}
    alone = {"application": application}
    granted = {**alone, "host": place.host}
    version = SimpleNamespace(
        total=Decimal("2700.00"), start=date(2025, 9, 1), end=date(2026, 1, 31)
    )
    return {
        mails.Event.RECEIPT: {**alone, "submission": submission, "documents": documents},
        mails.Event.REMINDER: alone,
        mails.Event.UNSENT: {**alone, "submission": submission, "changes": ["Ort"]},
        mails.Event.LAPSED: alone,
        mails.Event.CONCESSION: {
            **alone,
            "slot": documents[0].slot,
            "until": LAST_MINUTE,
            "reason": "Grund",
        },
        mails.Event.INELIGIBLE: {**alone, "reason": "Grund"},
        mails.Event.OFFER: placed,
        mails.Event.BETTER_OFFER: {**placed, "held": place},
        mails.Event.BETTER_LAPSED: {**placed, "held": place},
        mails.Event.SECOND_ROUND: {**alone, "second": factories.CallFactory.create()},
        mails.Event.RESULT: {**alone, "waits": False},
        mails.Event.ACCEPTED: placed,
        mails.Event.EXPIRED: placed,
        mails.Event.WITHDRAWN: alone,
        mails.Event.NOMINATED: placed,
        mails.Event.CONFIRMED: placed,
        mails.Event.REJECTED: {**placed, "reason": "Grund"},
        mails.Event.CANCELLED: {**placed, "reason": "Grund"},
        mails.Event.CORRECTED: {
            **placed,
            "reason": "Grund",
            "changes": [lifecycle.Change("family_name", "Ott", "Otto")],
        },
        mails.Event.OFFER_REMINDER: {**placed, "better": place},
        mails.Event.DIGEST: {
            "week": 19,
            "parts": [
                radar.Part(
                    "late", [radar.Line("Lund", "Winter 2027/28", "Tag", "seit 3 Tagen", ["1"])], 2
                )
            ],
        },
        mails.Event.REINSTATED: alone,
        mails.Event.GRANT_APPROVED: {**granted, "version": version},
        mails.Event.GRANT_CHANGED: {
            **granted,
            "version": version,
            "before": SimpleNamespace(total=Decimal(3249)),
            "occasion": "vorzeitige Rückkehr",
            "pay_back": Decimal("12.50"),
        },
        mails.Event.GRANT_CANCELLED: {**granted, "pay_back": Decimal("12.50")},
        mails.Event.GRANT_PAID: {
            **granted,
            "payment": SimpleNamespace(amount=Decimal("1890.00")),
            "kind": "erste Rate",
            "paid_on": date(2026, 1, 30),
        },
        mails.Event.ERASED: {
            **alone,
            "plan": SimpleNamespace(
                whole=False,
                nothing=False,
                erased=[application],
                kept=[
                    SimpleNamespace(application=application, why="grant", until=date(2033, 9, 30))
                ],
            ),
        },
        mails.Event.NOMINATIONS_NEWS: {
            "call": application.call,
            "news": "rejected",
            "nominations": [factories.NominationFactory.create()],
            "count": 1,
            "actor": "Anna Weber",
            "reason": "Grund",
        },
        mails.Event.REVIEW_DONE: {
            "call": application.call,
            "reviewed": 119,
            "blocking": 7,
            "failed": 1,
        },
    }


def test_each_mail_reads_in_the_language_of_its_reader(letters, coordinator, settings):
    # A value that is missing shows instead of vanishing.
    settings.TEMPLATES = [
        {**engine, "OPTIONS": {**engine["OPTIONS"], "string_if_invalid": "MISSING %s"}}
        for engine in settings.TEMPLATES
    ]
    assert set(letters) == set(mails.Event)
    for event, values in letters.items():
        person = values["application"].student if "application" in values else coordinator
        greetings = []
        subjects = []
        for language in ("en", "de"):
            person.language = language
            letter = mails.render(event, person, **values)
            assert letter.language == language
            assert "MISSING" not in letter.subject + letter.body
            assert not re.search(r"[<>]|\n\n\n", letter.subject + letter.body)
            subjects.append(letter.subject)
            greetings.append(letter.body.partition("\n")[0])
        name = person.get_full_name()
        assert greetings == [f"Dear {name},", f"Guten Tag {name},"]
        assert subjects[0] != subjects[1]
        assert len(letter.body.splitlines()) > 2


def test_mail_says_semester_and_instant_in_words(letters):
    values = letters[mails.Event.OFFER]
    person = values["application"].student
    person.language = "de"
    values["place"].answer_by = LAST_MINUTE + timedelta(minutes=1)

    letter = mails.render(mails.Event.OFFER, person, **values)

    host, year = values["place"].host, values["application"].call.academic_year_label
    assert letter.subject == f"Ein Platz für Sie: {host}"
    assert f"Ihnen wird ein Platz angeboten: {host} (Wintersemester, {year})." in letter.body
    assert "bis 10. Januar 2027, 23:59 Uhr MEZ im Portal an oder lehnen Sie ihn ab." in letter.body


def test_mail_of_the_receipt_lists_preferences_and_documents(letters):
    values = letters[mails.Event.RECEIPT]
    person = values["application"].student
    person.language = "de"

    letter = mails.render(mails.Event.RECEIPT, person, **values)

    (preference,) = values["submission"].preferences.all()
    assert f"Ihre Präferenzen:\n1. {preference.host} (Wintersemester)\n" in letter.body
    for document in values["documents"]:
        assert f"\n{document.slot.title_de}: {document.sha256}\n" in letter.body


@pytest.mark.parametrize(
    ("waits", "sentence"),
    [
        (True, "in dieser Runde gibt es noch keinen Platz für Sie;"),
        (False, "in dieser Runde gibt es keinen Platz für Sie."),
    ],
)
def test_mail_of_the_result_tells_the_waiting_from_the_others(letters, waits, sentence):
    values = {**letters[mails.Event.RESULT], "waits": waits}
    values["application"].student.language = "de"

    letter = mails.render(mails.Event.RESULT, values["application"].student, **values)

    assert sentence in letter.body


def test_mail_of_a_longer_deadline_names_no_document(letters):
    values = {**letters[mails.Event.CONCESSION], "slot": None}
    values["application"].student.language = "de"

    letter = mails.render(mails.Event.CONCESSION, values["application"].student, **values)

    assert "Sie haben mehr Zeit, um Ihre Bewerbung einzureichen." in letter.body
