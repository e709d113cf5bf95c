"""Allocation of seats by deferred acceptance: pure functions on the JSON of schema alloc/1.

`allocate` computes a result, `certify` checks one with code of its own.
"""

from applications.allocation.canonical import canonical_json, sha256_hex
from applications.allocation.causes import (
    Beside,
    Comparison,
    Moved,
    Step,
    Turn,
    about_the_inputs,
    compare,
)
from applications.allocation.certificate import Certificate, Fault, Violation, certify
from applications.allocation.comparison import (
    Changed,
    Outcome,
    Place,
    Summary,
    Wishes,
    changed,
    differing_places,
    places_in,
    summary,
)
from applications.allocation.differing import Difference, Differing, differences
from applications.allocation.engine import ENGINE_VERSION
from applications.allocation.instance import MalformedInstance
from applications.allocation.result import allocate
from applications.allocation.trying import Trials

__all__ = [
    "ENGINE_VERSION",
    "Beside",
    "Certificate",
    "Changed",
    "Comparison",
    "Difference",
    "Differing",
    "Fault",
    "MalformedInstance",
    "Moved",
    "Outcome",
    "Place",
    "Step",
    "Summary",
    "Trials",
    "Turn",
    "Violation",
    "Wishes",
    "about_the_inputs",
    "allocate",
    "canonical_json",
    "certify",
    "changed",
    "compare",
    "differences",
    "differing_places",
    "places_in",
    "sha256_hex",
    "summary",
]
