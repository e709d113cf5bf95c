"""The tables of a project by which a grant was approved change only with a reason."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import override

from grants import tables_changed
from grants.models import (
    AwardVersion,
    CountryStatus,
    GrantProject,
    GrantRate,
    TableChange,
    TravelBand,
)
from grants.states import AwardState
from grants.table_rows import changes_in_words, name_in_words
from grants.tables_changed import ReasonNeededError
from tests.factories import CoordinatorFactory, NominationFactory, OfficeFactory
from tests.grants.awarded import PROJECT, approved_award, award_for

pytestmark = pytest.mark.usefixtures("grant_tables")

WHY = "The agency corrected its table in July."


@pytest.fixture
def approved(grant_tables, office):  # noqa: ARG001 - before the award
    return approved_award(NominationFactory.create(), office, OfficeFactory.create())


def rate(code=PROJECT, **changes):
    row = GrantRate.objects.get(project__code=code, mobility_type="SMS", country_group="2")
    for name, value in changes.items():
        setattr(row, name, value)
    return row


def stored():
    return [
        list(model.objects.order_by("pk").values())
        for model in (GrantProject, *tables_changed.TABLES, TableChange, AwardVersion)
    ]


def new_rate(project=PROJECT):
    return GrantRate(
        project=GrantProject.objects.get(code=project),
        mobility_type="SMS",
        country_group="international",
        rate_eur=700,
        source="x",
    )


@pytest.mark.usefixtures("approved")
def test_every_write_on_a_used_project_needs_a_reason(office):
    project = GrantProject.objects.get(code=PROJECT)
    project.cap_days = 120
    moved = rate("KA131-2024", project=GrantProject.objects.get(code=PROJECT), day_from=9)
    before = stored()
    for saved, deleted in (
        ([rate(rate_eur=600)], []),
        ([rate(project=GrantProject.objects.get(code="KA131-2023"), day_from=9)], []),
        ([moved], []),
        ([new_rate()], []),
        ([project], []),
        ([], [rate()]),
        ([rate("KA131-2024", rate_eur=1)], [rate()]),
    ):
        with pytest.raises(ReasonNeededError) as needed:
            tables_changed.write(saved, deleted, reason=" ", by=office)
        assert needed.value.projects == (PROJECT,)
    assert stored() == before


@pytest.mark.usefixtures("approved")
def test_reason_is_kept_with_before_and_after(office):
    tables_changed.write([rate(rate_eur=600)], reason=f" {WHY} ", by=office)
    change = TableChange.objects.get()
    assert (change.project.code, change.by, change.reason) == (PROJECT, office, WHY)
    assert change.row == "grantrate/KA131-2025/SMS/2/1"
    assert change.changes == {"rate_eur": ["540.00", "600.00"]}
    # The reason holds for that change alone, not for what follows in the transaction.
    with pytest.raises(IntegrityError, match="changed_with_reason"), transaction.atomic():
        GrantRate.objects.filter(project__code=PROJECT).update(rate_eur=1)


@pytest.mark.usefixtures("approved")
def test_deleted_row_leaves_all_it_said(office):
    row = CountryStatus.objects.get(project__code=PROJECT, country="ES")
    tables_changed.write(deleted=[row], reason=WHY, by=office)
    changes = TableChange.objects.get().changes
    assert changes["country"] == ["ES", ""]
    assert changes["status"] == ["funded", ""]
    assert not CountryStatus.objects.filter(project__code=PROJECT, country="ES").exists()


@pytest.mark.usefixtures("approved")
def test_budget_note_and_other_projects_need_no_reason(office):
    project = GrantProject.objects.get(code=PROJECT)
    project.budget_eur, project.note = 50_000, "from the agreement"
    tables_changed.write([project, rate("KA131-2024", rate_eur=1)], reason="", by=office)
    assert GrantProject.objects.get(code=PROJECT).budget_eur == 50_000
    assert not TableChange.objects.exists()


def test_draft_alone_does_not_ask_for_a_reason(office):
    award_for(NominationFactory.create(), office)
    tables_changed.write([rate(rate_eur=600)], reason="", by=office)
    assert rate().rate_eur == 600


def test_only_the_office_writes_tables():
    with pytest.raises(PermissionDenied):
        tables_changed.write([rate(rate_eur=1)], reason=WHY, by=CoordinatorFactory.create())
    assert rate().rate_eur == 540


def test_log_is_read_in_the_language_of_its_reader(office):
    project = GrantProject.objects.get(code=PROJECT)
    project.international_share = False
    band = TravelBand.objects.get(project__code=PROJECT, km_from=2000)
    band.standard_eur = 1234
    row = CountryStatus.objects.get(project__code=PROJECT, country="ES")
    written = tables_changed.write([project, band], [row], reason="", by=office)
    told = [(each.row, dict(each.changes)) for each in written]

    def read():
        return [
            (name_in_words(name), list(changes_in_words(name, changes))[:3])
            for name, changes in told
        ]

    assert read() == [
        ("Grant project: KA131-2025", [("Pays from the international share", "yes", "no")]),
        (
            "Travel band: KA131-2025, from 2,000 km",
            [("EUR", "395.00", "1,234.00")],
        ),
        (
            "Country in a project: KA131-2025, Spain",
            [("Project", PROJECT, ""), ("Source", row.source, ""), ("Country", "Spain", "")],
        ),
    ]
    with override("de"):
        assert read()[0][1][0][1:] == ("ja", "nein")
        assert read()[1][1][0][2] == "1.234,00"
        assert read()[2][1][2][1] == "Spanien"


def test_effect_is_that_of_the_change_and_reaches_drafts_by_its_figures(office):
    draft = award_for(NominationFactory.create(), office)
    later = award_for(NominationFactory.create(), office, project="KA131-2026")
    tables_changed.write([rate(rate_eur=500)], reason="", by=office)
    found = tables_changed.effect([rate(rate_eur=600)], by=office)
    assert [(each.award, each.before, each.after) for each in found.differing] == [
        (draft.pk, Decimal("2809.00"), Decimal("3309.00")),
        (later.pk, Decimal("2809.00"), Decimal("3309.00")),
    ]
    row = CountryStatus.objects.get(project__code=PROJECT, country="FR")
    assert tables_changed.effect(deleted=[row], by=office).differing == ()


def test_effect_tells_what_would_differ_and_writes_nothing(approved, office):
    draft = award_for(NominationFactory.create(), office)
    before = stored()
    found = tables_changed.effect([rate(rate_eur=600)], by=office)
    assert stored() == before
    assert (found.used, found.approved) == ((PROJECT,), 1)
    assert [(each.award, each.state, each.before, each.after) for each in found.differing] == [
        (approved.pk, AwardState.APPROVED, Decimal("3009.00"), Decimal("3309.00")),
        (draft.pk, AwardState.DRAFT, Decimal("3009.00"), Decimal("3309.00")),
    ]
    (written,) = found.written
    assert written.changes == {"rate_eur": ["540.00", "600.00"]}
