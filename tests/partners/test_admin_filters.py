"""The lists of the catalogue: search without accents, levels, kinds, years and gaps."""

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import trans_real

from tests.factories import (
    AgreementFactory,
    HostTermFactory,
    NominationDeadlineFactory,
    SeatPoolFactory,
)
from tests.partners.catalogue import changelist

pytestmark = pytest.mark.django_db


def found(client, model, **query):
    rows = client.get(changelist(model), query).context["cl"].result_list
    return sorted(row.pk for row in rows)


@pytest.mark.parametrize("model", ["hostuniversity", "agreement", "nominationdeadline"])
def test_search_needs_no_accents(office_client, model):
    deadline = NominationDeadlineFactory.create(host__name_en="Żółw Uniwersytet")
    agreement = AgreementFactory.create(host=deadline.host)
    row = {
        "hostuniversity": deadline.host,
        "agreement": agreement,
        "nominationdeadline": deadline,
    }[model]

    assert found(office_client, model, q="zolw") == [row.pk]
    assert found(office_client, model, q="Żółw") == [row.pk]


def test_lists_are_filtered_by_level_of_agreement_and_seats(office_client):
    by_levels = AgreementFactory.create(host__name_en="AAA", levels=["master"])
    by_seats = AgreementFactory.create(host__name_en="AAA")
    SeatPoolFactory.create(agreement=by_seats, level="master")
    for_others = AgreementFactory.create(host__name_en="AAA")
    SeatPoolFactory.create(agreement=for_others, level="bachelor")
    left_over = AgreementFactory.create(host__name_en="AAA")
    SeatPoolFactory.create(agreement=left_over, level="bachelor", fallback=True)
    AgreementFactory.create(host__name_en="AAA", levels=["bachelor"])
    fitting = [by_levels, by_seats, left_over]

    assert found(office_client, "agreement", q="AAA", level="master") == [row.pk for row in fitting]
    assert found(office_client, "hostuniversity", q="AAA", level="master") == [
        row.host_id for row in fitting
    ]


def test_hosts_are_filtered_by_kind_and_further_gaps(office_client, at):
    at("2026-11-21 12:00")
    gap = AgreementFactory.create(
        host__name_en="AAA", host__latitude=None, host__longitude=None
    ).host
    whole = AgreementFactory.create(host__name_en="AAA", kind="worldwide").host
    HostTermFactory.create(host=whole, academic_year=2027)
    HostTermFactory.create(host=gap, academic_year=2026)

    assert found(office_client, "hostuniversity", q="AAA", kind="worldwide") == [whole.pk]
    for missing in ("subject", "coordinates", "terms"):
        assert found(office_client, "hostuniversity", q="AAA", missing=missing) == [gap.pk], missing


def test_agreements_are_filtered_by_year_in_force_and_gaps(office_client, at):
    at("2026-11-21 12:00")
    whole = AgreementFactory.create(
        host__name_en="AAA",
        isced_f="0410",
        language_level="B2",
        levels=["master"],
        valid_until=2027,
    )
    SeatPoolFactory.create(agreement=whole, academic_year=2027)
    bare = AgreementFactory.create(host__name_en="AAA", valid_until=2028)
    SeatPoolFactory.create(agreement=bare, academic_year=2026)

    for missing in ("subject", "language_level", "levels", "seats"):
        assert found(office_client, "agreement", q="AAA", missing=missing) == [bare.pk], missing
    assert found(office_client, "agreement", q="AAA", year="2028") == [bare.pk]
    assert found(office_client, "agreement", q="AAA", year="2027") == [whole.pk, bare.pk]
    assert found(office_client, "agreement", q="AAA", year="x") == [whole.pk, bare.pk]


@pytest.mark.parametrize(
    ("table", "titles"),
    [
        ("partners_hostuniversity", {"missing data"}),
        ("partners_agreement", {"missing data", "year in force", "made up"}),
        ("partners_nominationdeadline", {"made up"}),
        ("partners_testimonial", {"language of the text"}),
        ("applications_programme", {"who handles it"}),
    ],
)
def test_titles_of_filters_have_words_of_their_own(
    office_client, coordinator_client, monkeypatch, table, titles
):
    """Django puts "By" before them: German needs another form there than in a column's head."""
    own = trans_real.pgettext
    monkeypatch.setattr(
        translation._trans,
        "pgettext",
        lambda context, text: (
            f"<{text}>" if context == "a list narrowed by" else own(context, text)
        ),
    )
    seen = set()
    for year in (2026, 2027):  # a filter of years is shown from two on
        AgreementFactory.create(valid_from=year)
        NominationDeadlineFactory.create(academic_year=year)
    client = coordinator_client if table.startswith("applications") else office_client
    for spec in client.get(reverse(f"admin:{table}_changelist")).context["cl"].filter_specs:
        seen.add(str(spec.title))

    assert {title for title in seen if title.startswith("<")} == {f"<{title}>" for title in titles}
