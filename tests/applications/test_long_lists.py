"""Lists of many rows: what is counted, what stands further down, how words are found."""

import re

import pytest
from django.db import connection
from django.urls import reverse

from applications.admin import base, paging
from applications.admin.applications import ApplicationAdmin
from tests import factories

pytestmark = pytest.mark.django_db
FAMILY_NAMES = ("Ahrens", "Bergmann", "Öztürk", "Öztaş", "Zöllner")


@pytest.fixture
def five(faculty, monkeypatch) -> list[str]:
    """Make five applications, in pages of two, of which three are counted; return their codes."""
    monkeypatch.setattr(paging, "MOST_COUNTED", 3)
    monkeypatch.setattr(base, "MOST_COUNTED", 3)
    monkeypatch.setattr(ApplicationAdmin, "list_per_page", 2)
    monkeypatch.setattr(ApplicationAdmin, "list_max_show_all", 2)
    call = factories.CallFactory.create(programme__faculty=faculty)
    return [
        factories.ApplicationFactory.create(
            call=call, code=f"CODE{number}", student__family_name=name, state="submitted"
        ).code
        for number, name in enumerate(FAMILY_NAMES)
    ]


def shown(client, **query) -> tuple[list[str], str]:
    """Return the codes a list shows, and what stands below it."""
    answer = client.get(reverse("admin:applications_application_changelist"), query)
    text = answer.content.decode()
    below = re.search(r'<p class="paginator">(.*?)</p>', text, re.DOTALL)
    words = re.sub(r"<[^>]*>|\s+", " ", below[1]).split()
    return [row.code for row in answer.context["cl"].result_list], " ".join(words)


def test_list_shows_its_first_rows_and_says_how_to_find_others(coordinator_client, five):
    others = "narrow the list by a filter or a search to see others."

    assert shown(coordinator_client) == (five[:2], f"1 2 The first 3 applications: {others}")
    assert shown(coordinator_client, p=2) == (
        five[2:3],
        f"1 2 The first 3 applications: {others}",
    )
    assert shown(coordinator_client, q="Özt") == (five[2:4], "2 applications")


def test_further_page_reads_rows_by_their_keys(coordinator_client, five, monkeypatch):
    monkeypatch.setattr(paging, "MOST_COUNTED", 5)

    assert shown(coordinator_client, p=3) == (five[4:], "1 2 3 5 applications")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("code3", [3]),
        ("ÖZTÜRK", [2]),
        ("ergman", [1]),
        ("Özt CODE3", [3]),
        ('"Özt CODE3"', []),
        ("Ahrens Zöllner", []),
        ("%", []),
    ],
)
def test_each_word_is_found_in_any_column(coordinator_client, five, words, found):
    codes, _below = shown(coordinator_client, q=words)

    assert codes == [five[number] for number in found]


@pytest.mark.usefixtures("five")
def test_parts_of_names_and_codes_are_found_by_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for table, column in (
            ("applications_application", "code"),
            ("applications_user", "family_name"),
            ("applications_outgoingmail", "recipient"),
        ):
            cursor.execute(
                f"EXPLAIN SELECT id FROM {table} WHERE upper({column}::text) LIKE '%ABC%'"  # noqa: S608 - our own names
            )
            assert "_found_by_" in " ".join(line for (line,) in cursor.fetchall())


@pytest.mark.usefixtures("five")
def test_nothing_is_done_to_all_where_nobody_knows_how_many(office_client):
    people = reverse("admin:applications_user_changelist")
    asked = {"action": "withdraw_access", "select_across": "1", "index": "0"}
    one = factories.StudentFactory.create()

    answer = office_client.post(
        people, asked | {"_selected_action": [one.pk], "confirmed": "yes"}, follow=True
    )

    assert "More than 3 rows fit: narrow the list by a filter or a search first." in (
        answer.content.decode()
    )
    one.refresh_from_db()
    assert one.is_active
