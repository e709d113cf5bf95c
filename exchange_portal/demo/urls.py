"""Addresses of the demonstration; included with PORTAL_DEMO only."""

from django.urls import path

from exchange_portal.demo import views

app_name = "demo"
urlpatterns = [
    path("round/<slug:code>/reset/", views.reset_past_round, name="reset_round"),
]
