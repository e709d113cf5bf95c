"""The tables of a project by which a grant was approved change only with a reason."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from grants import tables_changed
from grants.models import AwardVersion, CountryStatus, GrantProject, GrantRate, TableChange
from grants.states import AwardState
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
    assert change.row == "Grant rate: KA131-2025 · Study abroad (SMS) · Group 2 · 1"
    assert change.changes == {"Rate in EUR": ["540.00", "600.00"]}
    # The reason holds for that change alone, not for what follows in the transaction.
    with pytest.raises(IntegrityError, match="changed_with_reason"), transaction.atomic():
        GrantRate.objects.filter(project__code=PROJECT).update(rate_eur=1)


@pytest.mark.usefixtures("approved")
def test_deleted_row_leaves_all_it_said(office):
    row = CountryStatus.objects.get(project__code=PROJECT, country="ES")
    tables_changed.write(deleted=[row], reason=WHY, by=office)
    changes = TableChange.objects.get().changes
    assert changes["Country"] == ["Spain", ""]
    assert changes["Status"] == ["funded by its country group", ""]
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
    assert written.changes == {"Rate in EUR": ["540.00", "600.00"]}
