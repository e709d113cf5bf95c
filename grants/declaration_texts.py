"""The words of the declaration: reasons for the social top-up, and what is wrong with an IBAN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from grants.accounts import AccountFault
from grants.calculation import TopUpCode

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# What the student says by ticking the box; for all of SOCIAL_REASONS.
DECLARED_REASONS: dict[TopUpCode, _StrPromise] = {
    TopUpCode.SOCIAL_DISABILITY: _(
        "I have a disability of degree 20 or more. It is shown by the official notice."
    ),
    TopUpCode.SOCIAL_CHRONIC_ILLNESS: _(
        "I have a chronic illness that makes the stay abroad cost more. It is shown by a doctor's "
        "certificate."
    ),
    TopUpCode.SOCIAL_CHILD: _("I take a child or children along for the whole stay."),
    TopUpCode.SOCIAL_FIRST_GENERATION: _(
        "I am the first in my family at a university: neither of my parents has a degree from one."
    ),
    TopUpCode.SOCIAL_EMPLOYED: _(
        "I give up a job for the stay. I held it for the six months before, with a pay between the "
        "limits the International Office names."
    ),
}

ACCOUNT_FAULTS: dict[AccountFault, _StrPromise] = {
    AccountFault.NOT_AN_IBAN: _(
        "This is not a valid IBAN: a digit or letter is wrong, missing or in the wrong place. "
        "Please compare it with your bank card or statement."
    ),
    AccountFault.NOT_SEPA: _(
        "Grants are paid by SEPA transfer, which does not reach banks in this country. Please "
        "give an account in a SEPA country."
    ),
}
