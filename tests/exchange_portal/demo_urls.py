"""The portal's addresses as a demonstration has them."""

from django.urls import include, path

from exchange_portal.urls import urlpatterns as of_every_installation

urlpatterns = [*of_every_installation, path("demo/", include("exchange_portal.demo.urls"))]
