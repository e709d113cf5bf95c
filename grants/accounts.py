"""Bank accounts grants are paid to: an IBAN that is right and that SEPA transfers reach."""

from __future__ import annotations

from enum import StrEnum

from stdnum import iban
from stdnum.exceptions import ValidationError as NotAnIban

# Countries of the IBANs in the SEPA area: European Payments Council, EPC409-09 (list of SEPA
# scheme countries). Territories such as Guadeloupe or Jersey have IBANs of their country.
SEPA = frozenset(
    {
        *("AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR"),
        *("GB", "GI", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD"),
        *("ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK", "SM", "VA"),
    }
)


class AccountFault(StrEnum):
    """What is wrong with an IBAN; each has its sentence in `grants.declaration_texts`."""

    NOT_AN_IBAN = "not_an_iban"
    NOT_SEPA = "not_sepa"


class AccountRefused(ValueError):  # noqa: N818 - a refusal is an answer, not a fault
    """Nothing can be paid to this account."""

    def __init__(self, code: AccountFault) -> None:
        super().__init__(code.value)
        self.code = code


def checked_iban(typed: str) -> str:
    """Return an IBAN without its spaces. Raises AccountRefused."""
    try:
        found = iban.validate(typed)
    except NotAnIban as error:
        raise AccountRefused(AccountFault.NOT_AN_IBAN) from error
    if found[:2] not in SEPA:
        raise AccountRefused(AccountFault.NOT_SEPA)
    return found


def grouped(number: str) -> str:
    """Return an IBAN in groups of four, as it is printed on cards."""
    return iban.format(number)


def masked(number: str) -> str:
    """Return the country and the last four characters, enough to know one's own account."""
    return f"{number[:2]} … {number[-4:]}" if number else ""
