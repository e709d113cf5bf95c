"""What places and calls build on stays as it is, whoever writes (migrations 0003 and 0007)."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from applications.models import Placement
from partners.models import Agreement, SeatPool
from tests import factories

REFUSED = r"seats_below_places: 2 of these seats are taken"


@pytest.fixture
def pool():
    """Three seats; two places on them live, one given back."""
    call = factories.CallFactory.create(closed=True)
    host = factories.CallHostFactory.create(call=call, seats=3)
    run = factories.AllocationRunFactory.create(ranking__call=call)
    for live in (True, True, False):
        factories.PlacementFactory.create(application__call=call, host=host, run=run, live=live)
    return host.agreement.pools.get()


def cut(pool, seats) -> None:
    SeatPool.objects.filter(pk=pool.pk).update(seats=seats)


@pytest.mark.django_db
def test_seats_can_be_cut_to_the_places_held_and_no_further(pool):
    cut(pool, 2)
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        cut(pool, 1)

    pool.refresh_from_db()
    assert pool.seats == 2


@pytest.mark.django_db
def test_more_seats_are_always_possible(pool):
    cut(pool, 9)

    pool.refresh_from_db()
    assert pool.seats == 9


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"academic_year": 2026}, {"level": "master"}, {"semester": "S"}, {"agreement": None}]
)
def test_seats_keep_what_they_are_for_while_places_are_held_on_them(pool, change):
    if "agreement" in change:
        change = {"agreement": factories.AgreementFactory.create()}
    rows = SeatPool.objects.filter(pk=pool.pk)
    with pytest.raises(IntegrityError, match="seats_in_use"), transaction.atomic():
        rows.update(**change)

    Placement.objects.filter(pool=pool).update(live=False)
    rows.update(**change)


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["host", "faculty", "kind"])
def test_agreement_of_a_call_keeps_its_host_faculty_and_kind(pool, change):
    values = {
        "host": factories.HostUniversityFactory.create(),
        "faculty": factories.FacultyFactory.create(key="other"),
        "kind": "worldwide",
    }
    rows = Agreement.objects.filter(pk=pool.agreement_id)
    with pytest.raises(IntegrityError, match="agreement_in_use"), transaction.atomic():
        rows.update(**{change: values[change]})

    rows.update(language_level="B2", note_en="More than before.")
    free = factories.AgreementFactory.create()
    Agreement.objects.filter(pk=free.pk).update(**{change: values[change]})


@pytest.mark.django_db(transaction=True)
def test_cut_waits_for_a_place_under_way_and_counts_it():
    call = factories.CallFactory.create(closed=True)
    host = factories.CallHostFactory.create(call=call, seats=1)
    run = factories.AllocationRunFactory.create(ranking__call=call)
    pool = host.agreement.pools.get()
    refused = []

    def cut_to_nothing():
        try:
            cut(pool, 0)
        except IntegrityError as error:
            refused.append(str(error).splitlines()[0])
        finally:
            connection.close()

    other = threading.Thread(target=cut_to_nothing)
    with transaction.atomic():
        factories.PlacementFactory.create(application__call=call, host=host, run=run)
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive()  # it waits for the row
    other.join(timeout=10)

    assert refused == ["seats_below_places: 1 of these seats are taken"]
    pool.refresh_from_db()
    assert pool.seats == 1
