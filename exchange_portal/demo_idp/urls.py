"""Addresses of the demonstration's identity provider."""

from django.urls import include, path

from exchange_portal.demo_idp import views

urlpatterns = [
    path("", views.start, name="start"),
    path("login/", views.choose_person, name="account_login"),
    # Before allauth's own, which would remember the person.
    path("identity/o/authorize", views.authorize),
    path("", include("allauth.idp.urls")),
]
