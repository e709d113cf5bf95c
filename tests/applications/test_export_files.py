"""What each kind of file holds, and that nobody's data reaches whom they are no concern of."""

import io
import re
import zipfile
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook
from pypdf import PdfReader

from applications.exports.columns import default_columns
from applications.exports.lists import FORMATS, NothingToExport, give, listing
from applications.models import ExportLog, Nomination, RankedApplication, SubmittedDocument
from partners.models import HostUniversity
from tests import factories

NOW = datetime(2027, 4, 1, 8, tzinfo=UTC)
ESI = "urn:schac:personalUniqueCode:int:esi:ruhr-uni-bochum.de:10802000000"
# What partners never get, each with a value found nowhere else.
NEVER = {
    "phone": "+49 176 5550001",
    "street": "Geheimweg 77",
    "postal_code": "90909",
    "city": "Privatstadt",
    "average_grade": "1.37",
    "ects_earned": "123.5",
    "remarks": "needs a wheelchair ramp",
}
OTHER_WISH = "University of the Other Wish"
LETTER = "motivation-with-my-secrets.pdf"
POINTS, POSITION = "87.65", 7654


def told(content: bytes, name: str) -> str:
    """Return all the text a file holds, of an archive with the names of its files."""
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(
                inner + told(archive.read(inner), inner) for inner in archive.namelist()
            )
    if name.endswith(".xlsx"):
        sheets = load_workbook(io.BytesIO(content))
        return "\n".join(str(cell.value) for sheet in sheets for row in sheet for cell in row)
    if name.endswith(".pdf"):
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return content.decode()


def taken(call, file_format, host=None, **options):
    asked = listing(call, Nomination.objects.all(), host=host)
    return give(asked, file_format, by=None, now=NOW, **options)


@pytest.fixture
def two_partners(db):  # noqa: ARG001 - asks for the database
    """A call with a student at each of two partners; both could be nominated by EWP."""
    HostUniversity.objects.filter(is_home=True).update(schac_id="ruhr-uni-bochum.de")
    call = factories.CallFactory.create()
    other = factories.CallHostFactory.create(call=call, agreement__host__name_en=OTHER_WISH)
    for number, name in enumerate(("Avery", "Brecht")):
        place = factories.CallHostFactory.create(
            call=call,
            agreement__host__key=f"partner-{name.lower()}",
            agreement__host__schac_id=f"{name.lower()}.example",
            agreement__isced_f="0311",
        )
        nomination = factories.NominationFactory.create(
            placement__host=place,
            placement__application__call=call,
            placement__semester="WS"[number],
        )
        submission = factories.SubmissionFactory.create(
            application=nomination.application,
            family_name=name,
            esi=f"{ESI}{number}",
            preferences=[place, other],
            **NEVER,
        )
        slot = call.programme.slots.get(key="letter")
        letter = factories.DocumentFactory.create(
            application=nomination.application, slot=slot, original_name=LETTER
        )
        SubmittedDocument.objects.create(submission=submission, document=letter)
        RankedApplication.objects.create(
            ranking=nomination.placement.run.ranking,
            application=nomination.application,
            position=POSITION,
            score=POINTS,
            counted_score=POINTS,
            breakdown=[],
        )
    return call


def of(call, name):
    return Nomination.objects.get(
        application__call=call, application__submissions__family_name=name
    )


def test_folders_are_one_for_each_partner_and_semester(two_partners):
    made, content = taken(two_partners, "zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
    assert (made.name, made.left_out) == (f"nominations-{two_partners.code}.zip", ())
    assert sorted(names) == sorted(
        f"{folder}/nominations.{kind}"
        for folder in ("2027-28-winter/partner-avery", "2027-28-summer/partner-brecht")
        for kind in ("xlsx", "csv", "xml", "pdf")
    )
    assert all(name.isascii() for name in names)


def test_list_in_a_folder_has_the_columns_that_partner_wants_for_that_semester(two_partners):
    host = of(two_partners, "Avery").placement.host.agreement.host
    for semester, columns in (("W", ["email", "family_name"]), ("S", ["esi"])):
        factories.NominationDeadlineFactory.create(host=host, semester=semester, columns=columns)
    with zipfile.ZipFile(io.BytesIO(taken(two_partners, "zip")[1])) as archive:
        own, usual = (
            archive.read(f"2027-28-{folder}/nominations.csv").decode("utf-8-sig").splitlines()[0]
            for folder in ("winter/partner-avery", "summer/partner-brecht")
        )
    assert own == '"E-mail";"Family name (as in passport)"'
    assert usual.count(";") == len(default_columns()) - 1


def test_no_file_holds_what_partners_never_get(two_partners):
    never = [*NEVER.values(), OTHER_WISH, LETTER, POINTS, str(POSITION)]
    for file_format in FORMATS:
        made, content = taken(two_partners, file_format, german=True)
        text = told(content, made.name)
        assert ("Avery" in text, "Brecht" in text) == (True, True)
        assert (file_format, [value for value in never if value in text]) == (file_format, [])
        assert not re.search(r"\b(rank|score|points|grade|photo)\b", text, re.IGNORECASE)


@pytest.mark.parametrize("own", ["Avery", "Brecht"])
def test_file_of_a_partner_holds_nobody_who_goes_elsewhere(two_partners, own):
    mine, theirs = (of(two_partners, name) for name in sorted(["Avery", "Brecht"], key=own.__ne__))
    host = mine.placement.host.agreement.host
    for file_format in FORMATS:
        made, content = taken(two_partners, file_format, host)
        assert_tells_of(told(content, made.name), mine, theirs)
    with zipfile.ZipFile(io.BytesIO(taken(two_partners, "zip")[1])) as archive:
        folder = [name for name in archive.namelist() if f"/{host.key}/" in name]
        for name in folder:
            assert_tells_of(told(archive.read(name), name), mine, theirs)


def assert_tells_of(text, mine, theirs):
    def traces(nomination):
        person = nomination.application.submissions.get()
        return [
            str(nomination.pk),
            person.family_name,
            person.email,
            person.esi,
            person.matriculation_number,
            nomination.application.code,
            nomination.application.student.username,
            nomination.placement.host.agreement.host.name_en,
        ]

    assert [trace for trace in traces(theirs) if trace in text] == []
    assert mine.application.submissions.get().family_name in text


# -- who can't be on an EWP file -----------------------------------------------------------------


def test_who_is_on_no_ewp_file_stays_in_the_other_files_of_the_folder(two_partners):
    mine = of(two_partners, "Avery")
    mine.corrections = {"esi": "108020100001"}
    mine.save()

    made, content = taken(two_partners, "zip")

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        folder = [name for name in archive.namelist() if "/partner-avery/" in name]
    assert sorted(name.rpartition(".")[2] for name in folder) == ["csv", "pdf", "xlsx"]
    assert [(left.nomination, left.codes) for left in made.left_out] == [
        (mine.pk, ("ewp_esi_form",))
    ]
    assert len(ExportLog.objects.get().nominations) == 2


def test_host_that_knows_of_a_nomination_is_told_of_its_end(two_partners):
    gone, unknown = of(two_partners, "Avery"), of(two_partners, "Brecht")
    host, other = (row.placement.host.agreement.host for row in (gone, unknown))
    taken(two_partners, "csv", host)
    # An overview of all hosts is seen by none of them.
    taken(two_partners, "csv")
    Nomination.objects.update(status=Nomination.Status.CANCELLED)

    csv, xml = (told(taken(two_partners, kind, host)[1], "") for kind in ("csv", "ewp"))
    with zipfile.ZipFile(io.BytesIO(taken(two_partners, "zip")[1])) as archive:
        names = archive.namelist()

    assert [line.split(";")[1:3] for line in csv.splitlines()[1:]] == [
        [f'"{gone.pk}"', '"cancelled"']
    ]
    assert f"{gone.pk}</" in xml
    assert "cancelled</" in xml
    assert sorted(names) == [
        f"2027-28-winter/partner-avery/nominations.{kind}" for kind in ("csv", "xlsx", "xml")
    ]
    with pytest.raises(NothingToExport):
        taken(two_partners, "csv", other)


def test_command_writes_an_ewp_file_for_each_partner(two_partners, tmp_path, capsys):
    mine = of(two_partners, "Avery")
    mine.corrections = {"esi": "108020100001"}
    mine.save()

    call_command(
        "export_nominations", call=two_partners.code, format="ewp,zip", output=str(tmp_path / "out")
    )

    printed = capsys.readouterr()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"nominations-{two_partners.code}-partner-brecht.xml",
        f"nominations-{two_partners.code}.zip",
    ]
    assert printed.err.startswith(f"{mine.pk} is not in the EWP file: ")
    assert printed.err.count("\n") == 1
    assert "Avery" not in printed.err
    assert [
        (log.format, log.host and log.host.key, len(log.nominations))
        for log in ExportLog.objects.order_by("pk")
    ] == [("ewp", "partner-brecht", 1), ("zip", None, 2)]


def test_command_writes_nothing_when_nobody_can_be_on_an_ewp_file(two_partners, tmp_path):
    HostUniversity.objects.filter(is_home=True).update(schac_id="")
    with pytest.raises(CommandError) as refused:
        call_command(
            "export_nominations",
            call=two_partners.code,
            format="zip,ewp",
            output=str(tmp_path / "out"),
        )
    assert (str(refused.value), refused.value.returncode) == (
        f"None of the nominations of '{two_partners.code}' can be handed on by EWP.",
        2,
    )
    assert (list((tmp_path / "out").iterdir()), ExportLog.objects.count()) == ([], 0)
