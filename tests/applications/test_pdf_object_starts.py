"""Where objects begin in the bytes of a file, whatever stands around them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.pdf_inspection.active_content import object_starts

# What is meant, in one expression: at every digit of a picture it takes ten times as long.
MEANT = re.compile(rb"(?<!\d)\d{1,8}[ \t\r\n\f\x00]{1,4}\d{1,5}[ \t\r\n\f\x00]{1,4}obj(?![a-z])")
PIECES = (b"obj", b"0", b"1", b"12345", b"999999999", b" ", b"\n", b"\x00", b"   ", b"x", b"end")


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join))
def test_the_same_places_as_the_expression_finds(data):
    assert list(object_starts(data)) == [found.span() for found in MEANT.finditer(data)]


@pytest.mark.parametrize(
    ("data", "starts"),
    [
        (b"12 0 obj<<>>endobj", [(0, 8)]),
        (b"%1.7\n1 0 obj\n2 0\r\nobj", [(5, 12), (13, 21)]),
        (b"123456789 0 obj", []),
        (b"1 123456 obj", []),
        (b"1 0 objects", []),
        (b"1 0 obj1 0 obj", [(0, 7), (7, 14)]),
        (b"", []),
    ],
)
def test_places(data, starts):
    assert list(object_starts(data)) == starts
