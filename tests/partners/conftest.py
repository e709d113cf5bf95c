"""Hosts that several tests of the directory look at."""

import pytest

from tests.factories import HostUniversityFactory, SeatPoolFactory


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
