"""From the scores to the published offers in the administration alone, and its pictures in docs/.

PORTAL_SCREENSHOTS names a folder for the pictures; docs/selection.md says how they are made.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from applications.models import HostWeight
from applications.models.criterion import CriterionKind
from applications.states import State
from tests.applications.rounds import closed_call, score_all

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from applications.models import Call

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTS = ("Aalto University", "NHH Bergen", "Universität Graz", "University of Split")
NAMES = (
    ("Amira", "Haddad"), ("Ben", "Krüger"), ("Carla", "Neumann"), ("Deniz", "Aydın"),
    ("Elif", "Schulte"), ("Finn", "Brockmann"), ("Greta", "Winkler"), ("Hugo", "Santos"),
    ("Ida", "Petersen"), ("Jonas", "Weiß"), ("Kira", "Lehmann"), ("Luca", "Moretti"),
)  # fmt: skip
LAST = "Moretti"


@pytest.fixture
def call(transactional_db, faculty, coordinator) -> Call:  # noqa: ARG001 - asks for the database
    """A closed call: twelve want eight seats at four hosts, one of which has its own order."""
    chance = random.Random(3)
    wishes = [chance.sample(range(4), 3) for _name in NAMES]
    made = closed_call(wishes, seats=[2, 1, 3, 2], title_en="Exchange 2027/28")
    for host, name in zip(made.hosts.order_by("pk"), HOSTS, strict=True):
        host.agreement.host.name_en = host.agreement.host.name_native = name
        host.agreement.host.save()
    for application, (given, family) in zip(made.applications.order_by("code"), NAMES, strict=True):
        student = application.student
        student.given_names, student.family_name = given, family
        student.save()
    grade = made.criteria.get(kind=CriterionKind.GRADE)
    HostWeight.objects.create(host=made.hosts.order_by("pk")[1], criterion=grade, weight=100)
    score_all(made, coordinator, [str(chance.randint(10, 20) / 2) for _name in NAMES])
    return made


def part(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Round").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def board(page: Page) -> Locator:
    return page.locator("table[data-board] tbody tr")


def rows(page: Page, region: str) -> list[str]:
    return page.get_by_role("region", name=region).locator("tbody th").all_inner_texts()


def test_from_the_scores_to_the_published_offers(call, coordinator, new_page, shoot):
    page = new_page(coordinator)
    page.goto(f"/admin/applications/call/{call.pk}/round/")
    part(page, "Ranking")
    page.get_by_role("button", name="Make a new ranking").click()
    shoot(page, "1-ranking")
    moves_the_last_up(page, shoot)

    part(page, "Allocation")
    page.get_by_role("button", name="Run the allocation").click()
    expect(page.get_by_text("Checked when the run was made")).to_be_visible()
    page.get_by_role("button", name="Replay now").click()
    expect(page.get_by_text("gives the stored result again, byte for byte.")).to_be_visible()
    shoot(page, "4-run")
    page.get_by_role("link", name="Where one more seat would help").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("seat")
    shoot(page, "5-advice")
    tries_other_weights(page, shoot)
    ends_the_move_and_compares(page, shoot)
    publishes(page, call, shoot)

    part(page, "Statistics")
    expect(page.get_by_role("img").first).to_be_visible()
    shoot(page, "9-statistics")


def moves_the_last_up(page: Page, shoot) -> None:
    """Moretti takes a place ahead of the first, for a reason, after a look at what changes."""
    board(page).filter(has_text=LAST).get_by_role("link", name="Move …").click()
    page.get_by_label("Place").fill("1")
    page.get_by_label("Reason").fill("Paralympic squad: this year is the only one possible.")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_text("Nothing is recorded yet.")).to_be_visible()
    shoot(page, "2-move")
    page.get_by_role("button", name="Record this move").click()
    expect(board(page).first).to_contain_text(LAST)
    expect(board(page).first).to_contain_text("moved by hand")
    shoot(page, "3-moved")


def tries_other_weights(page: Page, shoot) -> None:
    part(page, "Allocation")
    page.get_by_role("link", name="What if …").click()
    page.get_by_label("Motivation").fill("0")
    page.get_by_role("button", name="Show what would come of it").click()
    expect(page.get_by_role("region", name="Figures side by side")).to_be_visible()
    shoot(page, "6-what-if")


def ends_the_move_and_compares(page: Page, shoot) -> None:
    part(page, "Ranking")
    moved = board(page).filter(has_text=LAST)
    moved.get_by_text("moved by hand").first.click()
    moved.get_by_role("button", name="End this move").click()
    expect(board(page).filter(has_text="moved by hand")).to_have_count(0)
    part(page, "Allocation")
    page.get_by_role("button", name="Run the allocation").click()
    page.get_by_role("link", name="Compare with run 1").click()
    expect(page.get_by_role("heading", name="What differs in the input")).to_be_visible()
    assert any(LAST in name for name in rows(page, "Who moves"))
    shoot(page, "7-compare")


def publishes(page: Page, call: Call, shoot) -> None:
    part(page, "Allocation")
    page.get_by_role("link", name="Run 2", exact=True).click()
    page.get_by_role("link", name="Publish this run …").click()
    shoot(page, "8-publish")
    page.get_by_role("button", name="Publish run 2 now").click()
    expect(page.get_by_text("The results are published.")).to_be_visible()
    states = set(call.applications.values_list("state", flat=True))
    assert states <= {State.OFFERED, State.WAITLISTED, State.NOT_PLACED}
    assert call.applications.filter(state=State.OFFERED).count() == 8
