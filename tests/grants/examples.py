"""The published and derived examples, read once for the function and for the command."""

from __future__ import annotations

import csv
from pathlib import Path

_TEXT = Path(__file__).with_name("examples.csv").read_text(encoding="utf-8")
EXAMPLES = list(csv.DictReader(_TEXT.splitlines()))
# Their country is any country: the arithmetic is the same in all.
ANY_COUNTRY, ANY_PROJECT = "DK", "KA131-2024"
