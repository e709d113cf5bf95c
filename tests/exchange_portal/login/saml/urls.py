"""The portal's addresses where SAML is set up; the settings of a test run do without."""

from django.urls import include, path

from exchange_portal.urls import handler400, handler403, handler404, handler500
from exchange_portal.urls import urlpatterns as portal

__all__ = ["handler400", "handler403", "handler404", "handler500"]

urlpatterns = [path("accounts/", include("exchange_portal.login.saml.urls")), *portal]
