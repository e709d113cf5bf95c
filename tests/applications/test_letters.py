"""The letter to a partner: who is named in it, who never is."""

import io
import re
from datetime import date

import pytest
from django.utils import translation
from pypdf import PdfReader

from applications.exports.letters import NobodyNominated, letter
from applications.exports.rows import NEEDED, rows_of
from applications.models import Nomination
from tests import factories

DAY = date(2027, 4, 3)


def nominated(host, *, status="pending", comment="", **handed_in):
    nomination = factories.NominationFactory.create(
        placement__host=host,
        placement__application__call=host.call,
        status=status,
        comment=comment,
    )
    factories.SubmissionFactory.create(application=nomination.application, **handed_in)
    return nomination


def rows(*nominations):
    found = Nomination.objects.select_related(*NEEDED).in_bulk([row.pk for row in nominations])
    return rows_of([found[row.pk] for row in nominations])


def pages(content):
    return [
        re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages
    ]


@pytest.fixture
def host(db):  # noqa: ARG001 - asks for the database
    return factories.CallHostFactory.create(
        agreement__host__name_en="Eötvös Loránd University",
        agreement__host__city="Budapest",
        agreement__host__country="HU",
        agreement__host__erasmus_code="HU BUDAPES99",
        agreement__isced_f="0311",
        agreement__partner_unit="Institute of Business Economics",
        seats=40,
    )


def test_letter_says_who_goes_where_when_and_whom_to_ask(host):
    named = nominated(
        host,
        family_name="Łukasiewicz",
        given_names="Zoë Änne",
        level_departure="master",
        comment="Arrives on 20 August.",
    )
    nominated(host, status="rejected", family_name="Turned-Down")
    with translation.override("de"):
        content = letter(rows(*Nomination.objects.order_by("nominated_at")), day=DAY)
    (page,) = pages(content)
    assert page == (
        "Ruhr University Bochum Faculty of Management and Economics Bochum, Germany "
        "Eötvös Loránd University Institute of Business Economics Budapest, Hungary "
        "3 April 2027 "
        "Nominations for the academic year 2027/28 "
        "Agreement ERASMUS studies, 0311 Economics, 2024/25 to 2028/29 "
        "Erasmus codes D BOCHUM01 to HU BUDAPES99 "
        "Dear colleagues, we nominate the following student to your university: "
        "No. Family name, given names Date of birth Level (EQF) Semester Field Planned stay "
        "1 Łukasiewicz, Zoë Änne 2004-05-17 7 Master autumn (winter semester) 0410 "
        "2027-10-01 to 2028-03-31 "
        "Notes No. 1 Arrives on 20 August. "
        "Contact Exchange team economics@ruhr-uni-bochum.de "
        "International Office international-office@ruhr-uni-bochum.de "
        "With kind regards Exchange team, Faculty of Management and Economics "
        "Ruhr University Bochum "
        "Ruhr University Bochum to Eötvös Loránd University · "
        "Nominations for the academic year 2027/28 1 / 1"
    )
    assert letter(rows(named), day=DAY) == letter(rows(named), day=DAY)


def test_long_letter_repeats_the_head_of_the_table(host):
    content = letter(rows(*(nominated(host, family_name=f"Weber-{n}") for n in range(30))), day=DAY)
    found = pages(content)
    with_students = [page for page in found if "Weber-" in page]
    assert len(with_students) > 1
    assert all("Family name, given names" in page for page in with_students)
    assert re.findall(r"Weber-\d+", " ".join(found)) == [f"Weber-{n}" for n in range(30)]


def test_nobody_live_means_no_letter(host):
    turned_down = nominated(host, status="rejected")
    with pytest.raises(NobodyNominated):
        letter(rows(turned_down), day=DAY)


def test_no_partner_reads_of_the_students_of_another(host):
    other = factories.CallHostFactory.create(call=host.call)
    with pytest.raises(ValueError, match="one partner"):
        letter(rows(nominated(host), nominated(other)), day=DAY)
