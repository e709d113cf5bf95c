"""Allocation of seats by deferred acceptance: pure functions on the JSON of schema alloc/1.

`allocate` computes a result, `certify` checks one with code of its own.
"""

from applications.allocation.canonical import canonical_json, sha256_hex
from applications.allocation.certificate import Certificate, Violation, certify
from applications.allocation.comparison import Changed, Place, changed
from applications.allocation.engine import ENGINE_VERSION
from applications.allocation.instance import MalformedInstance
from applications.allocation.result import allocate

__all__ = [
    "ENGINE_VERSION",
    "Certificate",
    "Changed",
    "MalformedInstance",
    "Place",
    "Violation",
    "allocate",
    "canonical_json",
    "certify",
    "changed",
    "sha256_hex",
]
