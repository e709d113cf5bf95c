"""Rows that several tests of the catalogue look at."""

import pytest

from tests.factories import AgreementFactory, HostUniversityFactory, SeatPoolFactory


@pytest.fixture
def agreement(faculty):
    return AgreementFactory.create(
        faculty=faculty, isced_f="0410", valid_from=2026, valid_until=2028
    )


@pytest.fixture
def pool(agreement):
    return SeatPoolFactory.create(agreement=agreement, academic_year=2027, seats=2, made_up=False)


@pytest.fixture
def far_and_near():
    """Two hosts beside each other and one far away, in the order they were made."""
    rows = [
        ("B far", "Zürich", "AU", "-34.0", "150.0", 2),
        ("c near", "Aarau", "CH", "47.4", "8.0", 5),
        ("Á middle", "Ödeshög", "SE", "58.2", "14.7", 3),
    ]
    for name, city, country, latitude, longitude, seats in rows:
        host = HostUniversityFactory.create(
            key=name[0].lower().replace("á", "a"),
            name_en=name,
            name_native="Threefold",
            city=city,
            country=country,
            latitude=latitude,
            longitude=longitude,
        )
        pool = SeatPoolFactory.create(agreement__host=host, seats=seats)
        SeatPoolFactory.create(agreement=pool.agreement, level="master", seats=6 - seats)
        SeatPoolFactory.create(agreement=pool.agreement, level="staff", seats=9 * (seats == 2))
