"""Lists of the administration in German at a usual width: nothing covered, nothing cut off."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TOP_AND_BOTTOM = "(it) => [it.getBoundingClientRect().top, it.getBoundingClientRect().bottom]"
# The right edge of the window a wide table scrolls in, and of a cell.
EDGES = """(name) => [
    document.querySelector(".results").getBoundingClientRect().right,
    document.querySelector(`#result_list tbody .field-${name}`).getBoundingClientRect().right,
]"""


@pytest.mark.parametrize(
    ("model", "in_sight"),
    [
        ("nominationdeadline", ["host", "deadline", "channel", "semester"]),
        ("hostuniversity", ["name_en", "code", "schac_id"]),
        ("agreement", ["host", "kind", "isced_f", "years"]),
        ("testimonial", ["host", "year"]),
    ],
)
def test_buttons_leave_the_title_free_and_what_counts_is_in_sight(new_page, model, in_sight):
    host = factories.HostUniversityFactory.create(
        name_en="University of South Bohemia in České Budějovice",
        erasmus_code="CZ CESKE99",
        schac_id="jcu.cz.example",
    )
    factories.AgreementFactory.create(host=host, kind="erasmus_doctoral")
    factories.NominationDeadlineFactory.create(host=host, channel="portal")
    factories.TestimonialFactory.create(host=host)
    page = new_page(factories.OfficeFactory.create(), language="de")
    page.goto(f"{reverse(f'admin:partners_{model}_changelist')}?q=Budejovice")

    _top, title_ends = page.locator("#content h1").evaluate(TOP_AND_BOTTOM)
    tools_start, tools_end = page.locator(".object-tools").evaluate(TOP_AND_BOTTOM)
    list_starts, _bottom = page.locator("#changelist").evaluate(TOP_AND_BOTTOM)

    assert title_ends <= tools_start < tools_end <= list_starts
    for name in in_sight:
        window, cell = page.evaluate(EDGES, name)
        assert cell <= window, name


def test_codes_keep_their_two_spaces_on_one_line(new_page):
    host = factories.HostUniversityFactory.create(erasmus_code="E  NOWHERE01", schac_id="a.example")
    page = new_page(factories.OfficeFactory.create())
    page.goto(f"{reverse('admin:partners_hostuniversity_changelist')}?q={host.key}")

    code = page.locator("#result_list .code")
    assert code.inner_text() == host.erasmus_code
    assert code.evaluate("(it) => it.getClientRects().length") == 1

    page.goto(reverse("admin:partners_hostuniversity_change", args=[host.pk]))
    assert "“D  BOCHUM01”" in page.locator("#id_erasmus_code_helptext").inner_text()
    page.locator("#id_erasmus_code").fill(host.erasmus_code.replace("  ", " "))
    page.locator("[name=_save]").click()
    problem = page.locator(".field-erasmus_code .errorlist")
    expect(problem).to_be_visible()
    assert f"“{host.erasmus_code}”" in problem.inner_text()

    page = new_page(factories.CoordinatorFactory.create())
    page.goto(reverse("admin:partners_hostuniversity_change", args=[host.pk]))
    assert page.locator(".field-erasmus_code .readonly").inner_text() == host.erasmus_code
