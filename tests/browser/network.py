"""A slow line between the browser and the portal, made by Chromium itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

AS_FAST_AS_IT_IS = -1


def slow_down(page: Page, *, upload: int = AS_FAST_AS_IT_IS, latency: int = 0) -> None:
    """Send no more than `upload` bytes a second, and let each request wait `latency` ms."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": latency,
            "downloadThroughput": AS_FAST_AS_IT_IS,
            "uploadThroughput": upload,
        },
    )
