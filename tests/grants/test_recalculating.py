"""Many awards calculated again: the same answer as one by one, whatever stands in them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grants import awards
from grants.awards import recalculating
from grants.calculation import Interruption, RealCosts, TopUpCode, estimate
from grants.loading import tables_from_database
from grants.models import AwardVersion, GrantAward
from grants.states import AwardState, Occasion
from tests.factories import NominationFactory
from tests.grants.awarded import LATER, NOW, PROJECT, approved_award, award_for

pytestmark = pytest.mark.usefixtures("grant_tables")

EVERYTHING = {
    "interruptions": (Interruption(date(2025, 12, 20), date(2026, 1, 3)),),
    "earlier_days": 30,
    "semesters": 2,
    "social_reasons": (TopUpCode.SOCIAL_CHILD, TopUpCode.SOCIAL_DISABILITY),
    "real_costs": RealCosts(Decimal("1200.50"), TopUpCode.SOCIAL_DISABILITY),
    "green": True,
    "travel_days": 2,
    "waiver_reason": "force majeure",
    "ects": Decimal("27.5"),
    "ects_statement": "illness",
}


@pytest.fixture
def made(grant_tables, office, second):  # noqa: ARG001 - the tables come first
    """A draft with all there is, one with a cap, an approved extension, and a proposal."""
    everything = award_for(NominationFactory.create(), office, **EVERYTHING)
    capped = award_for(NominationFactory.create(), office, cap_days=100)
    extended = approved_award(NominationFactory.create(), office, second)
    awards.change_award(
        extended,
        replace(awards.terms_of(extended.current), end=date(2026, 2, 28)),
        awards.Change(Occasion.EXTENSION, extension_asked_on=date(2026, 1, 15)),
        seen=1,
        by=office,
        now=LATER,
    )
    proposed = award_for(NominationFactory.create(), office)
    awards.propose_award(proposed, seen=1, by=office, now=NOW)
    return [everything, capped, extended, proposed]


def dearer():
    """Return the tables with each rate 30 EUR a month higher."""
    tables = tables_from_database()
    own = tables.projects[PROJECT]
    rates = {
        key: tuple(replace(rate, amount=rate.amount + 30) for rate in found)
        for key, found in own.rates.items()
    }
    return replace(tables, projects={**tables.projects, PROJECT: replace(own, rates=rates)})


@pytest.mark.usefixtures("made")
def test_every_term_is_read_back_so_that_nothing_differs():
    every, tables = GrantAward.objects.all(), tables_from_database()
    assert awards.compare(every, tables) == awards.Recalculation(4, ())
    for found, award in zip(
        awards.calculations(every), every.order_by("pk").select_related("current"), strict=True
    ):
        host = awards.host_of(award.nomination)
        kilometres = award.current.distance_km
        assert found.request == awards.terms_of(award.current).request(
            host.country.code, kilometres
        )
        assert estimate(found.request, tables).total == found.total == award.current.total


@pytest.mark.parametrize("chunk", [1, 2000])
def test_drafts_are_written_anew_and_all_others_named(made, office, monkeypatch, chunk):
    monkeypatch.setattr(recalculating, "CHUNK", chunk)
    before = {each.pk: awards.terms_of(each) for each in AwardVersion.objects.all()}

    done = awards.recalculate(GrantAward.objects.all(), by=office, now=LATER, tables=dearer())

    told = [
        (each.award, each.state, each.after - each.before, each.written)
        for each in done.differences
    ]
    # 30 EUR a month for 136 days and two of travel, 100, 150 and 150; nothing for the late days.
    assert told == [
        (made[0].pk, AwardState.DRAFT, Decimal("138.00"), True),
        (made[1].pk, AwardState.DRAFT, Decimal("100.00"), True),
        (made[2].pk, AwardState.DRAFT, Decimal("150.00"), True),
        (made[3].pk, AwardState.PROPOSED, Decimal("150.00"), False),
    ]
    assert done.written == 3
    for award, difference in zip(made[:3], done.differences, strict=False):
        stored = GrantAward.objects.get(pk=award.pk)
        newest, old = stored.current, stored.versions.order_by("-number")[1]
        assert (newest.total, newest.number) == (difference.after, old.number + 1)
        assert sum(Decimal(line["amount"]) for line in newest.lines) == newest.total
        assert awards.terms_of(newest) == before[old.pk]
        assert (newest.made_by, newest.made_at, newest.state) == (office, LATER, AwardState.DRAFT)
    again = awards.recalculate(GrantAward.objects.all(), by=office, now=LATER, tables=dearer())
    assert [each.award for each in again.differences] == [made[3].pk]


def test_supposed_cap_spares_an_award_with_its_own(made):
    found = awards.compare(GrantAward.objects.all(), cap_days=90)
    assert [each.award for each in found.differences] == [made[0].pk, made[2].pk, made[3].pk]


@pytest.mark.parametrize("step", ["proposed", "changed", "cancelled"])
def test_draft_that_somebody_changes_meanwhile_is_left_alone(office, monkeypatch, step):
    award = award_for(NominationFactory.create(), office)
    write = recalculating.write_again

    def meanwhile(*args, **kwargs):
        if step == "proposed":
            awards.propose_award(award, seen=1, by=office, now=NOW)
        elif step == "changed":
            terms = replace(awards.terms_of(award.current), cap_days=100)
            why = awards.Change(Occasion.CORRECTION)
            awards.change_award(award, terms, why, seen=1, by=office, now=NOW)
        else:
            awards.cancel_award(award, by=office, now=NOW, reason="gave the place up")
        before.extend(AwardVersion.objects.values())
        return write(*args, **kwargs)

    before: list[object] = []
    monkeypatch.setattr(recalculating, "write_again", meanwhile)
    done = awards.recalculate(GrantAward.objects.all(), by=office, now=LATER, tables=dearer())
    assert [(each.award, each.written) for each in done.differences] == [(award.pk, False)]
    assert list(AwardVersion.objects.values()) == before


@pytest.mark.usefixtures("made")
def test_number_of_queries_does_not_grow_with_the_awards(office):
    asked = []
    for number in (1, 4):
        some = GrantAward.objects.filter(
            pk__in=list(GrantAward.objects.order_by("pk").values_list("pk", flat=True)[:number])
        )
        for step in (
            lambda some=some: awards.compare(some, dearer()),
            lambda some=some: awards.recalculate(some, by=office, now=LATER, tables=dearer()),
        ):
            with CaptureQueriesContext(connection) as queries:
                step()
            asked.append(len(queries))
    assert asked == [4, 10] * 2
