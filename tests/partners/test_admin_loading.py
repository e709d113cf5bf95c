"""Loading the catalogue in the admin: report, confirmation, all or nothing; and its export."""

import io
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from exchange_portal import tasks
from partners import exporting, importing
from partners.models import Agreement, CatalogueUpload, HostUniversity, SeatPool
from tests.applications.desk import said
from tests.conftest import SIGNED_IN_BY
from tests.factories import (
    AgreementFactory,
    CallHostFactory,
    CatalogueUploadFactory,
    HostUniversityFactory,
    OfficeFactory,
    PlacementFactory,
    SeatPoolFactory,
)
from tests.partners.test_workbook_file import workbook

pytestmark = pytest.mark.django_db

LOAD = "/admin/partners/hostuniversity/load/"
LIST = "/admin/partners/hostuniversity/"
HEADER = "key,name_en,city,country,erasmus_code"
GONE = "This file is not waiting any more: it was loaded or cancelled."
GRAZ = "graz,University of Graz,Graz,AT,A  GRAZ01"


def file_of(*lines, name="partners.csv"):
    return SimpleUploadedFile(name, "\n".join(lines).encode())


def uploaded(client, *lines):
    """Upload a file that has changes; return the address of its report."""
    response = client.post(LOAD, {"file": file_of(*lines)})
    assert response.status_code == 302, response.text
    return response.url


def digest(client, url):
    return client.get(url).context["report"].digest


# -- from the file to the changes ------------------------------------------------------------------


def test_file_is_reported_confirmed_and_applied(office, office_client):
    HostUniversityFactory.create(key="linz", name_en="Linz", city="Linz", country="AT")

    url = uploaded(office_client, HEADER, GRAZ, "linz,University of Linz,Linz,AT,A  LINZ01")
    shown = office_client.get(url)

    assert not HostUniversity.objects.filter(key="graz").exists()
    assert [
        (change["line"], change["name"], change["is_new"], change["fields"])
        for change in shown.context["changes"]
    ] == [
        (
            2,
            "University of Graz",
            True,
            [
                ("Name (English)", "", "University of Graz"),
                ("City", "", "Graz"),
                ("Country", "", "Austria"),
                ("Erasmus code", "", "A  GRAZ01"),
            ],
        ),
        (
            3,
            "University of Linz",
            False,
            [("Name (English)", "Linz", "University of Linz"), ("Erasmus code", "", "A  LINZ01")],
        ),
    ]
    assert "University of Linz" in shown.text
    assert "Make 2 changes" in shown.text

    done = office_client.post(url, {"digest": shown.context["report"].digest}, follow=True)

    assert done.redirect_chain == [(LIST, 302)]
    assert "“partners.csv” was loaded: 1 new, 1 changed." in done.text
    assert HostUniversity.objects.get(key="linz").erasmus_code == "A  LINZ01"
    assert not CatalogueUpload.objects.exists()
    events = apps.get_model("partners", "HostUniversityEvent").objects.filter(key="graz")
    assert [event.pgh_context.metadata for event in events] == [{"user": office.pk, "url": url}]

    again = office_client.post(LOAD, {"file": file_of(HEADER, GRAZ)})
    assert (again.status_code, "0 changes" in again.text) == (200, True)
    assert not CatalogueUpload.objects.exists()


def test_report_says_every_value_that_is_set_in_words(office_client):
    url = uploaded(
        office_client,
        f"{HEADER},role,kind,isced_f,agreement_levels,language,certificate_needed,academic_year,"
        "level,semester,seats,fallback,made_up",
        f"{GRAZ},home,,,,,,,,,,,".replace("home", "erasmus_partner"),
        "graz,,,,,,erasmus_studies,0410,bachelor|master,de,yes,2027/28,master,W,2,no,yes",
    )

    response = office_client.get(url)

    assert [
        (change["line"], str(change["kind"]), change["name"], change["fields"])
        for change in response.context["changes"][1:]
    ] == [
        (
            3,
            "agreement",
            "University of Graz · ERASMUS studies · 0410",
            [
                ("Study levels", "", "Bachelor, Master"),
                ("Language of instruction", "", "German"),
                ("Certificate needed", "", "yes"),
                ("First academic year", "", "2027/28"),
                ("Last academic year", "", "2027/28"),
            ],
        ),
        (
            3,
            "seats",
            "University of Graz · ERASMUS studies · 0410 · 2027/28 · Master · Winter semester",
            [("Seats", "", "2"), ("Made up", "", "yes")],
        ),
    ]
    assert '<th scope="col">Entry</th>' in response.text
    assert '<dt>Certificate needed</dt> <dd class="load-text">yes</dd>' in response.text


def test_workbook_is_loaded_whatever_its_name(office_client):
    content = workbook(HEADER.split(","), GRAZ.split(","))

    url = office_client.post(LOAD, {"file": SimpleUploadedFile("partners.txt", content)}).url
    office_client.post(url, {"digest": digest(office_client, url)})

    assert HostUniversity.objects.get(key="graz").erasmus_code == "A  GRAZ01"


def test_every_problem_is_shown_with_line_column_and_reason(office_client):
    response = office_client.post(
        LOAD,
        {
            "file": file_of(
                f"{HEADER},colour",
                "graz,University of Graz,Graz,AT,A GRAZ01,blue",
                "wien,<b>Vienna</b>,,XX,A  WIEN01,red",
            )
        },
    )

    assert response.status_code == 422
    assert [
        (problem.line, problem.column, problem.message) for problem in response.context["problems"]
    ] == [
        (2, "erasmus_code", "“A GRAZ01” is no Erasmus code. Is “A  GRAZ01” meant?"),
        (3, "city", "The cell is empty."),
        (3, "country", "“XX” is no country code such as DE (ISO 3166, two letters)."),
    ]
    assert "3 problems, nothing was written" in response.text
    assert "“A GRAZ01” is no Erasmus code." in response.text
    assert "The column “colour” is not used." in response.text
    assert response.text.count("<title>Error: ") == 1
    assert not HostUniversity.objects.filter(key__in=["graz", "wien"]).exists()
    assert not CatalogueUpload.objects.exists()


def test_report_is_shown_anew_when_the_catalogue_changed_meanwhile(office_client):
    url = uploaded(office_client, HEADER, GRAZ)
    confirmed = digest(office_client, url)
    HostUniversityFactory.create(key="graz", name_en="Graz", city="Graz", country="AT")

    response = office_client.post(url, {"digest": confirmed})

    assert response.status_code == 409
    assert "The catalogue has changed since you saw the report" in response.text
    assert [change["name"] for change in response.context["changes"]] == ["University of Graz"]
    assert HostUniversity.objects.get(key="graz").name_en == "Graz"

    assert office_client.post(url, {"digest": response.context["report"].digest}).url == LIST
    assert HostUniversity.objects.get(key="graz").name_en == "University of Graz"


def test_file_that_became_faulty_meanwhile_is_not_applied(office_client):
    url = uploaded(office_client, HEADER, GRAZ)
    confirmed = digest(office_client, url)
    HostUniversityFactory.create(key="other", erasmus_code="A  GRAZ01")

    response = office_client.post(url, {"digest": confirmed})

    assert response.status_code == 409
    assert "belongs to “other” already" in response.text
    assert "Make" not in response.text
    assert not HostUniversity.objects.filter(key="graz").exists()


def test_second_click_on_the_button_is_told_and_changes_nothing(office_client):
    url = uploaded(office_client, HEADER, GRAZ)
    typed = {"digest": digest(office_client, url)}
    first, second = (office_client.post(url, typed, follow=True) for _click in range(2))

    assert said(first) == ["“partners.csv” was loaded: 1 new, 0 changed."]
    assert said(second) == [GONE]
    assert HostUniversity.objects.filter(key="graz").count() == 1


@pytest.mark.parametrize("typed", [{}, {"digest": "0" * 64}, {"digest": ""}])
def test_nothing_is_applied_without_the_digest_of_the_report(office_client, typed):
    url = uploaded(office_client, HEADER, GRAZ)

    assert office_client.post(url, typed).status_code == 409
    assert not HostUniversity.objects.filter(key="graz").exists()


def test_file_can_be_given_up(office_client):
    url = uploaded(office_client, HEADER, GRAZ)

    response = office_client.post(url, {"cancel": "1", "digest": digest(office_client, url)})

    assert response.url == LOAD
    assert not CatalogueUpload.objects.exists()
    assert not HostUniversity.objects.filter(key="graz").exists()
    assert office_client.get(url).status_code == 404


def cut_of(pool, seats=0):
    """Return the lines of a file: a new host, and other seats on a pool."""
    agreement = pool.agreement
    year = f"{pool.academic_year}/{pool.academic_year + 1}"
    said = (agreement.faculty.key, agreement.kind, agreement.isced_f, year)
    cells = (agreement.host.key, "", "", "", "", *said, pool.level, pool.semester, seats, "yes")
    return (
        f"{HEADER},faculty,kind,isced_f,academic_year,level,semester,seats,made_up",
        f"{GRAZ},,,,,,,,",
        ",".join(map(str, cells)),
    )


TAKEN = (3, "seats", "More of these seats are taken: students hold places on them.")


def test_seats_that_are_taken_are_reported_with_their_line(office_client):
    pool = PlacementFactory.create().pool

    response = office_client.post(LOAD, {"file": file_of(*cut_of(pool))})

    assert response.status_code == 422
    assert [
        (problem.line, problem.column, problem.message) for problem in response.context["problems"]
    ] == [TAKEN]
    assert not HostUniversity.objects.filter(key="graz").exists()
    assert SeatPool.objects.get(pk=pool.pk).seats == pool.seats
    uploaded(office_client, *cut_of(pool, seats=pool.seats + 1))
    pool.refresh_from_db()
    assert pool.seats != pool.seats + 1


def test_seats_taken_since_the_report_are_not_cut_and_nothing_else_is_written(office_client):
    host = CallHostFactory.create()
    pool = host.agreement.pools.get()
    url = uploaded(office_client, *cut_of(pool))
    confirmed = digest(office_client, url)
    PlacementFactory.create(host=host, pool=pool, application__call=host.call)

    response = office_client.post(url, {"digest": confirmed})

    assert response.status_code == 409
    assert [
        (problem.line, problem.column, problem.message) for problem in response.context["problems"]
    ] == [TAKEN]
    assert not HostUniversity.objects.filter(key="graz").exists()
    assert SeatPool.objects.get(pk=pool.pk).seats == pool.seats


def test_report_may_be_confirmed_in_another_language(office_client):
    url = uploaded(office_client, f"{HEADER},colour", f"{GRAZ},blue")
    confirmed = digest(office_client, url)

    done = office_client.post(url, {"digest": confirmed}, headers={"accept-language": "de"})

    assert done.url == LIST
    assert HostUniversity.objects.filter(key="graz").exists()


def test_host_saved_by_somebody_else_at_the_same_moment_is_said_plainly(office_client, monkeypatch):
    url = uploaded(office_client, HEADER, GRAZ)
    confirmed = digest(office_client, url)
    written = importing.planning.Plan.write

    def write_after_somebody_else(plan):
        HostUniversityFactory.create(key="graz")
        written(plan)

    monkeypatch.setattr("partners.importing.planning.Plan.write", write_after_somebody_else)
    sentence = (
        "somebody else saved the same host university, agreement or seats at the same moment. "
        "Please load the file again."
    )

    applied = office_client.post(url, {"digest": confirmed})
    reported = office_client.get(url)

    assert applied.status_code == 422
    assert f"The database refused the file, nothing was written: {sentence}" in applied.text
    assert [str(problem) for problem in reported.context["problems"]] == [
        f"line 1: The database refuses the file: {sentence}"
    ]
    assert not HostUniversity.objects.filter(key="graz").exists()


# -- what may be sent ------------------------------------------------------------------------------


def test_file_larger_than_other_uploads_is_taken(office_client):
    rows = [f"graz-{number},University of Graz,Graz,AT,{' ' * 900}" for number in range(2000)]
    file = file_of(HEADER, *rows)
    assert 1_048_576 < file.size < 5 * 1_048_576

    assert office_client.post(LOAD, {"file": file}).status_code == 302


def test_file_beyond_5_mb_is_refused_with_its_size(office_client):
    file = SimpleUploadedFile("big.csv", b"x" * (6 * 1_048_576))

    response = office_client.post(LOAD, {"file": file})

    assert response.status_code == 422
    assert "The file has 6.0 MB; at most 5 MB can be loaded here." in response.text


def test_form_without_a_file_says_so_at_the_field(office_client):
    response = office_client.post(LOAD)

    assert response.status_code == 422
    assert 'aria-describedby="id_file_helptext id_file_error"' in response.text
    assert 'id="id_file_error"' in response.text
    assert "Choose a file first." in response.text


def test_upload_and_confirmation_are_guarded_against_forged_requests(office):
    client = Client(enforce_csrf_checks=True)
    client.force_login(office, backend=SIGNED_IN_BY)
    upload = CatalogueUploadFactory.create(uploaded_by=office.pk)
    url = f"{LOAD}{upload.pk}/"

    forged = [client.post(LOAD, {"file": file_of(HEADER, GRAZ)}), client.post(url, {"cancel": "1"})]
    assert [response.status_code for response in forged] == [403, 403]

    token = client.get(LOAD).context["csrf_token"]
    meant = client.post(LOAD, {"csrfmiddlewaretoken": str(token), "file": file_of(HEADER, GRAZ)})
    assert meant.status_code == 302


# -- who may ---------------------------------------------------------------------------------------


def test_only_the_office_loads(student_client, coordinator_client, foreign_coordinator_client):
    upload = CatalogueUploadFactory.create()

    for client, status in (
        (student_client, 302),
        (coordinator_client, 403),
        (foreign_coordinator_client, 403),
    ):
        answers = [
            client.get(LOAD),
            client.post(LOAD, {"file": file_of(HEADER, GRAZ)}),
            client.get(f"{LOAD}{upload.pk}/"),
            client.post(f"{LOAD}{upload.pk}/", {"cancel": "1"}),
        ]
        assert [answer.status_code for answer in answers] == [status] * 4
    assert CatalogueUpload.objects.filter(pk=upload.pk).exists()
    assert not HostUniversity.objects.filter(key="graz").exists()


def test_only_who_uploaded_a_file_sees_and_applies_it(office_client, signed_in):
    url = uploaded(office_client, HEADER, GRAZ)
    confirmed = digest(office_client, url)
    colleague = signed_in(OfficeFactory.create())

    assert colleague.get(url).status_code == 404
    for answer in ({"digest": confirmed}, {"cancel": "1"}):
        response = colleague.post(url, answer, follow=True)
        assert said(response) == [GONE]
    assert CatalogueUpload.objects.count() == 1


def test_list_links_to_loading_for_the_office_and_to_export_for_staff(
    office_client, coordinator_client
):
    links = [
        reverse("admin:partners_catalogue_load"),
        reverse("admin:partners_catalogue_export", args=["xlsx"]),
        reverse("admin:partners_catalogue_export", args=["csv"]),
    ]

    def linked(client):
        text = client.get(LIST).text
        return [f'href="{link}"' in text for link in links]

    assert linked(office_client) == [True, True, True]
    assert linked(coordinator_client) == [False, True, True]


def test_export_gives_agreements_of_the_own_faculty_only(
    office_client, coordinator_client, foreign_coordinator_client, student_client, faculty
):
    own = SeatPoolFactory.create(agreement__faculty=faculty).agreement.host
    other = AgreementFactory.create(faculty__key="elsewhere").host

    def rows(client):
        """Return what the file says of both hosts: key and faculty of each of their rows."""
        content = client.get(f"{LIST}export/xlsx/").content
        sheet = load_workbook(io.BytesIO(content)).active
        place = [cell.value for cell in sheet[1]].index("faculty")
        found = [(row[0], row[place]) for row in sheet.iter_rows(values_only=True)]
        return {row for row in found if row[0] in {own.key, other.key}}

    hosts = {(own.key, None), (other.key, None)}
    assert rows(office_client) == {*hosts, (own.key, "economics"), (other.key, "elsewhere")}
    assert rows(coordinator_client) == {*hosts, (own.key, "economics")}
    assert rows(foreign_coordinator_client) == hosts
    assert student_client.get(f"{LIST}export/xlsx/").status_code == 302


@pytest.mark.parametrize("file_format", exporting.FORMATS)
def test_exported_file_goes_round(office_client, at, file_format):
    at("2027-05-01 12:00")
    importing.load_demo_seats()

    response = office_client.get(f"{LIST}export/{file_format}/")

    name = f"catalogue-2027-05-01.{file_format}"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.headers["Content-Type"] == exporting.CONTENT_TYPES[file_format]
    again = office_client.post(LOAD, {"file": SimpleUploadedFile(name, response.content)})
    assert (again.status_code, again.context["report"].changes) == (200, ())
    assert Agreement.objects.count() > 100


# -- the rest --------------------------------------------------------------------------------------


def test_files_nobody_confirmed_are_gone_after_a_day():
    now = timezone.now()
    old, fresh = (
        CatalogueUploadFactory.create(uploaded_at=now - age)
        for age in (timedelta(hours=24, seconds=1), timedelta(hours=23))
    )

    tasks.purge_expired()

    assert list(CatalogueUpload.objects.all()) == [fresh]
    assert importing.purge_uploads(old.uploaded_at + timedelta(days=3)) == 1


def test_report_needs_as_many_queries_for_three_changes_as_for_one(office, office_client):
    def queries(count):
        lines = [f"u{n},University {n},Graz,AT,A  GRAZ{n:02d}" for n in range(10, 10 + count)]
        content = "\n".join([HEADER, *lines]).encode()
        url = f"{LOAD}{CatalogueUploadFactory.create(uploaded_by=office.pk, content=content).pk}/"
        with CaptureQueriesContext(connection) as captured:
            shown = office_client.get(url)
        assert len(shown.context["changes"]) == count
        return len(captured)

    assert (queries(1), queries(3)) == (17, 17)


def test_many_notices_are_cut_and_say_so(office_client, monkeypatch):
    monkeypatch.setattr("partners.admin.loading.MOST_NOTICES", 2)

    shown = office_client.get(uploaded(office_client, f"{HEADER},b,c,d,e", f"{GRAZ},1,2,3,4"))

    assert shown.context["notices"] == (
        "The column “b” is not used.",
        "The column “c” is not used.",
    )
    assert "2 more are not shown." in shown.text


def test_long_reports_are_cut_and_say_so(office_client, monkeypatch):
    monkeypatch.setattr("partners.admin.loading.MOST_SHOWN", 2)
    hosts = [f"u{n},University,Graz,AT," for n in range(5)]

    shown = office_client.get(uploaded(office_client, HEADER, *hosts))
    refused = office_client.post(LOAD, {"file": file_of(HEADER, *[f"{row}x" for row in hosts])})

    assert len(shown.context["changes"]) == 2
    assert "3 more changes are not shown" in shown.text
    assert "Make 5 changes" in shown.text
    assert len(refused.context["problems"]) == 2
    assert "5 problems, nothing was written" in refused.text
    assert "3 more problems are not shown." in refused.text
