"""The file of a payment list, as the university's finance department takes it.

Always in German, whoever fetches it: the same list is the same file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from grants.awards.locking import only_the_office
from grants.models import PaymentListDownload
from grants.states import PaymentKind
from grants.texts import PAYMENTS
from partners.spreadsheets import csv_file, xlsx

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from applications.models import User
    from grants.models import GrantPayment, PaymentList
    from partners.spreadsheets import Value

FORMATS = ("xlsx", "csv")
LANGUAGE = "de"
CURRENCY = "EUR"
# What the student reads on the bank statement; SEPA allows 140 characters of a small set.
INSTALMENT = {PaymentKind.FIRST: "1. Rate", PaymentKind.BALANCE: "2. Rate"}


def purpose(payment: GrantPayment) -> str:
    """Return the words of the transfer, in the characters every bank takes."""
    project, code = payment.version.project.code, payment.award.nomination.application.code
    return f"ERASMUS {project} {INSTALMENT[PaymentKind(payment.kind)]} {code}"


def give(payment_list: PaymentList, file_format: str, *, by: User, now: datetime) -> bytes:
    """Return the file of a list in one of FORMATS, and log who took it.

    Raises PermissionDenied for anybody but the office.
    """
    only_the_office(by)
    with transaction.atomic(), override(LANGUAGE):
        PaymentListDownload.objects.create(
            payment_list=payment_list, format=file_format, by=by, at=now
        )
        if file_format == "csv":
            return csv_file(_as_text(row) for row in _table(payment_list))
        title = _("Payment list %(number)s") % {"number": payment_list.pk}
        return xlsx(_table(payment_list), title=title)


def _table(payment_list: PaymentList) -> Iterator[Sequence[Value]]:
    """Yield head, rows and the sum; amounts are Decimal."""
    yield (
        _("List"),
        _("Payment"),
        _("Application"),
        _("Family name"),
        _("Given names"),
        _("Account holder"),
        _("IBAN"),
        _("Amount"),
        _("Currency"),
        _("Purpose"),
        _("Kind"),
        _("Project"),
        _("Due since"),
    )
    payments = payment_list.payments.select_related(
        "award__nomination__application__student", "version__project"
    ).order_by("pk")
    for payment in payments:
        student = payment.award.nomination.application.student
        yield (
            payment_list.pk,
            payment.pk,
            payment.award.nomination.application.code,
            student.family_name,
            student.given_names,
            payment.account_holder,
            payment.iban,
            payment.amount,
            CURRENCY,
            purpose(payment),
            str(PAYMENTS[PaymentKind(payment.kind)]),
            payment.version.project.code,
            timezone.localdate(payment.due_at),
        )
    count = ngettext("%(count)s payment", "%(count)s payments", payment_list.count) % {
        "count": payment_list.count
    }
    yield (_("Sum"), "", count, "", "", "", "", payment_list.total, CURRENCY, "", "", "", "")


def _as_text(row: Sequence[Value]) -> Sequence[Value]:
    """Return the row with amounts as "1890.50", whatever the decimals of the database."""
    return ["" if cell is None else cell if isinstance(cell, str) else str(cell) for cell in row]
