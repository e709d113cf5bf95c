"""A nominated student declares stay, reasons and account: as a whole, privately, until proposed."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection, transaction
from django.urls import reverse

from applications.models import Nomination
from grants import awards, declaring
from grants.accounts import SEPA, AccountFault, AccountRefused, checked_iban
from grants.awards import Change
from grants.calculation import SOCIAL_REASONS, TopUpCode
from grants.declaration_texts import ACCOUNT_FAULTS, DECLARED_REASONS
from grants.declaring import Account, Declared
from grants.errors import DeclarationRefusal, DeclarationRefused
from grants.models import GrantAward, GrantDeclaration
from grants.states import Occasion
from grants.texts import DECLARATIONS
from partners.models import HostUniversity
from tests.applications.races import wait_for_waiters
from tests.factories import HostTermFactory, NominationFactory, OfficeFactory
from tests.grants.awarded import LATER, NOW, approved_award, award_for, terms

pytestmark = pytest.mark.usefixtures("grant_tables")

IBAN = "DE89370400440532013000"
FORM = {
    "start": "01.09.2025",
    "end": "31.1.2026",
    "earlier_days": "30",
    "green": "on",
    "travel_days": "2",
    "social_reasons": ["social_child", "social_chronic_illness"],
    "iban": "de89 3704 0044 0532 0130 00",
    "account_holder": "Erika Mustermann",
    "on_my_honour": "on",
}


@pytest.fixture(autouse=True)
def _in_summer_2026(at):
    at(NOW)


@pytest.fixture
def nomination(grant_tables, student):  # noqa: ARG001 - before the award
    return NominationFactory.create(
        placement__application__student=student, placement__application__call__academic_year=2025
    )


@pytest.fixture
def client(student_client):
    return student_client


def url(nomination, page="declare"):
    return reverse(f"grants:{page}", args=[nomination.application.code])


def test_the_form_proposes_the_planned_days(client, nomination, student):
    shown = client.get(url(nomination)).context["form"].initial
    assert shown == {
        "start": "01.10.2025",
        "end": "31.03.2026",
        "account_holder": student.get_full_name(),
    }

    HostTermFactory.create(
        host=awards.host_of(nomination),
        academic_year=2025,
        semester="W",
        starts=date(2025, 9, 8),
        ends=date(2026, 1, 23),
    )
    shown = client.get(url(nomination)).context["form"].initial
    assert (shown["start"], shown["end"]) == ("08.09.2025", "23.01.2026")


def test_a_declaration_is_stored_whole_and_its_secrets_encrypted(client, nomination, caplog):
    caplog.set_level(logging.INFO)
    response = client.post(url(nomination), FORM)

    assert (response.status_code, response["Location"]) == (302, url(nomination, "mine"))
    declaration = GrantDeclaration.objects.get(nomination=nomination)
    assert awards.declared_terms(declaration, "KA131-2025") == terms(
        earlier_days=30,
        green=True,
        travel_days=2,
        social_reasons=(TopUpCode.SOCIAL_CHRONIC_ILLNESS, TopUpCode.SOCIAL_CHILD),
    )
    assert (declaration.iban, declaration.account_holder) == (IBAN, "Erika Mustermann")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT social_reasons || iban || account_holder FROM grants_grantdeclaration"
        )
        stored = cursor.fetchone()[0]
    for secret in ("social", IBAN, "Mustermann"):
        assert secret not in stored
        assert secret not in caplog.text
    page = client.get(url(nomination, "mine")).content.decode()
    assert "DE … 3000" in page
    assert IBAN not in page


def test_what_is_wrong_is_told_at_once_and_nothing_typed_is_lost(client, nomination):
    wrong = FORM | {
        "start": "01.09.2035",
        "end": "31.1.",
        "earlier_days": "400",
        "iban": "DE89 3704 0044 0532 0130 01",
        "account_holder": " ",
    }
    del wrong["on_my_honour"]
    response = client.post(url(nomination), wrong)

    assert response.status_code == 422
    form = response.context["form"]
    assert sorted(form.errors) == [
        *("account_holder", "earlier_days", "end", "iban", "on_my_honour", "start"),
    ]
    assert form.errors["start"] == ["This day does not belong to the academic year 2025/26."]
    assert form.errors["iban"] == [str(ACCOUNT_FAULTS[AccountFault.NOT_AN_IBAN])]
    page = response.content.decode()
    for typed in ("01.09.2035", "31.1.", "400", wrong["iban"]):
        assert f'value="{typed}"' in page
    assert not GrantDeclaration.objects.exists()

    backwards = client.post(url(nomination), FORM | {"end": "31.08.2025"})
    assert backwards.context["form"].errors == {"end": ["The last day lies before the first day."]}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("at61 1904 3002 3457 3201", "AT611904300234573201"),
        ("CH93 0076 2011 6238 5295 7", "CH9300762011623852957"),
        ("BE71096123456769", "BE71096123456769"),
        ("DE89 3704 0044 0532 0130 0", AccountFault.NOT_AN_IBAN),
        ("XX89 3704 0044 0532 0130 00", AccountFault.NOT_AN_IBAN),
        ("BE72096123456768", AccountFault.NOT_AN_IBAN),
        ("TR33 0006 1005 1978 6457 8413 26", AccountFault.NOT_SEPA),
        ("", AccountFault.NOT_AN_IBAN),
    ],
)
def test_an_iban_is_right_and_reached_by_sepa(typed, found):
    if isinstance(found, AccountFault):
        with pytest.raises(AccountRefused) as refused:
            checked_iban(typed)
        assert refused.value.code is found
    else:
        assert checked_iban(typed) == found


def test_every_code_has_its_words():
    assert set(ACCOUNT_FAULTS) == set(AccountFault)
    assert set(DECLARED_REASONS) == set(SOCIAL_REASONS)
    assert set(DECLARATIONS) == set(DeclarationRefusal)
    assert len(SEPA) == 42


def test_a_declaration_is_open_until_proposed_and_the_account_until_settled(
    client, nomination, office
):
    second = OfficeFactory.create()

    def statuses():
        """Return what declaring and changing the account are answered with."""
        return (
            client.post(url(nomination), FORM).status_code,
            client.post(url(nomination, "account"), FORM).status_code,
        )

    def reload(award):
        return GrantAward.objects.get(pk=award.pk)

    assert statuses() == (302, 302)
    award = award_for(nomination, office)
    assert statuses() == (302, 302)
    awards.propose_award(award, seen=1, by=office, now=NOW)
    assert statuses() == (409, 302)
    awards.send_back(award, seen=1, by=second, reason="Days?")
    assert statuses() == (302, 302)
    awards.propose_award(award, seen=1, by=office, now=NOW)
    awards.approve_award(award, seen=1, by=second, now=NOW)
    assert statuses() == (409, 302)
    # A draft that follows an approved version does not open the declaration again.
    awards.note_evidence(award, awards.Evidence(*[NOW.date()] * 3), by=office, now=NOW)
    awards.change_award(
        award, terms(ects=30), Change(Occasion.CONFIRMED_STAY), seen=1, by=office, now=LATER
    )
    assert statuses() == (409, 302)
    awards.propose_award(award, seen=2, by=office, now=LATER)
    awards.approve_award(award, seen=2, by=second, now=LATER)
    award = reload(award)
    assert declaring.may_declare(nomination, award) is DeclarationRefusal.SETTLED
    # The balance is still to be paid.
    assert award.payments.filter(awards.DUE).exists()
    assert statuses() == (409, 302)
    award.payments.filter(awards.DUE).update(void_at=LATER)
    assert statuses() == (409, 409)
    awards.cancel_award(award, by=office, now=LATER, reason="Wrong person")
    assert statuses() == (302, 302)
    Nomination.objects.filter(pk=nomination.pk).update(status="cancelled")
    assert statuses() == (409, 409)


def test_days_that_bring_no_grant_are_taken_and_said(client, nomination):
    client.post(url(nomination), FORM | {"end": "20.10.2025"})

    page = client.get(url(nomination, "mine"))

    assert "shorter than the minimum" in page.context["no_grant"]
    client.post(url(nomination), FORM)
    assert client.get(url(nomination, "mine")).context["no_grant"] == ""


@pytest.mark.django_db(transaction=True)
def test_a_change_waits_for_a_proposal_under_way_and_is_refused(nomination, office):
    def change():
        try:
            declaring.declare(nomination, replace(given, earlier_days=60), now=LATER)
        finally:
            connection.close()

    given = Declared(date(2025, 9, 1), date(2026, 1, 31), Account(IBAN, "Erika Mustermann"))
    declaring.declare(nomination, given, now=NOW)
    award = award_for(nomination, office)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            awards.propose_award(award, seen=1, by=office, now=NOW)
            running = pool.submit(change)
            wait_for_waiters(1)
        with pytest.raises(DeclarationRefused) as refused:
            running.result()

    assert refused.value.code is DeclarationRefusal.AWARD_PROPOSED
    assert GrantDeclaration.objects.get().earlier_days == 0


def test_an_ended_nomination_leads_nowhere_any_more(client, nomination):
    client.post(url(nomination), FORM)
    Nomination.objects.filter(pk=nomination.pk).update(status="cancelled")

    context = client.get(url(nomination, "mine")).context

    assert (context["ended"], context["steps"], context["can_declare"]) == (True, [], False)
    assert client.get("/").context["tasks"] == []


def test_a_refusal_says_why(client, nomination, office):
    approved_award(nomination, office, OfficeFactory.create())

    refused = client.get(url(nomination))

    assert refused.status_code == 409
    assert str(DECLARATIONS[DeclarationRefusal.AWARD_PROPOSED]) in refused.content.decode()


@pytest.mark.parametrize(
    ("country", "says"),
    [("CH", "the Swiss host does (SEMP)"), ("AU", "PROMOS")],
)
def test_where_erasmus_does_not_pay_the_page_says_who_does(client, nomination, country, says):
    HostUniversity.objects.filter(pk=awards.host_of(nomination).pk).update(country=country)

    page = client.get(url(nomination, "mine"))

    assert says in page.content.decode()
    assert url(nomination) not in page.content.decode()
    assert client.get(url(nomination)).status_code == 302
    assert client.post(url(nomination), FORM).status_code == 302
    assert not GrantDeclaration.objects.exists()
    assert [task.sentence for task in client.get("/").context["tasks"]] == []
