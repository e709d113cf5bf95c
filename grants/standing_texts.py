"""The steps of a student's grant in words: what happened, what is now, what is to come."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class GrantStep(StrEnum):
    DECLARE = "declare"
    ACCOUNT = "account"
    CALCULATE = "calculate"
    APPROVE = "approve"
    FIRST = "first"
    FIRST_ON_ITS_WAY = "first_on_its_way"
    STAY = "stay"
    CHECK = "check"
    BALANCE = "balance"
    BALANCE_ON_ITS_WAY = "balance_on_its_way"
    NOTHING_MORE = "nothing_more"
    REPAY = "repay"
    TAKEN_BACK = "taken_back"
    REPAY_ALL = "repay_all"


# What is to be done, or will be.
STEPS: dict[GrantStep, _StrPromise] = {
    GrantStep.DECLARE: _("Declare your stay and your bank account."),
    GrantStep.ACCOUNT: _("Enter the bank account the grant is paid to."),
    GrantStep.CALCULATE: _("The International Office calculates your grant."),
    GrantStep.APPROVE: _("A second person of the International Office checks and approves it."),
    GrantStep.FIRST: _("The first instalment is paid to your account."),
    GrantStep.FIRST_ON_ITS_WAY: _("The first instalment was given to the bank."),
    GrantStep.STAY: _("After your stay you hand in what confirms it."),
    GrantStep.CHECK: _("The International Office confirms your stay and calculates the rest."),
    GrantStep.BALANCE: _("The second instalment is paid to your account."),
    GrantStep.BALANCE_ON_ITS_WAY: _("The second instalment was given to the bank."),
    GrantStep.NOTHING_MORE: _("Nothing more is paid: you have received the whole grant."),
    GrantStep.REPAY: _("Pay back what you received too much."),
    GrantStep.REPAY_ALL: _("Pay back what you received."),
}

# What was done.
DONE: dict[GrantStep, _StrPromise] = {
    GrantStep.DECLARE: _("You declared your stay."),
    GrantStep.CALCULATE: _("The International Office calculated your grant."),
    GrantStep.APPROVE: _("Your grant was approved."),
    GrantStep.FIRST: _("The first instalment was paid."),
    GrantStep.CHECK: _("Your stay was confirmed."),
    GrantStep.BALANCE: _("The second instalment was paid."),
    GrantStep.NOTHING_MORE: _("Nothing more is paid: you have received the whole grant."),
    GrantStep.REPAY: _("You paid back what you had received too much."),
    GrantStep.TAKEN_BACK: _("The International Office took the grant back."),
    GrantStep.REPAY_ALL: _("You paid back what you had received."),
}
