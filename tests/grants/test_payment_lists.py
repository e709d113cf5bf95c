"""Payment lists: made once, with accounts, the same file for all, noted as paid; repayments."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, connections
from openpyxl import load_workbook

from applications.models import Nomination
from grants import awards, exports
from grants.errors import PaymentRefusal, PaymentRefused
from grants.models import GrantPayment, GrantProject, PaymentList, PaymentListDownload
from grants.texts import PAYMENT_REFUSALS
from tests.applications.races import wait_for_waiters
from tests.factories import (
    AdministratorFactory,
    CoordinatorFactory,
    NominationFactory,
    OfficeFactory,
    StudentFactory,
)
from tests.grants.awarded import LATER, NOW, PROJECT, approved_award
from tests.grants.declared import IBAN, declare

pytestmark = pytest.mark.usefixtures("grant_tables")

DUE = "/admin/grants/paymentlist/due/"
BACK = "/admin/grants/paymentlist/repayments/"
TODAY = date(2026, 11, 26)


def award_of(office, *, declared=True, **declaration):
    nomination = NominationFactory.create()
    if declared:
        declare(nomination, **declaration)
    return approved_award(nomination, office, OfficeFactory.create())


def code(award):
    return award.nomination.application.code


@pytest.fixture
def project(grant_tables):  # noqa: ARG001 - the tables come first
    return GrantProject.objects.get(code=PROJECT)


@pytest.fixture
def made(project, office):
    award = award_of(office)
    return awards.make_list(project, [award.payments.get().pk], by=office, now=NOW)


def refusal(step, *args, **kwargs):
    with pytest.raises(PaymentRefused) as refused:
        step(*args, **kwargs)
    return refused.value.code, refused.value.awards


# -- making a list ---------------------------------------------------------------------------------


def test_ticked_payments_are_listed_with_a_copy_of_the_account(office_client, office):
    listed, left = award_of(office), award_of(office)

    answer = office_client.post(
        DUE, {"project": PROJECT, "payment": [listed.payments.get().pk, 999999]}, follow=True
    )

    made = PaymentList.objects.get()
    payment = made.payments.get()
    assert (made.project.code, made.count, made.total) == (PROJECT, 1, Decimal("2106.30"))
    assert (made.made_by, made.paid_on) == (office, None)
    assert (payment.award, payment.iban, payment.account_holder) == (listed, IBAN, "Zoë Müller")
    assert [each.code for each in awards.due_payments(made.project)] == [code(left)]
    assert [str(message) for message in answer.context["messages"]] == [
        f"Payment list {made.pk} was made.",
        "1 payment is no longer due and was left out.",
    ]
    assert f"ERASMUS {PROJECT} 1. Rate {code(listed)}" in answer.content.decode()


@pytest.mark.parametrize(
    "account",
    [{"declared": False}, {"iban": "DE88370400440532013000"}, {"account_holder": " "}],
    ids=["none declared", "wrong check digits", "no holder"],
)
def test_list_with_a_missing_account_is_refused_as_a_whole(office_client, office, project, account):
    good, bad = award_of(office), award_of(office, **account)
    pks = [award.payments.get().pk for award in (good, bad)]

    answer = office_client.post(DUE, {"project": PROJECT, "payment": pks})

    sentence = f"The bank account is missing for: {code(bad)}. Nothing was listed."
    assert (answer.status_code, answer.context["problem"]) == (422, sentence)
    assert PaymentList.objects.count() == 0
    # The page offers a tick for the good one alone, and keeps it.
    page = answer.content.decode()
    assert [f'name="payment" value="{pk}" checked' in page for pk in pks] == [True, False]
    assert "account missing or not valid" in page
    assert refusal(awards.make_list, project, pks, by=office, now=NOW) == (
        PaymentRefusal.ACCOUNT_MISSING,
        (code(bad),),
    )


def test_nothing_is_listed_for_an_ended_nomination(office_client, office):
    award = award_of(office)
    pks = [award.payments.get().pk]
    Nomination.objects.filter(pk=award.nomination_id).update(status="cancelled")

    answer = office_client.post(DUE, {"project": PROJECT, "payment": pks})

    sentence = f"The nomination has ended of: {code(award)}. Nothing was listed; cancel these"
    assert answer.status_code == 422
    assert answer.context["problem"].startswith(sentence)
    assert f'name="payment" value="{pks[0]}"' not in answer.content.decode()
    assert "nomination has ended" in answer.content.decode()
    assert PaymentList.objects.count() == 0


def test_nothing_ticked_or_nothing_due_makes_no_list(office_client, office, project, made):
    assert office_client.post(DUE, {"project": PROJECT}).context["problem"] == (
        "Please tick at least one payment."
    )
    again = [made.payments.get().pk]
    assert refusal(awards.make_list, project, again, by=office, now=NOW) == (
        PaymentRefusal.NOTHING_DUE,
        (),
    )
    unknown = GrantProject.objects.get(code="KA131-2026")
    assert refusal(awards.make_list, unknown, again, by=office, now=NOW)[0] is (
        PaymentRefusal.SHARE_UNKNOWN
    )
    assert PaymentList.objects.get() == made


@pytest.mark.parametrize(
    "make", [StudentFactory.create, CoordinatorFactory.create, AdministratorFactory.create]
)
def test_only_the_office_lists_notes_and_takes(make, made, project):
    person, payment = make(), made.payments.get()
    for step in (
        lambda: awards.make_list(project, [payment.pk], by=person, now=NOW),
        lambda: awards.mark_paid(made, TODAY, by=person, now=NOW),
        lambda: awards.note_repayment(payment, TODAY, by=person, now=NOW),
        lambda: awards.make_due(project, by=person, now=NOW),
        lambda: exports.give(made, "csv", by=person, now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            step()
    assert PaymentListDownload.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_never_list_a_payment_twice(office, project):
    award, second = award_of(office), OfficeFactory.create()
    pks = [award.payments.get().pk]

    def make(person):
        try:
            return awards.make_list(project, pks, by=person, now=NOW).made_by
        except PaymentRefused as refused:
            return refused.code
        finally:
            connection.close()

    other = connections.create_connection("default")
    other.set_autocommit(False)
    with ThreadPoolExecutor(2) as pool:
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM grants_grantaward WHERE id = %s FOR UPDATE", [award.pk])
        running = []
        for person in (office, second):
            running.append(pool.submit(make, person))
            wait_for_waiters(len(running))
        other.rollback()
        outcomes = [one.result() for one in running]
    other.close()

    assert outcomes == [office, PaymentRefusal.NOTHING_DUE]
    assert PaymentList.objects.get().payments.get().pk == pks[0]


# -- the file --------------------------------------------------------------------------------------


def test_file_holds_every_payment_and_the_sum_and_each_download_is_logged(
    office_client, office, project
):
    first = award_of(office, account_holder="=HYPERLINK(1)")
    second = award_of(office)
    pks = [award.payments.get().pk for award in (first, second)]
    made = awards.make_list(project, pks, by=office, now=NOW)
    address = f"/admin/grants/paymentlist/{made.pk}/file/"

    csv, book = (
        office_client.post(address, {"format": kind}, headers={"accept-language": language})
        for kind, language in (("csv", "en"), ("xlsx", "de"))
    )

    rows = [line.split(";") for line in csv.content.decode("utf-8-sig").splitlines()]
    rows = [[cell.strip('"') for cell in row] for row in rows]

    def row(award, pk, holder):
        student = award.nomination.application.student
        return [
            str(made.pk), str(pk), code(award), student.family_name, student.given_names, holder,
            IBAN, "2106.30", "EUR", f"ERASMUS {PROJECT} 1. Rate {code(award)}",
            rows[1][10], PROJECT, "2026-06-01",
        ]  # fmt: skip

    assert rows[1:3] == [row(first, pks[0], "'=HYPERLINK(1)"), row(second, pks[1], "Zoë Müller")]
    assert rows[3][7:9] == ["4212.60", "EUR"]
    cells = list(load_workbook(BytesIO(book.content)).active.iter_rows(values_only=True))
    assert [cell or "" for cell in cells[0]] == rows[0]
    assert [line[7] for line in cells[1:]] == [2106.3, 2106.3, 4212.6]
    assert cells[1][12] == datetime(2026, 6, 1)  # noqa: DTZ001 - a day in a workbook
    assert (cells[1][5], cells[2][5]) == ("=HYPERLINK(1)", "Zoë Müller")
    assert csv.headers["Content-Disposition"] == (
        f'attachment; filename="payment-list-{made.pk}.csv"'
    )
    assert csv.headers["X-Content-Type-Options"] == "nosniff"
    assert list(PaymentListDownload.objects.order_by("pk").values_list("format", "by")) == [
        ("csv", office.pk),
        ("xlsx", office.pk),
    ]


def test_file_stays_the_same_when_the_student_changes_the_account(made, office):
    before = exports.give(made, "csv", by=office, now=NOW)
    declaration = made.payments.get().award.nomination.declaration
    declaration.iban, declaration.account_holder = "GB82WEST12345698765432", "Someone Else"
    declaration.save()
    assert exports.give(made, "csv", by=office, now=LATER) == before


# -- paid, and paid back ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("", "This field is required."),
        ("2999-01-01", "The day lies in the future."),
        ("2026-05-31", "The day lies before the list was made."),
    ],
)
def test_wrong_day_of_payment_is_said_at_the_field(office_client, made, day, sentence):
    answer = office_client.post(f"/admin/grants/paymentlist/{made.pk}/paid/", {"day": day})
    assert (answer.status_code, answer.context["form"].errors["day"]) == (422, [sentence])
    assert 'aria-describedby="id_day-error"' in answer.content.decode()
    made.refresh_from_db()
    assert made.paid_on is None


def test_list_is_noted_as_paid_once(office_client, office, made):
    address = f"/admin/grants/paymentlist/{made.pk}/paid/"
    assert office_client.post(address, {"day": "2026-06-05"}).status_code == 302
    again = office_client.post(address, {"day": "2026-06-06"})
    assert (again.status_code, again.context["form"].errors["day"]) == (
        422,
        ["This was noted before."],
    )
    made.refresh_from_db()
    assert (made.paid_on, made.paid_noted_by) == (date(2026, 6, 5), office)


def test_repayment_is_noted_once_with_its_day(office_client, office, made):
    award = made.payments.get().award
    awards.cancel_award(award, by=office, now=LATER, reason="gave the place up")
    owed = award.payments.last()
    page = office_client.get(BACK)
    assert (page.context["total"], code(award) in page.content.decode()) == (
        Decimal("2106.30"),
        True,
    )
    future = office_client.post(BACK, {"payment": owed.pk, "day": "2999-01-01"})
    assert (future.status_code, "The day lies in the future." in future.content.decode()) == (
        422,
        True,
    )
    assert office_client.post(BACK, {"payment": owed.pk, "day": "2026-07-20"}).status_code == 302
    again = office_client.post(BACK, {"payment": owed.pk, "day": "2026-07-21"})
    assert (again.status_code, again.context["problems"]) == (422, ["This was noted before."])
    owed.refresh_from_db()
    assert (owed.received_on, owed.received_noted_by) == (date(2026, 7, 20), office)
    instalment = made.payments.get()
    assert refusal(awards.note_repayment, instalment, TODAY, by=office, now=LATER) == (
        PaymentRefusal.DAY_IN_FUTURE,
        (),
    )
    assert refusal(awards.note_repayment, instalment, date(2026, 7, 1), by=office, now=LATER) == (
        PaymentRefusal.NOT_A_REPAYMENT,
        (),
    )


def test_every_refusal_has_a_sentence():
    assert set(PAYMENT_REFUSALS) == set(PaymentRefusal)


# -- many ------------------------------------------------------------------------------------------


def test_pages_ask_the_same_number_of_queries_for_1_and_3_payments(
    office_client, office, project, django_assert_num_queries
):
    for number in (1, 2):
        for _more in range(number):
            award_of(office)
        with django_assert_num_queries(10):
            office_client.get(DUE)
    pks = list(GrantPayment.objects.values_list("pk", flat=True))
    one = awards.make_list(project, pks[:1], by=office, now=NOW)
    two = awards.make_list(project, pks[1:], by=office, now=NOW)
    for made in (one, two):
        with django_assert_num_queries(9):
            office_client.get(f"/admin/grants/paymentlist/{made.pk}/change/")
