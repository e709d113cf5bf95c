"""Importing this first sets Django up: `import _portal`, then the portal's own modules."""

import logging
import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import django
from django.conf import settings
from django.test import override_settings

ROOT = Path(__file__).resolve().parents[1]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange_portal.settings")
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
django.setup()
for _name in ("fontTools", "exchange_portal.requests"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def for_the_test_client() -> AbstractContextManager[None]:
    """Let Django's test client in as often as it asks: one person asks as fast as we answer."""
    return override_settings(
        ALLOWED_HOSTS=["testserver"],
        SECURE_SSL_REDIRECT=False,
        SESSION_COOKIE_SECURE=False,
        STATIC_ROOT=settings.BASE_DIR / "static",
        CACHES={
            **settings.CACHES,
            "pace": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
        },
    )
