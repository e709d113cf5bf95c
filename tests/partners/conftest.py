"""What tests of the catalogue's admin share."""

import pytest

from tests.factories import AgreementFactory, SeatPoolFactory


@pytest.fixture
def agreement(faculty):
    return AgreementFactory.create(
        faculty=faculty, isced_f="0410", valid_from=2026, valid_until=2028
    )


@pytest.fixture
def pool(agreement):
    return SeatPoolFactory.create(agreement=agreement, academic_year=2027, seats=2, made_up=False)
