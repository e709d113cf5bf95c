"""The pages of the audit log: WCAG by axe, the strict policy, narrow windows, German."""

from __future__ import annotations

from datetime import timedelta

import pghistory
import pytest
from django.utils import timezone

from tests import factories
from tests.browser.walking import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOG = "/admin/applications/auditentry/"


def test_pages_of_the_audit_log_have_no_barriers(new_page, shoot):
    office = factories.OfficeFactory.create(given_names="Sophie", family_name="Klein")
    reader = factories.CoordinatorFactory.create(given_names="Anna", family_name="Weber")
    application = factories.ApplicationFactory.create()
    students = [application.student_id, *(factories.StudentFactory.create().pk for _one in "1234")]
    with pghistory.context() as joined:
        factories.ConcessionFactory.create(application=application, granted_by=reader)
    for age, action in enumerate(["looked", "refused", "taken", "changed"]):
        entry = factories.AuditEntryFactory.create(
            person=reader,
            action=action,
            target=f"code={application.code}",
            students=[] if action == "refused" else students[: 5 - age],
            at=timezone.now() - timedelta(hours=9 - age),
            context=joined.id if action == "changed" else None,
        )

    walk = Walk(new_page, shoot, office)
    walk.to("audit", LOG)
    walk.to("audit-nothing", f"{LOG}?student=nobody")
    walk.to("audit-entry", f"{LOG}{entry.pk}/change/")
    assert walk.wrong == [], walk.show()
