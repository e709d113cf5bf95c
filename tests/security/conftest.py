"""One object for every address, as the table of addresses has them."""

from __future__ import annotations

from tests.test_urls import people, round_of_two  # noqa: F401 - fixtures
