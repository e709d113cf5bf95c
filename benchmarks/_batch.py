"""What stands before each step of benchmarks/batch.py: files to read, nominations, awards."""

from collections.abc import Iterable
from random import Random

import _portal  # noqa: F401 - sets Django up
import _rounds
from django.db import connection
from django.utils import timezone
from fpdf import FPDF
from recalculation import PROJECT, terms_of

from applications import models
from applications.lifecycle import stored_path
from grants import awards
from grants.awards.writing import result_columns
from grants.calculation import estimate
from grants.loading import tables_from_database
from grants.models import AwardVersion, GrantAward, GrantProject
from partners.models import HostUniversity

# One host for so many applications: with half as many seats, 20 each.
APPLICATIONS_A_HOST = 40
FEWEST_HOSTS = 10
DIFFERENT_FILES = 20
BATCH = 2_000


def closed_call(size: int, code: str) -> models.Call:
    """Make a call of a faculty of its own, with its files on the disk, waiting for its review."""
    hosts = max(FEWEST_HOSTS, size // APPLICATIONS_A_HOST)
    house = _rounds.house(key=code, partners=hosts)
    if not HostUniversity.objects.filter(is_home=True).exists():
        HostUniversity.objects.filter(key=f"{code}-0").update(is_home=True)
    call = _rounds.scored_call(house, size, code=code, academic_year=2027)
    files = _files()
    with _rounds.without_triggers(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM applications_submissionreview r USING applications_reviewrun n"
            " WHERE n.id = r.run_id AND n.call_id = %s",
            [call.pk],
        )
        cursor.execute("DELETE FROM applications_reviewrun WHERE call_id = %s", [call.pk])
        cursor.execute(
            "UPDATE applications_application SET state = 'under_review' WHERE call_id = %s",
            [call.pk],
        )
        cursor.execute(
            "UPDATE applications_document d SET stored_name = (%s::text[])[1 + d.id %% %s]"
            " FROM applications_application a WHERE a.id = d.application_id AND a.call_id = %s",
            [files, len(files), call.pk],
        )
    _rounds.analyze()
    return call


def _files() -> list[str]:
    """Write the few small files that all papers of all students are; return their names."""
    names = []
    for number in range(DIFFERENT_FILES):
        pdf = FPDF(format="A4")
        pdf.add_page()
        pdf.set_font("Helvetica", size=11)
        for line in range(40):
            pdf.cell(0, 6, f"Line {line} of paper {number}: courses, grades and plans.")
            pdf.ln()
        target = stored_path(f"{number:064x}.pdf")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(bytes(pdf.output()))
        names.append(target.name)
    return names


def nominate_offered(call: models.Call, *, by: models.User) -> int:
    """Let everybody who was offered a place be nominated for it; return how many."""
    now = timezone.now()
    with _rounds.without_triggers():
        places = list(
            models.Placement.objects.filter(application__call=call, live=True).order_by("pk")
        )
        models.EnrolmentConfirmation.objects.bulk_create(
            (
                models.EnrolmentConfirmation(application_id=row.application_id, confirmed_by=by)
                for row in places
            ),
            batch_size=BATCH,
        )
        nominations = models.Nomination.objects.bulk_create(
            (
                models.Nomination(
                    application_id=row.application_id,
                    placement=row,
                    enrolment_confirmed=True,
                    nominated_at=now,
                    nominated_by=by,
                )
                for row in places
            ),
            batch_size=BATCH,
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE applications_application SET state = 'nominated'"
                " WHERE call_id = %s AND state = 'offered'",
                [call.pk],
            )
        _award(nominations, by=by)
    _rounds.analyze()
    return len(nominations)


def _award(nominations: Iterable[models.Nomination], *, by: models.User) -> None:
    """Make a draft of a grant for each nomination, calculated by the tables of today."""
    tables, random, now = tables_from_database(), Random(8), timezone.now()
    project, distance = GrantProject.objects.get(code=PROJECT), awards.distances_from_home()
    hosts = {
        row.pk: row.agreement.host
        for row in models.CallHost.objects.select_related("agreement__host")
    }
    made = GrantAward.objects.bulk_create(
        (GrantAward(nomination=row, created_by=by, created_at=now) for row in nominations),
        batch_size=BATCH,
    )
    versions = []
    for award in made:
        host, terms = hosts[award.nomination.placement.host_id], terms_of(random)
        kilometres = distance(host.latitude, host.longitude)
        versions.append(
            AwardVersion(
                award=award,
                number=1,
                occasion="first",
                project=project,
                country=host.country.code,
                distance_km=kilometres,
                made_by=by,
                made_at=now,
                **terms.columns(),
                **result_columns(estimate(terms.request(host.country.code, kilometres), tables)),
            )
        )
    AwardVersion.objects.bulk_create(versions, batch_size=BATCH)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE grants_grantaward a SET current_id = v.id FROM grants_awardversion v"
            " WHERE v.award_id = a.id AND a.current_id IS NULL"
        )
