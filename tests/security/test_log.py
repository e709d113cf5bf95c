"""What is written into the log while students and staff work: ids and pages, nobody's data."""

from __future__ import annotations

import logging
import re

import pytest

from applications.models import Submission, User
from tests.security.test_every_address import body_of, signed_in
from tests.test_urls import ROLES, lines

pytestmark = pytest.mark.django_db


def test_log_names_nobody(people, round_of_two, caplog, error_records):
    """Every page is read, refused pages too, at the most talkative level of the log."""
    User.objects.filter(pk=people["owner"].pk).update(
        given_names="Zqgiven", family_name="Zqfamily", matriculation_number="77331199"
    )
    submission = Submission.objects.get(application__code=round_of_two["code"])
    told = re.compile(
        "|".join(
            re.escape(text)
            for text in (
                "Zqgiven",
                "Zqfamily",
                "77331199",
                people["owner"].email,
                submission.family_name,
                submission.phone,
                submission.street,
                round_of_two["calendar"],
            )
        )
    )
    clients = {role: signed_in(people[role]) for role in ("owner", "student", "office")}
    with caplog.at_level(logging.DEBUG):
        for address, method, statuses in lines():
            role = "owner" if address.startswith("/applications/{code}") else "office"
            if method == "GET" and statuses[ROLES.index(role)] in {200, 404}:
                body_of(clients[role].get(address.format(**round_of_two)))
    error_records.clear()

    lines_logged = [
        record.getMessage() for record in caplog.records if not record.name.startswith("django.db")
    ]
    assert len(lines_logged) > 10
    assert [line for line in lines_logged if told.search(line)] == []
