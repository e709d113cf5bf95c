"""Grants are looked at by the office alone, and each look stands in the audit log."""

from __future__ import annotations

import pytest

from applications.models import AuditEntry
from grants import awards
from tests.factories import NominationFactory
from tests.grants.award_pages import at
from tests.grants.awarded import NOW, approved_award
from tests.grants.declared import declare
from tests.test_urls import paper_of

pytestmark = pytest.mark.usefixtures("grant_tables")


def test_award_stay_document_and_payment_list_are_written_down(office_client, office, second):
    nomination = NominationFactory.create()
    declare(nomination)
    award = approved_award(nomination, office, second)
    paper = paper_of(nomination)
    payment = award.payments.get()
    listed = awards.make_list(award.approved.project, [payment.pk], by=second, now=NOW)
    code = nomination.application.code

    office_client.get(at("award", award.pk))
    b"".join(office_client.get(f"/applications/{code}/grant/documents/{paper.pk}/"))
    office_client.get(f"/admin/grants/paymentlist/{listed.pk}/change/")
    office_client.post(f"/admin/grants/paymentlist/{listed.pk}/file/", {"format": "csv"})

    about = [nomination.application.student_id]
    assert [
        (entry.person, entry.action, entry.place, entry.target, entry.students)
        for entry in AuditEntry.objects.select_related("person").order_by("pk")
    ] == [
        (office, "looked", "admin:grants_grantaward_award", f"pk={award.pk}", about),
        (office, "taken", "grants:stay_document", f"code={code}, pk={paper.pk}", about),
        (office, "looked", "admin:grants_paymentlist_change", f"object_id={listed.pk}", about),
        (office, "taken", "admin:grants_paymentlist_file", f"pk={listed.pk}", about),
    ]
