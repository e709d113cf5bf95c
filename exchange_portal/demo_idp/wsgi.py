"""The entry point of the demonstration's identity provider."""

import os

from django.core.wsgi import get_wsgi_application

# Not setdefault: importing our package has already named the portal's settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "exchange_portal.demo_idp.settings"

application = get_wsgi_application()
