"""The entry point of the web server."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any

from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Answer = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange_portal.settings")

# Of the 512 KiB CPython then takes, more than a third is left for the calls below.
ROOM = 40_000


def with_room(answering: Answer, *, slots: int = ROOM) -> Answer:
    """Return the same with one piece of memory for the frames of all calls of a request.

    CPython keeps frames in pieces of 16 KiB and gives each back to the system when its first call
    returns. A loop whose calls lie on the edge between two takes and gives back one each time
    round: templates, deep below the middleware, took twice as long by it. A function that says it
    needs a larger stack gets a larger piece, of which the calls below have the rest.
    """

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return answering(environ, start_response)

    application.__code__ = application.__code__.replace(co_stacksize=slots)
    return application


application = with_room(get_wsgi_application())
# Half a million objects of the code itself stay for as long as the process does: the collector need
# not look them through again and again, in the middle of somebody's page.
gc.collect()
gc.freeze()
# A page makes some ten thousand objects that go by themselves; of those left, few are in circles.
gc.set_threshold(50_000, 10, 10)
