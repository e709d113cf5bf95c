"""The office's pages of the grant tables: changes with a reason, projects, what is missing."""

from decimal import Decimal

import pytest
from django.urls import reverse

from grants import tables_changed
from grants.calculation.gaps import COPIED_FROM
from grants.models import CountryStatus, GrantProject, GrantRate, TableChange, TopUp, TravelBand
from tests.factories import CallFactory, NominationFactory, OfficeFactory
from tests.grants.awarded import PROJECT, approved_award

pytestmark = pytest.mark.usefixtures("grant_tables")

WHY = "The agency corrected its table in July."
NEEDED = "An approved grant was calculated by KA131-2025: please say why its tables change."


@pytest.fixture
def approved(grant_tables, office):  # noqa: ARG001 - before the award
    return approved_award(NominationFactory.create(), office, OfficeFactory.create())


def rate_of(code=PROJECT):
    return GrantRate.objects.get(project__code=code, mobility_type="SMS", country_group="2")


def address(row, page="change"):
    return reverse(f"admin:grants_{row._meta.model_name}_{page}", args=[row.pk])


def form_of(row, **changes):
    """Return what the form of a row sends when nothing but `changes` is typed."""
    values = {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    sent = {**values, "_save": "Save", **changes}
    return {name: value for name, value in sent.items() if value not in (None, False)}


def test_unused_project_changes_at_once_and_asks_for_nothing(office_client):
    rate = rate_of()
    assert 'name="reason"' not in office_client.get(address(rate)).text
    answer = office_client.post(address(rate), form_of(rate, rate_eur="600"))
    assert answer.status_code == 302
    assert (rate_of().rate_eur, TableChange.objects.count()) == (600, 0)


def test_change_on_a_used_project_is_looked_at_before_it_is_saved(office_client, office, approved):
    rate = rate_of()
    page = office_client.get(address(rate)).text
    assert "Approved grants were calculated by this project. They keep their figures; a " in page

    sent = form_of(rate, rate_eur="600")
    refused = office_client.post(address(rate), sent)
    assert (refused.status_code, NEEDED in refused.text, 'value="600"' in refused.text) == (
        200,
        True,
        True,
    )

    looked = office_client.post(address(rate), {**sent, "reason": WHY})
    assert "Nothing is saved yet." in looked.text
    assert "1 approved grant was calculated by KA131-2025. It keeps its figures." in looked.text
    assert "1 award would be calculated differently from then on." in looked.text
    assert ("3,009.00" in looked.text, "3,309.00" in looked.text) == (True, True)
    assert (rate_of().rate_eur, TableChange.objects.count()) == (540, 0)
    assert dict(looked.context["sent"])["rate_eur"] == "600"
    student = approved.nomination.application.student
    assert f'<a href="{address(approved)}">{student}</a>' in looked.text

    done = office_client.post(address(rate), {**dict(looked.context["sent"]), "confirmed": "1"})
    assert (done.status_code, done["Location"]) == (302, address(rate.project, "tables"))
    change = TableChange.objects.get()
    assert (rate_of().rate_eur, change.reason, change.by) == (600, WHY, office)
    assert change.changes == {"rate_eur": ["540.00", "600.00"]}


@pytest.mark.usefixtures("approved")
def test_grant_approved_between_form_and_saving_is_answered_with_a_sentence(
    office_client, monkeypatch
):
    rate, used = rate_of(), tables_changed.used_projects
    # The form and the look at the effect still find nothing; the database does.
    unseen = iter(range(4))

    def used_later(projects):
        return set() if next(unseen, None) is not None else used(projects)

    monkeypatch.setattr(tables_changed, "used_projects", used_later)
    answer = office_client.post(address(rate), form_of(rate, rate_eur="600"))
    assert (answer.status_code, NEEDED in answer.text, rate_of().rate_eur) == (200, True, 540)


@pytest.mark.usefixtures("approved")
@pytest.mark.parametrize("by_list", [False, True])
def test_deletion_on_a_used_project_needs_the_reason(office_client, by_list):
    row = CountryStatus.objects.get(project__code=PROJECT, country="ES")
    where, sent = address(row, "delete"), {}
    if by_list:
        where = reverse("admin:grants_countrystatus_changelist")
        sent = {"action": "delete_selected", "_selected_action": row.pk}
    first = office_client.post(where, sent)
    assert ("Nothing is deleted yet." in first.text, 'name="reason"' in first.text) == (True, True)
    refused = office_client.post(where, {**sent, "confirmed": "1", "reason": "  "})
    assert (refused.status_code, NEEDED in refused.text) == (200, True)
    assert CountryStatus.objects.filter(pk=row.pk).exists()
    done = office_client.post(where, {**sent, "confirmed": "1", "reason": WHY})
    assert done.status_code == 302
    assert not CountryStatus.objects.filter(pk=row.pk).exists()
    assert TableChange.objects.get().changes["country"] == ["ES", ""]


@pytest.mark.usefixtures("approved")
def test_budget_of_a_used_project_is_free(office_client):
    project = GrantProject.objects.get(code=PROJECT)
    answer = office_client.post(address(project), form_of(project, budget_eur="50000"))
    assert answer.status_code == 302
    project.refresh_from_db()
    assert (project.budget_eur, TableChange.objects.count()) == (Decimal(50000), 0)


@pytest.mark.usefixtures("approved")
@pytest.mark.parametrize("changes", [0, 2])
def test_project_has_one_page_with_all_its_tables(
    office_client, office, django_assert_num_queries, changes
):
    for number in range(changes):
        rate = rate_of()
        rate.rate_eur = 600 + number
        tables_changed.write([rate], reason=WHY, by=office)
    project = GrantProject.objects.get(code=PROJECT)
    office_client.get(address(project, "tables"))
    with django_assert_num_queries(18):
        page = office_client.get(address(project, "tables"))
    for text in ("540.00" if not changes else "601.00", "Spain", "28.00", "250.00 EUR"):
        assert text in page.text
    assert page.context["awards"]["approved"] == {"number": 1, "total": Decimal("3009.00")}
    assert page.text.count(WHY) == changes
    assert [entry.code for entry in page.context["entries"]] == ["no_budget"]


def test_findings_lead_to_where_they_are_mended(office_client, office):
    tables_changed.write(deleted=[rate_of()], reason="", by=office)
    page = office_client.get(reverse("admin:grants_grantproject_health"))
    (entry,) = (
        entry
        for project, _address, entries in page.context["groups"]
        for entry in entries
        if project == PROJECT and entry.severity == "wrong"
    )
    assert entry.sentence == (
        "The rate is missing for Study abroad (SMS), Group 2: such stays get no estimate and no "
        "grant."
    )
    form = office_client.get(entry.address).context["adminform"].form
    project = GrantProject.objects.get(code=PROJECT)
    assert [form[name].value() for name in ("project", "mobility_type", "country_group")] == [
        str(project.pk),
        "SMS",
        "2",
    ]


def test_call_without_a_project_leads_to_the_copy_of_the_newest_with_figures(office_client):
    CallFactory.create(academic_year=2027)
    page = office_client.get(reverse("admin:grants_grantproject_health"))
    (entry,) = (
        each for each in page.context["groups"][0][2] if each.code == "year_without_project"
    )
    assert entry.address == address(GrantProject.objects.get(code=PROJECT), "copy")
    empty = GrantProject.objects.get(code="KA131-2026")
    refused = office_client.post(address(empty, "copy"), follow=True)
    assert "There are no figures in KA131-2026 to copy" in refused.text
    assert not GrantProject.objects.filter(code="KA131-2027").exists()


def test_project_is_copied_for_the_next_year_with_every_figure_marked(office_client):
    source = GrantProject.objects.get(code=PROJECT)
    preview = office_client.get(address(source, "copy"))
    assert ("KA131-2026" in preview.text, rows_of("KA131-2026")) == (True, [0, 0, 0, 0])
    made = office_client.post(address(source, "copy"), follow=True)
    assert "KA131-2026 was filled. Confirm each figure before it counts." in made.text
    copied = GrantProject.objects.get(code="KA131-2026")
    assert (copied.established, copied.academic_year_from, copied.first_instalment_percent) == (
        False,
        2026,
        70,
    )
    assert rows_of("KA131-2026") == rows_of(PROJECT)
    rate = rate_of("KA131-2026")
    assert rate.rate_eur == 540
    assert rate.source == f"{COPIED_FROM}{PROJECT}, to be confirmed: {rate_of().source}"

    again = office_client.post(address(source, "copy"), follow=True)
    assert "Nothing was copied." in again.text
    assert rows_of("KA131-2026") == rows_of(PROJECT)

    chosen = {"action": "confirm_copied", "_selected_action": [rate.pk]}
    office_client.post(reverse("admin:grants_grantrate_changelist"), chosen)
    assert rate_of("KA131-2026").source == rate_of().source


def rows_of(code):
    tables = (GrantRate, CountryStatus, TopUp, TravelBand)
    return [table.objects.filter(project__code=code).count() for table in tables]
