"""Redis as the gate asks it: to count is one question, where Django's own cache asks two."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.redis import RedisCache


class Counters(RedisCache):
    """Django's Redis cache in which a counter begins with the first that is counted."""

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Count; the first of a counter (1) has no end yet: `touch` gives it one."""
        key = self.make_and_validate_key(key, version=version)
        client: Any = self._cache.get_client(key, write=True)
        counted: int = client.incr(key, delta)
        return counted
