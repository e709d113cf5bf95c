"""The list of wishes: what stands beside each, what is judged already, what is searched."""

from datetime import date

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from applications.eligibility import Severity
from applications.forms.application import ApplicationForm
from applications.forms.typed import typed_so_far
from applications.forms.wish_findings import WishFinding
from applications.forms.wishes import picks_of, wishes_of
from tests import factories
from tests.applications.filling_in import page_url
from tests.applications.rounds import published_call

pytestmark = pytest.mark.django_db
BLOCKING, INFORMATION = Severity.BLOCKING, Severity.INFORMATION
SPANISH = {"agreement__language": "es", "agreement__language_level": "B2"}
TYPED = {
    "level_departure": "bachelor",
    "isced_f": "0410",
    "language_1": "en",
    "language_1_level": "C1",
    "language_1_proof": "school",
}
NOT_KNOWN = "The dates of the host are not known here yet; look at its own pages."


def form_of(application):
    return ApplicationForm(typed_so_far(application), application=application)


@pytest.fixture
def call():
    return factories.CallFactory.create()


@pytest.fixture
def application(call, student):
    return factories.ApplicationFactory.create(call=call, student=student)


@pytest.fixture
def host(call):
    """Add a host to the call; `seats=0` makes no pool, further names go to the factory."""

    def add(**values):
        return factories.CallHostFactory.create(call=call, **values)

    return add


@pytest.fixture
def facts(application):
    """Return what is known beside the first wish of somebody who typed this."""

    def of(row, typed=TYPED, **more):
        application.draft = {**typed, "preference_1": str(row.pk), **more}
        return wishes_of(form_of(application))[0].facts

    return of


def findings(facts):
    return [(finding.severity, finding.sentence) for finding in facts.findings]


# -- one row ---------------------------------------------------------------------------------------


def test_there_is_a_row_for_each_rank_and_facts_where_a_host_is_chosen(application, host):
    row = host()
    application.draft = {
        "preference_2": str(row.pk),
        "preference_2_semesters": ["S", "W"],
        "preference_3": "999",
        "preference_4": "nonsense",
    }
    wishes = wishes_of(form_of(application))

    assert [(wish.rank, wish.host.name, wish.semesters.name) for wish in wishes] == [
        (rank, f"preference_{rank}", f"preference_{rank}_semesters") for rank in range(1, 6)
    ]
    assert [(wish.chosen, wish.ticked) for wish in wishes] == [
        ("", ""),
        (str(row.pk), "WS"),
        ("999", ""),
        ("nonsense", ""),
        ("", ""),
    ]
    assert [wish.facts and wish.facts.host for wish in wishes] == [
        None,
        row.agreement.host,
        None,
        None,
        None,
    ]
    assert [(wish.is_first, wish.is_last) for wish in wishes] == [
        (rank == 1, rank == 5) for rank in range(1, 6)
    ]


def test_what_was_sent_is_read_like_what_was_saved(application, host):
    row = host()
    sent = {"preference_1": str(row.pk), "preference_1_semesters": ["S"]}
    form = ApplicationForm(sent, application=application)

    assert [(wish.chosen, wish.ticked) for wish in wishes_of(form)][:1] == [(str(row.pk), "S")]


def test_a_call_of_one_semester_asks_for_none(application, call, host):
    call.semesters = ["W"]
    call.save()
    row = host()
    factories.HostTermFactory.create(host=row.agreement.host)
    factories.HostTermFactory.create(host=row.agreement.host, semester="S")
    application.draft = {"preference_1": str(row.pk)}
    wish = wishes_of(form_of(application))[0]

    assert wish.semesters is None
    assert [shown.term.semester for shown in wish.facts.terms] == ["W"]


# -- what is known ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "certificate", "sentence"),
    [
        ("", False, "Teaches in Spanish; asks for no certain level."),
        ("B2", False, "Teaches in Spanish; asks for B2, without a certificate."),
        ("", True, "Teaches in Spanish; demands a certificate."),
        ("B2", True, "Teaches in Spanish; demands a certificate of B2."),
    ],
)
def test_language_is_said_with_level_and_certificate(facts, host, level, certificate, sentence):
    row = host(
        agreement__language="es",
        agreement__language_level=level,
        agreement__certificate_needed=certificate,
    )
    assert facts(row).language == sentence


def test_terms_are_those_of_the_semesters_ticked(facts, host):
    row = host()
    winter = factories.HostTermFactory.create(host=row.agreement.host)
    summer = factories.HostTermFactory.create(
        host=row.agreement.host, semester="S", starts=date(2028, 4, 3), ends=date(2028, 7, 31)
    )
    factories.HostTermFactory.create(host=row.agreement.host, academic_year=2026)

    assert facts(row).stays == (winter, summer)
    assert facts(row, preference_1_semesters=["S"]).stays == (summer,)
    # What is no semester of the call is none that was ticked.
    assert facts(row, preference_1_semesters=["X"]).stays == (winter, summer)
    assert facts(row).terms[0].sentences == ("Fits between our semesters.",)
    assert facts(row).findings == ()
    assert facts(row).nothing_found


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ([], NOT_KNOWN),
        (["W"], "The dates of its term in our summer semester are not known here yet."),
        (["S"], "The dates of its term in our winter semester are not known here yet."),
        (["W", "S"], ""),
    ],
)
def test_terms_that_are_not_known_are_said(facts, host, known, sentence):
    row = host()
    for semester in known:
        factories.HostTermFactory.create(host=row.agreement.host, semester=semester)

    assert facts(row).unknown_terms == sentence


def test_demand_is_that_of_the_newest_published_round_of_the_agreement(
    facts, host, coordinator, call
):
    earlier = published_call(
        [[0]] * 8,
        seats=[6],
        points=[str(10 - number / 10) for number in range(8)],
        coordinator=coordinator,
    )
    agreement = earlier.hosts.get().agreement
    row = factories.CallHostFactory.create(call=call, agreement=agreement, seats=0)

    assert facts(row).demand == (
        f"{earlier.title}: 1.3 applicants for each seat; the last place in the ranking that got "
        "one was 6 of 8."
    )
    with translation.override("de"):
        assert "1,3" in facts(row).demand
    assert facts(host()).demand == "No earlier round here."


def test_demand_of_few_people_is_not_said(facts, coordinator, call, settings):
    points = [str(10 - number / 10) for number in range(4)]
    earlier = published_call([[0]] * 4, seats=[2], points=points, coordinator=coordinator)
    row = factories.CallHostFactory.create(
        call=call, agreement=earlier.hosts.get().agreement, seats=0
    )
    title = earlier.title
    assert facts(row).demand == f"{title}: fewer than 5 people wished for it."

    settings.SMALLEST_DEMAND_SHOWN = 3
    # Four wished for it, but the last place is that of one of two.
    assert facts(row).demand == f"{title}: 2.0 applicants for each seat."


# -- what speaks against it ------------------------------------------------------------------------


def test_findings_come_at_once_what_speaks_against_it_first(facts, host):
    row = host(**SPANISH, seats__level="master", seats__fallback=True)
    term = factories.HostTermFactory.create(host=row.agreement.host, starts=date(2027, 9, 1))

    found = facts(row, preference_1_semesters=["W"])
    assert findings(found) == [
        (BLOCKING, "The host needs Spanish at level B2; the language is not listed."),
        (
            INFORMATION,
            "Seats for this level only if those with precedence leave some: Master.",
        ),
        (
            INFORMATION,
            (
                "Begins 30 days before our winter semester 2027/28: exams of the summer semester "
                "2027 may fall into the term."
            ),
        ),
    ]
    assert (found.stays, found.open_questions, found.nothing_found) == ((term,), (), False)


def test_another_level_is_said(facts, host):
    row = host(seats__level="master")
    assert findings(facts(row)) == [
        (BLOCKING, "The host has no seats for this level at departure: Bachelor.")
    ]


def test_a_place_from_another_call_is_said(facts, host, application):
    row = host()
    elsewhere = factories.CallHostFactory.create(
        call__title_en="Tongji 2027/28", agreement__host__name_en="Tongji University"
    )
    factories.PlacementFactory.create(
        application__student=application.student, application__call=elsewhere.call, host=elsewhere
    )
    place = "Tongji University, Winter semester (Tongji 2027/28; offered, not answered yet)."

    assert findings(facts(row, preference_1_semesters=["W"])) == [
        (BLOCKING, f"There is a place in this semester already: {place}")
    ]
    assert findings(facts(row)) == [
        (
            INFORMATION,
            (
                f"There is a place in one of these semesters already: {place} Only the other one"
                " remains."
            ),
        )
    ]
    assert findings(facts(row, preference_1_semesters=["S"])) == []


def test_a_level_that_suffices_finds_nothing(facts, host):
    row = host(**SPANISH)
    spanish = {"language_2": "es", "language_2_level": "B2", "language_2_proof": "stay"}
    assert facts(row, **spanish).findings == ()
    assert facts(row, **spanish).nothing_found
    assert findings(facts(row, **{**spanish, "language_2_level": "A2"})) == [
        (BLOCKING, "The host needs Spanish at level B2; stated is A2.")
    ]


def test_a_certificate_is_asked_for_but_its_file_is_not_looked_for_here(facts, host):
    row = host(**SPANISH, agreement__certificate_needed=True)
    spanish = {"language_2": "es", "language_2_level": "B2", "language_2_proof": "stay"}
    assert findings(facts(row, **spanish)) == [
        (BLOCKING, "The host demands a certificate for Spanish.")
    ]
    assert facts(row, **{**spanish, "language_2_proof": "certificate"}).findings == ()


@pytest.mark.parametrize("typed", [{}, {"level_departure": "?", "isced_f": "x", "language_1": "?"}])
def test_what_is_not_filled_in_finds_nothing_and_is_asked_for(facts, host, typed):
    row = host(**SPANISH, agreement__isced_f="0410", seats__level="master", seats__semester="W")
    found = facts(row, typed, preference_1_semesters=["S"])

    assert found.findings == ()
    assert found.open_questions == (
        "Choose your level at departure to see whether the seats are for you.",
        "Choose your field of study to see whether it fits.",
        "Fill in your languages to see whether your Spanish suffices.",
    )
    assert not found.nothing_found


@pytest.mark.parametrize("missing", ["language_2_level", "language_2_proof"])
def test_a_row_of_languages_that_is_begun_is_not_judged(facts, host, missing):
    row = host(**SPANISH)
    spanish = {"language_2": "es", "language_2_level": "A1", "language_2_proof": "stay"}
    found = facts(row, **{**spanish, missing: ""})

    assert found.findings == ()
    assert found.open_questions == ("Fill in your languages to see whether your Spanish suffices.",)


def test_nothing_is_asked_that_the_host_does_not_need(facts, host):
    assert facts(host(), {"level_departure": "bachelor"}).open_questions == ()


def test_seats_not_known_yet_speak_against_nothing(facts, host):
    row = host(seats=0)
    assert (facts(row).pools, facts(row).findings) == ((), ())


def test_the_same_host_twice_is_said_at_the_second(application, host):
    row = host()
    application.draft = {**TYPED, "preference_1": str(row.pk), "preference_3": str(row.pk)}
    wishes = wishes_of(form_of(application))

    assert wishes[0].facts.findings == ()
    assert wishes[2].facts.findings == (
        WishFinding(
            BLOCKING,
            "Preference 3: this host stands further up already. Please choose another one.",
        ),
    )


# -- how much is read ------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "queries"), [(0, 0), (1, 4), (3, 4), (5, 4)])
def test_wishes_are_read_in_four_queries(
    application, host, django_assert_num_queries, count, queries
):
    for rank in range(1, count + 1):
        row = host(**SPANISH)
        factories.HostTermFactory.create(host=row.agreement.host)
        application.draft[f"preference_{rank}"] = str(row.pk)
    form = form_of(application)
    assert len(form.choices.hosts) == count  # read with the form
    with django_assert_num_queries(queries):
        assert sum(wish.facts is not None for wish in wishes_of(form)) == count


@pytest.mark.parametrize("count", [1, 3, 5])
def test_grant_tables_are_read_once_for_all_wishes(
    application, host, django_assert_num_queries, count
):
    for rank in range(1, count + 1):
        application.draft[f"preference_{rank}"] = str(host().pk)
    form = form_of(application)
    form.choices.read_hosts()
    wishes = wishes_of(form)
    # The grant's tables, and where home lies.
    with django_assert_num_queries(2):
        html = render_to_string("applications/wishes.html", {"parts": {"wishes": wishes}})
    assert html.count("EUR a month") == count


# -- the page --------------------------------------------------------------------------------------


def shown(facts, **context):
    """Return the words of the fragment with what is known."""
    wish = {"rank": 2, "chosen": "7", "ticked": "W", "facts": facts}
    html = render_to_string("applications/wish_facts.html", {"wish": wish, **context})
    return " ".join(html.split())


def test_fragment_can_be_sent_again_out_of_band(facts, host):
    row = host()
    opening = '<div class="wish__facts" id="wish-facts-2" data-host="7" data-semesters="W"'
    assert opening + ">" in shown(facts(row))
    assert opening + ' hx-swap-oob="true">' in shown(facts(row), oob=True)
    assert shown(None) == opening + "> </div>"


def test_fragment_says_the_weight_of_findings_in_words(facts, host):
    row = host(**SPANISH, seats__level="master", seats__fallback=True)
    html = shown(facts(row))
    assert "<strong>Speaks against it:</strong> The host needs Spanish at level B2" in html
    assert "<strong>Please note:</strong> Seats for this level only if" in html
    assert "<strong>Not judged yet:</strong>" in shown(facts(row, {}))
    assert "Fits, as far as can be told from what you filled in." in shown(facts(host()))
    assert "2 seats (Master)" in html
    assert "others may use what is left" in html


def test_grant_is_that_of_the_terms_or_an_example(facts, host):
    row = host()
    example = "For example 5 months: <strong>3,009 EUR</strong> (309 EUR of it for the way there"
    assert example in shown(facts(row))

    factories.HostTermFactory.create(
        host=row.agreement.host, starts=date(2027, 9, 1), ends=date(2028, 1, 15)
    )
    factories.HostTermFactory.create(
        host=row.agreement.host, semester="S", starts=date(2028, 2, 1), ends=date(2028, 2, 20)
    )
    html = shown(facts(row))
    assert "<strong>540 EUR a month</strong> (ERASMUS, 2026/27, project KA131-2026)" in html
    # 4 months and 15 days of 30; a stay of 20 days is too short for a grant.
    assert "</time>: 4.5 months, <strong>2,739 EUR</strong> (309 EUR of it for the way" in html
    assert "For example" not in html
    assert "For 2027/28 nothing is known yet. These are the figures of 2026/27" in html
    assert "Source: <a href=" in html
    assert f"?host={row.agreement.host.key}&amp;year=2027" in html


def test_grant_names_who_pays_elsewhere(facts, host):
    row = host(agreement__host__country="CH")
    html = shown(facts(row))
    assert "ERASMUS does not pay for stays in Switzerland" in html
    assert ("What to do" in html, "with top-ups" in html) == (True, False)


def test_list_works_without_script(student_client, application, host):
    row = host()
    application.draft = {**TYPED, "preference_1": str(row.pk), "preference_1_semesters": ["W"]}
    application.save()
    html = student_client.get(page_url(application, "preferences")).text

    assert html.count('<select name="preference_') == 5
    assert f'<option value="{row.pk}" selected>' in html
    moves = [f"{way}-{rank}" for rank in range(1, 6) for way in ("up", "down", "out")]
    for move in moves:
        off = " disabled" if move in {"up-1", "down-5"} else ""
        assert f'type="submit" name="move" value="{move}"{off}>' in html


# -- the search as one types -----------------------------------------------------------------------


def test_picks_name_every_host_with_what_to_know_and_the_open_ones_first(application, host):
    closed = host(
        agreement__host__name_en="Aalborg University",
        agreement__host__city="Aalborg",
        agreement__host__country="DK",
        seats__level="master",
    )
    row = host(
        agreement__host__name_en="University of Gothenburg",
        agreement__host__name_native="Göteborgs universitet",
        agreement__host__city="Gothenburg",
        agreement__host__country="SE",
        agreement__language_level="B1",
    )
    application.draft = TYPED

    assert picks_of(form_of(application)) == [
        {
            "value": str(row.pk),
            "name": "University of Gothenburg",
            "place": "Gothenburg, Sweden",
            "seats": "2 seats",
            "language": "English B1",
            "closed": "",
            "search": "university of gothenburg goteborgs universitet gothenburg sweden",
        },
        {
            "value": str(closed.pk),
            "name": "Aalborg University",
            "place": "Aalborg, Denmark",
            "seats": "2 seats",
            "language": "English",
            "closed": "The host has no seats for this level at departure: Bachelor.",
            "search": "alborg university  alborg denmark",
        },
    ]


def test_picks_are_read_without_a_query(application, host, django_assert_num_queries):
    host()
    form = form_of(application)
    form.choices.read_hosts()
    with django_assert_num_queries(0):
        assert len(picks_of(form)) == 1
