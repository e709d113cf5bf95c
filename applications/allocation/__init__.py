"""Allocation of seats by deferred acceptance: pure functions on the JSON of schema alloc/1.

`allocate` computes a result, `certify` checks one with code of its own.
"""

from applications.allocation.canonical import canonical_json, sha256_hex
from applications.allocation.certificate import Certificate, Violation, certify
from applications.allocation.engine import ENGINE_VERSION
from applications.allocation.instance import MalformedInstance
from applications.allocation.result import allocate

__all__ = [
    "ENGINE_VERSION",
    "Certificate",
    "MalformedInstance",
    "Violation",
    "allocate",
    "canonical_json",
    "certify",
    "sha256_hex",
]
