"""The page of a programme as its readers see it, and the programmes as the office keeps them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from applications import selection
from applications.models import DocumentSlot, Programme, ProgrammeCriterion
from tests import factories

pytestmark = pytest.mark.django_db
CALLS = reverse("applications:calls")


def page(key: str) -> str:
    return reverse("applications:programme", args=[key])


def codes(response) -> list[list[str]]:
    return [[entry.call.code for entry in entries] for _title, entries in response.context["calls"]]


# -- the nine of the source (internship and free mover stand in one line there) --------------------

# What a student reads on 1 December 2026 of each: the word for where it stands, the calls open,
# to come and past, and whether the page says what to do.
READ = {
    "erasmus-studies": ("Open for applications", [["erasmus-2027"], [], []], False),
    "wollongong": (
        "Open for applications",
        [["uow-spring-2027"], ["uow-autumn-2028"], []],
        False,
    ),
    "tongji": ("Announced", [[], ["tongji-winter-2027", "tongji-summer-2028"], []], False),
    "phbs": ("Announced", [[], ["phbs-2027"], []], False),
    "tongji-summer-school": ("Announced", [[], ["tongji-school-2027"], []], False),
    "biss": ("Deadline to be announced", [[], ["biss-2027"], []], False),
    "erasmus-doctoral": ("Arranged with the faculty's exchange team", [[], [], []], True),
    "erasmus-teaching": ("Arranged with the faculty's exchange team", [[], [], []], True),
    "internship": ("Handled with the International Office", [[], [], []], True),
    "free-mover": ("Handled with the International Office", [[], [], []], True),
}
# DOMAIN, Programmes: levels, most preferences, the kind of agreement.
KEPT = {
    "erasmus-studies": (["bachelor", "master"], 5, "erasmus_studies"),
    "wollongong": (["bachelor"], 1, "worldwide"),
    "tongji": (["master"], 1, "worldwide"),
    "phbs": (["master"], 1, "worldwide"),
    "tongji-summer-school": (["bachelor", "master"], 1, "summer_school"),
    "biss": (["bachelor", "master"], 1, "summer_school"),
    "erasmus-doctoral": (["doctoral"], 5, "erasmus_doctoral"),
    "erasmus-teaching": (["staff"], 5, "erasmus_teaching"),
    "internship": (["bachelor", "master"], 1, ""),
    "free-mover": (["bachelor", "master"], 1, ""),
}


def test_programmes_are_those_of_the_source():
    assert {
        row.key: (row.levels, row.max_preferences, row.agreement_kind)
        for row in Programme.objects.all()
    } == KEPT


def test_every_programme_says_where_it_stands(student_client, at):
    selection.plan_calls(date(2026, 12, 1))
    at("2026-12-01 12:00")

    read = {}
    for key in READ:
        response = student_client.get(page(key))
        has_steps = "What to do" in response.text
        read[key] = (str(response.context["standing"].word), codes(response), has_steps)

    assert read == READ


def test_every_programme_is_found_from_the_calls(student_client, at):
    selection.plan_calls(date(2026, 12, 1))
    at("2026-12-01 12:00")

    response = student_client.get(CALLS)

    assert [way["programme"].key for way in response.context["other_ways"]] == [
        "erasmus-doctoral",
        "erasmus-teaching",
        "internship",
        "free-mover",
    ]
    assert [key for key in READ if f'href="{page(key)}"' not in response.text] == []
    assert f'href="{reverse("ways_abroad")}"' in response.text


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_programme_has_its_words_in_both_languages(language):
    with translation.override(language):
        rows = {row.key: (row.name, row.about, row.steps) for row in Programme.objects.all()}

    assert all(name and about for name, about, _steps in rows.values())
    assert {key for key, words in rows.items() if words[2]} == {
        key for key, read in READ.items() if read[2]
    }


def test_past_only_programme_is_among_the_other_ways(student_client):
    call = factories.CallFactory.create(closed=True, programme__name_en="Once a year")

    response = student_client.get(CALLS)

    ways = {way["programme"].key: way["standing"].word for way in response.context["other_ways"]}
    assert ways[call.programme.key] == "No call at the moment"


# -- one page --------------------------------------------------------------------------------------


def test_page_tells_who_may_go_and_what_is_asked(student_client, settings):
    settings.INTERNATIONAL_OFFICE_MAILBOX = "office@rub.de"
    response = student_client.get(page("erasmus-studies"))

    text = " ".join(response.text.split())
    for said in (
        "<h1>ERASMUS studies</h1>",
        "One or two semesters at a partner university in Europe",
        "Bachelor, Master",
        "10 degree programmes",
        "only if the modules abroad are mainly economics",
        "Letter of motivation in English",
        "Language certificate</strong> (optional)",
        'Bachelor certificate</strong> <span class="tag">Master</span>',
        "mailto:office@rub.de",
        "No call of this programme is announced at the moment.",
    ):
        assert said in text, said


def test_page_names_the_mailbox_of_the_faculty(student_client):
    programme = factories.ProgrammeFactory.create()

    response = student_client.get(page(programme.key))

    assert f'href="mailto:{programme.faculty.contact_mailbox}"' in response.text


def test_calls_of_a_programme_stand_by_what_they_mean(student_client, student):
    programme = factories.ProgrammeFactory.create(steps_en="1. Do it yourself.")
    made = {
        code: factories.CallFactory.create(code=code, programme=programme, **{trait: True})
        for code, trait in (("past", "closed"), ("to-come", "upcoming"), ("undated", "undated"))
    }
    own = factories.ApplicationFactory.create(
        call=factories.CallFactory.create(code="open", programme=programme), student=student
    )
    factories.CallFactory.create(code="of-another-programme")

    response = student_client.get(page(programme.key))

    assert codes(response) == [["open"], ["to-come", "undated"], ["past"]]
    assert "Do it yourself" not in response.text
    assert reverse("applications:application", args=[own.code]) in response.text
    assert "The deadline will be announced." in response.text
    assert "The selection is under way." in response.text
    assert str(made["past"].feedback_by.year) in response.text


def test_published_call_says_so(student_client):
    now = timezone.now()
    call = factories.CallFactory.create(closed=True, published_at=now - timedelta(days=1))

    text = student_client.get(page(call.programme.key)).text

    assert "The results are published." in text
    assert "The selection is under way." not in text


def test_steps_are_shown_as_markdown_and_harmless(student_client):
    programme = factories.ProgrammeFactory.create(
        handled_by="office",
        steps_en="# First\n\n1. **Ask** [us](/help/)\n\n<script>a</script> [x](javascript:a)",
    )

    text = student_client.get(page(programme.key)).text

    assert "<h3>First</h3>" in text
    assert '<strong>Ask</strong> <a href="/help/">us</a>' in text
    assert "&lt;script&gt;a&lt;/script&gt; [x](javascript:a)" in text


def test_call_and_card_lead_to_the_programme(student_client):
    call = factories.CallFactory.create()

    for address in (CALLS, reverse("applications:call", args=[call.code])):
        assert f'href="{page(call.programme.key)}"' in student_client.get(address).text


@pytest.mark.parametrize("count", [1, 3])
def test_page_of_a_programme_keeps_its_number_of_queries(
    student_client, student, django_assert_num_queries, count
):
    programme = factories.ProgrammeFactory.create()
    for call in factories.CallFactory.create_batch(count, programme=programme):
        factories.ApplicationFactory.create(call=call, student=student)
    factories.DegreeProgrammeFactory.create_batch(count, faculty=programme.faculty)

    # session, person, programme, own applications, calls, degree programmes (named, all), slots
    with django_assert_num_queries(8):
        student_client.get(page(programme.key))


# -- kept by the office ----------------------------------------------------------------------------


def change(programme) -> str:
    return reverse("admin:applications_programme_change", args=[programme.pk])


def typed(programme, **changes) -> dict[str, object]:
    """Return the form of a programme with one slot and one criterion, both new."""
    return {
        "key": programme.key,
        "faculty": programme.faculty_id,
        "name_en": programme.name_en,
        "name_de": programme.name_de,
        "about_en": "About",
        "about_de": "Über",
        "steps_en": "1. Step",
        "steps_de": "1. Schritt",
        "handled_by": "portal",
        "levels": ["bachelor"],
        "agreement_kind": "erasmus_studies",
        "max_preferences": 3,
        "slots-TOTAL_FORMS": 1,
        "slots-INITIAL_FORMS": 0,
        "slots-0-position": 1,
        "slots-0-key": "letter",
        "slots-0-kind": "letter",
        "slots-0-title_en": "Letter",
        "slots-0-title_de": "Schreiben",
        "slots-0-hint_en": "Why you.",
        "slots-0-required": "on",
        "slots-0-proves_language": "on",
        "slots-0-language": "en",
        "slots-0-levels": ["bachelor"],
        "slots-0-min_pages": 1,
        "slots-0-max_pages": 2,
        "criteria-TOTAL_FORMS": 1,
        "criteria-INITIAL_FORMS": 0,
        "criteria-0-position": 1,
        "criteria-0-key": "grade",
        "criteria-0-name_en": "Grade",
        "criteria-0-name_de": "Note",
        "criteria-0-kind": "grade",
        "criteria-0-language": "en",
        "criteria-0-weight": "70",
        "criteria-0-scale_max": "10",
        **changes,
    }


@pytest.fixture
def bare(faculty) -> Programme:
    return factories.ProgrammeFactory.create(faculty=faculty, slots=False)


def test_office_keeps_programme_slots_and_criteria_on_one_page(bare, office_client):
    assert office_client.post(change(bare), typed(bare)).status_code == 302

    bare.refresh_from_db()
    assert (bare.steps_de, bare.max_preferences) == ("1. Schritt", 3)
    assert list(
        DocumentSlot.objects.filter(programme=bare).values_list(
            "key", "required", "proves_language", "language", "levels", "min_pages", "max_pages"
        )
    ) == [("letter", True, True, "en", ["bachelor"], 1, 2)]
    assert list(
        ProgrammeCriterion.objects.filter(programme=bare).values_list("key", "kind", "weight")
    ) == [("grade", "grade", 70)]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        (
            {"slots-0-min_pages": 3},
            "max_pages",
            "Most pages can't be less than fewest pages.",
        ),
        (
            {"slots-0-min_pages": "", "slots-0-max_pages": 0},
            "max_pages",
            "A document has at least one page.",
        ),
        (
            {"slots-0-language": "xx"},
            "language",
            "Select a valid choice. xx is not one of the available choices.",
        ),
    ],
)
def test_slot_refuses_rules_that_contradict(bare, office_client, changes, field, sentence):
    answer = office_client.post(change(bare), typed(bare, **changes))

    slots = answer.context["inline_admin_formsets"][0].formset
    assert slots.errors == [{field: [sentence]}]
    assert not DocumentSlot.objects.filter(programme=bare).exists()


def test_coordinator_only_reads_programmes(bare, coordinator_client):
    shown = coordinator_client.get(change(bare))
    refused = coordinator_client.post(change(bare), typed(bare))

    assert (shown.status_code, refused.status_code) == (200, 403)
    assert 'name="_save"' not in shown.text
    bare.refresh_from_db()
    assert (bare.steps_de, bare.slots.count(), bare.criteria.count()) == ("", 0, 0)


def test_programme_in_the_admin_leads_to_its_page(bare, office_client):
    assert f'href="{page(bare.key)}"' in office_client.get(change(bare)).text


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_programmes_keeps_its_number_of_queries(
    office_client, faculty, django_assert_num_queries, count
):
    factories.ProgrammeFactory.create_batch(count, faculty=faculty)

    # session, person, role grants, Django's own permissions (2), faculties for the filter, rows
    # counted and read
    with django_assert_num_queries(8):
        office_client.get(reverse("admin:applications_programme_changelist"))
