"""Settings of the demonstration's identity provider. It does not start without PORTAL_DEMO."""

import hashlib

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from exchange_portal.demo_idp.signing_key import signing_key

# Reading the portal's settings first also applies their guard: PORTAL_DEMO together with a real
# provider, or with a host other than this machine, raises there.
from exchange_portal.settings import (
    LANGUAGE_CODE,
    LANGUAGES,
    LOCALE_PATHS,
    LOGGING,
    LOOPBACK,
    OIDC_CLIENT_ID,
    OIDC_CLIENT_SECRET,
    OIDC_SERVER_URL,
    PORTAL_DEMO,
    PORTAL_FILES,
    PORTAL_PORT,
    STATIC_URL,
    STATICFILES_DIRS,
    TIME_ZONE,
    USE_I18N,
    USE_TZ,
)

__all__ = [
    "LANGUAGES",
    "LANGUAGE_CODE",
    "LOCALE_PATHS",
    "LOGGING",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "STATICFILES_DIRS",
    "STATIC_URL",
    "TIME_ZONE",
    "USE_I18N",
    "USE_TZ",
]

if not PORTAL_DEMO:
    raise ImproperlyConfigured(
        "The demonstration's identity provider lets anybody in as anybody: it runs only with "
        "PORTAL_DEMO=1, on this machine."
    )

STATE_DIR = PORTAL_FILES.parent / "demo_idp"
IDP_OIDC_PRIVATE_KEY = signing_key(STATE_DIR / "signing_key.pem")
SECRET_KEY = hashlib.sha256(b"demo_idp" + IDP_OIDC_PRIVATE_KEY.encode()).hexdigest()

DEBUG = False
ALLOWED_HOSTS = LOOPBACK
ISSUER: str = OIDC_SERVER_URL
PORTAL_ORIGINS = [f"http://{host}:{PORTAL_PORT}" for host in ("127.0.0.1", "localhost")]

INSTALLED_APPS = [
    "exchange_portal.demo_idp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
    "csp",
]
MIDDLEWARE = [
    "exchange_portal.demo_idp.middleware.LoopbackOnly",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "exchange_portal.demo_idp.middleware.ReaderLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "exchange_portal.demo_idp.urls"
WSGI_APPLICATION = "exchange_portal.demo_idp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "exchange_portal.demo_idp.views.portal",
            ],
        },
    },
]

# Its own small file, made anew when it is gone: it holds the client and the persons, nothing else.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": STATE_DIR / "provider.sqlite3",
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "account_login"
ACCOUNT_EMAIL_VERIFICATION = "none"
IDP_OIDC_ADAPTER = "exchange_portal.demo_idp.adapter.DemoAdapter"

# Cookies know no port: with the portal's names each login would end the other site's session.
SESSION_COOKIE_NAME = "demo_idp_session"
CSRF_COOKIE_NAME = "demo_idp_csrf"
CSRF_COOKIE_HTTPONLY = True
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_AGE = 600

# Straight from the sources: nothing is collected for a demonstration.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        # Choosing a person redirects back to the portal: browsers check that hop too.
        "form-action": [SELF, *PORTAL_ORIGINS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
