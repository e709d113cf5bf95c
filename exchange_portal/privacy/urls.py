"""The addresses below /privacy/: what a person can do about the own data."""

from django.urls import path

from exchange_portal.privacy import own_data_views, views

app_name = "privacy"

urlpatterns = [
    # Own data
    path("own-data/", own_data_views.own_data, name="own_data"),
    path("own-data/download/", own_data_views.download, name="own_data_download"),
    # Erasure
    path("erasure/", views.erasure, name="erasure"),
    path("erasure/take-back/", views.take_back, name="erasure_take_back"),
    path("erasure/drafts/<str:code>/", views.erase_draft, name="erase_draft"),
]
