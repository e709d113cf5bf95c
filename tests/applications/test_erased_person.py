"""Whose name is gone reads as an erased person wherever a row names somebody."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from applications.models import User
from tests import factories

pytestmark = pytest.mark.django_db


def test_erased_person_is_named_in_words(office_client):
    viewing = factories.ViewingFactory.create(application__state="submitted")
    factories.SubmissionFactory.create(application=viewing.application)
    User.objects.filter(pk=viewing.person_id).update(
        username="erased:abc", given_names="", family_name="", erased_at=timezone.now()
    )

    page = reverse("admin:applications_application_file", args=[viewing.application.code])
    text = office_client.get(page).text

    assert "erased person" in text
    assert "erased:abc" not in text
