"""One's own grant: where it stands, who acts, what is paid, and nothing of it to anybody else."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.models import OutgoingMail
from grants import awards
from grants.awards import Change, Evidence, news
from grants.models import GrantAward, GrantDeclaration, GrantProject, PaymentList
from grants.states import Occasion
from tests.factories import NominationFactory
from tests.grants.awarded import LATER, NOW, award_for, terms
from tests.grants.test_declaring import FORM, IBAN

pytestmark = pytest.mark.usefixtures("grant_tables")


@pytest.fixture(autouse=True)
def _in_summer_2026(at):
    at(NOW)


@pytest.fixture
def project(grant_tables):  # noqa: ARG001 - loads them
    """The project pays 70 % first."""
    GrantProject.objects.filter(code="KA131-2025").update(first_instalment_percent=70)


@pytest.fixture
def nomination(project, student):  # noqa: ARG001 - before the award
    return nominated(student)


def nominated(student):
    return NominationFactory.create(
        placement__application__student=student, placement__application__call__academic_year=2025
    )


def declared(nomination):
    return GrantDeclaration.objects.create(
        nomination=nomination,
        start=date(2025, 9, 1),
        end=date(2026, 1, 31),
        iban=IBAN,
        account_holder="Erika Mustermann",
        social_reasons="social_child",
    )


def url(nomination):
    return reverse("grants:mine", args=[nomination.application.code])


def agree(award, office, second):
    number = GrantAward.objects.get(pk=award.pk).current.number
    awards.propose_award(award, seen=number, by=office, now=NOW)
    awards.approve_award(award, seen=number, by=second, now=NOW)


def change(award, office, occasion, **changes):
    seen = GrantAward.objects.get(pk=award.pk).current.number
    awards.change_award(award, terms(**changes), Change(occasion), seen=seen, by=office, now=LATER)


def listed(payment, office):
    """Put a payment on a list of its own, as the office does."""
    made = PaymentList.objects.create(
        project=payment.version.project, made_by=office, total=payment.amount, count=1
    )
    payment.payment_list, payment.iban, payment.account_holder = made, IBAN, "Erika Mustermann"
    payment.save()
    return made


def paid(payment_list, office):
    payment_list.paid_on, payment_list.paid_noted_by = NOW.date(), office
    payment_list.save()


def due(award):
    return award.payments.filter(awards.DUE).get()


def test_the_way_of_a_grant_says_who_acts(student_client, nomination, office, second):
    def now():
        """Return how many steps are done, what is now and who acts, and the tasks at home."""
        context = student_client.get(url(nomination)).context
        step = context["next_step"]
        return (
            sum(step.tense == "done" for step in context["steps"]),
            step and step.sentence,
            step and step.who,
            [task.sentence for task in student_client.get("/").context["tasks"]],
        )

    declare = "Declare your stay for the grant"
    hand_in = "Hand in the documents of your stay for the second instalment"
    back = "Pay back part of your grant"
    assert now() == (0, "Declare your stay and your bank account.", "you", [declare])
    declared(nomination)
    calculated = "The International Office calculates your grant."
    assert now() == (1, calculated, "office", [])
    award = award_for(nomination, office)
    assert now() == (1, calculated, "office", [])
    awards.propose_award(award, seen=1, by=office, now=NOW)
    second_person = "A second person of the International Office checks and approves it."
    assert now() == (2, second_person, "office", [])
    awards.approve_award(award, seen=1, by=second, now=NOW)
    first = "The first instalment is paid to your account."
    assert now() == (3, first, "office", [hand_in])
    first_list = listed(due(award), office)
    assert now() == (3, "The first instalment was given to the bank.", "nobody", [hand_in])
    paid(first_list, office)
    assert now() == (4, "After your stay you hand in what confirms it.", "you", [hand_in])
    awards.note_evidence(award, Evidence(*[NOW.date()] * 3), by=office, now=NOW)
    checks = "The International Office confirms your stay and calculates the rest."
    assert now() == (4, checks, "office", [])
    change(award, office, Occasion.CONFIRMED_STAY, ects=Decimal(30))
    assert now() == (4, checks, "office", [])
    agree(award, office, second)
    rest = "The second instalment is paid to your account."
    assert now() == (5, rest, "office", [])
    paid(listed(due(award), office), office)
    assert now() == (6, None, None, [])
    # Found out later: fewer days.
    change(award, office, Occasion.CONFIRMED_STAY, ects=Decimal(30), end=date(2025, 12, 31))
    agree(award, office, second)
    assert now() == (5, "Pay back what you received too much.", "you", [back])
    awards.cancel_award(award, by=office, now=LATER, reason="Never went")
    context = student_client.get(url(nomination)).context
    assert context["cancelled"].cancel_reason == "Never went"
    assert context["standing"].repayment.amount == Decimal("3009.00")
    assert [(str(step.sentence), step.tense) for step in context["steps"]] == [
        ("You declared your stay.", "done"),
        ("The International Office took the grant back.", "done"),
        ("Pay back what you received.", "now"),
    ]
    assert now()[3] == ["Pay back the grant that was taken back"]


def test_a_grant_made_by_hand_asks_for_the_account_alone(
    student_client, nomination, office, second
):
    award = award_for(nomination, office)
    agree(award, office, second)
    account = reverse("grants:account", args=[nomination.application.code])
    page = student_client.get(url(nomination))
    assert page.context["next_step"].sentence == "Enter the bank account the grant is paid to."
    assert account in page.content.decode()
    tasks = [task.sentence for task in student_client.get("/").context["tasks"]]
    assert "Enter the bank account for your grant" in tasks

    assert student_client.get(account).status_code == 200
    student_client.post(account, {"iban": IBAN, "account_holder": "Erika Mustermann"})

    held = GrantDeclaration.objects.get()
    assert (held.iban, held.start, held.end) == (IBAN, date(2025, 9, 1), date(2026, 1, 31))
    made = awards.make_list(award.current.project, [due(award).pk], by=office, now=NOW)
    assert made.total == Decimal("2106.30")


def test_a_new_grant_counts_what_the_old_one_paid(student_client, nomination, office, second):
    declared(nomination)
    old = award_for(nomination, office)
    agree(old, office, second)
    paid(listed(due(old), office), office)
    page = student_client.get(url(nomination))
    assert page.context["standing"].to_follow == Decimal("902.70")
    assert "about 902.70" in page.content.decode()
    awards.cancel_award(old, by=office, now=LATER, reason="Other host")
    assert due(old).amount == Decimal("2106.30")

    agree(award_for(nomination, office), office, second)

    assert not old.payments.filter(awards.DUE).exists()
    page = student_client.get(url(nomination))
    standing = page.context["standing"]
    assert (standing.repayment, standing.counted) == (None, Decimal("2106.30"))
    assert standing.to_follow == Decimal("902.70")
    assert page.context["next_step"].sentence == "After your stay you hand in what confirms it."
    assert "need not pay them back" in page.content.decode()
    assert "2,106.30 EUR you received" in OutgoingMail.objects.latest("pk").body


def test_only_what_was_approved_is_told_in_figures(student_client, nomination, office, second):
    declared(nomination)
    award = award_for(nomination, office)
    awards.propose_award(award, seen=1, by=office, now=NOW)
    assert "2,700.00" not in student_client.get(url(nomination)).content.decode()

    awards.approve_award(award, seen=1, by=second, now=NOW)
    response = student_client.get(url(nomination))
    assert response.context["shown"].answer.total == Decimal("3009.00")
    assert "2,700.00" in response.content.decode()

    change(award, office, Occasion.EARLY_RETURN, end=date(2025, 12, 31))
    response = student_client.get(url(nomination))
    assert (response.context["approved"].number, response.context["is_changing"]) == (1, True)
    assert response.context["changes"] == []

    agree(award, office, second)
    (told,) = student_client.get(url(nomination)).context["changes"]
    assert (told.occasion, told.before, told.after, told.difference) == (
        *("early return", Decimal("3009.00"), Decimal("2469.00"), Decimal("-540.00")),
    )
    assert [(str(line.label), line.before, line.after) for line in told.lines] == [
        ("Grant by the month, counted in days", Decimal("2700.00"), Decimal("2160.00"))
    ]


def test_nobody_else_finds_a_grant(
    nomination,
    office,
    second,
    coordinator_client,
    foreign_coordinator_client,
    other_student_client,
    office_client,
):
    declared(nomination)
    agree(award_for(nomination, office), office, second)
    code = nomination.application.code

    for client in (
        *(coordinator_client, foreign_coordinator_client, other_student_client, office_client),
    ):
        for page in ("mine", "declare", "account"):
            address = reverse(f"grants:{page}", args=[code])
            assert client.get(address).status_code == 404
            if page != "mine":
                assert client.post(address, FORM).status_code == 404
        assert client.post(reverse("grants:upload", args=[code, "transcript"])).status_code == 404
    assert GrantDeclaration.objects.get().changed_at == NOW


def test_the_application_leads_to_the_grant_once_nominated(student_client, nomination):
    status = reverse("applications:application", args=[nomination.application.code])
    page = student_client.get(status).content.decode()
    assert url(nomination) in page
    assert "was approved on" not in page


def test_the_application_says_what_was_approved(student_client, nomination, office, second):
    declared(nomination)
    award = award_for(nomination, office)
    agree(award, office, second)
    status = reverse("applications:application", args=[nomination.application.code])

    page = student_client.get(status).content.decode()
    assert "A grant of 3,009.00 EUR was approved on" in page
    assert "Next step: The first instalment is paid to your account." in page
    assert "Your grant is worked out" not in page
    awards.cancel_award(award, by=office, now=LATER, reason="Never went")
    assert "The grant was taken back on" in student_client.get(status).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_start_page_keeps_its_queries(student_client, student, project, count):  # noqa: ARG001 - project before the awards
    for _each in range(count):
        nominated(student)

    with CaptureQueriesContext(connection) as asked:
        page = student_client.get("/")

    assert len(page.context["tasks"]) == count
    # session, person; applications and calls; what they hold; nominations, their grants; the tables
    # of grants; mails and changes
    assert len(asked) == 8


def test_mails_tell_the_student_amounts_and_nothing_private(nomination, office, second):
    declared(nomination)
    award = award_for(nomination, office, social_reasons=())
    assert not OutgoingMail.objects.exists()
    agree(award, office, second)
    paid(listed(due(award), office), office)
    news.paid(PaymentList.objects.get())
    news.paid(PaymentList.objects.get())
    change(award, office, Occasion.EARLY_RETURN, end=date(2025, 12, 31))
    agree(award, office, second)
    awards.cancel_award(award, by=office, now=LATER, reason="Pregnant")

    mails = list(OutgoingMail.objects.order_by("pk"))
    host = nomination.placement.host
    assert [mail.subject for mail in mails] == [
        f"Your grant is approved: {host}",
        f"Your grant is paid: {host}",
        f"Your grant has changed: {host}",
        f"Your grant was taken back: {host}",
    ]
    assert {mail.person for mail in mails} == {nomination.application.student}
    text = "\n".join(mail.body for mail in mails)
    for figure in ("3,009.00", "2,106.30", "2,469.00"):
        assert figure in text
    for private in (IBAN, "child", "Pregnant", "Mustermann"):
        assert private not in text


def test_a_draft_taken_back_was_never_told_of(nomination, office):
    awards.cancel_award(award_for(nomination, office), by=office, now=NOW, reason="Typed wrong")
    assert not OutgoingMail.objects.exists()
