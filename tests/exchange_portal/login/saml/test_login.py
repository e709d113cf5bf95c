from __future__ import annotations

import pytest
from allauth.socialaccount.models import SocialAccount

from applications.models import User
from tests.exchange_portal.fake_provider import signed_in_person

pytestmark = pytest.mark.django_db


def test_person_the_provider_names_comes_in(client, provider):
    response = provider.sign_in(client)
    print(response.content.decode()[-3000:])
    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in_person(client) == "brandlea"
    print(User.objects.values(), SocialAccount.objects.values())
    assert 0
