"""The entry point of the web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange_portal.settings")

application = get_wsgi_application()
# Half a million objects of the code itself stay for as long as the process does: the collector need
# not look them through again and again, in the middle of somebody's page.
gc.collect()
gc.freeze()
