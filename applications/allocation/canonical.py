"""One way of writing JSON, so that equal results have equal bytes and equal hashes (R15)."""

import json
from hashlib import sha256


def canonical_json(value: object) -> str:
    """Sorted keys, no spaces, no escapes for letters. Refuses NaN and infinities (ValueError)."""
    return json.dumps(
        value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )


def sha256_hex(text: str) -> str:
    """SHA-256 of the UTF-8 bytes, 64 lowercase hexadecimal digits."""
    return sha256(text.encode()).hexdigest()
