"""One address of Redis for both who use it: Celery's spelling of a socket is its own."""

from urllib.parse import parse_qs, unquote, urlsplit


def redis_address(broker: str) -> str:
    """Return the address as the redis package spells it.

    >>> redis_address("redis+socket://%2Frun%2Fvalkey.sock?virtual_host=2")
    'unix:///run/valkey.sock?db=2'
    """
    parts = urlsplit(broker)
    if parts.scheme != "redis+socket":
        return broker
    number = parse_qs(parts.query).get("virtual_host", ["0"])[0]
    return f"unix://{unquote(parts.netloc + parts.path)}?db={number}"
