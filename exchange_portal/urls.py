"""The addresses of the portal. Without `login_not_required` on the view, they need a login."""

from allauth.account import views as account_views
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from exchange_portal import legal, views
from exchange_portal.gate.views import robots
from exchange_portal.home import home
from exchange_portal.login import leaving, openid
from exchange_portal.login.still_admitted import staff_only

# Staff come through the university's login too; the admin's own password form is never shown.
admin.site.login = staff_only(admin.site.login)  # type: ignore[assignment, method-assign]  # as allauth documents it

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error

# Of allauth only what a login by the university needs: no sign-up, password, address or
# connection of accounts can be reached, whatever allauth adds in a later version.
accounts = [
    path("login/", account_views.login, name="account_login"),
    path("logout/", leaving.leave, name="account_logout"),
    path("inactive/", account_views.account_inactive, name="account_inactive"),
    path("oidc/<slug:provider_id>/login/", openid.begin, name="openid_connect_login"),
    path(
        "oidc/<slug:provider_id>/login/callback/", openid.callback, name="openid_connect_callback"
    ),
]
if settings.SAML_ON:
    accounts.append(path("", include("exchange_portal.login.saml.urls")))

urlpatterns = [
    path("", home, name="home"),
    path("help/", views.help_page, name="help"),
    path("ways-abroad/", views.ways_abroad, name="ways_abroad"),
    path("imprint/", legal.imprint, name="imprint"),
    path("privacy/", legal.privacy, name="privacy"),
    path("privacy/", include("exchange_portal.privacy.urls")),
    path("accessibility/", legal.accessibility, name="accessibility"),
    path("robots.txt", robots, name="robots"),
    path("language/", views.set_language, name="set_language"),
    path("accounts/", include(accounts)),
    path("admin/", admin.site.urls),
    path("partners/", include("partners.urls")),
    path("", include("grants.urls")),
    path("", include("applications.urls")),
]
if settings.PORTAL_DEMO:
    urlpatterns.append(path("demo/", include("exchange_portal.demo.urls")))
