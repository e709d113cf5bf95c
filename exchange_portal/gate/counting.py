"""Counts requests in Redis. Without it nobody is counted, and nobody waits for it."""

from __future__ import annotations

import ipaddress
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.cache import caches
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from exchange_portal.gate.rules import By

if TYPE_CHECKING:
    from django.http import HttpRequest

    from exchange_portal.gate.rules import Pace

logger = logging.getLogger(__name__)

CACHE: Final = "pace"
# So long it is not asked again after it was away, and so seldom that is logged; seconds.
LEFT_ALONE: Final = 5.0
TOLD_EVERY: Final = 60.0
# Whoever has one address of a network of IPv6 has them all.
ONE_CUSTOMER: Final = 64


@dataclass(slots=True)
class _Store:
    """What this process knows about the store: when to ask it again, when it last told of it."""

    again_at: float = 0.0
    told_at: float = float("-inf")


_store = _Store()


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from.

    Behind the proxy that is the last entry of X-Forwarded-For, which the proxy wrote itself; what
    stands before it is whatever the visitor claims.
    """
    address: str = request.META.get("REMOTE_ADDR", "")
    if settings.PORTAL_BEHIND_PROXY:
        seen = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        address = seen or address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, ONE_CUSTOMER), strict=False))
    return str(parsed)


def seconds_to_wait(request: HttpRequest, pace: Pace) -> int:
    """Count a request; return 0 when it may go on, else after how many seconds to ask again."""
    now = time.time()
    window = int(now // pace.seconds)
    who = str(request.user.pk) if pace.by == By.PERSON else _unreadable(address_of(request))
    counted = _count(f"{pace.name}:{who}:{window}", pace.seconds)
    if counted <= pace.amount:
        return 0
    if counted == pace.amount + 1:
        logger.warning("%s: more than %s in %s s, refused", pace.name, pace.amount, pace.seconds)
    return max(1, round((window + 1) * pace.seconds - now))


def _unreadable(address: str) -> str:
    """Return a name for an address that tells nothing to who reads the store."""
    return salted_hmac(__name__, address).hexdigest()[:32]


def _count(key: str, seconds: int) -> int:
    """Return how many there are with this one; 0 when the store is away."""
    if time.monotonic() < _store.again_at:
        return 0
    cache = caches[CACHE]
    try:
        try:
            counted = cache.incr(key)
        except ValueError:  # the first, or nearly, of a cache that begins no counter itself
            return 1 if cache.add(key, 1, seconds) else cache.incr(key)
        if counted == 1:
            cache.touch(key, seconds)
    except (RedisError, OSError):
        _leave_alone()
    except ValueError:  # it ended in between
        return 1
    else:
        return counted
    return 0


def _leave_alone() -> None:
    now = time.monotonic()
    _store.again_at = now + LEFT_ALONE
    if now - _store.told_at >= TOLD_EVERY:
        _store.told_at = now
        logger.warning("Redis is away: requests are not counted meanwhile")
