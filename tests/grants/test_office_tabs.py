"""The tabs of the office's work with grants: the same on every page, one of them marked."""

import re

import pytest
from django.urls import reverse

from grants.models import GrantProject
from grants.templatetags.grants_office import TABS
from tests.factories import NominationFactory
from tests.grants.awarded import PROJECT, award_for

pytestmark = pytest.mark.usefixtures("grant_tables")


def marked(client, name, *args):
    """Return what the mark of the tab says, and the word of the tab, for each that has one."""
    page = client.get(reverse(f"admin:{name}", args=args)).content.decode()
    tabs = page.partition('class="desk-nav"')[2].partition("</nav>")[0]
    assert tabs.count("<a ") == len(TABS)
    return re.findall(r'aria-current="(\w+)">([^<]+)<', tabs)


def test_every_page_has_the_tabs_and_marks_its_own(office, office_client):
    for name, word in TABS:
        assert marked(office_client, name) == [("page", word)]
    award = award_for(NominationFactory.create(), office)
    project = GrantProject.objects.get(code=PROJECT)
    assert marked(office_client, "grants_grantaward_terms", award.pk) == [("true", "Awards")]
    assert marked(office_client, "grants_budget_project", PROJECT) == [("true", "Budget")]
    assert marked(office_client, "grants_grantproject_tables", project.pk) == [("true", "Projects")]
