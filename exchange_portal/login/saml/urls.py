"""SAML's addresses, where allauth has them and identity providers' people look for them."""

from allauth.socialaccount.providers.saml.views import login
from django.urls import include, path

from exchange_portal.login.saml import views

urlpatterns = [
    path(
        "saml/<slug:organization_slug>/",
        include(
            [
                path("login/", login, name="saml_login"),
                path("acs/", views.acs, name="saml_acs"),
                path("acs/finish/", views.finish_acs, name="saml_finish_acs"),
                path("sls/", views.sls, name="saml_sls"),
                path("metadata/", views.metadata, name="saml_metadata"),
            ]
        ),
    )
]
