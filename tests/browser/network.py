"""A line between the browser and the portal that is slow, or lets nothing through for a while."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

AS_FAST_AS_IT_IS = -1


def slow_down(page: Page, *, upload: int) -> None:
    """Send no more than `upload` bytes a second."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 0,
            "downloadThroughput": AS_FAST_AS_IT_IS,
            "uploadThroughput": upload,
        },
    )


@contextmanager
def held_back(page: Page, address: str) -> Iterator[list[Route]]:
    """Let no request to this address leave the browser before the end of the block."""
    held: list[Route] = []
    is_over = False

    def hold(route: Route) -> None:
        if is_over:
            route.continue_()
        else:
            held.append(route)

    page.route(address, hold)
    try:
        yield held
    finally:
        is_over = True
        for route in held:
            route.continue_()
