"""The published worked examples, in full."""

import json
from pathlib import Path

import pytest

from applications.allocation import allocate, canonical_json, certify

EXAMPLES = json.loads(Path(__file__).with_name("examples.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_example_gives_the_published_result(example):
    result = allocate(example["instance"])
    # Any valid seating is accepted, so the examples show none.
    seating = result.pop("seating")
    assert canonical_json(result) == canonical_json(example["expected"])
    placed = {name for name, place in result["assignment"].items() if place}
    assert seating.keys() == placed


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_example_is_certified(example):
    assert certify(example["instance"], allocate(example["instance"])).violations == ()
