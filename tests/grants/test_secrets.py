"""What a grant holds of health, family and bank reaches the office and its owner, nobody else.

Words that stand nowhere but in one grant are looked for in every page, list, mail, log and table.
"""

from __future__ import annotations

import io
import logging
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone, translation

from applications import access, exports, mails
from applications.models import ExportFormat, Nomination, OutgoingMail
from grants import awards
from grants.awards import Change, Terms
from grants.calculation import RealCosts, TopUpCode
from grants.exports import give
from grants.models import GrantAward, GrantDeclaration, GrantProject
from grants.states import Occasion
from grants.texts import TOP_UPS
from tests import factories
from tests.conftest import SIGNED_IN_BY
from tests.test_urls import (  # noqa: F401 - two are fixtures
    ROLES,
    TABLE_PAGES,
    lines,
    people,
    round_of_two,
    tables,
)

pytestmark = [pytest.mark.usefixtures("grant_tables"), pytest.mark.django_db]

IBAN = "DE02120300000000202051"
HOLDER = "Zyxa Kontoinhaberin"
STATEMENT = "Xylophonstatement"
COSTS = Decimal("4711.17")
REASON = TopUpCode.SOCIAL_CHRONIC_ILLNESS
# As pages and files write them.
WRITTEN = (IBAN, "DE02 1203 0000", HOLDER, STATEMENT, "4711.17", "4,711.17", "4.711,17")
OK = 200
NOBODY_ELSES = [role for role in ROLES if role not in {"owner", "office"}]


def reason_words() -> list[str]:
    words = [REASON.value]
    for language in ("en", "de"):
        with translation.override(language):
            words.append(str(TOP_UPS[REASON]))
    return words


@pytest.fixture
def granted(people, round_of_two) -> GrantAward:  # noqa: F811 - the fixtures
    """An approved award with everything sensitive, its first instalment listed and paid."""
    office, second = people["office"], factories.OfficeFactory.create()
    nomination = Nomination.objects.get(application__code=round_of_two["nominated"])
    factories.SubmissionFactory.create(application=nomination.application)
    GrantDeclaration.objects.create(
        nomination=nomination,
        start=date(2025, 9, 1),
        end=date(2026, 1, 31),
        social_reasons=REASON.value,
        iban=IBAN,
        account_holder=HOLDER,
    )
    terms = Terms(
        project="KA131-2025",
        start=date(2025, 9, 1),
        end=date(2026, 1, 31),
        social_reasons=(REASON, TopUpCode.SOCIAL_CHILD),
        real_costs=RealCosts(COSTS, TopUpCode.SOCIAL_CHILD),
        ects_statement=STATEMENT,
    )
    now = timezone.now()
    award = awards.create_award(nomination, terms, by=office, now=now)
    awards.propose_award(award, seen=1, by=office, now=now)
    awards.approve_award(award, seen=1, by=second, now=now)
    project = GrantProject.objects.get(code="KA131-2025")
    due = [each.payment.pk for each in awards.due_payments(project)]
    listed = awards.make_list(project, due, by=office, now=now)
    awards.mark_paid(listed, timezone.localdate(now), by=second, now=now)
    corrected = replace(terms, cap_days=140)
    awards.change_award(
        award, corrected, Change(Occasion.CORRECTION, note=STATEMENT), seen=1, by=office, now=now
    )
    round_of_two |= {"award": award.pk, "payments": listed.pk}
    return GrantAward.objects.get(pk=award.pk)


def text_of(response) -> str:
    """Return what an answer holds, unpacked where it is a workbook or an archive."""
    content = b"".join(response) if response.streaming else response.content
    return unpacked(content)


def unpacked(content: bytes) -> str:
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(unpacked(archive.read(name)) for name in archive.namelist())


def addresses(values, role: str = "office") -> list[str]:
    """Every address that answers this role by its line, and all of grants whatever they answer.

    With this award and this list where one is asked for. What a line refuses shows nothing of a
    row: tests/test_urls.py holds each to its status.
    """
    found, column = [], ROLES.index(role)
    for address, method, statuses in lines():
        answered = method == "GET" and statuses[column] == OK
        if not answered and "grant" not in address:
            continue
        real = address.replace("award/999999999/", "award/{award}/")
        real = real.replace("paymentlist/999999999/", "paymentlist/{payments}/")
        found.append(real.format(**values))
    for label, by_role in tables().items():
        pk = values["award"] if label == "grants.grantaward" else 1
        pk = values["payments"] if label == "grants.paymentlist" else pk
        answers = by_role.get(role, [0] * len(TABLE_PAGES))
        found += [
            f"/admin/{label.replace('.', '/')}/{page}".format(pk=pk)
            for page, status in zip(TABLE_PAGES, answers, strict=True)
            if status == OK or label.startswith("grants.")
        ]
    search = "/admin/applications/application/?q="
    return sorted({*found, *(search + word for word in (IBAN, REASON.value))})


def seen_by(person, method: str, asked: list[str]) -> dict[str, str]:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person, backend=SIGNED_IN_BY)
    seen = {}
    for address in asked:
        with transaction.atomic():
            seen[address] = text_of(client.generic(method, address))
            transaction.set_rollback(True)
    return seen


@pytest.mark.usefixtures("granted")
def test_no_page_shows_it_to_anybody_else(people, round_of_two):  # noqa: F811 - the fixtures
    found = [
        (role, address, word)
        for role in NOBODY_ELSES
        for address, page in seen_by(people[role], "GET", addresses(round_of_two, role)).items()
        for word in (*WRITTEN, *([] if address.startswith("/grants/") else reason_words()))
        # What somebody typed into an address comes back in their own search field.
        if word in page and word not in address
    ]
    assert found == []


def test_the_same_words_are_found_where_they_belong(people, round_of_two, granted):  # noqa: F811 - the fixtures
    """So that the test above can fail."""
    pages = [
        f"/admin/grants/grantaward/award/{granted.pk}/",
        f"/admin/grants/grantaward/award/{granted.pk}/terms/",
    ]
    shown = "".join(seen_by(people["office"], "GET", pages).values())
    for word in ("DE02 1203 0000", HOLDER, STATEMENT, "4,711.17", reason_words()[1]):
        assert word in shown, word
    own = seen_by(people["owner"], "GET", [f"/applications/{round_of_two['nominated']}/grant/"])
    assert "4,711.17" in "".join(own.values())


def test_nobody_else_changes_it(people, round_of_two, granted):  # noqa: F811 - the fixtures
    asked = [address for address in addresses(round_of_two) if "/admin/grants/" in address]
    for role in NOBODY_ELSES:
        client = Client(raise_request_exception=False)
        if people[role] is not None:
            client.force_login(people[role], backend=SIGNED_IN_BY)
        statuses = {client.post(address, {"reason": "mine now"}).status_code for address in asked}
        to_login = {302} if role in {"stranger", "student"} else set()
        assert statuses <= {403, 404, 405} | to_login, role
    again = GrantAward.objects.get(pk=granted.pk)
    assert (again.current_id, again.approved_id, again.cancelled_at) == (
        granted.current_id,
        granted.approved_id,
        None,
    )


def test_no_list_for_partners_holds_it(people, granted):  # noqa: F811 - the fixtures
    office, application = people["office"], granted.nomination.application
    for file_format in (ExportFormat.XLSX, ExportFormat.CSV, ExportFormat.ZIP):
        _name, content = exports.export_nominations(
            application.call,
            access.nominations_visible_to(office),
            file_format,
            by=office,
            now=timezone.now(),
        )
        text = unpacked(content)
        assert application.submissions.get().family_name in text
        assert [word for word in (*WRITTEN, *reason_words()) if word in text] == []


def test_no_mail_and_no_log_tells_it(people, round_of_two, granted, caplog):  # noqa: F811 - the fixtures
    with caplog.at_level(logging.DEBUG):
        ours = [address for address in addresses(round_of_two) if "grant" in address]
        seen_by(people["office"], "GET", ours)
        awards.cancel_award(granted, by=people["office"], now=timezone.now(), reason="No stay.")
        mails.send_due(timezone.now)
    sent = "".join(f"{mail.subject}\n{mail.body}" for mail in OutgoingMail.objects.all())
    private = (IBAN, "DE02 1203", HOLDER, STATEMENT, *reason_words())
    assert [word for word in private if word in sent or word in caplog.text] == []
    assert OutgoingMail.objects.filter(key__startswith="grant_").count() == 3


def test_payment_list_holds_the_account_but_no_reason(people, granted):  # noqa: F811 - the fixtures
    (payment,) = granted.payments.exclude(payment_list=None)
    file = give(payment.payment_list, "csv", by=people["office"], now=timezone.now())
    text = file.decode()
    assert (IBAN in text, HOLDER in text) == (True, True)
    assert [word for word in (STATEMENT, *reason_words()) if word in text] == []


@pytest.mark.usefixtures("granted")
def test_no_table_holds_it_in_the_clear():
    """Neither history nor sessions nor anything else: only tokens, wherever it was copied to."""
    private = (IBAN, HOLDER, REASON.value)
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            for word in private:
                query = f"SELECT count(*) FROM {name} AS r WHERE r::text LIKE %s"  # noqa: S608 - our own tables
                cursor.execute(query, [f"%{word}%"])
                if cursor.fetchone()[0]:
                    found.append((table, word))
    # The table of top-ups names each reason that exists; it is nobody's.
    assert found == [(f"grants_{table}", REASON.value) for table in ("topup", "topupevent")]
