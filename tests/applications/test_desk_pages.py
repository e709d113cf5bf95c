"""The queue as a page: what a line says, its pages, and what is done with many at once."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from applications import lifecycle
from applications.admin.desk import queue_pages
from applications.models import Application, Assignment, Call, ScoreSheet, StateChange
from applications.states import State
from tests import factories
from tests.applications.desk import BLOCKING, REMARK, file_page, hand_in, page, post, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(coordinator):  # noqa: ARG001 - the faculty must be there
    return factories.CallFactory.create(closed=True, criteria=True)


@pytest.fixture
def colleague(faculty):
    return factories.CoordinatorFactory.create(
        faculty=faculty, given_names="Jan", family_name="Becker"
    )


def codes(answer) -> list[str]:
    return [row.application.code for row in answer.context["rows"]]


def words(answer) -> str:
    """Return what the page says, in one line."""
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def lines(answer) -> list[str]:
    """Return what each line of the list says."""
    table = answer.content.decode().partition('class="table queue"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]
    return [re.sub(r"\s+", " ", strip_tags(row.replace("<", " <"))).strip() for row in rows]


# -- the list --------------------------------------------------------------------------------------


def test_line_tells_what_a_reader_has_to_know(call, coordinator, colleague, coordinator_client):
    hosts = factories.CallHostFactory.create_batch(2, call=call)
    first = hand_in(
        call,
        "A",
        found=[REMARK, BLOCKING],
        preferences=hosts,
        level_departure="master",
        family_name="Çelik",
        given_names="Nur",
    )
    hand_in(call, "B", found=[])
    factories.AssignmentFactory.create(application=first, reader=colleague)
    for person in (coordinator, colleague, colleague):
        factories.ViewingFactory.create(application=first, person=person)
    factories.CommentFactory.create_batch(2, application=first)
    ScoreSheet.objects.create(application=first, reader=coordinator, completed_at=timezone.now())
    ScoreSheet.objects.create(application=first, reader=colleague)

    answer = coordinator_client.get(page(call, "applicants"), {"state": "open"})

    told, bare = lines(answer)
    degree = first.submissions.get().degree_programme
    assert told == (
        f"Çelik, Nur A Under review {degree} leaves as Master · average 2.00 {hosts[0]} and 1 more"
        " 1 blocking , 1 remark Document missing · Grade below a pass Jan Becker read by you, Jan"
        " Becker 1 score sheet, yours 2 comments"
    )
    assert bare.endswith("– none nobody not read yet –")
    assert f'href="{file_page(first)}?state=open"' in answer.content.decode()


def test_list_comes_in_pages_that_keep_the_filters(call, coordinator_client, monkeypatch):
    monkeypatch.setattr(queue_pages, "PAGE_SIZE", 2)
    for code in "ABCDE":
        hand_in(call, code)
    hand_in(call, "F", state=State.ELIGIBLE)

    first = coordinator_client.get(page(call, "applicants"), {"state": "open"})
    last = coordinator_client.get(page(call, "applicants"), {"state": "open", "page": "99"})

    assert (codes(first), codes(last)) == (["A", "B"], ["E"])
    assert "1–2 of 5 applications" in words(first)
    assert "5–5 of 5 applications" in words(last)
    assert f'href="{page(call, "applicants")}?state=open&amp;page=3"' in first.content.decode()
    assert [(str(word), count) for word, count, *_more in first.context["states"]] == [
        ("All", 6),
        ("To decide", 5),
        ("Eligible", 1),
        ("Not eligible", 0),
    ]


def test_filters_in_force_are_named_and_can_be_taken_away(call, coordinator_client):
    host = factories.CallHostFactory.create(call=call)
    hand_in(call, "A", found=[BLOCKING], preferences=[host])
    asked = {"finding": "document_missing", "host": str(host.pk), "reader": "nobody"}

    answer = coordinator_client.get(page(call, "applicants"), {**asked, "level": "?"})

    assert answer.context["active"] == [
        ("Findings", "Document missing", f"host={host.pk}&reader=nobody"),
        ("Host wished for", str(host), "finding=document_missing&reader=nobody"),
        ("Reader", "assigned to nobody", f"finding=document_missing&host={host.pk}"),
    ]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "Nobody has submitted an application."),
        ("state=open", "No application waits for a decision."),
        ("state=eligible", "No application is in this state."),
        ("state=open&finding=none", "No application matches these filters."),
    ],
)
def test_empty_queue_says_why(call, coordinator_client, query, sentence):
    assert sentence in words(coordinator_client.get(f"{page(call, 'applicants')}?{query}"))


@pytest.mark.parametrize("rows", [1, 3])
def test_list_needs_the_same_queries(call, coordinator, coordinator_client, colleague, rows):
    Call.objects.filter(pk=call.pk).update(readers_needed=2)
    for number in range(rows):
        host = factories.CallHostFactory.create(call=call)
        row = hand_in(call, f"A{number}", found=[BLOCKING], preferences=[host])
        factories.AssignmentFactory.create(application=row, reader=colleague)
        factories.ViewingFactory.create(application=row, person=colleague)
        factories.CommentFactory.create(application=row, author=colleague)

        ScoreSheet.objects.create(application=row, reader=coordinator, completed_at=timezone.now())

    counts = []
    for query in ("", "state=open&finding=blocking&read=not_by_me&sheets=too_few&q=a"):
        with CaptureQueriesContext(connection) as captured:
            coordinator_client.get(f"{page(call, 'applicants')}?{query}")
        counts.append(len(captured))

    assert counts == [21, 21]


def test_office_looks_and_does_nothing(call, office_client):
    hand_in(call, "A", found=[])

    text = office_client.get(page(call, "applicants")).content.decode()

    assert "checkbox" not in text
    assert "formaction" not in text


def test_blind_reader_reads_no_name_on_any_page_of_the_queue(coordinator_client):
    call = factories.CallFactory.create(closed=True, blind_reading=True)
    hand_in(call, "A", found=[], family_name="Özdemir", given_names="Zeynep")
    for name in ("applicants", "confirm", "assign"):
        text = coordinator_client.get(page(call, name), {"application": "A"}).content.decode()
        assert "Özdemir" not in text
        assert "Zeynep" not in text
        assert ">A<" in text


# -- confirming ------------------------------------------------------------------------------------


def states(call) -> dict[str, str]:
    return dict(call.applications.values_list("code", "state"))


def test_ticked_ones_are_shown_with_what_speaks_against_them(call, coordinator_client):
    hand_in(call, "A", found=[BLOCKING])
    hand_in(call, "B")
    hand_in(call, "C", found=[REMARK])
    hand_in(call, "D", found=[], state=State.ELIGIBLE)
    hand_in(call, "E", found=[])

    shown = coordinator_client.get(page(call, "confirm"), {"application": list("ABCD")})

    named = {
        name: [row[0].code for row in shown.context[name]]
        for name in ("blocked", "unreviewed", "others", "decided", "own")
    }
    assert named == {
        "blocked": ["A"],
        "unreviewed": ["B"],
        "others": ["C"],
        "decided": ["D"],
        "own": [],
    }
    assert "1 has findings that speak against it" in words(shown)
    assert "Document missing" in words(shown)
    assert states(call)["A"] == State.UNDER_REVIEW  # nothing is decided before the second yes
    answer = post(
        coordinator_client, page(call, "confirm"), shown=shown.context["shown"], query="q=A"
    )
    assert said(answer) == ["3 applications confirmed as eligible."]
    assert answer.redirect_chain == [(f"{page(call, 'applicants')}?q=A", 302)]
    assert states(call) == {
        "A": State.ELIGIBLE,
        "B": State.ELIGIBLE,
        "C": State.ELIGIBLE,
        "D": State.ELIGIBLE,
        "E": State.UNDER_REVIEW,
    }


def test_all_without_findings_are_those_of_the_filtered_queue(call, coordinator_client):
    hand_in(call, "A", found=[])
    hand_in(call, "B", found=[], level_departure="master")
    hand_in(call, "C", found=[REMARK], level_departure="master")
    hand_in(call, "D", level_departure="master")
    hand_in(call, "E", found=[], level_departure="master", state=State.INELIGIBLE)

    shown = coordinator_client.get(page(call, "confirm"), {"all": "1", "level": "master"})

    assert [row[0].code for row in shown.context["others"]] == ["B"]
    assert said(post(coordinator_client, page(call, "confirm"), shown=shown.context["shown"])) == [
        "1 application confirmed as eligible."
    ]
    assert [code for code, state in states(call).items() if state == State.ELIGIBLE] == ["B"]


def test_what_changed_since_it_was_shown_is_left_out_and_named(
    call, coordinator, coordinator_client
):
    rows = [hand_in(call, code, found=[]) for code in "ABCD"]
    foreign = hand_in(factories.CallFactory.create(closed=True), "F", found=[])
    own = hand_in(call, "E", found=[])
    Application.objects.filter(pk=own.pk).update(student=coordinator)
    shown = coordinator_client.get(page(call, "confirm"), {"all": "1"}).context["shown"]
    assert "E" not in shown
    lifecycle.withdraw(rows[0], by=rows[0].student, now=timezone.now())
    factories.SubmissionReviewFactory.create(
        submission=rows[1].submissions.get(),
        run=factories.ReviewRunFactory.create(call=call, state="done"),
        findings=[BLOCKING],
    )
    factories.SubmissionFactory.create(application=rows[2])

    answer = post(coordinator_client, page(call, "confirm"), shown=f"{shown} E.0 F.0 nonsense G.1")

    assert said(answer) == [
        "E: This is your own application: somebody else of the team has to decide on it.",
        "A did not wait for a decision any more and was left as it is.",
        "The findings on B, C changed meanwhile, so they were left out. Look at them again.",
        "1 application confirmed as eligible.",
    ]
    assert states(call) == {
        "A": State.WITHDRAWN,
        "B": State.UNDER_REVIEW,
        "C": State.UNDER_REVIEW,
        "D": State.ELIGIBLE,
        "E": State.UNDER_REVIEW,
    }
    foreign.refresh_from_db()
    assert foreign.state == State.UNDER_REVIEW
    assert list(
        StateChange.objects.filter(after=State.ELIGIBLE).values_list("application__code", "by")
    ) == [("D", coordinator.pk)]


def test_nobody_ticked_changes_nothing(call, coordinator_client):
    hand_in(call, "A", found=[])

    for name in ("confirm", "assign"):
        answer = coordinator_client.get(page(call, name), {"state": "open"}, follow=True)
        assert said(answer) == ["Nobody was ticked, nothing was changed."]
        assert answer.redirect_chain == [(f"{page(call, 'applicants')}?state=open", 302)]
    assert said(post(coordinator_client, page(call, "confirm"))) == [
        "Nobody was ticked, nothing was changed."
    ]
    assert states(call) == {"A": State.UNDER_REVIEW}


def test_many_are_confirmed_in_a_few_queries(call, coordinator):
    queries = []
    for number in (1, 3):
        rows = [hand_in(call, f"{number}{code}", found=[]) for code in "ABC"[:number]]
        with CaptureQueriesContext(connection) as captured:
            outcome = lifecycle.confirm_all_eligible(rows, by=coordinator, now=timezone.now())
        assert len(outcome.confirmed) == number
        queries.append(len(captured))

    assert queries == [8, 8]


# -- sharing out -----------------------------------------------------------------------------------


def assigned(call) -> set[tuple[str, str]]:
    return set(
        Assignment.objects.filter(application__call=call).values_list(
            "application__code", "reader__username"
        )
    )


def test_ticked_ones_are_shared_out_among_the_readers(
    call, coordinator, colleague, coordinator_client
):
    for code in "ABCD":
        hand_in(call, code)
    hand_in(call, "E", state=State.WITHDRAWN)
    factories.AssignmentFactory.create(
        application=call.applications.get(code="D"), reader=colleague
    )

    asked = coordinator_client.get(page(call, "assign"), {"all": "1"})
    answer = post(
        coordinator_client,
        page(call, "assign"),
        codes=asked.context["codes"],
        readers=[coordinator.pk, colleague.pk],
        each=1,
        query="state=open&page=2",
    )

    assert said(answer) == ["3 assignments made."]
    assert answer.redirect_chain == [(f"{page(call, 'applicants')}?state=open&page=2", 302)]
    assert Counter(reader for _code, reader in assigned(call)) == {
        coordinator.username: 2,
        colleague.username: 2,
    }
    assert {code for code, _reader in assigned(call)} == {"A", "B", "C", "D"}
    again = post(
        coordinator_client,
        page(call, "assign"),
        codes=asked.context["codes"],
        readers=[coordinator.pk, colleague.pk],
        each=1,
    )
    assert said(again) == ["They have these readers already, nothing was changed."]
    taken = post(
        coordinator_client,
        page(call, "assign"),
        codes="A D",
        readers=[coordinator.pk, colleague.pk],
        each=1,
        take_away="1",
    )
    assert said(taken) == ["2 assignments taken back."]
    assert {code for code, _reader in assigned(call)} == {"B", "C"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"each": "1"}, "Please tick at least one reader."),
        ({"readers": ["own"], "each": "2"}, "You ticked 1 reader: at most 1 can read each"),
        ({"readers": ["own"], "each": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"readers": ["foreign"], "each": "1"}, "Select a valid choice."),
    ],
)
def test_wrong_choice_of_readers_is_said_and_changes_nothing(
    call, coordinator, foreign_coordinator, coordinator_client, given, sentence
):
    hand_in(call, "A")
    people = {"own": coordinator.pk, "foreign": foreign_coordinator.pk}
    sent = {**given, "codes": "A", "readers": [people[one] for one in given.get("readers", [])]}

    answer = coordinator_client.post(page(call, "assign"), sent)

    assert sentence in words(answer)
    assert assigned(call) == set()
