"""All settings in one flat file. Whatever differs between machines comes from the environment."""

import secrets
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import django_stubs_ext
import environ
import pghistory
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from exchange_portal.identity_provider import (
    IdentityProvider,
    MetadataRefused,
    bare,
    read_metadata,
)
from exchange_portal.redis_address import redis_address
from exchange_portal.s3_options import uploads_in_s3

django_stubs_ext.monkeypatch()

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# -- what kind of installation ---------------------------------------------------------------
# The demonstration brings made-up people and its own identity provider. It never shares an
# installation with real ones: a real provider, or a host other than loopback, is refused.
PORTAL_DEMO = env.bool("PORTAL_DEMO", default=False)
PORTAL_PORT = env.int("PORTAL_PORT", default=8000)
PORTAL_IDP_PORT = env.int("PORTAL_IDP_PORT", default=8001)
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]

DEBUG = env.bool("DJANGO_DEBUG", default=False)
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=LOOPBACK)
# Without a key of its own each process makes one: nothing is signed by a key others know, and
# sign-ins do not last, so that it is noticed. `check --deploy` refuses the prefix.
SECRET_KEY = env.str("DJANGO_SECRET_KEY", default=f"insecure-{secrets.token_urlsafe(50)}")
# Encrypt bank details and the reasons for a top-up: the first writes, all read (docs/operations).
FIELD_KEYS = env.list("PORTAL_FIELD_KEYS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("DJANGO_CSRF_TRUSTED_ORIGINS", default=[])

OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="RUB login ID")
# Where signing in may lead: the provider's origin, and any other it sends people on to.
OIDC_ORIGINS = env.list("OIDC_ORIGINS", default=[])
# Signing out here also ends the session at the provider, where that offers it.
OIDC_LOGOUT = env.bool("OIDC_LOGOUT", default=False)

# SAML instead, at universities without OpenID Connect: a metadata file, or its facts one by one.
SAML_IDP_METADATA = env.str("SAML_IDP_METADATA", default="")
SAML_IDP = IdentityProvider(
    entity_id=env.str("SAML_IDP_ENTITY_ID", default=""),
    sso_url=env.str("SAML_IDP_SSO_URL", default=""),
    slo_url=env.str("SAML_IDP_SLO_URL", default=""),
    certificates=(bare(env.str("SAML_IDP_CERTIFICATE", default="")),),
)
SAML_SP_ENTITY_ID = env.str("SAML_SP_ENTITY_ID", default="")
SAML_SP_KEY = bare(env.str("SAML_SP_KEY", default=""))
SAML_SP_CERTIFICATE = bare(env.str("SAML_SP_CERTIFICATE", default=""))
SAML_ON = any(
    (
        *(SAML_IDP_METADATA, SAML_IDP.entity_id, SAML_IDP.sso_url, SAML_IDP.slo_url),
        *(*SAML_IDP.certificates, SAML_SP_ENTITY_ID, SAML_SP_KEY, SAML_SP_CERTIFICATE),
    )
)
if SAML_ON:
    if PORTAL_DEMO or OIDC_SERVER_URL or OIDC_CLIENT_ID or OIDC_CLIENT_SECRET or OIDC_ORIGINS:
        raise ImproperlyConfigured(
            "There is one way to sign in: unset what begins with SAML_, or unset PORTAL_DEMO and "
            "what begins with OIDC_."
        )
    if find_spec("onelogin") is None:
        raise ImproperlyConfigured(
            "The packages for SAML are not installed: install requirements-saml.txt, or unset "
            "what begins with SAML_."
        )
    if SAML_IDP_METADATA:
        try:
            SAML_IDP = read_metadata(
                Path(SAML_IDP_METADATA),
                entity_id=SAML_IDP.entity_id,
                slo_url=SAML_IDP.slo_url,
            )
        except MetadataRefused as error:
            raise ImproperlyConfigured(f"SAML_IDP_METADATA {error}") from error
    if not all((SAML_IDP.entity_id, SAML_IDP.sso_url, *SAML_IDP.certificates)):
        raise ImproperlyConfigured(
            "Name the SAML identity provider by SAML_IDP_METADATA, or by SAML_IDP_ENTITY_ID, "
            "SAML_IDP_SSO_URL and SAML_IDP_CERTIFICATE together."
        )

if PORTAL_DEMO:
    if OIDC_SERVER_URL or OIDC_CLIENT_ID or OIDC_CLIENT_SECRET or OIDC_ORIGINS:
        raise ImproperlyConfigured(
            "PORTAL_DEMO can't be combined with a real identity provider: "
            "unset PORTAL_DEMO, or unset OIDC_SERVER_URL, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET "
            "and OIDC_ORIGINS."
        )
    if set(ALLOWED_HOSTS) - set(LOOPBACK):
        raise ImproperlyConfigured(
            "PORTAL_DEMO runs on this machine only: unset DJANGO_ALLOWED_HOSTS, or unset "
            "PORTAL_DEMO for a real installation."
        )
    OIDC_SERVER_URL = f"http://127.0.0.1:{PORTAL_IDP_PORT}"
    OIDC_CLIENT_ID = "exchange-portal-demo"
    OIDC_CLIENT_SECRET = "demo-client-secret"  # noqa: S105 - known to everybody, loopback only
    OIDC_NAME = "Demo login"
if OIDC_SERVER_URL:
    OIDC_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(OIDC_SERVER_URL)), *OIDC_ORIGINS]
LOGIN_ORIGINS = SAML_IDP.origins if SAML_ON else OIDC_ORIGINS

# -- the university and its rules --------------------------------------------------------------
UNIVERSITY_NAME = _("Ruhr University Bochum")
UNIVERSITY_SCOPE = env.str("UNIVERSITY_SCOPE", default="ruhr-uni-bochum.de")
# Only these domains count as a university address; everything is sent there (DOMAIN.md).
UNIVERSITY_MAIL_DOMAINS = env.list(
    "UNIVERSITY_MAIL_DOMAINS",
    default=["ruhr-uni-bochum.de", "rub.de", "edu.ruhr-uni-bochum.de"],
)
# Below this number of admitted students a cut-off figure could point to a person.
SMALLEST_GROUP_SHOWN = 3
# Below this number of applicants, or of those placed, an earlier round's figures are not shown.
SMALLEST_DEMAND_SHOWN = 5

# -- applications ------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",  # before ours, which take its admin pages away
    "exchange_portal",
    "partners",
    "applications",
    "grants",
    "exchange_portal.administration.PortalAdminConfig",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    *(["allauth.socialaccount.providers.saml"] if SAML_ON else []),
    "crispy_forms",
    "csp",
    "django_countries",
    "django_htmx",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "exchange_portal.health.answering.Machines",
    "exchange_portal.logs.Requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "exchange_portal.views.ReadableText",
    "exchange_portal.gate.middleware.Gate",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "exchange_portal.login.still_admitted.StillAdmitted",
    "exchange_portal.signing_in_again.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "exchange_portal.views.PrivatePages",
    "exchange_portal.auditing.Audit",
]

ROOT_URLCONF = "exchange_portal.urls"
WSGI_APPLICATION = "exchange_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "exchange_portal.views.installation",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["portal"]
CRISPY_TEMPLATE_PACK = "portal"

# -- database, broker, files ---------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default="postgres://portal@localhost/portal")}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must name a PostgreSQL database: the portal relies on its row locks, "
        "triggers and constraints."
    )
# libpq's way of naming a socket directory: postgres://user@%2Frun%2Fpostgresql/name
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])
DATABASES["default"]["ENGINE"] = "exchange_portal.database"
# Plans belong to a connection: behind a pool that hands it to others in between, none can be kept.
DATABASES["default"].setdefault("OPTIONS", {})["keep_plans"] = env.bool(
    "DATABASE_KEEP_PLANS", default=True
)
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Every insert, change and delete of an audited row is kept by a trigger (docs/adr/0002).
PGHISTORY_DEFAULT_TRACKERS = (
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
)

REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Counts requests (exchange_portal.gate): without it pages go on, and none waits for it.
    "pace": {
        "BACKEND": "exchange_portal.gate.store.Counters",
        "LOCATION": redis_address(REDIS_URL),
        "KEY_PREFIX": "portal-pace",
        "OPTIONS": {"socket_connect_timeout": 0.1, "socket_timeout": 0.1},
    },
}

# Uploaded PDFs: outside every served directory, read only through applications.access.
PORTAL_FILES = Path(env.str("PORTAL_FILES", default=str(BASE_DIR / ".portal" / "files")))
# Behind nginx: the address that is its alone and stands for PORTAL_FILES (nginx.conf.template).
PORTAL_X_ACCEL_REDIRECT = env.str("PORTAL_X_ACCEL_REDIRECT", default="")
PORTAL_EXPORT_DIR = Path(env.str("PORTAL_EXPORT_DIR", default=str(BASE_DIR / ".portal" / "export")))

# Where uploads are kept: below PORTAL_FILES, or in an S3-compatible store that several web machines
# share. Lists and statistics files stay below PORTAL_FILES.
STORAGE = env.str("STORAGE", default="local")
STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if STORAGE == "s3":
    STORAGES["uploads"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": uploads_in_s3(
            bucket=env.str("S3_BUCKET"),
            endpoint=env.str("S3_ENDPOINT_URL", default=""),
            region=env.str("S3_REGION", default=""),
            key=env.str("S3_ACCESS_KEY"),
            secret=env.str("S3_SECRET_KEY"),
        ),
    }
elif STORAGE != "local":
    raise ImproperlyConfigured('STORAGE must be "local" or "s3".')

# One form carries at most six PDFs of 1 MB; Django spools each to a temporary file.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
DATA_UPLOAD_MAX_NUMBER_FILES = 12
FILE_UPLOAD_HANDLERS = ["applications.forms.uploads.CappedUploadHandler"]

# -- background work (tested with kill -9; see docs/operations.md) ---------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_TIMEZONE = "Europe/Berlin"
POLL_SECONDS = env.float("PORTAL_POLL_SECONDS", default=20.0)
# So long a worker has a submission to itself; what a dead one had in hand is taken again then.
REVIEW_LEASE_SECONDS = env.float("PORTAL_REVIEW_LEASE_SECONDS", default=60.0)
# Lists of more nominations are made by the worker, which has each to itself for so long at a time;
# their files are kept for a day.
EXPORT_AT_ONCE = env.int("PORTAL_EXPORT_AT_ONCE", default=200)
EXPORT_LEASE_SECONDS = env.float("PORTAL_EXPORT_LEASE_SECONDS", default=60.0)
EXPORT_KEPT = timedelta(hours=24)
# A tick expires when the next one is due: late ones never pile up, and a tick that runs out says
# when the clock sent it.
CELERY_BEAT_SCHEDULE = {
    task.rpartition(".")[2]: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for task, seconds in {
        "applications.tasks.close_due_calls": POLL_SECONDS,
        "applications.tasks.review_closed_calls": POLL_SECONDS,
        "applications.tasks.send_mails": POLL_SECONDS,
        "applications.tasks.expire_offers": 3 * POLL_SECONDS,
        "applications.tasks.make_exports": POLL_SECONDS,
        "applications.tasks.remind_drafts": 3600.0,
        "applications.tasks.remind_offers": 3600.0,
        "applications.tasks.send_digest": 600.0,
        "exchange_portal.tasks.purge_expired": 3600.0,
        "exchange_portal.health.tasks.note_heartbeat": POLL_SECONDS,
    }.items()
}

# -- login -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "applications.User"
AUTHENTICATION_BACKENDS = [
    "applications.access.RoleBackend",
    "exchange_portal.login.signed_in.SignedIn",
    # Of sessions that began before the one above.
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "exchange_portal.login.AccountAdapter"
ACCOUNT_UNIQUE_EMAIL = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
SOCIALACCOUNT_ADAPTER = "exchange_portal.login.SocialAccountAdapter"
SOCIALACCOUNT_ONLY = True
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "exchange_portal.login.UniversityProvider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "university",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {
                    "server_url": OIDC_SERVER_URL,
                    "uid_field": "sub",
                    "scope": env.list("OIDC_SCOPE", default=["openid", "profile", "email"]),
                },
            }
        ]
        if OIDC_SERVER_URL
        else [],
    },
    "saml": {
        "provider_class": "exchange_portal.login.saml.provider.UniversityProvider",
        "APPS": [{"provider_id": "university", "name": OIDC_NAME, "client_id": "university"}]
        if SAML_ON
        else [],
    },
}

# -- mail ------------------------------------------------------------------------------------------
# Without one, mails wait for a server on this machine: printed to the log, where nobody should read
# them, they would count as sent.
EMAIL_URL = env.str("EMAIL_URL", default="")
NO_SENDER = "consolemail://" if PORTAL_DEMO or DEBUG else "smtp://localhost:25"
EMAIL_CONFIG = env.email_url_config(EMAIL_URL or NO_SENDER)
vars().update(EMAIL_CONFIG)
# Senders that print or keep mails instead of sending them.
SENDS_NOTHING = frozenset({"console", "dummy", "filebased", "locmem"})
if not (PORTAL_DEMO or DEBUG) and EMAIL_CONFIG["EMAIL_BACKEND"].split(".")[-2] in SENDS_NOTHING:
    raise ImproperlyConfigured(
        "EMAIL_URL names a sender that sends nothing: name a mail server, such as "
        "smtp+tls://user:password@mail.example.edu:587."
    )
if PORTAL_DEMO:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = PORTAL_FILES.parent / "mails"
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="Exchange portal <exchange@ruhr-uni-bochum.de>"
)
EMAIL_TIMEOUT = 20
# Whom staff are asked to tell when nothing is done in the background; empty: no address is named.
OPERATION_MAILBOX = env.str("OPERATION_MAILBOX", default="")
DATA_PROTECTION_MAILBOX = env.str("DATA_PROTECTION_MAILBOX", default="dsb@rub.de")
INTERNATIONAL_OFFICE_MAILBOX = env.str(
    "INTERNATIONAL_OFFICE_MAILBOX", default="international-office@ruhr-uni-bochum.de"
)

# -- languages and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "exchange_portal.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Berlin"

# -- static files ----------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("DJANGO_STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
WHITENOISE_USE_FINDERS = env.bool("DJANGO_STATIC_FROM_SOURCE", default=PORTAL_DEMO or DEBUG)

# -- security --------------------------------------------------------------------------------------
HTTPS = env.bool("PORTAL_HTTPS", default=not (PORTAL_DEMO or DEBUG))
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
PORTAL_BEHIND_PROXY = env.bool("PORTAL_BEHIND_PROXY", default=False)
if PORTAL_BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "portal_session"
SESSION_ENGINE = "exchange_portal.sessions"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "portal_csrf"
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_NAME = "portal_language"
CSRF_FAILURE_VIEW = "exchange_portal.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        # The sign-in form is redirected to the identity provider: browsers check that hop too.
        "form-action": [SELF, *LOGIN_ORIGINS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# -- logging: ids, never names, addresses or grades ------------------------------------------------
LOG_FORMAT = env.str("LOG_FORMAT", default="plain" if PORTAL_DEMO or DEBUG else "json")
if LOG_FORMAT not in {"plain", "json"}:
    raise ImproperlyConfigured('LOG_FORMAT must be "plain" or "json".')
# Prometheus shows this as a bearer token at /metrics; without it there are no figures. Secret.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "exchange_portal.logs.PlainFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {"()": "exchange_portal.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # It tells of each table of a font it puts into a PDF.
    "loggers": {"fontTools": {"level": "WARNING"}},
}
