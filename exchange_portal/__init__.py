"""The project: settings, addresses, login and the pages that need more than one app."""

# Imported here so that the web process too talks to our broker, not to Celery's default one.
from exchange_portal.celery import app as celery_app

__all__ = ["celery_app"]
